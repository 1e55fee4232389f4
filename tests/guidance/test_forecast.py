"""A call is expected to earn what the pack's own rules would give for how it may come out."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from advisor.engagement.contacts import Contact, Disposition
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.situation import Call, History
from advisor.facts.values import Value
from advisor.facts.vocabulary import Decision
from advisor.guidance.advise import advise
from advisor.guidance.decision import Verdict
from advisor.guidance.guide import Guide
from advisor.guidance.situations import situation_of
from advisor.rules.compile.pack import compile_pack

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)

_PACK = """
pack:
  name: small
  version: "1"
  default_locale: en-GB
  default_calendar: always
  forecast:
    marketing: {sale: 0.1, hung_up_before_headline: 0.5}
    emergency: {completed_service: 0.5, hung_up_before_headline: 0.5}
calendars:
  - {id: always, open: {mon-sun: ["00:00-24:00"]}}
openings:
  standard: [greeting, person_check, headline, company_proof, customer_verification, body, close]
purposes:
  offer: {kind: marketing_new, sensitivity: open, least_verification: none, opening: standard,
    say: {topic: "a card", headline: "It's a sales call about a card."}, benefit: "You save."}
  alarm: {kind: emergency_safety, sensitivity: open, least_verification: none, opening: standard,
    say: {topic: "a leak", headline: "It's about a gas leak near you."}, benefit: "You are safe."}
  news: {kind: service_information, sensitivity: open, least_verification: none, opening: standard,
    say: {topic: "a card", headline: "It's about a change to your card."}, benefit: "You pay."}
eligibility:
  - id: expected-to-annoy
    because: A call that is expected to lose trust is not made, unless it must be.
    when: {card.forecast: {less_than: 0}}
    if_unsure: skip
    unless: [purpose.evaluation_class: mandatory]
    then: {decision: defer, reason: negative_trust_forecast}
guidance:
  - id: soften
    because: It must be made, and will not be welcome.
    when: {card.forecast: {less_than: 0}}
    then: [say: {name: sorry, stage: body, force: must, text: "I am sorry to trouble you."}]
engagement:
  - {id: sold, because: So., when: {outcome.disposition: sale}, then: {credit: 2}}
  - {id: served, because: So., when: {outcome.disposition: completed_service}, then: {credit: 1}}
  - id: hung-up
    because: It annoyed.
    when: {outcome.disposition: hung_up_before_headline}
    then: {debit: 4}
"""


def _guide(pack: str = _PACK) -> Guide:
    compiled, problems = compile_pack({"pack.yaml": pack.encode()}, BUILT_IN)
    assert compiled is not None, [str(each) for each in problems]
    return Guide.of(compiled)


def _verdict(
    purpose: str, *contacts: Contact, stated: dict[str, Value] | None = None
) -> tuple[Verdict, list[str]]:
    guide = _guide()
    situation = situation_of(
        guide.pack,
        Call(id="c", brand="", time_zones=("Europe/London",), regions=("GB",)),
        purpose,
        NOW,
        history=History(contacts=contacts),
        stated=stated or {},
    )
    advice = advise(guide, situation)
    return advice.verdict, [each.id for each in advice.items]


def test_a_call_expected_to_lose_points_is_not_made() -> None:
    """004-47: 0.1 x 2 - 0.5 x 4 is below nothing: the call is deferred, with the reason."""
    verdict, _ = _verdict("offer")
    assert verdict.decision is Decision.DEFER
    assert [(each.code.value, each.facts[0].shown) for each in verdict.reasons] == [
        ("negative_trust_forecast", "-1.8")
    ]


def test_a_call_that_must_be_made_is_softened() -> None:
    """004-47: a mandatory call is made, and its script says sorry."""
    verdict, items = _verdict("alarm")
    assert verdict.decision is Decision.ALLOW
    assert "soften/sorry" in items


def test_what_nobody_expects_anything_of_is_made() -> None:
    """A class of law without a forecast has none, and rules that ask for it are silent."""
    verdict, items = _verdict("news")
    assert (verdict.decision, items) == (Decision.ALLOW, [])


def test_how_ones_own_calls_came_out_weighs() -> None:
    """Calls of the customer's own that went well outweigh what is expected of everybody."""
    sales = [
        Contact(at=NOW, id=f"{n}", disposition=Disposition.SALE, legal_class="marketing")
        for n in range(20)
    ]
    verdict, _ = _verdict("offer", *sales)
    assert verdict.decision is Decision.ALLOW


def test_a_forecast_that_is_stated_counts() -> None:
    """A test of a pack may say what a call is expected to earn."""
    verdict, _ = _verdict("offer", stated={"card.forecast": 3.0})
    assert verdict.decision is Decision.ALLOW


def test_nothing_is_foreseen_where_no_rule_asks() -> None:
    """A pack whose rules do not ask for the forecast does not pay for it."""
    assert _guide().forecasts
    assert not _guide(_PACK.replace("card.forecast", "card.balance")).forecasts


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("forecast: {marketing: {sale: 0.6, no_answer: 0.5}}", "shares that come to more than 1"),
        ("forecast: {marketing: {sale: 2}}", '"2"; expected a number from 0 to 1'),
        ("card: {tiers: {guarded: 5, warm: 1}}", "must rise in this order"),
        ("card: {evidence: 0}", "must be more than 0"),
    ],
)
def test_settings_that_cannot_be_are_refused(written: str, problem: str) -> None:
    """What a pack says of its card and its forecast is checked where it stands."""
    text = _PACK.replace("  forecast:\n", f"  {written}\n", 1)
    begin, end = text.index("    marketing:"), text.index("calendars:")
    pack, problems = compile_pack({"pack.yaml": (text[:begin] + text[end:]).encode()}, BUILT_IN)
    assert pack is None
    assert [problem in each.message for each in problems] == [True]


def test_the_scale_is_the_packs_own() -> None:
    """Where tiers begin is a setting, as it must be calibrated."""
    written = "  card: {tiers: {guarded: -1, neutral: 0, warm: 1, full: 2}, evidence: 2}\n"
    scale = _guide(_PACK.replace("  forecast:\n", f"{written}  forecast:\n")).pack.settings.card
    assert (scale.guarded, scale.neutral, scale.warm, scale.full) == (-1, 0, 1, 2)
    assert scale.evidence == 2

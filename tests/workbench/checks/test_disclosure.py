"""No text of a valid pack can be meant for someone who may not hear it."""

from __future__ import annotations

import pytest

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.rules.compile.pack import compile_pack
from advisor.workbench.checks.disclosure import check_disclosure

_PACK = """
pack: {name: small, version: "1", default_locale: en-GB, default_calendar: always}
calendars:
  - {id: always, open: {mon-sun: ["00:00-24:00"]}}
openings:
  standard: [greeting, person_check, headline, company_proof, customer_verification, body, close]
facts:
  bank.pin_used: {type: yes_no, tell: claimed, about: "Has the PIN been used?"}
  bank.balance: {type: text, tell: verified, about: "The balance, as it is said."}
  bank.limit: {type: text, tell: strong, about: "The limit, as it is said."}
purposes:
  news:
    kind: service_information
    sensitivity: open
    least_verification: none
    opening: standard
    say:
      topic: "your card"
      headline: "It's about your card; nothing is wrong."
      statement: "It changes in May."
    benefit: "You can go on paying."
  visit:
    kind: appointment_reminder
    sensitivity: personal
    least_verification: verified
    opening: standard
    say:
      topic: "your visit"
      headline: "It's about your visit to us in May."
      statement: "It is on Monday."
    benefit: "You come on the right day."
"""


def _problems(guidance: str, pack: str = _PACK, section: str = "guidance") -> list[str]:
    files = {"pack.yaml": pack.encode(), "rules.yaml": f"{section}:\n{guidance}".encode()}
    compiled, problems = compile_pack(files, BUILT_IN, [check_disclosure])
    assert (compiled is None) is bool(len(problems))
    return [f"{problem.mark}: {problem.message}" for problem in problems]


def _said(text: str, stage: str, *, kind: str = "say", more: str = "", rule: str = "") -> str:
    return (
        f'  - {{id: r, because: "b", {rule}then: [{{{kind}: '
        f'{{name: i, stage: {stage}, force: must, text: "{text}"{more}}}}}]}}\n'
    )


def test_an_account_fact_waits_for_someone_who_says_who_they_are() -> None:
    """A fact told to those who claim is an error before the person check, and fine behind it."""
    only_news = "when: {purpose.id: news}, "
    (early,) = _problems(_said("Used: {bank.pin_used}", "greeting", rule=only_news))
    assert early == (
        "rules.yaml:2:66: r/i tells bank.pin_used (account) in news, which is open, to someone who"
        " has shown none; expected a later stage, a condition on call.customer_verification or"
        " purpose.sensitivity, or {purpose.say}"
    )
    assert _problems(_said("Used: {bank.pin_used}", "body", rule=only_news)) == []


def test_the_purposes_sensitivity_counts() -> None:
    """What an open purpose may tell after the person check, a personal one may not."""
    (found,) = _problems(_said("Used: {bank.pin_used}", "headline"))
    assert "in visit, which is personal, to someone who has shown claimed" in found


def test_verification_by_position_is_as_much_as_the_purpose_needs() -> None:
    """Behind verification the customer has shown what the purpose asks, and no more."""
    for_visit = "when: {purpose.id: visit}, "
    assert _problems(_said("You have {bank.balance}", "body", rule=for_visit)) == []
    (found,) = _problems(_said("Up to {bank.limit}", "body", rule=for_visit))
    assert "tells bank.limit (sensitive) in visit" in found


def test_a_condition_on_verification_is_a_proof() -> None:
    """A reaction has no position: only its condition can show that the customer is known."""
    reaction = (
        '  - {{id: r, because: "b", on: customer_busy, {when}'
        'then: [{{say: {{name: i, force: must, text: "You have {{bank.balance}}."}}}}]}}\n'
    )
    for_visit = "when: {purpose.id: visit, call.customer_verification: {at_least: verified}}, "
    assert _problems(reaction.format(when=for_visit), section="reactions") == []
    (found,) = _problems(reaction.format(when="when: {purpose.id: visit}, "), section="reactions")
    assert "to someone who has shown none" in found


def test_what_the_author_says_it_discloses_counts() -> None:
    """Plain words weigh what `discloses` says."""
    (found,) = _problems(_said("You owe us.", "greeting", more=", discloses: sensitive"))
    assert "tells what it discloses (sensitive)" in found


def test_other_words_of_an_item_weigh_as_well() -> None:
    """`or_say` is judged like the text it stands in for."""
    (found,) = _problems(
        _said("Hello {agent.name}", "greeting", more=', or_say: "Used: {bank.pin_used}"')
    )
    assert "tells bank.pin_used" in found


@pytest.mark.parametrize(
    ("kind", "fact", "told"),
    [
        ("say", "customer.care_needs", False),
        ("know", "customer.care_needs", True),
        ("know", "call.number", False),
        ("know", "bank.limit", True),
    ],
)
def test_some_facts_are_never_told(kind: str, fact: str, *, told: bool) -> None:
    """What is for the agent's eyes is not said, and what decides in silence is not even seen."""
    problems = _problems(_said(f"It is {{{fact}}}.", "greeting", kind=kind))
    assert (problems == []) is told


@pytest.mark.parametrize(
    ("rung", "said"),
    [
        ("It changes to {bank.balance}.", "news: its statement speaks of bank.balance"),
        ("It changes: {customer.care_needs}.", "news: its statement speaks of customer.care_needs"),
    ],
)
def test_a_rung_speaks_of_no_more_than_its_level(rung: str, said: str) -> None:
    """A statement may not carry a fact of a higher rung, or one that is never told."""
    pack = _PACK.replace("It changes in May.", rung)
    (found,) = _problems(_said("{purpose.say}", "body"), pack)
    assert said in found


@pytest.mark.parametrize("stage", ["pre_call", "headline", "timing_check"])
def test_a_place_before_the_person_check_presumes_nothing(stage: str) -> None:
    """Before the person check, and where no opening has the stage, nobody has shown anything."""
    pack = _PACK.replace("greeting, person_check, headline", "greeting, headline, person_check")
    (found,) = _problems(_said("Used: {bank.pin_used}", stage), pack)
    assert "to someone who has shown none" in found


def test_the_close_follows_everything() -> None:
    """A stage that no opening names but every call ends with lies behind all others."""
    rule = "when: {purpose.id: news}, "
    assert _problems(_said("Used: {bank.pin_used}", "recap", rule=rule)) == []


def _reaction(text: str, on: str, *, rule: str = "", more: str = "") -> str:
    return (
        f'  - {{id: r, because: "b", on: {on}, {rule}then: [{{say: '
        f'{{name: i, force: must, text: "{text}"{more}}}}}]}}\n'
    )


_OVERHEARD = _PACK.replace(
    '    opening: standard\n    say:\n      topic: "your card"',
    (
        "    opening: standard\n    voicemail: headline\n    third_party: topic\n"
        '    say:\n      topic: "your card"'
    ),
)
_NEWS = "when: {purpose.id: news}, "
_KNOWN = "call.customer_verification: {at_least: claimed}"


@pytest.mark.parametrize(
    ("text", "event", "rule", "who"),
    [
        ("It changes in May.", "third_party_answered", _NEWS, "a third party"),
        ("It changes in May.", "wrong_number", _NEWS, "a third party"),
        ("It changes in May.", "[customer_busy, machine_detected]", _NEWS, "a machine"),
        (
            "It changes in May.",
            "customer_busy",
            f"when: {{purpose.id: news, call.answered_by: machine, {_KNOWN}}}, ",
            "a machine",
        ),
    ],
)
def test_what_the_customer_may_hear_is_not_for_other_ears(
    text: str, event: str, rule: str, who: str
) -> None:
    """A statement is fine for an open purpose's customer, and never for a machine or a stranger."""
    more = ", discloses: statement"
    assert (
        _problems(_reaction(text, "customer_busy", rule=_NEWS, more=more), section="reactions")
        == []
    )
    (found,) = _problems(
        _reaction(text, event, rule=rule, more=more), _OVERHEARD, section="reactions"
    )
    assert f"tells what it discloses (statement) in news, which is open, to {who};" in found


def test_what_a_customer_has_shown_counts_for_nobody_else() -> None:
    """Guidance that speaks only where a third party listens may not tell a fact of the customer."""
    rule = f"when: {{purpose.id: news, call.answered_by: third_party, {_KNOWN}}}, "
    (found,) = _problems(_said("Used: {bank.pin_used}", "body", rule=rule), _OVERHEARD)
    assert "tells bank.pin_used (account) in news, which is open, to a third party" in found
    both = f"when: {{purpose.id: news, call.answered_by: [person, machine], {_KNOWN}}}, "
    assert _problems(_said("Used: {bank.pin_used}", "body", rule=both), _OVERHEARD) == []


def test_a_rule_that_speaks_when_unsure_is_meant_for_the_customer_too() -> None:
    """Where nobody knows who listens, an apply rule speaks to whoever may be the customer."""
    rule = (
        "if_unsure: apply, when: {purpose.id: visit, call.answered_by: machine,"
        " call.customer_verification: none}, "
    )
    (found,) = _problems(
        _said("It is on Monday.", "greeting", rule=rule, more=", discloses: statement")
    )
    assert "to a machine" in found
    assert _problems(_said("Hello.", "greeting", rule=rule)) == []


def test_a_rung_that_others_may_not_hear_needs_other_words() -> None:
    """The headline gives way to `or_say` where a purpose lets a third party hear its topic only."""
    said = ("{purpose.headline}", "third_party_answered")
    (found,) = _problems(_reaction(*said, rule=_NEWS), _OVERHEARD, section="reactions")
    assert "tells purpose.headline (headline) in news, which is open, to a third party" in found
    for other in ("I will ring again.", "It's about {purpose.topic}."):
        words = _reaction(*said, rule=_NEWS, more=f', or_say: "{other}"')
        assert _problems(words, _OVERHEARD, "reactions") == []
    say = _reaction("{purpose.say}", "machine_detected", rule=_NEWS)
    assert _problems(say, _OVERHEARD, "reactions") == []
    (silent,) = _problems(say, section="reactions")
    assert "tells purpose.say (topic)" in silent


_DEBT = """
  debt:
    kind: collections_early
    sensitivity: confidential
    least_verification: verified
    opening: standard
    say:
      topic: "your loan"
      bound: "It's a personal matter that I can only discuss with you."
      headline: "It's about a loan."
    benefit: "You hear what can be done."
"""


@pytest.mark.parametrize(
    ("text", "more", "told"),
    [
        ("It's {purpose.topic}.", "", "purpose.topic (topic)"),
        ("It's about a loan.", ", establishes: headline", "what it discloses (headline)"),
        ("{purpose.headline}", ", establishes: headline", None),
        ("{purpose.say}", "", None),
    ],
)
def test_a_confidential_purpose_says_its_bound_first(
    text: str, more: str, told: str | None
) -> None:
    """Neither the topic nor words that claim to be the headline come before verification."""
    found = _problems(_said(text, "headline", more=more), _PACK + _DEBT)
    assert [each.partition(" tells ")[2].partition(" in debt")[0] for each in found] == (
        [] if told is None else [told]
    )


def test_a_brand_that_gives_the_subject_away_is_named_to_the_person_only() -> None:
    """A greeting with the brand's name is an error where a brand of the pack is sensitive."""
    pack = _PACK.replace(
        "default_calendar: always}",
        "default_calendar: always, brands: {plain: {name: A}, telling: {name: B, sensitive: yes}}}",
    )
    (found,) = _problems(_said("Hello from {brand.name}.", "greeting"), pack)
    assert found.partition(" tells ")[2] == (
        "brand.name (bound) in news, which is open, to someone who has shown none; expected a"
        " condition on brand.sensitivity, or a stage behind the person check"
    )
    told_apart = (
        "unless: [{brand.sensitivity: sensitive}], ",
        "when: {call.brand: plain}, ",
        "for: {brand: plain}, ",
    )
    for rule in told_apart:
        assert _problems(_said("Hello from {brand.name}.", "greeting", rule=rule), pack) == []
    assert _problems(_said("I am from {brand.name}.", "body"), pack) == []
    assert _problems(_said("Hello from {brand.name}.", "greeting")) == []

"""What no pack can make the advisor say, ask or offer."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.engagement.card import TrustTier
from advisor.facts.situation import Profile
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    CompanyProof,
    Decision,
    Disclosure,
    Establishes,
    Force,
    ItemKind,
    LegalClass,
    PurposeKind,
    ReasonCode,
    Sensitivity,
    Stage,
    Verification,
    VerificationMethod,
)
from advisor.guidance.advise import advise, react
from advisor.guidance.decision import Advice, Withheld
from advisor.rules.pack import Budgets, Item, Pack, Rule, Section
from tests.guidance import packs
from tests.guidance.packs import item, rule

DEBT = packs.purpose(
    "debt",
    kind=PurposeKind.COLLECTIONS_EARLY,
    sensitivity=Sensitivity.CONFIDENTIAL,
    least_verification=Verification.VERIFIED,
)
SALE = packs.purpose("sale", kind=PurposeKind.MARKETING_NEW)
IDENTITY = item(
    "identity",
    "Would you confirm it in the app?",
    kind=ItemKind.ASK,
    ask=Ask.IDENTITY,
    by=VerificationMethod.IN_APP_APPROVAL,
    stage=Stage.CUSTOMER_VERIFICATION,
)
#: What a customer has heard and been offered when identity may be asked.
READY = {
    "dialled": True,
    "stage": Stage.CUSTOMER_VERIFICATION,
    "disclosure": Disclosure.BOUND,
    "company_proof": CompanyProof.OFFERED,
}


def made(*items: Item) -> Pack:
    """Make a pack whose one rule shows these items."""
    return packs.pack(rule("r", *items), purposes=[DEBT, SALE], budgets=Budgets(items=9))


def advised(pack: Pack, purpose_id: str = "pin-migration", **more: Any) -> Advice:  # noqa: ANN401
    """Advise on a call."""
    return advise(packs.guide(pack), packs.situation(pack, purpose_id, **more))


def shown(advice: Advice) -> list[str]:
    """List what is shown, by the item's own name."""
    return [each.id.removeprefix("r/") for each in advice.items]


def withheld(advice: Advice) -> dict[str, Withheld]:
    """Say why what is not shown is not."""
    return {each.id.removeprefix("r/"): each.why for each in advice.suppressed}


def why(advice: Advice, name: str) -> str:
    """Return the sentence that says why an item is not shown."""
    return next(each.text for each in advice.suppressed if each.id == f"r/{name}")


def test_identity_may_be_asked_when_all_conditions_hold() -> None:
    """004-07, 004-09: after the bound and an offer of proof, what the purpose needs is asked."""
    assert shown(advised(made(IDENTITY), "debt", call=READY)) == ["identity"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"disclosure": Disclosure.NAME}, "The customer has not been told what it is about."),
        (
            {"company_proof": CompanyProof.NONE},
            "The company has not offered to prove itself.",
        ),
        (
            {"company_proof": CompanyProof.FAILED},
            "The company has not offered to prove itself.",
        ),
        (
            {"verification": Verification.VERIFIED},
            "The purpose needs no more than the customer has shown.",
        ),
        (
            {"asks_refused": frozenset({"identity"})},
            "The customer has refused it in this call.",
        ),
    ],
)
def test_identity_is_not_asked_when_a_condition_fails(
    change: dict[str, Any], expected: str
) -> None:
    """004-07, 004-08, 004-09, 004-10: each condition of "what may be asked" is one on its own."""
    advice = advised(made(IDENTITY), "debt", call={**READY, **change})
    assert (withheld(advice), why(advice, "identity")) == (
        {"identity": Withheld.IDENTITY},
        expected,
    )


def test_identity_is_not_asked_when_the_budget_is_spent() -> None:
    """004-27: the fifth condition is the ask budget, which earlier asks have spent."""
    advice = advised(made(IDENTITY), "debt", call={**READY, "asks_made": 2})
    assert withheld(advice) == {"identity": Withheld.ASK_BUDGET}


def test_a_service_call_never_asks_identity() -> None:
    """004-19: service information needs no identity, and says so under "do not ask"."""
    advice = advised(made(IDENTITY), call=READY)
    assert shown(advice) == []
    assert "identity" in advice.do_not_ask


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (VerificationMethod.CODE_WORD, []),
        (None, []),
        (VerificationMethod.VOICE_BIOMETRIC, ["It asks for more than the purpose needs."]),
    ],
)
def test_identity_is_asked_as_far_as_it_is_needed(
    by: VerificationMethod | None, expected: list[str]
) -> None:
    """004-08: never more than the purpose declares."""
    ask = item("identity", kind=ItemKind.ASK, ask=Ask.IDENTITY, by=by)
    advice = advised(made(ask), "debt", call=READY)
    assert [each.text for each in advice.suppressed] == expected


def test_a_strong_purpose_takes_two_factors() -> None:
    """Two proportionate factors are asked for where the purpose needs STRONG, and no third."""
    strong = packs.purpose("strong", least_verification=Verification.STRONG)
    asks = [
        item(
            name, kind=ItemKind.ASK, ask=Ask.IDENTITY, by=VerificationMethod(name), stage=Stage.BODY
        )
        for name in ("code_word", "in_app_approval", "call_reference_echo")
    ]
    pack = packs.pack(rule("r", *asks), purposes=[strong], budgets=Budgets(items=9))
    advice = advised(pack, "strong", call=READY, tier=TrustTier.FULL)
    assert shown(advice) == ["in_app_approval", "code_word"]


def test_only_the_customer_is_asked() -> None:
    """A third party or a machine is asked for nothing guarded, identity included."""
    pack = made(IDENTITY, item("feedback", kind=ItemKind.ASK, ask=Ask.FEEDBACK))
    for answered_by in ("machine", "third_party"):
        advice = advised(pack, "debt", call={**READY, "answered_by": answered_by})
        assert shown(advice) == []
        assert "identity" in advice.do_not_ask


def test_saying_who_one_is_does_not_count_from_others() -> None:
    """K5: a third party who says yes does not thereby become the customer."""
    person = item(
        "person",
        kind=ItemKind.ASK,
        ask=Ask.PERSON,
        stage=Stage.PERSON_CHECK,
        establishes=Establishes.PERSON,
    )
    account = item("account", "PIN used: {bank.pin_used}")
    profile = Profile(attributes={"bank.pin_used": False})
    pack = made(person, account)
    assert shown(advised(pack, profile=profile)) == ["person", "account"]
    other = advised(pack, profile=profile, call={"answered_by": "third_party"})
    assert shown(other) == ["person"]


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (TrustTier.LOW, 0),
        (TrustTier.GUARDED, 1),
        (TrustTier.UNKNOWN, 2),
        (TrustTier.NEUTRAL, 2),
        (TrustTier.WARM, 3),
        (TrustTier.FULL, 4),
    ],
)
def test_asks_are_limited_by_trust(tier: TrustTier, expected: int) -> None:
    """004-27, 004-32: a call asks no more than trust allows, nothing at all where it is low."""
    asks = [
        item(str(ask), kind=ItemKind.ASK, ask=ask, stage=Stage.BODY)
        for ask in (Ask.FEEDBACK, Ask.NAME, Ask.DATA, Ask.CONSENT, Ask.CONFIRMATION)
    ]
    advice = advised(made(*asks), tier=tier)
    ordered = ["confirmation", "name", "feedback", "consent", "data"]
    assert shown(advice) == ordered[:expected]


def test_courtesies_cost_nothing() -> None:
    """Asking for the person, the time, a comment or the goal is no demand."""
    asks = [
        item(str(ask), kind=ItemKind.ASK, ask=ask)
        for ask in (Ask.PERSON, Ask.TIME, Ask.COMMENT, Ask.GOAL)
    ]
    assert len(shown(advised(made(*asks), tier=TrustTier.LOW))) == 4


def test_a_refusal_stops_what_is_as_sensitive() -> None:
    """004-28: after a refusal nothing as sensitive or more is asked in that call."""
    asks = [
        item(str(ask), kind=ItemKind.ASK, ask=ask) for ask in (Ask.NAME, Ask.CONSENT, Ask.REFERRAL)
    ]
    advice = advised(
        made(*asks), tier=TrustTier.FULL, call={"asks_refused": frozenset({"consent", "time"})}
    )
    assert shown(advice) == ["name"]
    assert advice.do_not_ask[:2] == ("consent", "time")


def test_an_ask_that_does_not_say_for_what_counts_as_data() -> None:
    """An ask without its object is judged as one of the most sensitive."""
    advice = advised(made(item("what", kind=ItemKind.ASK)), tier=TrustTier.LOW)
    assert withheld(advice) == {"what": Withheld.ASK_BUDGET}


@pytest.mark.parametrize("kind", [ItemKind.SAY, ItemKind.ASK, ItemKind.DO, ItemKind.LISTEN])
def test_no_item_asks_for_a_secret(kind: ItemKind) -> None:
    """004-23: no pack can make an agent ask for the PIN."""
    ask = Ask.CONFIRMATION if kind is ItemKind.ASK else None
    advice = advised(made(item("pin", "Please tell me your PIN.", kind=kind, ask=ask)))
    assert withheld(advice) == {"pin": Withheld.SECRET}


def test_speaking_of_the_pin_is_allowed() -> None:
    """004-23: checking that she has it is possible without asking what it is."""
    check = item("check", "Do you have your PIN? Please don't tell me it.", kind=ItemKind.LISTEN)
    assert shown(advised(made(check))) == ["check"]


def test_a_short_text_is_judged_too() -> None:
    """A short text that may not be shown is left out, and the item stays."""
    texts = {
        "fine": "Short.",
        "secret": "What is your PIN?",
        "unknown": "{proof.reference}",
        "none": None,
    }
    items = [item(name, short_text=text) for name, text in texts.items()]
    advice = advised(made(*items))
    assert [each.short_text for each in advice.items] == ["Short.", None, None, None]


def test_secrets_are_always_listed() -> None:
    """What must never be asked of anyone stands under "do not ask" of every call."""
    advice = advised(made(), "debt")
    assert advice.do_not_ask == (
        "pin",
        "password",
        "security_code",
        "one_time_code",
        "full_card_number",
    )


def test_low_trust_is_asked_nothing() -> None:
    """004-32: where trust is low, all that is guarded stands under "do not ask"."""
    advice = advised(made(), "debt", tier=TrustTier.LOW)
    assert {"identity", "data", "feedback"} <= set(advice.do_not_ask)


@pytest.mark.parametrize(
    ("tier", "expected"),
    [(TrustTier.LOW, []), (TrustTier.GUARDED, []), (TrustTier.NEUTRAL, ["company"])],
)
def test_nothing_for_the_company_alone(tier: TrustTier, expected: list[str]) -> None:
    """004-24: what serves only the company is not shown where trust is low."""
    pack = made(item("company", benefit=Benefit.COMPANY))
    assert shown(advised(pack, tier=tier)) == expected


def offer(name: str = "upsell", **more: Any) -> Item:  # noqa: ANN401
    """Make an offer."""
    more.setdefault("stage", Stage.BODY)
    return item(name, "May I offer you a card?", kind=ItemKind.OFFER, **more)


HEADLINE = item(
    "headline", "{purpose.headline}", stage=Stage.HEADLINE, establishes=Establishes.HEADLINE
)


def offering(*more: Rule, the: Item | None = None) -> Pack:
    """Make a pack that offers something, in a marketing call or a service call."""
    return packs.pack(
        rule("r", HEADLINE, the or offer()), *more, purposes=[SALE], budgets=Budgets(items=9)
    )


NO_SALES = packs.ruling(
    "no-sales",
    Decision.BLOCK,
    ReasonCode.NO_CONSENT,
    when=packs.when(call__counts_as="marketing"),
)


def test_an_offer_in_a_service_call_needs_eligibility_as_marketing() -> None:
    """004-16: a service call with one promotional line is a marketing call, and judged as one."""
    assert shown(advised(offering())) == ["headline", "upsell"]
    advice = advised(offering(NO_SALES))
    assert shown(advice) == ["headline"]
    assert why(advice, "upsell") == (
        "It would make this a marketing call, which is not allowed now: no_consent."
    )


@pytest.mark.parametrize(
    "legal", [LegalClass.SERVICE, LegalClass.EMERGENCY, LegalClass.MARKETING, None]
)
def test_an_offer_cannot_be_disguised(legal: LegalClass | None) -> None:
    """An offer that claims to count as service is marketing all the same."""
    pack = offering(NO_SALES, the=offer(counts_as=legal))
    assert shown(advised(pack)) == ["headline"]


def test_help_that_counts_as_marketing_is_an_offer() -> None:
    """An offer of a message that promotes something is judged as marketing."""
    pack = offering(NO_SALES, the=offer(what="message", counts_as=LegalClass.MARKETING))
    assert shown(advised(pack)) == ["headline"]


def test_an_offer_may_count_as_another_class() -> None:
    """What counts as research is judged as research."""
    pack = offering(NO_SALES, the=offer(counts_as=LegalClass.RESEARCH))
    assert shown(advised(pack)) == ["headline", "upsell"]


@pytest.mark.parametrize(
    "stage", [Stage.PRE_CALL, Stage.GREETING, Stage.PERSON_CHECK, Stage.HEADLINE]
)
def test_no_offer_in_an_opening(stage: Stage) -> None:
    """004-16: nothing is offered before or at the headline, in a marketing call neither."""
    pack = offering(the=offer(stage=stage))
    advice = advised(pack, "sale")
    assert shown(advice) == ["headline"]
    assert withheld(advice) == {"upsell": Withheld.OFFER}


def test_no_offer_without_a_headline() -> None:
    """004-16: an offer to somebody who has not heard why we ring is not made."""
    advice = advised(made(offer()), "sale")
    assert withheld(advice) == {"upsell": Withheld.OFFER}


def test_no_offer_where_trust_is_low() -> None:
    """004-32: lose points, and nothing is offered."""
    advice = advised(offering(), "sale", tier=TrustTier.LOW)
    assert why(advice, "upsell") == "Nothing is offered where trust is low."


@pytest.mark.parametrize(
    ("reason", "gate"),
    [
        (ReasonCode.NO_NEED, "need"),
        (ReasonCode.NO_RELEVANCE, "need"),
        (ReasonCode.BRAND_UNFIT, "brand"),
        (ReasonCode.CAPACITY_NONE, "capacity"),
    ],
)
def test_an_offer_passes_three_gates(reason: ReasonCode, gate: str) -> None:
    """001-10: need, brand, capacity: an offer is withheld with the name of the gate it failed."""
    gated = packs.ruling("gate", reason=reason, when=packs.when(call__counts_as="marketing"))
    advice = advised(offering(gated))
    assert why(advice, "upsell") == f"It fails the gate: {gate}."


def test_no_offer_without_capacity() -> None:
    """001-10: what the company cannot do now is not offered."""
    advice = advised(offering(), stated={"capacity.purpose": 0})
    assert why(advice, "upsell") == "It fails the gate: capacity."


@pytest.mark.parametrize(("capacity", "expected"), [(0, []), (3, ["upsell"])])
def test_a_call_back_is_offered_with_capacity_only(capacity: int, expected: list[str]) -> None:
    """001-10: a promise that could not be kept is not offered."""
    pack = made(offer(what="callback", stage=Stage.GREETING))
    advice = advised(pack, stated={"capacity.callback": capacity}, tier=TrustTier.LOW)
    assert shown(advice) == expected


def test_help_is_offered_to_anybody_at_any_time() -> None:
    """004-10: a safe alternative (a letter, a message, a human) sells nothing."""
    pack = made(*(offer(what, what=what, stage=Stage.GREETING) for what in ("letter", "human")))
    assert shown(advised(pack, tier=TrustTier.LOW)) == ["letter", "human"]


def reacting(*items: Item, event: str = "customer_asked_purpose") -> Pack:
    """Make a pack with one reaction."""
    return packs.pack(
        rule("r", *items, section=Section.REACTIONS, events=frozenset({event})),
        purposes=[DEBT, SALE],
    )


def test_a_reaction_goes_by_what_really_happened() -> None:
    """004-07, 004-09: in a live call, what stands above in the moment has not been said yet."""
    pack = reacting(
        item("bound", "{purpose.headline}", stage=None, establishes=Establishes.HEADLINE),
        item("proof", stage=None, establishes=Establishes.COMPANY_PROOF),
        item("identity", kind=ItemKind.ASK, ask=Ask.IDENTITY, stage=None),
    )
    guide = packs.guide(pack)
    call = {"dialled": True, "stage": Stage.GREETING}
    early = react(guide, packs.situation(pack, "debt", call=call), "customer_asked_purpose")
    ready = react(guide, packs.situation(pack, "debt", call=READY), "customer_asked_purpose")
    assert shown(early) == ["bound", "proof"]
    assert shown(ready) == ["bound", "proof", "identity"]
    assert [each.stage for each in early.items] == [Stage.GREETING, Stage.GREETING]


def test_a_reaction_offers_nothing_before_the_headline() -> None:
    """004-16: a question is not an opening for a sale."""
    pack = reacting(offer(stage=None))
    guide = packs.guide(pack)
    early = packs.situation(pack, "sale", call={"dialled": True})
    later = packs.situation(pack, "sale", call={"dialled": True, "disclosure": Disclosure.HEADLINE})
    assert shown(react(guide, early, "customer_asked_purpose")) == []
    assert shown(react(guide, later, "customer_asked_purpose")) == ["upsell"]


def test_identity_is_not_asked_again_after_a_refusal() -> None:
    """004-10: after IDENTITY_REFUSED the same ask is never shown again in that call."""
    pack = reacting(
        item("again", kind=ItemKind.ASK, ask=Ask.IDENTITY, stage=None),
        item("thanks", "Quite right.", stage=None, force=Force.MUST),
        event="identity_refused",
    )
    advice = react(packs.guide(pack), packs.situation(pack, "debt", call=READY), "identity_refused")
    assert shown(advice) == ["thanks"]
    assert advice.do_not_ask[0] == "identity"

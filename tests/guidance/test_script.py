"""The script: order of moments, budgets, groups, what was said, what has passed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from advisor.engagement.limits import Span, SpanUnit
from advisor.facts.situation import Profile
from advisor.facts.vocabulary import Ask, Decision, Disclosure, Force, ItemKind, ReasonCode, Stage
from advisor.guidance.advise import advise
from advisor.guidance.decision import Advice, Withheld
from advisor.guidance.script import order_of
from advisor.rules.pack import Budgets, IfUnsure, Item, Opening, Pack, Raise
from tests.guidance import packs
from tests.guidance.packs import item, rule

MUST, SHOULD, COULD = Force.MUST, Force.SHOULD, Force.COULD


def advised(pack: Pack, **more: Any) -> Advice:  # noqa: ANN401
    """Advise on a call."""
    return advise(packs.guide(pack), packs.situation(pack, **more))


def shown(advice: Advice) -> list[str]:
    """List what is shown."""
    return [each.id for each in advice.items]


def withheld(advice: Advice) -> dict[str, Withheld]:
    """Say why what is not shown is not."""
    return {each.id: each.why for each in advice.suppressed}


def test_a_whole_call_is_in_order() -> None:
    """004-03, 004-07: company and name, person, headline, proof; then what it is about."""
    advice = advised(packs.pack(*packs.opening_script()), profile=Profile(preferred_name="Ms K."))
    assert [(each.stage, each.text) for each in advice.items] == [
        (Stage.GREETING, "This is Sam from Acme Bank."),
        (Stage.PERSON_CHECK, "Am I speaking with Ms K.?"),
        (Stage.HEADLINE, "headline words"),
        (Stage.COMPANY_PROOF, "Look at your app: it shows this call."),
        (Stage.BODY, "account words"),
    ]


def test_moments_that_an_opening_leaves_out() -> None:
    """What comes before and behind an opening is always part of a call, the rest is not."""
    assert order_of(Opening("short", (Stage.GREETING, Stage.HEADLINE, Stage.CLOSE))) == (
        Stage.PRE_CALL,
        Stage.RINGING,
        Stage.ANSWERED,
        Stage.GREETING,
        Stage.HEADLINE,
        Stage.CLOSE,
        Stage.BODY,
        Stage.COMMITMENT,
        Stage.RECAP,
        Stage.WRAP_UP,
    )


def test_an_item_outside_the_opening_is_withheld() -> None:
    """An item for a moment that this opening does not have says so."""
    opening = Opening("standard", (Stage.GREETING, Stage.BODY))
    pack = packs.pack(rule("r", item("timing", stage=Stage.TIMING_CHECK)), openings=[opening])
    assert withheld(advised(pack)) == {"r/timing": Withheld.STAGE}


def test_what_has_passed_or_was_said_is_not_shown_again() -> None:
    """A call in progress gets the rest of its script."""
    items = [
        item("greeting", stage=Stage.GREETING),
        item("headline", stage=Stage.HEADLINE),
        item("body", stage=Stage.BODY),
    ]
    call = {"dialled": True, "stage": Stage.HEADLINE, "said": frozenset({"r/headline"})}
    advice = advised(packs.pack(rule("r", *items)), call=call)
    assert shown(advice) == ["r/body"]
    assert withheld(advice) == {"r/greeting": Withheld.STAGE, "r/headline": Withheld.SAID}


def test_a_stage_outside_the_opening_has_nothing_behind_it() -> None:
    """A call at a stage that its opening does not name gets the whole script."""
    opening = Opening("standard", (Stage.GREETING, Stage.BODY))
    pack = packs.pack(rule("r", item("greeting", stage=Stage.GREETING)), openings=[opening])
    advice = advised(pack, call={"dialled": True, "stage": Stage.TIMING_CHECK})
    assert shown(advice) == ["r/greeting"]


@pytest.mark.parametrize(
    ("forces", "expected"),
    [
        ((COULD, SHOULD, MUST, MUST), ["i2", "i3", "i1"]),
        ((MUST, MUST, MUST, MUST), ["i0", "i1", "i2"]),
        ((COULD, COULD, COULD, SHOULD), ["i3", "i0", "i1"]),
    ],
)
def test_a_moment_shows_its_strongest_items(forces: tuple[Force, ...], expected: list[str]) -> None:
    """The budget counts per moment; MUST comes first, and what is left out says why."""
    items = [item(f"i{n}", force=force) for n, force in enumerate(forces)]
    advice = advised(packs.pack(rule("r", *items)))
    assert shown(advice) == [f"r/{name}" for name in expected]
    assert list(withheld(advice).values()) == [Withheld.BUDGET]


def test_every_moment_has_its_own_budget() -> None:
    """What one moment shows takes nothing from another."""
    items = [item(f"{s}{n}", stage=s) for s in (Stage.BODY, Stage.CLOSE) for n in range(3)]
    assert len(advised(packs.pack(rule("r", *items))).items) == 6


def test_a_must_is_not_crowded_out_by_a_less_sensitive_ask() -> None:
    """Asks come in the order of their sensitivity, yet a MUST keeps its place."""
    asks = [
        item("data", kind=ItemKind.ASK, ask=Ask.DATA, force=MUST),
        item("name", kind=ItemKind.ASK, ask=Ask.NAME, force=COULD),
    ]
    pack = packs.pack(rule("r", *asks), budgets=Budgets(items=1))
    advice = advised(pack)
    assert shown(advice) == ["r/data"]
    assert withheld(advice) == {"r/name": Withheld.BUDGET}


def test_the_least_sensitive_ask_comes_first() -> None:
    """004-28: asks of one moment go from the least sensitive to the most."""
    asks = [
        item("data", kind=ItemKind.ASK, ask=Ask.DATA, force=MUST),
        item("say", force=SHOULD),
        item("name", kind=ItemKind.ASK, ask=Ask.NAME, force=COULD),
    ]
    assert shown(advised(packs.pack(rule("r", *asks)))) == ["r/name", "r/say", "r/data"]


def test_of_a_group_only_the_strongest_speaks() -> None:
    """Two rules that say the same thing in other words are not both heard."""
    pack = packs.pack(
        rule("first", item("a"), group="tone"),
        rule("second", item("b"), item("c"), group="tone"),
        rule("third", item("d")),
        budgets=Budgets(items=9),
    )
    advice = advised(pack)
    assert shown(advice) == ["first/a", "third/d"]
    assert withheld(advice) == {"second/b": Withheld.GROUP, "second/c": Withheld.GROUP}


def known(n: int, force: Force = SHOULD) -> Item:
    """Make something to know before the call."""
    return item(f"k{n}", kind=ItemKind.KNOW, stage=Stage.PRE_CALL, force=force)


def test_a_brief_holds_three_things() -> None:
    """001-07: three things to know by rank, never more; the rest says why it is missing."""
    pack = packs.pack(
        rule("r", *(known(n) for n in range(4)), known(4, MUST)), budgets=Budgets(items=9)
    )
    advice = advised(pack)
    assert [each.id for each in advice.brief] == ["r/k4", "r/k0", "r/k1"]
    assert advice.items == ()
    assert withheld(advice) == {"r/k2": Withheld.BUDGET, "r/k3": Withheld.BUDGET}


def test_a_brief_says_how_her_name_is_said() -> None:
    """004-02: the brief carries the preferred name and how it is said."""
    hint = item(
        "name",
        "{customer.preferred_name}, said {customer.name_hint}.",
        kind=ItemKind.KNOW,
        stage=Stage.PRE_CALL,
    )
    profile = Profile(preferred_name="Ms Kirkby", name_hint="KUR-bee")
    advice = advised(packs.pack(rule("r", hint)), profile=profile)
    assert [each.text for each in advice.brief] == ["Ms Kirkby, said KUR-bee."]
    assert [fact.name for fact in advice.brief[0].facts] == [
        "customer.preferred_name",
        "customer.name_hint",
    ]


def test_what_is_to_be_known_in_the_call_stays_in_the_script() -> None:
    """Only what is known before the call belongs to the brief."""
    body = item("body", kind=ItemKind.KNOW)
    do = item("do", kind=ItemKind.DO, stage=Stage.PRE_CALL)
    advice = advised(packs.pack(rule("r", body, do)))
    assert (advice.brief, shown(advice)) == ((), ["r/do", "r/body"])


def test_an_item_without_a_stage_belongs_to_the_body() -> None:
    """An item that names no moment is said when the matter itself is."""
    advice = advised(packs.pack(rule("r", item("anytime", stage=None))))
    assert [each.stage for each in advice.items] == [Stage.BODY]


def test_other_words_serve_where_a_fact_is_unknown() -> None:
    """Words for when a fact is unknown are said, and without them the item is left out."""
    both = item("both", "At {slot.1}?", or_say="When it suits you.")
    alone = item("alone", "At {slot.1}?")
    hopeless = item("hopeless", "At {slot.1}?", or_say="At {slot.2}?")
    advice = advised(packs.pack(rule("r", both, alone, hopeless)), offers=())
    assert [each.text for each in advice.items] == ["When it suits you."]
    assert withheld(advice) == {
        "r/alone": Withheld.FACT_UNKNOWN,
        "r/hopeless": Withheld.FACT_UNKNOWN,
    }
    assert advice.context.missing == ("slot.1", "slot.2")


def test_an_item_names_its_rule_and_facts() -> None:
    """Every item says why it is there: its rule, and the facts that made it apply."""
    pack = packs.pack(
        rule(
            "r",
            item("check", "PIN used: {bank.pin_used}", or_say="Do you have your PIN?"),
            when=packs.when(bank__pin_used=False),
            unless=(packs.when(customer__safe_contact=True),),
            if_unsure=IfUnsure.APPLY,
        )
    )
    profile = Profile(attributes={"bank.pin_used": False})
    shown_item = advised(pack, profile=profile).items[0]
    assert (shown_item.rule, shown_item.because) == ("r", "Because of r.")
    assert [(fact.name, fact.shown, fact.unsure) for fact in shown_item.facts] == [
        ("bank.pin_used", "no", False),
        ("customer.safe_contact", "unknown", True),
    ]
    assert shown_item.unsure


@pytest.mark.parametrize("decision", [Decision.BLOCK, Decision.HUMAN_REVIEW, Decision.DEFER])
def test_nothing_is_shown_for_a_call_that_is_not_made(decision: Decision) -> None:
    """A call that is blocked or deferred has no brief and no script, and says why."""
    pack = packs.pack(
        packs.ruling("no", decision, ReasonCode.OPEN_COMPLAINT),
        rule("r", known(1), item("body"), item("close", kind=ItemKind.CLOSE, stage=Stage.CLOSE)),
    )
    advice = advised(pack)
    assert (advice.brief, advice.items) == ((), ())
    assert set(withheld(advice).values()) == {Withheld.NO_CALL}


@pytest.mark.parametrize(
    ("decision", "expected"),
    [(Decision.BLOCK, ["r/close"]), (Decision.DEFER, ["r/body", "r/close"])],
)
def test_a_call_in_progress_is_not_left_in_silence(decision: Decision, expected: list[str]) -> None:
    """004-12: of a call that must not go on, how to end it kindly is still shown."""
    pack = packs.pack(
        packs.ruling("no", decision, ReasonCode.OPEN_COMPLAINT),
        rule("r", item("body"), item("close", kind=ItemKind.CLOSE, stage=Stage.CLOSE)),
    )
    assert shown(advised(pack, call={"dialled": True})) == expected


def test_a_task_is_raised_whether_or_not_the_call_is_made() -> None:
    """001-04: what rules raise goes to its owner, once a group, also where nobody is rung."""
    raised = Raise(name="t", purpose="debt", within=Span(2, SpanUnit.HOURS), owner="desk")
    pack = packs.pack(
        packs.ruling("no", Decision.DEFER, ReasonCode.OPEN_COMPLAINT),
        rule("a", raises=(raised,), group="one"),
        rule("b", raises=(raised,), group="one"),
        rule("c", raises=(raised,)),
    )
    tasks = advised(pack).tasks
    assert [task.id for task in tasks] == ["a/t", "c/t"]
    assert (tasks[0].owner, tasks[0].within, tasks[0].because) == (
        "desk",
        timedelta(hours=2),
        "Because of a.",
    )


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        (ReasonCode.OPEN_COMPLAINT, ["r/say", "r/person", "r/callback"]),
        (ReasonCode.FREQUENCY_CAP, ["r/say", "r/person", "r/goal", "r/callback"]),
    ],
)
def test_a_call_that_rings_and_should_not_wants_nothing(
    reason: ReasonCode, expected: list[str]
) -> None:
    """A call on the line that is put off for what it is only serves; for its hour, it goes on."""
    offer, ask = ItemKind.OFFER, ItemKind.ASK
    pack = packs.pack(
        packs.ruling("held", Decision.DEFER, reason),
        rule(
            "r",
            item("say"),
            item("person", "Is that you?", kind=ask, ask=Ask.PERSON),
            item("goal", "What do you want?", kind=ask, ask=Ask.GOAL),
            item("callback", "Shall I ring again?", kind=offer, what="callback"),
            item("savings", "A savings plan?", kind=offer, what="savings"),
        ),
        budgets=Budgets(items=9),
    )
    call = {"dialled": True, "stage": Stage.BODY, "disclosure": Disclosure.STATEMENT}
    advice = advised(pack, call=call)
    assert advice.verdict.decision is Decision.DEFER
    assert sorted(shown(advice)) == sorted(expected)

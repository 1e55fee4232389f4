"""Where a call stands after what was reported of it (fault 35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.events import EVENTS
from advisor.facts.situation import Agent, Call
from advisor.facts.vocabulary import (
    Ask,
    CompanyProof,
    Disclosure,
    Establishes,
    ItemKind,
    Stage,
    Verification,
)
from advisor.guidance.course import Course, Happening, course_of
from advisor.rules.pack import Item
from tests.guidance.packs import guide, item, pack, rule

_AT = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
_CALL = Call(id="c-1", brand="acme", dialled=True, stage=Stage.RINGING)


@pytest.fixture(name="items", scope="module")
def _items() -> Mapping[str, Item]:
    lines = rule(
        "lines",
        item("headline", stage=Stage.HEADLINE, establishes=Establishes.HEADLINE),
        item("bye", "Goodbye.", stage=Stage.CLOSE, establishes=Establishes.CLOSE),
        item("more", "It is about your PIN."),
        item("told", "From May.", discloses=Disclosure.STATEMENT),
        item("who", "May I check?", kind=ItemKind.ASK, ask=Ask.IDENTITY),
    )
    return guide(pack(lines)).items


def _told(kind: str, second: int = 0, **more: object) -> Happening:
    happening = Happening(id=f"{kind}-{second}", kind=kind, at=_AT + timedelta(seconds=second))
    return replace(happening, **more)  # type: ignore[arg-type]


def _course(items: Mapping[str, Item], *happenings: Happening) -> Course:
    return course_of(items, _CALL, happenings)


_HAPPENINGS = st.lists(
    st.builds(
        Happening,
        id=st.text("abcdef", min_size=1, max_size=3),
        kind=st.sampled_from(EVENTS),
        at=st.integers(0, 50).map(lambda seconds: _AT + timedelta(seconds=seconds)),
        leg=st.none() | st.integers(0, 3),
        item=st.none() | st.sampled_from(["lines/headline", "lines/bye", "lines/who", "no/such"]),
        refused=st.none() | st.sampled_from(Ask),
    ),
    max_size=12,
    unique_by=lambda happening: happening.id,
)


@given(data=st.data(), happenings=_HAPPENINGS)
def test_the_order_of_arrival_changes_nothing(
    items: Mapping[str, Item], data: st.DataObject, happenings: list[Happening]
) -> None:
    """Late, doubled and reordered reports leave a call where the same reports in order do."""
    again = data.draw(st.lists(st.sampled_from(happenings), max_size=5)) if happenings else []
    shuffled = data.draw(st.permutations([*happenings, *again]))
    assert course_of(items, _CALL, shuffled) == course_of(items, _CALL, happenings)


@given(happenings=_HAPPENINGS, late=_HAPPENINGS)
def test_nothing_that_is_reported_rewinds_a_call(
    items: Mapping[str, Item], happenings: list[Happening], late: Sequence[Happening]
) -> None:
    """A report more never takes back what was said, refused or asked, nor the leg."""
    known = {each.id for each in happenings}
    more = [each for each in late if each.id not in known]
    before = course_of(items, _CALL, happenings)
    after = course_of(items, _CALL, [*happenings, *more])
    assert after.call.said >= before.call.said
    assert after.call.asks_refused >= before.call.asks_refused
    assert after.call.asks_made >= before.call.asks_made
    assert after.leg >= before.leg
    assert after.call.stage >= before.call.stage
    assert after.ended >= before.ended


def test_an_item_that_is_used_establishes_what_it_says(items: Mapping[str, Item]) -> None:
    """One key, said, next, reports the headline; nobody presses HEADLINE_STATED by hand."""
    course = _course(items, _told("guidance_used", item="lines/headline"))
    assert course.call.disclosure is Disclosure.HEADLINE
    assert course.call.stage is Stage.HEADLINE
    assert course.call.said == {"lines/headline"}


def test_an_item_discloses_what_it_says_it_does(items: Mapping[str, Item]) -> None:
    """An item that establishes nothing still discloses what it declares."""
    assert _course(items, _told("guidance_used", item="lines/more")).call.disclosure is (
        Disclosure.NAME
    )
    assert _course(items, _told("guidance_used", item="lines/told")).call.disclosure is (
        Disclosure.STATEMENT
    )


def test_an_ask_that_is_used_counts_against_the_budget(items: Mapping[str, Item]) -> None:
    """Asks are counted one by one, however they were reported."""
    course = _course(
        items,
        _told("guidance_used", 1, item="lines/who"),
        _told("agent_asked_identity", 2),
        _told("agent_asked_identity", 3),
    )
    assert course.call.asks_made == 3


def test_an_item_that_is_only_shown_was_not_said(items: Mapping[str, Item]) -> None:
    """Nothing counts as said because it stood on a page."""
    assert _course(items, _told("guidance_shown", item="lines/headline")).call.said == frozenset()


def test_somebody_else_on_the_line_begins_again(items: Mapping[str, Item]) -> None:
    """A new leg starts disclosure, proof and verification again; what was refused stays so."""
    course = _course(
        items,
        _told("person_confirmed", 1),
        _told("headline_stated", 2),
        _told("company_proof_offered", 3),
        _told("identity_refused", 4),
        _told("person_changed", 5),
    )
    call = course.call
    assert (course.leg, call.verification, call.company_proof, call.disclosure) == (
        1,
        Verification.NONE,
        CompanyProof.NONE,
        Disclosure.NAME,
    )
    assert call.asks_refused == {"identity"}


def test_what_happened_before_a_change_of_persons_belongs_to_the_one_before(
    items: Mapping[str, Item],
) -> None:
    """A late report of an earlier leg tells the new person nothing."""
    course = _course(items, _told("transferred", 5), _told("headline_stated", 2))
    assert course.call.disclosure is Disclosure.NAME
    named = _course(items, _told("transferred", 5), _told("headline_stated", 9, leg=0))
    assert named.call.disclosure is Disclosure.NAME


def test_asking_who_it_is_before_saying_what_it_is_about_is_noticed(
    items: Mapping[str, Item],
) -> None:
    """AGENT_ASKED_IDENTITY before the headline is flagged, and after it is not (004-07)."""
    assert _course(items, _told("agent_asked_identity", 1)).asked_early
    assert not _course(
        items, _told("headline_stated", 1), _told("agent_asked_identity", 2)
    ).asked_early


def test_a_call_ends_with_or_without_a_close(items: Mapping[str, Item]) -> None:
    """Whether the agent took leave before hanging up is known (004-12)."""
    abrupt = _course(items, _told("agent_hung_up", 1))
    assert (abrupt.ended, abrupt.closed, abrupt.call.stage) == (True, False, Stage.WRAP_UP)
    kind = _course(items, _told("guidance_used", 1, item="lines/bye"), _told("agent_hung_up", 2))
    assert (kind.ended, kind.closed) == (True, True)


def test_what_was_refused_is_what_the_report_says(items: Mapping[str, Item]) -> None:
    """A refusal names what was refused; other events refuse nothing."""
    course = _course(
        items,
        _told("data_refused", 1, refused=Ask.CONSENT),
        _told("customer_busy", 2, refused=Ask.GOAL),
    )
    assert course.call.asks_refused == {"consent"}


def test_the_agent_assigned_last_speaks(items: Mapping[str, Item]) -> None:
    """A predictive dialer assigns the agent after the decision; being assigned dials nothing."""
    begun = replace(_CALL, dialled=False)
    course = course_of(items, begun, [_told("agent_assigned", 1, agent=Agent(name="Sam"))])
    assert course.call.agent.name == "Sam"
    assert not course.call.dialled
    assert course_of(items, begun, [_told("call_placed")]).call.dialled


def test_somebody_is_on_the_line_once_anything_is_heard_of_them(items: Mapping[str, Item]) -> None:
    """What a customer does says that the call was answered; what is only shown says nothing."""
    begun = replace(_CALL, stage=Stage.PRE_CALL)
    heard = course_of(items, begun, [_told("customer_busy")])
    assert heard.call.stage is Stage.ANSWERED
    assert course_of(items, begun, [_told("guidance_shown")]).call.stage is Stage.PRE_CALL

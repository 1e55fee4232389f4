"""What becomes of promises: each settled once, by outcome, by time, or by the customer's word."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.basis import Basis
from advisor.engagement.card import LedgerEntry, balance, replayed
from advisor.engagement.contacts import Contact, Direction, Disposition
from advisor.engagement.promises import MOST_OPEN, Promise, PromiseState
from advisor.facts.memory import Memory
from advisor.facts.situation import Profile, Suppressed
from advisor.facts.vocabulary import PurposeKind, Suppression
from advisor.guidance.guide import Guide
from advisor.guidance.promising import (
    Changed,
    PromiseExists,
    PromiseRefused,
    TooManyPromises,
    about,
    by_outcome,
    by_time,
    found,
    given_up,
    made,
    undone,
)
from advisor.guidance.settling import Outcome, Settled, settle
from advisor.rules.conditions import All, Leaf, Operator
from advisor.rules.pack import Entry, Rule, Section
from tests.guidance import packs

SIX = datetime(2026, 1, 13, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PROMISE = Promise(
    state=PromiseState.MADE,
    id="p",
    due_at=SIX,
    due_until=SIX + 30 * MINUTE,
    missed_at=SIX + 90 * MINUTE,
    subject="pin",
    purpose_id="pin-migration",
    brand="acme",
)
OWED = Memory(promises=(PROMISE,), first_at=SIX)


def _earns(id_: str, points: float, *conditions: Leaf) -> Rule:
    return Rule(
        id=id_,
        section=Section.ENGAGEMENT,
        because=f"It was {id_}.",
        mark=packs.MARK,
        when=All(conditions),
        entry=Entry(points=points, half_life=None),
        basis=Basis.POLICY,
    )


def _as(state: str) -> Leaf:
    return Leaf("promise.settled_as", Operator.IS, state)


GUIDE = Guide.of(
    packs.pack(
        _earns("kept", 6, _as("kept")),
        _earns("late", -3, _as("late")),
        _earns("missed", -12, _as("missed")),
        _earns(
            "again",
            -10,
            _as("missed"),
            Leaf("history.promises_missed.same_matter", Operator.AT_LEAST, 1),
        ),
        _earns("served", 4, Leaf("outcome.disposition", Operator.IS, "completed_service")),
    )
)


def _call(minutes: int, disposition: Disposition = Disposition.COMPLETED_SERVICE) -> Contact:
    return Contact(
        at=SIX + minutes * MINUTE,
        id="c",
        direction=Direction.OUTBOUND,
        disposition=disposition,
        promise_id="p",
    )


def _rules(entries: Sequence[LedgerEntry]) -> list[str]:
    return [entry.rule or "" for entry in entries]


def _state(changed: Changed) -> PromiseState:
    return changed.memory.promises[0].state


@pytest.mark.parametrize(
    ("minutes", "state", "rules"),
    [
        (0, PromiseState.KEPT, ["kept"]),
        (40, PromiseState.LATE, ["late"]),
        (100, PromiseState.MISSED, ["missed"]),
        (-30, PromiseState.MADE, []),
    ],
)
def test_speaking_with_them_settles_it(minutes: int, state: PromiseState, rules: list[str]) -> None:
    """004-22: kept, late and missed by when we spoke; a call before its time settles nothing."""
    changed = by_outcome(GUIDE, OWED, _call(minutes), SIX, outcome_id="o")
    assert _state(changed) is state
    assert _rules(changed.entries) == rules


def test_no_two_promises_have_one_id() -> None:
    """A promise whose id is taken is refused, however the other was settled."""
    settled = PROMISE.settled(PromiseState.KEPT, SIX)
    for other in (PROMISE, settled):
        with pytest.raises(PromiseExists):
            made(Memory(promises=(other,)), PROMISE)


def test_the_call_in_which_it_was_made_does_not_keep_it() -> None:
    """004-22: "ring me in ten minutes" is owed after the call in which it was said."""
    soon = replace(PROMISE, call_id="c")
    told = replace(_call(-10), promise_id=None, subject="pin")
    owed = Memory(promises=(soon,), first_at=SIX)

    changed = by_outcome(GUIDE, owed, told, SIX, outcome_id="o")
    assert (_state(changed), changed.memory.promises) == (PromiseState.MADE, (soon,))
    other = by_outcome(GUIDE, owed, replace(told, id="d"), SIX, outcome_id="o")
    assert _state(other) is PromiseState.KEPT


def test_an_earlier_call_that_is_told_later_brings_none_forward() -> None:
    """After two calls that nobody answered it is due a while after the later one."""
    memory = OWED
    for number, minutes in enumerate((20, 5)):
        told = replace(_call(minutes, Disposition.NO_ANSWER), id=f"c-{number}")
        memory = by_outcome(GUIDE, memory, told, SIX, outcome_id=f"o-{number}").memory
    retry = GUIDE.pack.settings.callbacks.retry
    assert memory.promises[0].again_at == SIX + 20 * MINUTE + retry


def test_a_call_that_reached_nobody_keeps_it_open() -> None:
    """An unanswered call in the window is remembered, and the promise due again a little later."""
    changed = by_outcome(GUIDE, OWED, _call(5, Disposition.NO_ANSWER), SIX, outcome_id="o")
    [promise] = changed.memory.promises
    assert (promise.state, promise.attempted) == (PromiseState.MADE, True)
    assert promise.again_at == SIX + 15 * MINUTE
    assert changed.entries == ()
    over = by_time(GUIDE, changed.memory, Profile(), SIX + 90 * MINUTE)
    assert (_state(over), _rules(over.entries)) == (PromiseState.KEPT, ["kept"])


def test_time_settles_what_nobody_did() -> None:
    """004-22: after its grace it is missed, once, at the instant at which it was."""
    early = by_time(GUIDE, OWED, Profile(), SIX + 89 * MINUTE)
    over = by_time(GUIDE, OWED, Profile(), SIX + 300 * MINUTE)
    again = by_time(GUIDE, over.memory, Profile(), SIX + 300 * MINUTE)
    assert early == Changed(memory=OWED)
    assert (_state(over), _rules(over.entries)) == (PromiseState.MISSED, ["missed"])
    assert over.memory.promises[0].settled_at == SIX + 90 * MINUTE
    assert again == Changed(memory=over.memory)


def test_a_second_miss_in_the_same_matter_weighs_more() -> None:
    """004-22: of two that time finds missed together, the second is the second."""
    second = replace(PROMISE, id="q")
    other = replace(PROMISE, id="r", subject="fees")
    memory = replace(OWED, promises=(PROMISE, second, other))
    over = by_time(GUIDE, memory, Profile(), SIX + 90 * MINUTE)
    assert _rules(over.entries) == ["missed", "missed", "again", "missed"]


def test_a_call_on_its_way_is_waited_for() -> None:
    """A promise is not called missed while the call that keeps it has no outcome yet."""
    memory = replace(OWED, holds=(Contact(at=SIX, id="c", promise_id="p"),))
    assert by_time(GUIDE, memory, Profile(), SIX + 90 * MINUTE) == Changed(memory=memory)


def test_an_outcome_told_late_takes_back_what_time_booked() -> None:
    """Kept in time and told afterwards: the miss is reversed, the keeping booked, once."""
    over = by_time(GUIDE, OWED, Profile(), SIX + 90 * MINUTE).memory
    changed = by_outcome(GUIDE, over, _call(0), SIX + 120 * MINUTE, outcome_id="o")
    unheard = by_outcome(
        GUIDE, over, _call(0, Disposition.NO_ANSWER), SIX + 120 * MINUTE, outcome_id="o"
    )
    assert _state(changed) is PromiseState.KEPT
    assert balance(changed.memory.account, SIX) == pytest.approx(6)
    assert balance(unheard.memory.account, SIX) == pytest.approx(0)
    assert _state(unheard) is PromiseState.MADE


def test_a_correction_takes_everything_back() -> None:
    """A corrected outcome opens the promise again; time then decides what it has to."""
    first = settle(GUIDE, OWED, Profile(), Outcome(id="o", contact=_call(0)), SIX + 200 * MINUTE)
    assert isinstance(first.settled, Settled)
    wrong = Outcome(
        id="o2", contact=_call(0, Disposition.WRONG_PERSON), corrects="o", basis="a slip"
    )
    second = settle(GUIDE, first.memory, Profile(), wrong, SIX + 200 * MINUTE, first=first.settled)
    assert first.memory.promises[0].state is PromiseState.KEPT
    assert second.memory.promises[0].state is PromiseState.KEPT
    assert second.memory.promises[0].reached is False
    assert undone(first.memory, "o", None, ())[0].promises[0].state is PromiseState.MADE
    assert balance(second.memory.account, SIX) == pytest.approx(6)


def test_a_promise_is_booked_once_and_not_by_later_calls() -> None:
    """Later outcomes in the same matter neither credit nor debit what was settled before them."""
    over = by_time(GUIDE, OWED, Profile(), SIX + 90 * MINUTE).memory
    later = replace(_call(2_000), id="d", promise_id=None, subject="pin")
    done = settle(GUIDE, over, Profile(), Outcome(id="o", contact=later), SIX + 2_000 * MINUTE)
    assert _rules(done.entries) == ["served"]


def test_who_must_not_be_rung_is_released() -> None:
    """004-22: a stop request releases what was promised, at no cost; one with an end does not."""
    stopped = Profile(suppressions=(Suppressed(source=Suppression.INTERNAL),))
    ends = Profile(suppressions=(Suppressed(source=Suppression.INTERNAL, ends_at=SIX + MINUTE),))
    other = Profile(
        suppressions=(
            Suppressed(
                source=Suppression.PURPOSE_OPT_OUT,
                purpose_kinds=frozenset({PurposeKind.MARKETING_NEW}),
            ),
        )
    )
    released = by_time(GUIDE, OWED, stopped, SIX)
    assert (_state(released), released.entries) == (PromiseState.RELEASED, ())
    assert by_time(GUIDE, OWED, ends, SIX) == Changed(memory=OWED)
    assert by_time(GUIDE, OWED, other, SIX) == Changed(memory=OWED)


@pytest.mark.parametrize(
    ("minutes", "state"), [(91, PromiseState.RELEASED), (89, PromiseState.MISSED)]
)
def test_what_the_law_forbade_until_it_was_over_is_not_broken(
    minutes: int, state: PromiseState
) -> None:
    """004-22: a promise that nobody was allowed to keep in its time costs nothing."""
    held = Suppressed(source=Suppression.LITIGATION_HOLD, ends_at=SIX + minutes * MINUTE)
    changed = by_time(GUIDE, OWED, Profile(suppressions=(held,)), SIX + 95 * MINUTE)
    assert _state(changed) is state
    assert bool(changed.entries) is (state is PromiseState.MISSED)


def test_an_opt_out_releases_and_its_correction_owes_again() -> None:
    """What only a wrong opt-out released is owed again when it is corrected."""
    call = Contact(at=SIX - 60 * MINUTE, id="c", disposition=Disposition.DNC_ALL)
    first = settle(GUIDE, OWED, Profile(), Outcome(id="o", contact=call), SIX - 60 * MINUTE)
    assert first.memory.promises[0].state is PromiseState.RELEASED
    right = Outcome(
        id="o2",
        contact=replace(call, disposition=Disposition.NO_ANSWER),
        corrects="o",
        basis="a slip",
    )
    profile = Profile(suppressions=first.suppressed)
    second = settle(GUIDE, first.memory, profile, right, SIX - 60 * MINUTE, first=first.settled)
    assert second.memory.promises[0].state is PromiseState.MADE


@pytest.mark.parametrize(
    ("contact", "ids"),
    [
        (_call(0), ["p"]),
        (replace(_call(0), promise_id="z"), []),
        (replace(_call(0), promise_id=None, subject="pin"), ["p"]),
        (replace(_call(0), promise_id=None, subject="fees"), []),
        (replace(_call(0), promise_id=None, kind="callback_promised"), ["p"]),
        (replace(_call(0), promise_id=None), []),
        (replace(_call(-60), promise_id=None, subject="pin"), []),
    ],
)
def test_which_promise_a_call_is_about(contact: Contact, ids: list[str]) -> None:
    """By its id; else what is due of the same subject; a promised call-back, whatever is due."""
    promise = about(OWED.promises, contact)
    assert [promise.id] if promise is not None else ids == []


def test_an_inbound_call_settles_nothing() -> None:
    """A customer who rings us has not been rung."""
    inbound = replace(_call(0), direction=Direction.INBOUND)
    assert by_outcome(GUIDE, OWED, inbound, SIX, outcome_id="o") == Changed(memory=OWED)


def test_what_the_customer_gave_up_is_settled_by_nothing_else() -> None:
    """A released promise stays released, whatever is told of it later."""
    changed = given_up(GUIDE, OWED, "p", PromiseState.RELEASED, SIX)
    later = by_outcome(GUIDE, changed.memory, _call(0), SIX, outcome_id="o")
    assert _state(later) is PromiseState.RELEASED
    with pytest.raises(PromiseRefused) as refused:
        given_up(GUIDE, changed.memory, "p", PromiseState.RELEASED, SIX)
    assert refused.value.state is PromiseState.RELEASED
    with pytest.raises(PromiseRefused) as unknown:
        found(OWED, "z")
    assert unknown.value.state is None


def test_nobody_is_owed_more_than_can_be_told_apart() -> None:
    """One promise more than a customer can be owed is refused; settled ones do not count."""
    owed = tuple(replace(PROMISE, id=str(n)) for n in range(MOST_OPEN))
    with pytest.raises(TooManyPromises):
        made(Memory(promises=owed), PROMISE)
    settled = tuple(each.settled(PromiseState.KEPT, SIX) for each in owed)
    assert made(Memory(promises=settled), PROMISE).promises == (PROMISE,)


@given(
    calls=st.lists(
        st.tuples(
            st.integers(-30, 200),
            st.sampled_from(
                [Disposition.COMPLETED_SERVICE, Disposition.NO_ANSWER, Disposition.THIRD_PARTY]
            ),
        ),
        max_size=5,
    ),
    looks=st.lists(st.integers(-30, 300), max_size=4),
)
def test_whatever_happens_a_promise_is_booked_at_most_once(
    calls: list[tuple[int, Disposition]], looks: list[int]
) -> None:
    """Whatever calls and looks at the clock: one settlement, and the card is its ledger."""
    memory = OWED
    ledger: list[LedgerEntry] = []
    for number, (minutes, disposition) in enumerate(calls):
        contact = replace(_call(minutes, disposition), id=f"c-{number}")
        changed = by_outcome(GUIDE, memory, contact, SIX, outcome_id=f"o-{number}")
        memory, ledger = changed.memory, [*ledger, *changed.entries]
    for minutes in looks:
        changed = by_time(GUIDE, memory, Profile(), SIX + minutes * MINUTE)
        memory, ledger = changed.memory, [*ledger, *changed.entries]
    assert len(ledger) <= 1
    assert bool(ledger) is not memory.promises[0].state.is_open
    assert memory.account == replayed(ledger)

"""What a correction takes back of promises: each that is opened again is owed again."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.basis import Basis
from advisor.engagement.card import balance
from advisor.engagement.contacts import Contact, Direction, Disposition
from advisor.engagement.promises import SETTLED, Promise, PromiseState
from advisor.facts.memory import Memory
from advisor.facts.situation import Profile
from advisor.guidance.guide import Guide
from advisor.guidance.promising import by_time, made
from advisor.guidance.settling import Outcome, settle
from advisor.rules.conditions import Leaf, Operator
from advisor.rules.pack import Entry, Rule, Section
from tests.guidance import packs

_NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)


def _earns(state: str, points: float) -> Rule:
    return Rule(
        id=state,
        section=Section.ENGAGEMENT,
        because=f"It was {state}.",
        mark=packs.MARK,
        when=Leaf("promise.settled_as", Operator.IN, (state,)),
        entry=Entry(points=points, half_life=timedelta(days=90)),
        basis=Basis.POLICY,
    )


_GUIDE = Guide.of(packs.pack(_earns("kept", 6), _earns("released", -2)))
_PROMISE = Promise(
    id="p",
    state=PromiseState.MADE,
    due_at=_NOW,
    due_until=_NOW + timedelta(minutes=30),
    missed_at=_NOW + timedelta(minutes=90),
    subject="pin",
)


_MEMORY = Memory(promises=(_PROMISE,))


def _told(disposition: Disposition, corrects: str | None = None, **more: object) -> Outcome:
    contact = Contact(at=_NOW, id="c", disposition=disposition, **more)  # type: ignore[arg-type]
    basis = None if corrects is None else "a slip"
    return Outcome(id=f"o-{corrects}", contact=contact, corrects=corrects, basis=basis)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        # Kept, and in truth about something else, or no call of ours.
        (
            _told(Disposition.COMPLETED_SERVICE, subject="pin"),
            _told(Disposition.COMPLETED_SERVICE, "o-None", subject="loan"),
        ),
        (
            _told(Disposition.COMPLETED_SERVICE, subject="pin"),
            _told(
                Disposition.COMPLETED_SERVICE,
                "o-None",
                subject="pin",
                direction=Direction.INBOUND,
            ),
        ),
        # Released, because somebody else's words were taken for the customer's.
        (_told(Disposition.DNC_ALL), _told(Disposition.NO_ANSWER, "o-None")),
    ],
)
def test_what_a_correction_opens_is_owed_again(first: Outcome, second: Outcome) -> None:
    """A promise that a correction opens is among those that changed, and its points are undone."""
    one = settle(_GUIDE, Memory(promises=(_PROMISE,)), Profile(), first, _NOW)
    profile = Profile(suppressions=one.suppressed)
    two = settle(_GUIDE, one.memory, profile, second, _NOW, first=one.settled)

    assert [each.state.is_open for each in one.promises] == [False]
    assert balance(one.memory.account, _NOW) != 0
    assert two.promises == two.memory.promises
    assert [each.state.is_open for each in two.promises] == [True]
    assert balance(two.memory.account, _NOW) == pytest.approx(0)


def test_a_promise_that_stays_as_it_is_has_not_changed() -> None:
    """An outcome of another matter changes no promise."""
    told = _told(Disposition.COMPLETED_SERVICE, subject="loan")
    assert settle(_GUIDE, Memory(promises=(_PROMISE,)), Profile(), told, _NOW).promises == ()


def test_what_is_settled_does_not_pile_up() -> None:
    """However often somebody promises and gives up, a bounded number of promises is remembered."""
    settled = tuple(
        Promise(id=f"s-{n}", state=PromiseState.RELEASED, due_at=_NOW, settled_at=_NOW)
        for n in range(SETTLED + 10)
    )
    after = made(Memory(promises=settled), _PROMISE).memory

    assert len(after.promises) == SETTLED + 1
    assert after.promises[-1] == _PROMISE


def _later(minutes: float) -> datetime:
    return _NOW + timedelta(minutes=minutes)


def test_a_call_that_was_not_in_time_did_not_try_in_time() -> None:
    """A promise that only a corrected call had rung at in time was missed, and not kept."""
    one = settle(_GUIDE, _MEMORY, Profile(), _told(Disposition.NO_ANSWER, subject="pin"), _NOW)
    over = by_time(_GUIDE, one.memory, Profile(), _later(90))
    assert [each.state for each in over.promises] == [PromiseState.KEPT]
    about_nothing = _told(Disposition.NO_ANSWER, "o-None", subject="loan")
    two = settle(_GUIDE, over.memory, Profile(), about_nothing, _later(95), first=one.settled)

    assert two.promises == two.memory.promises
    assert [each.state for each in two.promises] == [PromiseState.MISSED]
    assert balance(over.memory.account, _NOW) == pytest.approx(6)
    assert balance(two.memory.account, _NOW) == pytest.approx(0)


@pytest.mark.parametrize(
    ("more", "attempted"),
    [
        ({"subject": "pin"}, True),
        ({"promise_id": "p"}, True),
        ({"subject": "loan"}, False),
        ({"subject": "pin", "direction": Direction.INBOUND}, False),
        ({"promise_id": "p", "minutes": 60}, False),
    ],
)
def test_another_call_in_time_still_counts(more: dict[str, object], attempted: bool) -> None:  # noqa: FBT001 - expected
    """What another call did is not taken back with the one that is corrected."""
    minutes = more.pop("minutes", 10)
    assert isinstance(minutes, int)
    other = Contact(at=_later(minutes), id="other", **more)  # type: ignore[arg-type]
    one = settle(_GUIDE, _MEMORY, Profile(), _told(Disposition.NO_ANSWER, subject="pin"), _NOW)
    memory = replace(one.memory, contacts=(other, *one.memory.contacts))
    about_nothing = _told(Disposition.NO_ANSWER, "o-None", subject="loan")
    two = settle(_GUIDE, memory, Profile(), about_nothing, _NOW, first=one.settled)

    assert [each.attempted for each in two.memory.promises] == [attempted]

"""Promises by themselves: how they stand at a time, and what of them is remembered."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.promises import (
    EARLY,
    SETTLED,
    SETTLED_FOR,
    Promise,
    PromiseState,
    bounded_promises,
    is_within,
    kept_by,
)

SIX = datetime(2026, 1, 13, 18, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
PROMISE = Promise(
    state=PromiseState.MADE,
    id="p",
    due_at=SIX,
    due_until=SIX + 30 * MINUTE,
    missed_at=SIX + 90 * MINUTE,
)
MOMENT = Promise(state=PromiseState.MADE, due_at=SIX)


def test_a_promise_is_due_from_the_beginning_of_its_window() -> None:
    """004-22: MADE becomes DUE with time, and what is settled stays so."""
    assert PROMISE.at(SIX - MINUTE).state is PromiseState.MADE
    assert PROMISE.at(SIX).state is PromiseState.DUE
    assert PROMISE.settled(PromiseState.KEPT, SIX).at(SIX).state is PromiseState.KEPT


@pytest.mark.parametrize(
    ("promise", "minutes", "state"),
    [
        (PROMISE, -16, None),
        (PROMISE, -15, PromiseState.KEPT),
        (PROMISE, 0, PromiseState.KEPT),
        (PROMISE, 29, PromiseState.KEPT),
        (PROMISE, 30, PromiseState.LATE),
        (PROMISE, 89, PromiseState.LATE),
        (PROMISE, 90, PromiseState.MISSED),
        (MOMENT, 14, PromiseState.KEPT),
        (MOMENT, 15, PromiseState.LATE),
    ],
)
def test_when_we_speak_decides_how_it_is_kept(
    promise: Promise, minutes: int, state: PromiseState | None
) -> None:
    """004-22: in the window kept, after it late, after its grace missed, long before it nothing."""
    assert kept_by(promise, SIX + minutes * MINUTE) is state


def test_who_rang_in_the_window_kept_it() -> None:
    """A customer who picks up the second time was rung in time the first time."""
    tried = Promise(
        state=PromiseState.MADE, due_at=SIX, due_until=SIX + 30 * MINUTE, attempted=True
    )
    assert kept_by(tried, SIX + 40 * MINUTE) is PromiseState.KEPT
    assert is_within(tried, SIX - EARLY)
    assert not is_within(tried, SIX + 30 * MINUTE)
    assert is_within(MOMENT, SIX + 14 * MINUTE)


def test_what_is_owed_is_never_forgotten() -> None:
    """Old and many settled promises go; those that are owed stay, however old."""
    old = PROMISE.settled(PromiseState.KEPT, SIX)
    many = [
        Promise(state=PromiseState.KEPT, due_at=SIX + n * MINUTE, settled_at=SIX)
        for n in range(SETTLED + 5)
    ]
    now = SIX + 200 * MINUTE
    assert bounded_promises([PROMISE, *many], now) == (PROMISE, *many[5:])
    assert bounded_promises([PROMISE, old, MOMENT], SIX + SETTLED_FOR) == (PROMISE, MOMENT)


def test_reopened_is_as_it_was() -> None:
    """What settled a promise leaves nothing behind when it is taken back."""
    assert PROMISE.settled(PromiseState.KEPT, SIX, by="o", reached=True).reopened() == PROMISE

"""Facts of promises, and of times that can be promised."""

from __future__ import annotations

from collections.abc import Callable
from datetime import time
from typing import Final
from zoneinfo import ZoneInfo

from advisor.engagement.promises import Promise, PromiseState
from advisor.facts.catalogue import Fact, Reader
from advisor.facts.situation import Situation
from advisor.facts.values import NEVER, UNKNOWN, FactType, Scalar, Tell, Value
from advisor.facts.vocabulary import PurposeKind


def promise_of(situation: Situation) -> Promise | None:
    """Find the promise that this call is about: open ones first, then the nearest in time.

    A call belongs to the promise that it names; else to the promises of its subject; a promised
    call-back that names no subject, to any promise.
    """
    named = situation.call.promise_id
    if named is not None:
        return next((each for each in situation.history.promises if each.id == named), None)
    subject = situation.occasion.subject
    promised = situation.occasion.kind is PurposeKind.CALLBACK_PROMISED
    return min(
        (
            promise
            for promise in situation.history.promises
            if (promise.subject == subject if subject is not None else promised)
        ),
        key=lambda promise: (not promise.state.is_open, abs(promise.due_at - situation.now)),
        default=None,
    )


def _this(pick: Callable[[Promise], Scalar | None]) -> Reader:
    def read(situation: Situation) -> Value:
        promise = promise_of(situation)
        picked = None if promise is None else pick(promise)
        return UNKNOWN if picked is None else picked

    return read


def _settled_as(promise: Promise) -> str | None:
    unsettled = promise.state.is_open or promise.state is PromiseState.PROPOSED
    return None if unsettled else promise.state.value


def _other_due_at(situation: Situation) -> Value:
    """Read when the next open promise of another matter is due.

    Never, where the customer's history is known and holds none.
    """
    this = promise_of(situation)
    due = [
        promise.due_at
        for promise in situation.history.promises
        if promise is not this and promise.state.is_open
    ]
    if not due and situation.history.contacts is None:
        return UNKNOWN
    return min(due, default=NEVER)


def _clock(promise: Promise) -> time | None:
    if promise.zone is None:
        return None
    return promise.due_at.astimezone(ZoneInfo(promise.zone)).time()


def _is_late(situation: Situation) -> Value:
    promise = promise_of(situation)
    if promise is None:
        return UNKNOWN
    over = promise.due_until is not None and promise.due_until <= situation.now
    return promise.state.is_open and over and not promise.attempted


def _missed_at(situation: Situation) -> Value:
    """Read when a promise was last missed of which nobody has spoken with the customer since."""
    history = situation.history
    missed = [each.due_at for each in history.promises if each.state is PromiseState.MISSED]
    if not missed:
        return UNKNOWN if history.contacts is None else NEVER
    last = max(missed)
    spoken = (each.at for each in history.contacts or () if each.conversation)
    return NEVER if any(at > last for at in spoken) else last


def _offer(number: int) -> Reader:
    """Read one of the times that can be kept; with several zones nobody can word it."""

    def read(situation: Situation) -> Value:
        offers = situation.offers or ()
        if len(situation.worlds) != 1 or len(offers) < number:
            return UNKNOWN
        return offers[number - 1].start

    return read


FACTS: Final = (
    Fact(
        name="promise.state",
        type=FactType.CHOICE,
        about="How the promise that this call is about stands.",
        choices=tuple(state.value for state in PromiseState),
        read=_this(lambda promise: promise.state.value),
    ),
    Fact(
        name="promise.due_at",
        type=FactType.INSTANT,
        about="When the promised call is due.",
        tell=Tell.CLAIMED,
        read=_this(lambda promise: promise.due_at),
    ),
    Fact(
        name="promise.settled_as",
        type=FactType.CHOICE,
        about="How the promise that this call was about was settled.",
        choices=tuple(
            state.value
            for state in PromiseState
            if not state.is_open and state is not PromiseState.PROPOSED
        ),
        read=_this(_settled_as),
    ),
    Fact(
        name="promise.reached",
        type=FactType.YES_NO,
        about="Was the customer spoken with in the call that settled the promise?",
        read=_this(lambda promise: promise.reached),
    ),
    Fact(
        name="promise.is_late",
        type=FactType.YES_NO,
        about="Has the window of the promised call ended, and it is still owed?",
        read=_is_late,
    ),
    Fact(
        name="promise.missed_at",
        type=FactType.INSTANT,
        about="When a promised call was due that we missed, if nobody has spoken with the customer"
        " since; never where there is none.",
        tell=Tell.CLAIMED,
        read=_missed_at,
    ),
    Fact(
        name="promise.topic",
        type=FactType.TEXT,
        about="What the promised call is about.",
        tell=Tell.VERIFIED,
        read=_this(lambda promise: promise.topic),
    ),
    Fact(
        name="promise.owner",
        type=FactType.TEXT,
        about="Who answers for the promised call.",
        tell=Tell.CLAIMED,
        read=_this(lambda promise: promise.owner),
    ),
    Fact(
        name="promise.time_of_day",
        type=FactType.CLOCK_TIME,
        about="The time of day that was promised, by the clock of the zone in which it was agreed.",
        tell=Tell.ANYONE,
        spoken=True,
        read=_this(_clock),
    ),
    Fact(
        name="promise.other.due_at",
        type=FactType.INSTANT,
        about="When the next promise of another matter is due.",
        read=_other_due_at,
    ),
    *(
        Fact(
            name=f"slot.{number}",
            type=FactType.INSTANT,
            about=f"The {ordinal} time at which a call-back can be kept.",
            tell=Tell.ANYONE,
            spoken=True,
            costly=True,
            read=_offer(number),
        )
        for number, ordinal in ((1, "first"), (2, "second"), (3, "third"))
    ),
)

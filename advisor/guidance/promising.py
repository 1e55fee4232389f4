"""What becomes of promises: made, moved, given up, kept, late, missed; each booked once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from advisor.engagement.card import LedgerEntry, posted
from advisor.engagement.contacts import Contact
from advisor.engagement.promises import (
    EARLY,
    MOST_OPEN,
    Promise,
    PromiseState,
    bounded_promises,
    is_within,
    kept_by,
)
from advisor.facts.memory import Memory
from advisor.facts.situation import Call, History, Profile, Situation
from advisor.facts.view import Facts
from advisor.facts.vocabulary import PurposeKind
from advisor.guidance.decision import Reason
from advisor.guidance.earning import Happening, brand_in, earned, occasion_in
from advisor.guidance.guide import Guide
from advisor.guidance.suppressions import blocks

#: Why a promise is not owed any more although nobody kept it.
GIVEN_UP: Final = frozenset({PromiseState.RESCHEDULED_BY_CUSTOMER, PromiseState.RELEASED})


class PromiseRefused(ValueError):
    """A change to a promise that cannot be made.

    Attributes:
        state: How the promise is settled; None where there is no such promise.
    """

    def __init__(self, state: PromiseState | None = None) -> None:
        """Say how it stands."""
        super().__init__("there is no such promise" if state is None else f"it is {state.value}")
        self.state = state


class PromiseExists(ValueError):
    """A promise whose id another one has: its request was forgotten, and it was not."""


class TooManyPromises(ValueError):
    """One promise more than a company can owe one customer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """What is to be stored when promises have changed.

    Attributes:
        memory: What is remembered after it.
        entries: What to append to the ledger, reversals first.
        promises: Those that changed, as they stand after it.
    """

    memory: Memory
    entries: tuple[LedgerEntry, ...] = ()
    promises: tuple[Promise, ...] = ()


def made(memory: Memory, promise: Promise) -> Changed:
    """Add a promise; what is settled and old, or too much, is forgotten.

    Raises:
        PromiseExists: There is one of this id.
        TooManyPromises: The company owes this customer too many already.
    """
    if any(each.id == promise.id for each in memory.promises):
        raise PromiseExists
    if sum(each.state.is_open for each in memory.promises) >= MOST_OPEN:
        raise TooManyPromises
    others = bounded_promises(memory.promises, promise.made_at or promise.due_at)
    return Changed(memory=replace(memory, promises=(*others, promise)), promises=(promise,))


def found(memory: Memory, promise_id: str) -> Promise:
    """Find a promise.

    Raises:
        PromiseRefused: There is none of this id.
    """
    for each in memory.promises:
        if each.id == promise_id:
            return each
    raise PromiseRefused


def given_up(
    guide: Guide, memory: Memory, promise_id: str, state: PromiseState, now: datetime
) -> Changed:
    """Settle a promise that the customer gave up, or moved to another time.

    Args:
        guide: The pack whose engagement rules say what it earns or costs.
        memory: What is remembered.
        promise_id: Which.
        state: RELEASED or RESCHEDULED_BY_CUSTOMER.
        now: When, aware, UTC.

    Raises:
        PromiseRefused: There is none of this id, or it is settled.
    """
    promise = found(memory, promise_id)
    if not promise.state.is_open:
        raise PromiseRefused(promise.state)
    return _settled(guide, memory, [promise.settled(state, now)], now)


def by_outcome(
    guide: Guide, memory: Memory, contact: Contact, now: datetime, *, outcome_id: str
) -> Changed:
    """Settle the promise that a call of ours was about, if it was about one.

    A call that reached nobody keeps nothing yet; that we rang in time is remembered. What time
    called missed before somebody told of a call that was in time is taken back.

    Args:
        guide: The pack whose engagement rules give the points.
        memory: What is remembered, without what an earlier outcome of the same call did.
        contact: The call.
        now: When it is told, aware, UTC.
        outcome_id: Id of the telling.
    """
    promise = about(memory.promises, contact)
    if promise is None or not contact.attempt:
        return Changed(memory=memory)
    reversals: tuple[LedgerEntry, ...] = ()
    if not promise.state.is_open:
        reversals = tuple(entry.reversed() for entry in promise.booked)
        promise = promise.reopened()
    again_at = contact.at + guide.pack.settings.callbacks.retry
    tried = replace(
        promise,
        attempted=promise.attempted or is_within(promise, contact.at),
        # Calls may be told in another order than they were made.
        again_at=max(again_at, promise.again_at or again_at),
    )
    state = kept_by(promise, contact.at) if contact.conversation else None
    if state is None:
        after = replace(memory, promises=_with(memory.promises, [tried]))
        account = posted(after.account, reversals)
        return Changed(memory=replace(after, account=account), entries=reversals, promises=(tried,))
    done = tried.settled(state, contact.at, by=outcome_id, reached=True)
    return _settled(guide, memory, [done], now, cause=outcome_id, reversals=reversals)


def undone(
    memory: Memory, outcome_id: str, call_id: str | None, tried: Iterable[str]
) -> tuple[Memory, tuple[LedgerEntry, ...]]:
    """Open again what an outcome settled, because it is corrected.

    Args:
        memory: What is remembered.
        outcome_id: Id of the outcome.
        call_id: The call whose outcome it was.
        tried: Ids of promises that counted as rung at in time because of it.

    Returns:
        What is remembered then, and what to append to the ledger.
    """
    ids = frozenset(tried)
    others = [each for each in memory.contacts if each.id != call_id and each.attempt]
    after: list[Promise] = []
    reversals: list[LedgerEntry] = []
    for promise in memory.promises:
        before = promise.reopened() if promise.settled_by == outcome_id else promise
        if promise.id in ids and not any(_rung_in_time(promise, each) for each in others):
            if before.state is PromiseState.KEPT and before.settled_by is None:
                # Time took it for kept, as we seemed to have rung.
                reversals += [entry.reversed() for entry in before.booked]
                before = before.reopened()
            before = replace(before, attempted=False, again_at=None)
        after.append(before)
    return replace(memory, promises=tuple(after)), tuple(reversals)


def _rung_in_time(promise: Promise, contact: Contact) -> bool:
    """Tell whether a call of ours was about a promise, and in its window."""
    named = contact.promise_id == promise.id
    same = contact.promise_id is None and contact.subject in {promise.subject} - {None}
    return (named or (same and not _made_in(promise, contact))) and is_within(promise, contact.at)


def by_time(
    guide: Guide, memory: Memory, profile: Profile, now: datetime, *, by: str | None = None
) -> Changed:
    """Settle what time, or a request to stop, has decided; the same again changes nothing.

    A promise whose time is over is missed, unless we rang in its window. One to somebody who must
    not be called any more, or must not be until its time is over, is released, not broken. A call
    on its way is waited for.

    Args:
        guide: The pack whose engagement rules give the points.
        memory: What is remembered.
        profile: What is known of the customer.
        now: Aware, UTC.
        by: Id of the outcome that asked for no more calls, so that its correction can undo it.
    """
    under_way = {each.promise_id for each in memory.holds} - {None}
    done: list[Promise] = []
    for promise in memory.promises:
        if not promise.state.is_open:
            continue
        if is_barred(guide, promise, profile, now):
            done.append(promise.settled(PromiseState.RELEASED, now, by=by))
        elif promise.missed_at is not None and promise.missed_at <= now:
            if promise.id in under_way:
                continue
            state = _over(guide, promise, profile, promise.missed_at)
            done.append(promise.settled(state, promise.missed_at))
    return _settled(guide, memory, done, now) if done else Changed(memory=memory)


def is_barred(guide: Guide, promise: Promise, profile: Profile, now: datetime) -> bool:
    """Tell whether a promised call may never be made, because of a suppression in force."""
    return any(reason.until is None for reason in _barring(guide, promise, profile, now))


def _over(guide: Guide, promise: Promise, profile: Profile, at: datetime) -> PromiseState:
    """Tell how a promise is settled whose time is over by then."""
    if promise.attempted:
        return PromiseState.KEPT
    held = any(_barring(guide, promise, profile, at))
    return PromiseState.RELEASED if held else PromiseState.MISSED


def _barring(guide: Guide, promise: Promise, profile: Profile, at: datetime) -> Iterator[Reason]:
    return blocks(Facts(guide.pack.catalogue, _situation(guide, promise, Memory(), profile, at)))


def about(promises: Iterable[Promise], contact: Contact) -> Promise | None:
    """Find the promise that a call is about; None where it is about none.

    By its id; else, of those that are owed and whose time has come, one of the same subject, or
    any where the call was a promised call-back without a subject. The call in which a promise was
    made does not keep it, however soon it is due.
    """
    if contact.promise_id is not None:
        named = (each for each in promises if each.id == contact.promise_id)
        return next((each for each in named if each.state not in GIVEN_UP and _open(each)), None)
    promised = contact.kind == PurposeKind.CALLBACK_PROMISED.value
    return min(
        (
            each
            for each in promises
            if each.state.is_open
            and contact.at >= each.due_at - EARLY
            and not _made_in(each, contact)
            and (each.subject == contact.subject if contact.subject is not None else promised)
        ),
        key=lambda each: each.due_at,
        default=None,
    )


def _made_in(promise: Promise, contact: Contact) -> bool:
    return contact.id is not None and contact.id == promise.call_id


def _open(promise: Promise) -> bool:
    """Tell whether an outcome may settle it: it is owed, or only time has spoken."""
    return promise.state.is_open or promise.settled_by is None


def _settled(
    guide: Guide,
    memory: Memory,
    done: list[Promise],
    now: datetime,
    *,
    cause: str | None = None,
    reversals: tuple[LedgerEntry, ...] = (),
) -> Changed:
    """Settle promises one after the other, so that a second miss is seen to be the second."""
    after = memory
    entries = list(reversals)
    changed: list[Promise] = []
    for promise in done:
        booked = _booked(guide, after, promise, now, cause or f"promise:{promise.id}")
        if cause is None:
            promise = replace(promise, booked=booked)  # noqa: PLW2901 - the same, with its entries
        entries += booked
        changed.append(promise)
        after = replace(after, promises=_with(after.promises, [promise]))
    return Changed(
        memory=replace(after, account=posted(memory.account, tuple(entries))),
        entries=tuple(entries),
        promises=tuple(changed),
    )


def _booked(
    guide: Guide, memory: Memory, promise: Promise, now: datetime, cause: str
) -> tuple[LedgerEntry, ...]:
    others = tuple(each for each in memory.promises if each.id != promise.id)
    known = _situation(guide, promise, replace(memory, promises=others), Profile(), now)
    happening = Happening(
        at=promise.settled_at or now,
        cause=cause,
        known=known,
        stated={
            "promise.state": promise.state.value,
            "promise.settled_as": promise.state.value,
            "promise.reached": bool(promise.reached),
        },
    )
    return earned(guide, happening)


def _situation(
    guide: Guide, promise: Promise, memory: Memory, profile: Profile, now: datetime
) -> Situation:
    contact = Contact(
        at=promise.due_at,
        purpose_id=promise.purpose_id,
        kind=promise.kind,
        legal_class=promise.legal_class,
        subject=promise.subject,
    )
    return Situation(
        now=now,
        call=Call(id="", brand=promise.brand or ""),
        occasion=occasion_in(guide, contact),
        brand=brand_in(guide, promise.brand),
        profile=profile,
        history=History(contacts=memory.contacts, promises=memory.promises),
        memory=memory,
    )


def _with(promises: Iterable[Promise], changed: list[Promise]) -> tuple[Promise, ...]:
    by_id = {each.id: each for each in changed}
    return tuple(by_id.get(each.id, each) for each in promises)

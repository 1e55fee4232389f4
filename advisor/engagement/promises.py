"""Promises: a call at a time, agreed with a customer and owned by somebody."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from advisor.engagement.card import LedgerEntry

#: How early a promised call may be made.
EARLY: Final = timedelta(minutes=15)

#: Most promises that the company may owe one customer at once.
MOST_OPEN: Final = 20

#: Settled promises that are remembered, and for how long.
SETTLED: Final = 50
SETTLED_FOR: Final = timedelta(days=400)


class PromiseState(StrEnum):
    """How a promise stands."""

    #: Offered, not agreed.
    PROPOSED = "proposed"
    MADE = "made"
    #: Its time has come.
    DUE = "due"
    #: Kept in its window.
    KEPT = "kept"
    #: Kept after its window.
    LATE = "late"
    MISSED = "missed"
    RESCHEDULED_BY_CUSTOMER = "rescheduled_by_customer"
    #: Given up by the customer.
    RELEASED = "released"

    @property
    def is_open(self) -> bool:
        """Whether the company still owes it."""
        return self in {PromiseState.MADE, PromiseState.DUE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise; None is unknown, as a context may carry it in brief.

    Attributes:
        due_at: When its window begins, aware, UTC.
        due_until: When its window ends, itself outside; None for a moment without a window.
        missed_at: From when on it is missed, if nobody has rung.
        zone: IANA zone in which the time was agreed: it stays the customer's word if they move.
        number: Where we said we would ring, E.164.
        subject: What the matter is, as an id that other contacts share.
        topic: What it is about, in words.
        owner: The person or team who answers for it.
        fallback: The team that rings when the owner does not.
        said: What was said when it was made.
        consent: Word of the consent it rests on.
        customer_id: Whom it was made to.
        purpose_id: Id of the purpose in the pack of the call that is owed.
        kind: Word of that purpose's kind.
        legal_class: Word of the body of law that call falls under.
        brand: Id of the brand that made it.
        call_id: The call in which it was made.
        replaces: Id of the promise that the customer gave up for it.
        again_at: When it may be rung at again, after a call that reached nobody.
        attempted: Whether we rang in its window, whoever answered.
        reached: Of one that is settled: whether the customer was spoken with.
        settled_at: When it was settled, by the time of what settled it.
        settled_by: Id of the outcome that settled it; None where time or the customer did.
        booked: What time booked for it, so that an outcome told late can take it back.
    """

    state: PromiseState
    due_at: datetime
    id: str | None = None
    due_until: datetime | None = None
    missed_at: datetime | None = None
    zone: str | None = None
    number: str | None = None
    subject: str | None = None
    topic: str | None = None
    owner: str | None = None
    fallback: str | None = None
    said: str | None = None
    consent: str | None = None
    customer_id: str | None = None
    purpose_id: str | None = None
    kind: str | None = None
    legal_class: str | None = None
    brand: str | None = None
    call_id: str | None = None
    made_at: datetime | None = None
    replaces: str | None = None
    again_at: datetime | None = None
    attempted: bool = False
    reached: bool | None = None
    settled_at: datetime | None = None
    settled_by: str | None = None
    booked: tuple[LedgerEntry, ...] = ()

    def at(self, now: datetime) -> Promise:
        """Return it as it stands at an instant: what was made becomes due with time."""
        if self.state is PromiseState.MADE and self.due_at <= now:
            return replace(self, state=PromiseState.DUE)
        return self

    def settled(
        self,
        state: PromiseState,
        at: datetime,
        *,
        by: str | None = None,
        reached: bool = False,
        booked: tuple[LedgerEntry, ...] = (),
    ) -> Promise:
        """Return it as settled.

        Args:
            state: How.
            at: When, aware, UTC.
            by: Id of the outcome that settled it; None for time, or the customer's word.
            reached: Whether the customer was spoken with.
            booked: What was booked for it, where no outcome can take it back.
        """
        return replace(
            self, state=state, settled_at=at, settled_by=by, reached=reached, booked=booked
        )

    def reopened(self) -> Promise:
        """Return it as it was before it was settled."""
        return replace(
            self,
            state=PromiseState.MADE,
            settled_at=None,
            settled_by=None,
            reached=None,
            booked=(),
        )


def kept_by(promise: Promise, at: datetime) -> PromiseState | None:
    """Tell how a promise is settled by speaking with the customer at an instant.

    Returns:
        KEPT in its window, from `EARLY` before it, or where we had rung in it and nobody answered;
        LATE after it; MISSED when it had been missed already; None too early for it.
    """
    if at < promise.due_at - EARLY:
        return None
    if promise.attempted or at < (promise.due_until or promise.due_at + EARLY):
        return PromiseState.KEPT
    late = promise.missed_at is None or at < promise.missed_at
    return PromiseState.LATE if late else PromiseState.MISSED


def is_within(promise: Promise, at: datetime) -> bool:
    """Tell whether an instant lies in a promise's window, or just before it."""
    return promise.due_at - EARLY <= at < (promise.due_until or promise.due_at + EARLY)


def bounded_promises(promises: Iterable[Promise], now: datetime) -> tuple[Promise, ...]:
    """Leave out settled promises that are old or too many; those that are owed always stay."""
    ordered = sorted(promises, key=lambda each: each.due_at)
    settled = [
        each
        for each in ordered
        if not each.state.is_open and now - (each.settled_at or each.due_at) < SETTLED_FOR
    ]
    kept = {id(each) for each in settled[-SETTLED:]}
    return tuple(each for each in ordered if each.state.is_open or id(each) in kept)

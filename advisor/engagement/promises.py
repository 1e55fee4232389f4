"""Promises: a call at a time, agreed with a customer and owned by somebody."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


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
    """One promise as the context of a call carries it; None is unknown.

    Attributes:
        due_at: When its window begins, aware, UTC.
        due_until: When its window ends, itself outside; None for a moment without a window.
        zone: IANA zone in which the time was agreed.
        number: Where we said we would ring, E.164.
        subject: What the matter is, as an id that other contacts share.
        topic: What it is about, in words.
        owner: The person or team who answers for it.
    """

    state: PromiseState
    due_at: datetime
    id: str | None = None
    due_until: datetime | None = None
    zone: str | None = None
    number: str | None = None
    subject: str | None = None
    topic: str | None = None
    owner: str | None = None

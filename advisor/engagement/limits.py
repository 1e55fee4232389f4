"""How often a customer may be contacted, and how long they must be left in peace.

Days are the customer's calendar days, hours and minutes are elapsed. A span of days counts whole
days, the day of the contact being the first: seven days from a Monday end as Sunday does.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class SpanUnit(StrEnum):
    """The unit of a span: DAYS are calendar days of the customer, the others elapse."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as packs write it (``7 days``, ``24 hours``)."""

    amount: int
    unit: SpanUnit

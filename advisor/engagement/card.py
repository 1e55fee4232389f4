"""The engagement card: our estimate of the points a customer has given us in their head."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum


class TrustTier(IntEnum):
    """How full the card is, emptiest first after UNKNOWN.

    UNKNOWN counts as NEUTRAL with low confidence: a new customer is not a hostile one. So compare
    what a tier `counts_as`, never the tier itself.
    """

    UNKNOWN = 0
    LOW = 1
    GUARDED = 2
    NEUTRAL = 3
    WARM = 4
    FULL = 5

    @property
    def word(self) -> str:
        """The word that packs use for it."""
        return self.name.lower()

    @property
    def counts_as(self) -> TrustTier:
        """The tier it is treated as; never UNKNOWN."""
        return TrustTier.NEUTRAL if self is TrustTier.UNKNOWN else self


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One credit or debit.

    Attributes:
        at: When it was earned or lost, aware, UTC.
        points: More than 0 for a credit, less for a debit.
        reason: What for, in a word of the pack or of the company (``proactive_help``).
    """

    at: datetime
    points: float
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """How a customer stands with the company, as far as it is known.

    Attributes:
        balance: Points now, after decay; None where nobody counted.
        confidence: How sure the estimate is, from 0 (a guess) to 1; None where nobody says.
        last_entries: The last credits and debits, newest first.
    """

    tier: TrustTier = TrustTier.UNKNOWN
    balance: float | None = None
    confidence: float | None = None
    last_entries: tuple[LedgerEntry, ...] = ()

"""The engagement card: our estimate of the points a customer has given us in their head.

The ledger is append-only. A balance is what replaying it gives: every entry fades by its own
half-life, and what was reversed cancels exactly, as a reversal carries the instant and the
half-life of what it takes back. So that cost does not grow with age, an account keeps one sum for
each half-life and the last few entries; the whole ledger is read only for a statement.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from types import MappingProxyType
from typing import Final

#: How many of the last entries an account keeps beside its sums.
LAST: Final = 10

#: Points that are nothing but the rounding of others: far less than any rule gives.
_NOTHING: Final = 1e-9


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


class EntryType(StrEnum):
    """What an entry of the ledger does."""

    CREDIT = "credit"
    DEBIT = "debit"
    #: Of a statement only: what has faded since; balances fade by themselves.
    DECAY = "decay"
    #: What a corrected outcome earns instead of the first.
    CORRECTION = "correction"
    #: Takes back an entry of an outcome that was corrected.
    REVERSAL = "reversal"


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEntry:
    """One credit or debit.

    Attributes:
        at: When it was earned or lost, aware, UTC.
        points: More than 0 for a credit, less for a debit.
        reason: What for, in a word of the pack or of the company (``proactive_help``).
        type: What the entry does.
        rule: Id of the rule that gave it; None where it was told, not worked out.
        because: Why, in the rule's words, for a reader.
        half_life: In what time half of it has faded; None never fades.
        cause: Id of the outcome or signal it came of; None where it was told.
    """

    at: datetime
    points: float
    reason: str
    type: EntryType = EntryType.CREDIT
    rule: str | None = None
    because: str | None = None
    half_life: timedelta | None = None
    cause: str | None = None

    def reversed(self) -> LedgerEntry:
        """Return the entry that takes this one back, at any time, exactly."""
        return replace(self, points=-self.points, type=EntryType.REVERSAL)


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


@dataclass(frozen=True, slots=True)
class Sum:
    """The points of all entries of one half-life, as they stood at an instant (aware, UTC)."""

    points: float
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """A ledger in brief: what a decision needs of it, whatever its length.

    Attributes:
        sums: By half-life; under None what never fades.
        entries: How many entries count, reversed ones and their reversals left out.
        last_entries: The last entries, newest first.
    """

    sums: Mapping[timedelta | None, Sum] = field(default_factory=lambda: MappingProxyType({}))
    entries: int = 0
    last_entries: tuple[LedgerEntry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where tiers begin, and how much evidence makes sure; estimates of ours, to be calibrated.

    Attributes:
        guarded, neutral, warm, full: Least points of each tier; below `guarded` is LOW.
        evidence: How many entries make the confidence one half.

    Raises:
        ValueError: The tiers are not in order, or `evidence` is not more than 0.
    """

    guarded: float = -10
    neutral: float = -3
    warm: float = 8
    full: float = 20
    evidence: float = 5

    def __post_init__(self) -> None:
        """Refuse a scale on which some tier could not be reached."""
        if not self.guarded < self.neutral < self.warm < self.full:
            raise ValueError("the tiers guarded, neutral, warm and full must rise in this order")
        if self.evidence <= 0:
            raise ValueError("the evidence that makes half sure must be more than 0")


def posted(account: Account, entries: Iterable[LedgerEntry]) -> Account:
    """Post entries to an account; their order makes no difference to its balance."""
    sums = dict(account.sums)
    count = account.entries
    last = list(account.last_entries)
    for entry in entries:
        known = sums.get(entry.half_life)
        sums[entry.half_life] = (
            Sum(entry.points, entry.at) if known is None else _added(known, entry)
        )
        count += -1 if entry.type is EntryType.REVERSAL else 1
        last.insert(0, entry)
    last.sort(key=lambda entry: entry.at, reverse=True)
    return Account(
        sums=MappingProxyType(sums), entries=max(0, count), last_entries=tuple(last[:LAST])
    )


def replayed(entries: Iterable[LedgerEntry]) -> Account:
    """Work an account out from its whole ledger."""
    return posted(Account(), entries)


def balance(account: Account, now: datetime) -> float:
    """Return the points of an account at an instant, after decay."""
    points = sum(_faded(sum_, half_life, now) for half_life, sum_ in account.sums.items())
    return 0.0 if abs(points) < _NOTHING else points


def card_of(account: Account, now: datetime, scale: Scale) -> Card | None:
    """Read the card off an account; None where nothing counts in it."""
    if not account.entries:
        return None
    points = balance(account, now)
    return Card(
        tier=tier_of(points, scale),
        balance=points,
        confidence=account.entries / (account.entries + scale.evidence),
        last_entries=account.last_entries,
    )


def tier_of(points: float, scale: Scale) -> TrustTier:
    """Return the tier of a balance."""
    if points < scale.guarded:
        return TrustTier.LOW
    if points < scale.neutral:
        return TrustTier.GUARDED
    if points < scale.warm:
        return TrustTier.NEUTRAL
    return TrustTier.WARM if points < scale.full else TrustTier.FULL


def _added(sum_: Sum, entry: LedgerEntry) -> Sum:
    """Add an entry to a sum, both as they stood at the later of their instants."""
    at = max(sum_.at, entry.at)
    points = _faded(sum_, entry.half_life, at)
    return Sum(points + _faded(Sum(entry.points, entry.at), entry.half_life, at), at)


def _faded(sum_: Sum, half_life: timedelta | None, now: datetime) -> float:
    """Return what is left of a sum; one of the future has not faded yet."""
    if half_life is None or now <= sum_.at:
        return sum_.points
    faded: float = 0.5 ** ((now - sum_.at) / half_life)
    return sum_.points * faded

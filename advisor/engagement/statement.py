"""The ledger as a statement that a customer may read: what each line was for, and what is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from advisor.engagement.card import EntryType, LedgerEntry, balance, replayed


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a statement.

    Attributes:
        text: What happened, in plain words.
        left: What is left of its points at the time of the statement.
    """

    entry: LedgerEntry
    text: str
    left: float


def line(entry: LedgerEntry, now: datetime) -> Line:
    """Say an entry of the ledger in words; nothing of the language of rules is in them."""
    amount = f"{abs(entry.points):g} {'point' if abs(entry.points) == 1 else 'points'}"
    moved = "more" if entry.points > 0 else "fewer"
    day = f"{entry.at.day} {entry.at:%B %Y}"
    why = entry.because or f"{entry.reason.replace('-', ' ').replace('_', ' ').capitalize()}."
    if entry.type is EntryType.REVERSAL:
        why = f"We had it wrong, and took it back. ({why})"
    return Line(entry, f"{day}: {amount} {moved}. {why}", balance(replayed([entry]), now))

"""The ledger in words that a customer can read."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.card import LedgerEntry
from advisor.engagement.statement import line

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
DAY = timedelta(days=1)
KEPT = LedgerEntry(
    at=NOW - DAY, points=6, reason="promise-kept", because="We rang when we said.", half_life=DAY
)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (KEPT, "15 November 2026: 6 points more. We rang when we said."),
        (
            KEPT.reversed(),
            (
                "15 November 2026: 6 points fewer. We had it wrong, and took it back. (We rang when"
                " we said.)"
            ),
        ),
        (
            LedgerEntry(at=NOW, points=-1, reason="hung-up_early"),
            "16 November 2026: 1 point fewer. Hung up early.",
        ),
    ],
)
def test_a_line_says_what_happened(entry: LedgerEntry, text: str) -> None:
    """002-12: no word of the language of rules is left in a line."""
    assert line(entry, NOW).text == text


def test_a_line_says_what_is_left() -> None:
    """002-04: how much of the trust that was earned is left can be seen."""
    assert line(KEPT, NOW).left == 3

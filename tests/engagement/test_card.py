"""The engagement card: an account that fades, and that is what replaying its ledger gives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.card import (
    LAST,
    Account,
    EntryType,
    LedgerEntry,
    Scale,
    TrustTier,
    balance,
    card_of,
    posted,
    replayed,
    tier_of,
)

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
DAY = timedelta(days=1)

entries = st.lists(
    st.builds(
        LedgerEntry,
        at=st.integers(0, 900).map(lambda days: NOW - days * DAY),
        points=st.integers(-20, 20).map(float),
        reason=st.just("it"),
        half_life=st.sampled_from([None, DAY, 90 * DAY]),
    ),
    max_size=12,
)


@pytest.mark.parametrize(
    ("points", "tier"),
    [
        (-10.1, TrustTier.LOW),
        (-10, TrustTier.GUARDED),
        (-3, TrustTier.NEUTRAL),
        (7.9, TrustTier.NEUTRAL),
        (8, TrustTier.WARM),
        (20, TrustTier.FULL),
    ],
)
def test_a_balance_has_a_tier(points: float, tier: TrustTier) -> None:
    """Tiers begin where the scale says."""
    assert tier_of(points, Scale()) is tier


def test_points_fade_by_half() -> None:
    """Half is left after the half-life, all of what never fades, and nothing fades in advance."""
    account = replayed(
        [
            LedgerEntry(at=NOW, points=8, reason="it", half_life=DAY),
            LedgerEntry(at=NOW, points=1, reason="it"),
        ]
    )
    assert balance(account, NOW - DAY) == 9
    assert balance(account, NOW + DAY) == 5
    assert balance(account, NOW + 2 * DAY) == 3


@given(entries, st.randoms(use_true_random=False))
def test_an_account_is_the_replay_of_its_ledger(ledger: list[LedgerEntry], dice: object) -> None:
    """004-25: posted one by one, all at once or in another order, the balance is the same."""
    one_by_one = Account()
    for entry in ledger:
        one_by_one = posted(one_by_one, [entry])
    dice.shuffle(shuffled := list(ledger))  # type: ignore[attr-defined]
    for account in (one_by_one, replayed(shuffled)):
        assert balance(account, NOW) == pytest.approx(balance(replayed(ledger), NOW), abs=1e-9)
        assert account.entries == len(ledger)
        assert len(account.last_entries) == min(LAST, len(ledger))


@given(entries, entries)
def test_what_is_reversed_leaves_nothing(kept: list[LedgerEntry], wrong: list[LedgerEntry]) -> None:
    """A reversal takes back its entry at any time, and the two count for nothing."""
    back = [entry.reversed() for entry in wrong]
    account = replayed([*kept, *wrong, *back])
    assert {entry.type for entry in back} <= {EntryType.REVERSAL}
    for later in (NOW, NOW + 300 * DAY):
        assert balance(account, later) == pytest.approx(balance(replayed(kept), later), abs=1e-9)
    assert account.entries == len(kept)


def test_without_entries_there_is_no_card() -> None:
    """Nobody counted: the card is not known, which is not the same as empty."""
    assert card_of(Account(), NOW, Scale()) is None


def test_confidence_grows_with_the_evidence() -> None:
    """As many entries as the scale's evidence make it half sure."""
    ledger = [LedgerEntry(at=NOW, points=1, reason="it")] * 5
    card = card_of(replayed(ledger), NOW, Scale())
    assert card is not None
    assert (card.confidence, card.balance) == (0.5, 5)

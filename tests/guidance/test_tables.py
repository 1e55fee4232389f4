"""The tables of who may hear what and who may be asked what, cell by cell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.card import TrustTier
from advisor.facts.values import Tell
from advisor.facts.vocabulary import (
    Ask,
    Decision,
    Disclosure,
    Establishes,
    ItemKind,
    Sensitivity,
    Verification,
)
from advisor.guidance import tables

NONE, CLAIMED, VERIFIED, STRONG = Verification
D0, BOUND, TOPIC, D1, D2, D3, D4 = Disclosure


@pytest.mark.parametrize(
    ("sensitivity", "verification", "expected"),
    [
        (Sensitivity.OPEN, NONE, D2),
        (Sensitivity.OPEN, CLAIMED, D3),
        (Sensitivity.OPEN, VERIFIED, D3),
        (Sensitivity.OPEN, STRONG, D4),
        (Sensitivity.PERSONAL, NONE, D1),
        (Sensitivity.PERSONAL, CLAIMED, D2),
        (Sensitivity.PERSONAL, VERIFIED, D4),
        (Sensitivity.PERSONAL, STRONG, D4),
        (Sensitivity.CONFIDENTIAL, NONE, BOUND),
        (Sensitivity.CONFIDENTIAL, CLAIMED, BOUND),
        (Sensitivity.CONFIDENTIAL, VERIFIED, D4),
        (Sensitivity.CONFIDENTIAL, STRONG, D4),
    ],
)
def test_highest_disclosure(
    sensitivity: Sensitivity, verification: Verification, expected: Disclosure
) -> None:
    """Each cell of "what may be said" is as the design has it."""
    assert tables.highest(sensitivity, verification) == expected


def test_every_cell_of_the_table_is_named() -> None:
    """No combination of sensitivity and verification is left to chance."""
    assert set(tables.HIGHEST) == {(s, v) for s in Sensitivity for v in Verification}


@pytest.mark.parametrize("answered_by", ["machine", "third_party"])
@pytest.mark.parametrize("verification", Verification)
@pytest.mark.parametrize(
    ("sensitivity", "expected"),
    [(Sensitivity.OPEN, D1), (Sensitivity.PERSONAL, D1), (Sensitivity.CONFIDENTIAL, BOUND)],
)
def test_what_others_may_hear(
    sensitivity: Sensitivity, expected: Disclosure, verification: Verification, answered_by: str
) -> None:
    """A machine or a third party hears a headline or the bound, whatever was shown before."""
    assert tables.highest(sensitivity, verification, answered_by) == expected


@pytest.mark.parametrize("sensitivity", Sensitivity)
def test_more_shown_is_never_less_said(sensitivity: Sensitivity) -> None:
    """What may be said never falls as the customer shows more."""
    row = [tables.highest(sensitivity, shown) for shown in Verification]
    assert row == sorted(row)


@pytest.mark.parametrize(
    ("tell", "expected"),
    [
        (Tell.ANYONE, (D0, NONE)),
        (Tell.CLAIMED, (D3, CLAIMED)),
        (Tell.VERIFIED, (D4, VERIFIED)),
        (Tell.STRONG, (D4, STRONG)),
        (Tell.NOBODY, None),
        (Tell.NOBODY_AT_ALL, None),
    ],
)
def test_telling(tell: Tell, expected: tuple[Disclosure, Verification] | None) -> None:
    """A fact's `tell` says how much it gives away and what must be shown; nobody is never told."""
    assert tables.TELLING.get(tell) == expected


def test_a_sensitive_brand_is_named_to_the_person_only() -> None:
    """004-03: a brand that gives the subject away is not named before the person is there."""
    assert tables.SENSITIVE_BRAND == (BOUND, CLAIMED)


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (TrustTier.LOW, 0),
        (TrustTier.GUARDED, 1),
        (TrustTier.UNKNOWN, 2),
        (TrustTier.NEUTRAL, 2),
        (TrustTier.WARM, 3),
        (TrustTier.FULL, 4),
    ],
)
def test_asks_a_call(tier: TrustTier, expected: int) -> None:
    """004-26, 004-27: each tier has its budget of asks, and UNKNOWN has that of NEUTRAL."""
    assert tables.allowed_asks(tier, {}) == expected


@pytest.mark.parametrize(
    ("lowered", "expected"), [(0, 0), (2, 2), (3, 3), (4, 3), (99, 3), (-1, 0)]
)
def test_a_pack_may_lower_the_budget_and_never_raise_it(lowered: int, expected: int) -> None:
    """What a pack says for a tier counts only where it is lower than the table."""
    assert tables.allowed_asks(TrustTier.WARM, {"warm": lowered}) == expected


@given(st.dictionaries(st.sampled_from([tier.word for tier in TrustTier]), st.integers(-1, 9)))
def test_asks_grow_with_trust(lowered: dict[str, int]) -> None:
    """004-27: more trust never allows fewer asks, whatever a pack lowers."""
    tiers = sorted(TrustTier, key=lambda tier: tier.counts_as)
    budgets = [tables.allowed_asks(tier, lowered) for tier in tiers]
    assert budgets == sorted(budgets)


@pytest.mark.parametrize(
    ("ask", "expected"),
    [
        (Ask.PERSON, 0),
        (Ask.TIME, 0),
        (Ask.COMMENT, 0),
        (Ask.GOAL, 0),
        (Ask.CONFIRMATION, 1),
        (Ask.NAME, 2),
        (Ask.FEEDBACK, 3),
        (Ask.PARTICIPATION, 4),
        (Ask.CONSENT, 5),
        (Ask.REFERRAL, 6),
        (Ask.DATA, 7),
        (Ask.IDENTITY, 8),
    ],
)
def test_sensitivity_of_asks(ask: Ask, expected: int) -> None:
    """004-28: courtesies cost nothing; all other asks are ordered, identity last."""
    assert tables.ASK_SENSITIVITY[ask] == expected


def test_methods_begin_with_the_least_intrusive() -> None:
    """One-factor methods come before those that show more, and none asks for a secret."""
    levels = list(tables.METHODS.values())
    assert levels == sorted(levels)
    assert set(tables.METHODS).isdisjoint(tables.SECRETS)


def test_secrets() -> None:
    """What is never asked of anyone is named in full."""
    assert tables.SECRETS == (
        "pin",
        "password",
        "security_code",
        "one_time_code",
        "full_card_number",
    )


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (ItemKind.KNOW, False),
        (ItemKind.SAY, True),
        (ItemKind.ASK, True),
        (ItemKind.LISTEN, True),
        (ItemKind.DO, False),
        (ItemKind.OFFER, True),
        (ItemKind.AVOID, False),
        (ItemKind.STOP, False),
        (ItemKind.CLOSE, True),
    ],
)
def test_what_the_customer_hears(kind: ItemKind, *, expected: bool) -> None:
    """Every kind of item is either spoken or for the agent's eyes."""
    assert (kind in tables.SPOKEN) is expected


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        (TrustTier.LOW, True),
        (TrustTier.GUARDED, True),
        (TrustTier.UNKNOWN, False),
        (TrustTier.NEUTRAL, False),
        (TrustTier.WARM, False),
        (TrustTier.FULL, False),
    ],
)
def test_nothing_for_the_company_alone_at_low_trust(tier: TrustTier, *, expected: bool) -> None:
    """004-24: what serves only the company needs trust."""
    assert (tier in tables.NOT_FOR_THE_COMPANY_ALONE) is expected


def test_what_establishing_says() -> None:
    """An item that establishes a rung has said it, and no other item has said anything."""
    assert dict(tables.ESTABLISHED) == {
        Establishes.BOUND: BOUND,
        Establishes.HEADLINE: D1,
        Establishes.STATEMENT: D2,
    }


def test_a_brief_holds_three_things() -> None:
    """001-07: three things to know, never more."""
    assert tables.BRIEF == 3


def test_strictest_verdict_first() -> None:
    """Verdicts are ordered as the design names them."""
    assert [decision.word for decision in sorted(Decision)] == [
        "block",
        "human_review",
        "defer",
        "use_other_channel",
        "allow_with_conditions",
        "allow",
    ]

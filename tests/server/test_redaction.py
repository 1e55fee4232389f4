"""Card numbers are taken out of free text; other numbers stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.server.redaction import redacted


@pytest.mark.parametrize(
    "number",
    ["4111111111111111", "4111 1111 1111 1111", "3782-822463-10005", "4222222222222"],
)
def test_card_is_taken_out(number: str) -> None:
    """However its digits are grouped, a card's number is not kept."""
    assert redacted(f"my card {number}, please") == "my card [card number removed], please"


@pytest.mark.parametrize(
    "text", ["ring +44 1632 960000", "account 4111111111111112", "41111111111111110000", "", "42"]
)
def test_other_numbers_stay(text: str) -> None:
    """A telephone number, a wrong check digit or a longer row of digits is left as it is."""
    assert redacted(text) == text


@given(st.integers(min_value=10**11, max_value=10**18 - 1))
def test_every_card_is_found(stem: int) -> None:
    """Whatever the digits, with the right check digit they are taken out."""
    number = next(f"{stem}{digit}" for digit in range(10) if _luhn(f"{stem}{digit}"))

    assert number not in redacted(f"it is {number}.")


def _luhn(number: str) -> bool:
    """Check the last digit, as the standard words it."""
    total = 0
    for place, digit in enumerate(reversed([int(each) for each in number if each.isdigit()])):
        value = digit * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0

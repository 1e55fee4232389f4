"""Free text without what looks like the number of a payment card."""

from __future__ import annotations

import re
from typing import Final

#: Digits that may be a card's, however they are grouped; never part of a longer row of digits.
_LIKE_A_CARD: Final = re.compile(r"(?<![0-9])(?:[0-9][ .\-]?){12,18}[0-9](?![0-9])")
_HIDDEN: Final = "[card number removed]"


def redacted(text: str) -> str:
    """Return a text with every number that could be a card's taken out.

    A card's number has 13 to 19 digits and a check digit (Luhn); others, such as an account's or a
    telephone's, are left.
    """
    return _LIKE_A_CARD.sub(_hidden, text)


def _hidden(match: re.Match[str]) -> str:
    return _HIDDEN if _checks(match.group()) else match.group()


def _checks(text: str) -> bool:
    digits = [int(each) for each in reversed(text) if each in "0123456789"]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0

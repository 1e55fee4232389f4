"""References that a customer can say aloud, and that tell where to look them up.

Eight characters of an alphabet without I, L, O and U: the first two stand for the shard, the
others are drawn at random. What is said or typed for those letters is understood all the same.
"""

from __future__ import annotations

import secrets
from typing import Final

from advisor.store.keys import SHARDS

_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_DRAWN: Final = 6
_LENGTH: Final = 2 + _DRAWN
_HEARD: Final = str.maketrans({"I": "1", "L": "1", "O": "0", "U": "V", "-": None, " ": None})


def new_reference(shard: int) -> str:
    """Draw a reference of a shard, as it is written: ``3F-K7Q-29X``."""
    high, low = divmod(shard, len(_ALPHABET))
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(_DRAWN))
    return f"{_ALPHABET[high]}{_ALPHABET[low]}-{drawn[:3]}-{drawn[3:]}"


def heard(text: str) -> str | None:
    """Return a reference as it is written, from what somebody said or typed; None if it is none."""
    plain = text.upper().translate(_HEARD)
    if len(plain) != _LENGTH or not set(plain) <= set(_ALPHABET):
        return None
    return f"{plain[:2]}-{plain[2:5]}-{plain[5:]}"


def shard_of(reference: str) -> int | None:
    """Return the shard in which a written reference is kept; None where there is no such shard."""
    shard = _ALPHABET.index(reference[0]) * len(_ALPHABET) + _ALPHABET.index(reference[1])
    return shard if shard < SHARDS else None

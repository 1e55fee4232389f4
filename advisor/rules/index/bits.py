"""Wide integers: made from positions, and read back."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

#: From here on, a byte array is faster than one shift for each position.
_FEW: Final = 8


def mask(positions: Collection[int]) -> int:
    """Return the integer that has these bits set; a position given twice is given back."""
    if len(positions) < _FEW:
        bits = 0
        for position in positions:
            bits ^= 1 << position
        return bits
    data = bytearray(max(positions) // 8 + 1)
    for position in positions:
        data[position >> 3] ^= 1 << (position & 7)
    return int.from_bytes(data, "little")


def ones(width: int) -> int:
    """Return the integer that has all of its lowest bits set."""
    return (1 << width) - 1


#: Bits that `positions` takes off the integer at a time: shifting 10,000 bits for each one costs
#: more than reading them all.
_CHUNK: Final = 512
_CHUNK_MASK: Final = ones(_CHUNK)


def positions(bits: int) -> Iterator[int]:
    """Iterate over the set bits of a non-negative integer, lowest first."""
    lowest = bits & -bits
    at = lowest.bit_length() - 1 if bits else 0
    bits >>= at
    while bits:
        chunk = bits & _CHUNK_MASK
        while chunk:
            lowest = chunk & -chunk
            yield at + lowest.bit_length() - 1
            chunk ^= lowest
        bits >>= _CHUNK
        at += _CHUNK

"""Tables from what one fact may be to a wide integer of what that leaves standing.

A table of thousands of values keeps one whole integer for some of them, and what changes in
between: 10,000 rules with a threshold each would take 50 MB otherwise.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any, Final

from advisor.facts.values import NEVER, UNKNOWN, Possible
from advisor.rules.index.bits import mask, ones
from advisor.rules.index.shapes import Hits, Shape, Steps, Words

#: Bytes of whole integers that a table may take before it keeps differences instead.
WHOLE: Final = 2_000_000

#: Places above which the difference of a word is kept as an integer of its own.
_MANY: Final = 64

#: Returns the wide integer of what a fact may be, unknown and several possible values included.
Lookup = Callable[[Any], int]

#: Positions in the wide integer.
Places = Sequence[int]


@dataclass(frozen=True, slots=True)
class Frame:
    """The layout of wide integers: segments of `width` bits, the base first, then fail segments.

    A base bit says that a rule still stands, a fail bit that an alternative fails.

    Attributes:
        width: Bits of a segment.
        segments: How many segments there are.
        widen: Where one possible value is enough to set the bit; elsewhere all are needed.
    """

    width: int
    segments: int
    widen: int

    @property
    def size(self) -> int:
        """Bytes of one wide integer."""
        return self.width * self.segments // 8

    def entry(self, answers: Iterable[tuple[bool, Places]]) -> int:
        """Return the integer that holds these answers in their places, and ones elsewhere."""
        cleared = [
            place for truth, places in answers for place in places if truth is (place >= self.width)
        ]
        return ones(self.width * self.segments) ^ mask(cleared)

    def joined(self, entries: Iterable[int]) -> int:
        """Join the entries of several possible values, at least one."""
        whole: int | None = None
        for entry in entries:
            whole = entry if whole is None else (whole & entry) | ((whole ^ entry) & self.widen)
        if whole is None:
            raise AssertionError("unreachable: a known fact has a value")
        return whole


def lookup(
    rows: Sequence[tuple[Shape, Places]], frame: Frame, unknown: int, *, regions: bool
) -> Lookup:
    """Build a table.

    Args:
        rows: Shapes of one kind, each with the places that its answer decides.
        frame: The layout of the integers.
        unknown: The entry of an unknown value.
        regions: Whether the words are regions, which hold one another.
    """
    steps: list[tuple[Steps, Places]] = []
    words: list[tuple[Words, Places]] = []
    hits: list[tuple[Hits, Places]] = []
    for shape, places in rows:
        if isinstance(shape, Steps):
            steps.append((shape, places))
        elif isinstance(shape, Words):
            words.append((shape, places))
        else:
            hits.append((shape, places))
    if steps:
        return _steps(steps, frame, unknown)
    if hits:
        return _hits(hits, frame, unknown)
    return _regions(words, frame, unknown) if regions else _words(words, frame, unknown)


def finite(entries: Mapping[Any, int], other: int, frame: Frame) -> Lookup:
    """Build a table that is written out: entries by value, and that of all others."""
    get = entries.get

    def look(value: Any) -> int:  # noqa: ANN401 - whatever the fact may be
        entry = get(value)
        if entry is not None:
            return entry
        return frame.joined(map(look, value.values)) if type(value) is Possible else other

    return look


def _steps(rows: Sequence[tuple[Steps, Places]], frame: Frame, unknown: int) -> Lookup:
    keys = sorted({key for shape, _ in rows for key, _ in shape.cuts})
    number = {key: index for index, key in enumerate(keys)}
    changes: list[list[int]] = [[] for _ in range(2 * len(keys) + 1)]
    for shape, places in rows:
        for key, after in shape.cuts:
            changes[2 * number[key] + 1 + after].extend(places)
    first = frame.entry((shape.first, places) for shape, places in rows)
    never = frame.entry((shape.never, places) for shape, places in rows)
    special = {UNKNOWN: unknown, NEVER: never}
    stride = sum(map(bool, changes)) * frame.size // WHOLE + 1
    entries = list(islice(_entries(first, changes), 0, None, stride))
    if stride > 1:
        return _sparse_steps(keys, entries, changes, special, stride=stride, frame=frame)
    exact: dict[Any, int] = {**special, **dict(zip(keys, entries[1::2], strict=True))}
    gaps = entries[::2]
    get = exact.get

    def look(value: Any) -> int:  # noqa: ANN401 - whatever the fact may be
        entry = get(value)
        if entry is not None:
            return entry
        if type(value) is Possible:
            return frame.joined(map(look, value.values))
        return gaps[bisect_left(keys, value)]

    return look


def _entries(entry: int, changes: Sequence[Places]) -> Iterator[int]:
    """Iterate over the entries before the first key, at it, after it, and so on."""
    for change in changes:
        if change:
            entry ^= mask(change)
        yield entry


def _sparse_steps(
    keys: Sequence[Any],
    entries: Sequence[int],
    changes: Iterable[Places],
    special: Mapping[Any, int],
    *,
    stride: int,
    frame: Frame,
) -> Lookup:
    differences = [tuple(change) for change in changes]

    def look(value: Any) -> int:  # noqa: ANN401 - whatever the fact may be
        if value in special:
            return special[value]
        if type(value) is Possible:
            return frame.joined(map(look, value.values))
        below = bisect_left(keys, value)
        cell = 2 * below + (below < len(keys) and keys[below] == value)
        before = cell // stride
        changed = differences[before * stride + 1 : cell + 1]
        return entries[before] ^ mask(tuple(chain.from_iterable(changed)))

    return look


def _words(rows: Sequence[tuple[Words, Places]], frame: Frame, unknown: int) -> Lookup:
    by_word: dict[Any, list[int]] = {}
    for shape, places in rows:
        for word in shape.but:
            by_word.setdefault(word, []).extend(places)
    other = frame.entry((shape.other, places) for shape, places in rows)
    sparse = len(by_word) * frame.size > WHOLE
    few = {w: tuple(p) for w, p in by_word.items() if sparse and len(p) <= _MANY}
    entries = {w: other ^ mask(p) for w, p in by_word.items() if w not in few}
    whole = finite({**entries, UNKNOWN: unknown}, other, frame)
    if not few:
        return whole

    def look(value: Any) -> int:  # noqa: ANN401 - whatever the fact may be
        places = few.get(value)
        if places is not None:
            return other ^ mask(places)
        return frame.joined(map(look, value.values)) if type(value) is Possible else whole(value)

    return look


def _hits(rows: Sequence[tuple[Hits, Places]], frame: Frame, unknown: int) -> Lookup:
    by_word: dict[str, list[int]] = {}
    for shape, places in rows:
        for word in shape.words:
            by_word.setdefault(word, []).extend(places)
    touched = {word: mask(places) for word, places in by_word.items()}
    nothing = frame.entry((not shape.hit, places) for shape, places in rows)
    special = {UNKNOWN: unknown, NEVER: nothing}

    def look(value: Any) -> int:  # noqa: ANN401 - whatever the fact may be
        if value in special:
            return special[value]
        if type(value) is Possible:
            return frame.joined(map(look, value.values))
        # A place that one of the words touches answers otherwise than for an empty set.
        all_touched = 0
        for word in value:
            all_touched |= touched.get(word, 0)
        return nothing ^ all_touched

    return look


def _regions(rows: Sequence[tuple[Words, Places]], frame: Frame, unknown: int) -> Lookup:
    parts: dict[str, set[str]] = {}
    for shape, _ in rows:
        for region in (*shape.but, *shape.too):
            country, _, part = region.partition("-")
            parts.setdefault(country, set()).update({region} if part else ())
    differs: dict[str, list[int]] = {
        region: [] for country, inner in parts.items() for region in (country, *inner)
    }
    for shape, places in rows:
        inherited = {
            part for region in shape.but for part in parts.get(region, ()) if part not in shape.too
        }
        for region in inherited | shape.but:
            differs[region].extend(places)
    other = frame.entry((shape.other, places) for shape, places in rows)
    # The entry of a country stands for its parts that nobody named ...
    entries = {region: other ^ mask(places) for region, places in differs.items()}
    # ... and where only the country is known, every part of it is possible.
    somewhere = {
        country: frame.joined([entries[country], *(entries[part] for part in inner)])
        for country, inner in parts.items()
    }

    def look(value: Any) -> int:  # noqa: ANN401 - whatever the fact may be
        if value is UNKNOWN:
            return unknown
        if type(value) is Possible:
            return frame.joined(map(look, value.values))
        country, _, part = str(value).partition("-")
        if not part:
            return somewhere.get(country, other)
        entry = entries.get(value)
        return entries.get(country, other) if entry is None else entry

    return look

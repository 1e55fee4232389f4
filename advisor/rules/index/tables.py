"""Tables from the value of one fact to a wide integer of what it leaves standing.

A table of thousands of values keeps one whole integer for every 32 of them, and what changes in
between: 10,000 rules with a threshold each would take 50 MB otherwise.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from advisor.facts.values import NEVER
from advisor.rules.index.bits import mask, ones
from advisor.rules.index.shapes import Hits, Shape, Steps, Words

#: Bytes of whole integers that a table may take before it keeps differences instead.
WHOLE: Final = 400_000

#: Cells from one whole integer to the next.
STRIDE: Final = 32

#: Positions above which a difference is kept as an integer of its own.
_MANY: Final = 64

#: Returns the wide integer of a value that the fact's type has, or of its distance from now.
Lookup = Callable[[Any], int]

#: Positions in the wide integer.
Places = Sequence[int]

#: What differs from another entry: a whole integer, or the few places.
_Difference = int | tuple[int, ...]


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


def _difference(places: Places) -> _Difference:
    return mask(places) if len(places) > _MANY else tuple(places)


def _changed(entry: int, difference: _Difference) -> int:
    return entry ^ (difference if isinstance(difference, int) else mask(difference))


def lookup(rows: Sequence[tuple[Shape, Places]], frame: Frame, *, regions: bool) -> Lookup:
    """Build a table.

    Args:
        rows: Shapes of one kind, each with the places that its answer decides.
        frame: The layout of the integers.
        regions: Whether the words are regions, which hold one another.
    """
    steps: list[tuple[Steps, Places]] = []
    words: list[tuple[Words, Places]] = []
    hits: list[tuple[Hits, Places]] = []
    for shape, places in rows:
        match shape:
            case Steps():
                steps.append((shape, places))
            case Words():
                words.append((shape, places))
            case Hits():
                hits.append((shape, places))
    if steps:
        return _steps(steps, frame)
    if hits:
        return _hits(hits, frame)
    return _regions(words, frame) if regions else _words(words, frame)


def _steps(rows: Sequence[tuple[Steps, Places]], frame: Frame) -> Lookup:
    keys = sorted({key for shape, _ in rows for key, _ in shape.cuts})
    number = {key: index for index, key in enumerate(keys)}
    changes: list[list[int]] = [[] for _ in range(2 * len(keys) + 1)]
    for shape, places in rows:
        for key, after in shape.cuts:
            changes[2 * number[key] + 1 + after].extend(places)
    first = frame.entry((shape.first, places) for shape, places in rows)
    never = frame.entry((shape.never, places) for shape, places in rows)
    if sum(map(bool, changes)) * frame.size <= WHOLE:
        return _WholeSteps(keys, list(_entries(first, changes)), never).at
    whole = list(islice(_entries(first, changes), 0, None, STRIDE))
    return _SparseSteps(keys, whole, [_difference(change) for change in changes], never).at


def _entries(entry: int, changes: Sequence[Places]) -> Iterator[int]:
    for change in changes:
        if change:
            entry ^= mask(change)
        yield entry


@dataclass(frozen=True, slots=True)
class _WholeSteps:
    """Entries before the first key, at it, between it and the second, and so on."""

    keys: Sequence[Any]
    entries: Sequence[int]
    never: int

    def at(self, key: Any) -> int:  # noqa: ANN401 - as the keys are
        if key is NEVER:
            return self.never
        below = bisect_left(self.keys, key)
        on = below < len(self.keys) and self.keys[below] == key
        return self.entries[2 * below + on]


@dataclass(frozen=True, slots=True)
class _SparseSteps:
    """Every `STRIDE`-th entry, and what changes on entering each cell."""

    keys: Sequence[Any]
    entries: Sequence[int]
    differences: Sequence[_Difference]
    never: int

    def at(self, key: Any) -> int:  # noqa: ANN401 - as the keys are
        if key is NEVER:
            return self.never
        below = bisect_left(self.keys, key)
        on = below < len(self.keys) and self.keys[below] == key
        cell = 2 * below + on
        entry = self.entries[cell // STRIDE]
        for difference in self.differences[cell // STRIDE * STRIDE + 1 : cell + 1]:
            if difference:
                entry = _changed(entry, difference)
        return entry


def _words(rows: Sequence[tuple[Words, Places]], frame: Frame) -> Lookup:
    by_word: dict[Any, list[int]] = {}
    for shape, places in rows:
        for word in shape.but:
            by_word.setdefault(word, []).extend(places)
    other = frame.entry((shape.other, places) for shape, places in rows)
    if len(by_word) * frame.size <= WHOLE:
        entries = {word: other ^ mask(places) for word, places in by_word.items()}
        return _WholeWords(entries, other).at
    few = {word: _difference(places) for word, places in by_word.items()}
    return _SparseWords(few, other).at


@dataclass(frozen=True, slots=True)
class _WholeWords:
    entries: Mapping[Any, int]
    other: int

    def at(self, key: Any) -> int:  # noqa: ANN401 - any word, yes or no, a weekday
        return self.entries.get(key, self.other)


@dataclass(frozen=True, slots=True)
class _SparseWords:
    differences: Mapping[Any, _Difference]
    other: int

    def at(self, key: Any) -> int:  # noqa: ANN401 - any word, yes or no, a weekday
        difference = self.differences.get(key)
        return self.other if difference is None else _changed(self.other, difference)


def _hits(rows: Sequence[tuple[Hits, Places]], frame: Frame) -> Lookup:
    by_word: dict[str, list[int]] = {}
    for shape, places in rows:
        for word in shape.words:
            by_word.setdefault(word, []).extend(places)
    nothing = frame.entry((not shape.hit, places) for shape, places in rows)
    return _Sets({word: mask(places) for word, places in by_word.items()}, nothing).at


@dataclass(frozen=True, slots=True)
class _Sets:
    """What each word of a set touches; a place that is touched answers otherwise than at none."""

    touched: Mapping[str, int]
    nothing: int

    def at(self, key: Any) -> int:  # noqa: ANN401 - a set of words, or NEVER
        if key is NEVER:
            return self.nothing
        all_touched = 0
        for word in key:
            all_touched |= self.touched.get(word, 0)
        return self.nothing ^ all_touched


def _regions(rows: Sequence[tuple[Words, Places]], frame: Frame) -> Lookup:
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
    entries = {region: other ^ mask(places) for region, places in differs.items()}
    somewhere = {
        country: frame.joined([entries[country], *(entries[part] for part in inner)])
        for country, inner in parts.items()
    }
    return _Regions(entries, somewhere, other).at


@dataclass(frozen=True, slots=True)
class _Regions:
    """Entries of named regions; that of a country stands for its parts that nobody named.

    Where only the country is known (`somewhere`), every part of it is possible.
    """

    entries: Mapping[str, int]
    somewhere: Mapping[str, int]
    other: int

    def at(self, key: Any) -> int:  # noqa: ANN401 - a region
        country, _, part = str(key).partition("-")
        if not part:
            return self.somewhere.get(country, self.other)
        entry = self.entries.get(key)
        return self.entries.get(country, self.other) if entry is None else entry

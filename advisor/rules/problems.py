"""Problems of a pack: collected, sorted, and shown at their line and column."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from advisor.rules.source import Mark, Source

#: Problems kept of one pack; the rest are only counted.
MAX_PROBLEMS = 500

#: Right words that a wrong one is compared with; of longer lists, those most like it are.
MAX_SEARCHED = 1_000

#: Words of a list that a message names.
LISTED_WORDS = 32

#: Widest part of a source line that is shown.
EXCERPT_WIDTH = 96

_SIMILAR_ENOUGH = 0.7


class Severity(StrEnum):
    """Whether a problem keeps the pack from being used."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that is wrong, for the person who wrote it.

    Attributes:
        mark: Where.
        code: Stable short name of the kind of problem, such as ``unknown-key``.
        found: What stands there.
        expected: What should; empty where there is nothing to add.
        nearest: The most similar right word; empty where none is similar.
        hint: What to do about it, as a sentence; may be empty.
        severity: An error keeps the pack from being used.
    """

    mark: Mark
    code: str
    found: str
    expected: str = ""
    nearest: str = field(default="", compare=False)
    hint: str = ""
    severity: Severity = Severity.ERROR

    @property
    def message(self) -> str:
        """What was found and expected, in one line, without the place."""
        return f"{self.found}; expected {self.expected}" if self.expected else self.found

    def as_dict(self) -> dict[str, str | int]:
        """Return plain values for JSON and the contract."""
        return {
            "file": self.mark.file,
            "line": self.mark.line,
            "column": self.mark.column,
            "severity": self.severity.value,
            "code": self.code,
            "found": self.found,
            "expected": self.expected,
            "nearest": self.nearest,
            "hint": self.hint,
        }


class Problems:
    """Collects the problems of one pack, once each."""

    __slots__ = ("_problems", "omitted")

    def __init__(self) -> None:
        """Begin without any."""
        self._problems: dict[Problem, None] = {}
        #: How many came after MAX_PROBLEMS had been kept.
        self.omitted = 0

    def add(self, problem: Problem) -> None:
        """Keep a problem; one that is already kept counts once."""
        if len(self._problems) < MAX_PROBLEMS:
            self._problems[problem] = None
        elif problem not in self._problems:
            self.omitted += 1

    def error(
        self,
        mark: Mark,
        code: str,
        found: str,
        expected: str = "",
        *,
        hint: str = "",
        near: tuple[str, Iterable[str]] | None = None,
    ) -> None:
        """Report what keeps the pack from being used.

        Args:
            mark: Where.
            code: Stable short name of the kind of problem.
            found: What stands there.
            expected: What should.
            hint: What to do about it, as a sentence.
            near: The wrong word, and the right words to search for the most similar.
        """
        # The search for a similar word is the costly part; beyond the bound it would be wasted.
        full = len(self._problems) >= MAX_PROBLEMS
        similar = "" if near is None or full else nearest(*near)
        self.add(
            Problem(
                mark=mark, code=code, found=found, expected=expected, nearest=similar, hint=hint
            )
        )

    def warning(self, mark: Mark, code: str, found: str, expected: str = "") -> None:
        """Report what should be looked at before the pack is used."""
        self.add(
            Problem(mark=mark, code=code, found=found, expected=expected, severity=Severity.WARNING)
        )

    @property
    def has_errors(self) -> bool:
        """Whether the pack may not be used."""
        return self.omitted > 0 or any(p.severity is Severity.ERROR for p in self._problems)

    def __iter__(self) -> Iterator[Problem]:
        """Iterate by file, line and column."""
        return iter(sorted(self._problems, key=lambda p: (p.mark, p.severity, p.code, p.found)))

    def __len__(self) -> int:
        """Count those kept."""
        return len(self._problems)


def nearest(word: str, right: Iterable[str]) -> str:
    """Return the right word most similar to a wrong one, or nothing."""
    right = list(right)
    if len(right) > MAX_SEARCHED:
        alike = (one for one in right if one[:1] == word[:1] and abs(len(one) - len(word)) <= 2)  # noqa: PLR2004
        right = list(islice(alike, MAX_SEARCHED))
    matches = get_close_matches(word, right, n=1, cutoff=_SIMILAR_ENOUGH)
    if not matches:
        folded = {candidate.casefold(): candidate for candidate in right}
        return folded.get(word.casefold(), "")
    return matches[0]


def listed(words: Iterable[str]) -> str:
    """Join words for a message: ``a, b or c``; of a long list, the first."""
    *most, last = words
    if len(most) >= LISTED_WORDS:
        return f"{', '.join(most[:LISTED_WORDS])} … ({len(most) + 1} in all)"
    return f"{', '.join(most)} or {last}" if most else last


def render(problem: Problem, sources: Mapping[str, Source]) -> str:
    """Show a problem as its author reads it: place, message, source line, caret, advice.

    Args:
        problem: What to show.
        sources: The files of the pack by name; without the file, only the message is shown.
    """
    out = [f"{problem.mark}: {problem.severity.value}: {problem.message}"]
    source = sources.get(problem.mark.file)
    if source is not None:
        excerpt, caret = _excerpt(source.line(problem.mark.line), problem.mark.column)
        if excerpt.strip():
            number = str(problem.mark.line)
            out.append(f"  {number} | {excerpt}")
            out.append(f"  {' ' * len(number)} | {' ' * caret}^")
    if problem.nearest:
        out.append(f"  did you mean {problem.nearest}?")
    if problem.hint:
        out.append(f"  {problem.hint}")
    return "\n".join(out)


def _excerpt(line: str, column: int) -> tuple[str, int]:
    """Cut a line around a column; unprintable characters become visible, tabs one space."""
    caret = min(max(column - 1, 0), len(line))
    begin = max(0, min(caret - EXCERPT_WIDTH // 2, len(line) - EXCERPT_WIDTH))
    part = line[begin : begin + EXCERPT_WIDTH].replace("\t", " ")
    part = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in part)
    return part.rstrip(), caret - begin

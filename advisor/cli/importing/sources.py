"""Where a field's value comes from: a column, several of them, or the number of the line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from advisor.rules.source import ScalarNode, SequenceNode

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from advisor.cli.importing.rows import Row
    from advisor.rules.source import Mark, Node

#: Hexadecimal digits of an id that is made from columns: 96 bits, so that two never meet.
_DIGITS: Final = 24
#: A file may tell of times to come, and of the distant past; further off is a slip.
_MOST_DAYS: Final = 100_000


class ValueRefused(Exception):
    """A row's value is not what its source expects; the message says what is."""


@dataclass(slots=True, kw_only=True)
class Source:
    """One place of a mapping that is filled from each row.

    Attributes:
        mark: Where the mapping says so.
        columns: What it reads; empty where it is the number of the line.
        made: Whether the value is an id made from the columns' content.
        prefix: Stands before the value.
        words: Other words for some values; one that becomes empty is left out.
        dates: How dates are written, in the way of `strptime`; empty for ISO 8601.
        zone: The clock of dates without an offset.
        days_before: What a number of days is counted back from.
        split: What stands between the words of a list.
        text: Whether a fact's value is a text whatever it looks like.
        instant: Whether the field is an instant.
    """

    mark: Mark
    columns: tuple[str, ...] = ()
    made: bool = False
    prefix: str = ""
    words: Mapping[str, str]
    dates: str = ""
    zone: tzinfo | None = None
    days_before: datetime | None = None
    split: str = ""
    text: bool = False
    instant: bool = False

    @property
    def name(self) -> str:
        """What it reads, for messages."""
        return ", ".join(self.columns) or "the number of the line"

    def value(self, row: Row, mark: Mark) -> Node | None:
        """Return what a row says; None where that is nothing.

        Args:
            row: The row.
            mark: Where problems with the value are reported.

        Raises:
            ValueRefused: It is no such date or number of days.
        """
        if self.split:
            return self._list(row, mark)
        text = self._said(row)
        return ScalarNode(text, self.text, mark) if text else None

    def _said(self, row: Row) -> str:
        if not self.columns:
            return f"{self.prefix}{row.line}"
        if self.made:
            return self._made(row)
        found = row.cells.get(self.columns[0], "").strip()
        found = self.words.get(found, found)
        if found and self.days_before is not None:
            return _days_before(self.days_before, found)
        if found and (self.dates or self.instant):
            return self._date(found)
        return self.prefix + found if found else ""

    def _made(self, row: Row) -> str:
        said = [row.cells.get(column, "") for column in self.columns]
        # The lengths keep "ab", "c" and "a", "bc" apart.
        content = "".join(f"{len(each)}:{each}" for each in said)
        digits = hashlib.sha256(content.encode()).hexdigest()[:_DIGITS]
        return self.prefix + digits if any(said) else ""

    def _date(self, text: str) -> str:
        try:
            at = datetime.strptime(text, self.dates) if self.dates else _iso(text)  # noqa: DTZ007 - the zone follows
        except ValueError as error:
            expected = f"a date like {self.dates}" if self.dates else "a date like 2026-01-31T15:00"
            raise ValueRefused(f'"{text}"; expected {expected}') from error
        if not self.instant:
            return at.date().isoformat()
        if at.tzinfo is None and self.zone is not None:
            at = at.replace(tzinfo=self.zone)
        return at.isoformat()

    def _list(self, row: Row, mark: Mark) -> SequenceNode | None:
        parts = [part.strip() for part in row.cells.get(self.columns[0], "").split(self.split)]
        said = [self.words.get(part, part) for part in parts]
        nodes = tuple(ScalarNode(part, True, mark) for part in said if part)  # noqa: FBT003
        return SequenceNode(nodes, mark) if nodes else None


def _iso(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _days_before(end: datetime, text: str) -> str:
    if not text.isascii() or not text.isdigit() or int(text[:9]) > _MOST_DAYS:
        raise ValueRefused(f'"{text}"; expected a number of days, {_MOST_DAYS} at most')
    try:
        return (end.astimezone(UTC) - timedelta(days=int(text))).isoformat()
    except OverflowError as error:
        raise ValueRefused(f'"{text}"; expected fewer days') from error

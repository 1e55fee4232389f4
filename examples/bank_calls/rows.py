"""The rows of the data, read strictly: one row is the last contact with one customer."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, cast, get_args

from examples.bank_calls.mapping import USED_COLUMNS, Outcome

#: What `pdays` says where no day is known.
NO_DAY: Final = 999

_MONTHS: Final = [
    *("jan", "feb", "mar", "apr", "may", "jun"),
    *("jul", "aug", "sep", "oct", "nov", "dec"),
]
_WEEKDAYS: Final = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class RowRefused(Exception):
    """A row or the file cannot be read; the message names row and column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one row says of a call.

    Attributes:
        number: Place in the file, from 1; the only thing about a row that is ever printed.
        month: From 1.
        weekday: From 0, Monday.
        contacts: Contacts of this campaign, this call included.
        days_since: Days since the last contact of a campaign before; None where none is known.
        earlier: Contacts before this campaign.
        outcome: How the campaign before ended.
        employed: Number of employees in that quarter, in thousands.
        sold: Whether the call ended in a sale; for the report alone, never sent.
    """

    number: int
    month: int
    weekday: int
    contacts: int
    days_since: int | None
    earlier: int
    outcome: Outcome
    employed: float
    sold: bool


def read_rows(path: Path) -> tuple[list[Row], list[str]]:
    """Read the file: semicolons between columns, texts in quotes.

    Returns:
        The rows, and the names of all columns.

    Raises:
        RowRefused: The file has not the form of the data.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise RowRefused(f"{path.name} is not UTF-8: {error.reason} at {error.start}") from None
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=";", strict=True)
    columns = list(reader.fieldnames or ())
    missing = [column for column in USED_COLUMNS if column not in columns]
    if missing:
        raise RowRefused(f"{path.name} lacks the column(s) {', '.join(missing)}")
    return [_Reader(number, cells).row() for number, cells in _numbered(reader)], columns


def _numbered(reader: csv.DictReader[str]) -> Iterator[tuple[int, dict[str, str | None]]]:
    number = 0
    try:
        for number, cells in enumerate(reader, start=1):
            yield number, cast("dict[str, str | None]", cells)
    except csv.Error as error:
        raise RowRefused(f"row {number + 1}: {error}") from error


@dataclass(frozen=True, slots=True)
class _Reader:
    number: int
    cells: dict[str, str | None]

    def row(self) -> Row:
        days = self._whole("pdays")
        return Row(
            number=self.number,
            month=self._place("month", _MONTHS) + 1,
            weekday=self._place("day_of_week", _WEEKDAYS),
            contacts=max(1, self._whole("campaign")),
            days_since=None if days == NO_DAY else days,
            earlier=self._whole("previous"),
            outcome=self._outcome(),
            employed=self._number("nr.employed"),
            sold=self._text("y") == "yes",
        )

    def _place(self, column: str, words: list[str]) -> int:
        word = self._text(column)
        if word not in words:
            raise self._wrong(column, f"one of {', '.join(words)}")
        return words.index(word)

    def _whole(self, column: str) -> int:
        text = self._text(column)
        if not text.isdecimal():
            raise self._wrong(column, "a whole number")
        return int(text)

    def _number(self, column: str) -> float:
        try:
            return float(self._text(column))
        except ValueError:
            raise self._wrong(column, "a number") from None

    def _outcome(self) -> Outcome:
        words = get_args(Outcome)
        if self._text("poutcome") not in words:
            raise self._wrong("poutcome", f"one of {', '.join(words)}")
        return cast("Outcome", self._text("poutcome"))

    def _text(self, column: str) -> str:
        return self.cells[column] or ""

    def _wrong(self, column: str, expected: str) -> RowRefused:
        return RowRefused(f"row {self.number}, column {column}: {expected} was expected")

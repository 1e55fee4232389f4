"""Reads the rows of a file one after the other, each with the line where it begins."""

from __future__ import annotations

import csv
import json
from dataclasses import dataclass
from enum import StrEnum
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

#: Bytes of the longest line; a longer one is a bad row, so that no file fills the memory.
LONGEST: Final = 1_000_000

_UTF8_MARK: Final = b"\xef\xbb\xbf"
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")
_ENCODING: Final = "save it as UTF-8, or convert it: iconv -f ISO-8859-1 -t UTF-8"


class Shape(StrEnum):
    """How a file holds its rows."""

    CSV = "csv"
    JSON_LINES = "jsonl"


class FileRefused(Exception):
    """No row of a file can be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row.

    Attributes:
        line: Where it begins, from 1.
        cells: Its texts by column; what it does not say is not there.
        problem: Why it cannot be read; empty where it can.
    """

    line: int
    cells: Mapping[str, str]
    problem: str = ""


class _LineRefused(Exception):
    """A line cannot be read; the message says why."""


class _Lines:
    """The lines of a file as text; after one that is refused, the next can be asked for."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        raw = self._file.readline(LONGEST)
        if not raw:
            raise StopIteration
        self.number += 1
        if self.number == 1:
            if raw.startswith(_UTF16_MARKS):
                raise FileRefused(f"is UTF-16; {_ENCODING.partition(',')[0]}")
            raw = raw.removeprefix(_UTF8_MARK)
        if len(raw) == LONGEST and not raw.endswith(b"\n"):
            while (rest := self._file.readline(LONGEST)) and not rest.endswith(b"\n"):
                pass
            raise _LineRefused(f"is longer than {LONGEST:,} bytes")
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError as error:
            raise _LineRefused(
                f"is not UTF-8 (byte 0x{raw[error.start]:02x} at {error.start + 1}); {_ENCODING}"
            ) from error


def read_rows(
    file: IO[bytes], shape: Shape, delimiter: str, columns: Sequence[str]
) -> Iterator[Row]:
    """Read a file row by row; it is never held as a whole.

    Args:
        file: At its beginning.
        shape: How it holds its rows; the first line of CSV names the columns.
        delimiter: What stands between the columns of CSV.
        columns: Those that must be there in CSV. A row of JSON lines may leave out any.

    Raises:
        FileRefused: It is no such file, or lacks a column.
    """
    lines = _Lines(file)
    return _of_csv(lines, delimiter, columns) if shape is Shape.CSV else _of_json(lines, columns)


def _of_csv(lines: _Lines, delimiter: str, columns: Sequence[str]) -> Iterator[Row]:
    reader = csv.reader(lines, delimiter=delimiter)
    names = _header(reader, columns)
    while True:
        line = lines.number + 1
        try:
            cells = next(reader, None)
        except (_LineRefused, csv.Error) as error:
            yield Row(line, {}, str(error))
            continue
        if cells is None:
            return
        if not cells:
            continue
        if len(cells) != len(names):
            yield Row(line, {}, f"has {len(cells)} columns; expected {len(names)}")
        else:
            yield Row(line, {name: cell for name, cell in zip(names, cells, strict=True) if cell})


def _header(reader: Iterator[list[str]], columns: Sequence[str]) -> list[str]:
    try:
        names = next(reader, [])
    except (_LineRefused, csv.Error) as error:
        raise FileRefused(f"1: {error}") from error
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FileRefused(f'1: column "{twice[0]}" is there twice')
    missing = [name for name in columns if name not in names]
    if missing:
        raise FileRefused(f'1: has no column "{missing[0]}"; it has {", ".join(names) or "none"}')
    return names


def _of_json(lines: _Lines, columns: Sequence[str]) -> Iterator[Row]:
    while True:
        line = lines.number + 1
        try:
            text = next(lines, None)
            if text is None:
                return
            if text.strip():
                yield Row(line, _cells(text, columns))
        except _LineRefused as error:
            yield Row(line, {}, str(error))


def _cells(text: str, columns: Sequence[str]) -> dict[str, str]:
    try:
        # Numbers stay as they are written, so that an id of twenty digits remains one.
        value = json.loads(text, parse_int=str, parse_float=str)
    except (ValueError, RecursionError) as error:
        raise _LineRefused(f"is no JSON: {error}") from error
    if not isinstance(value, dict):
        raise _LineRefused("is no JSON object")
    return {name: cell for name in columns if (cell := _cell(name, value.get(name)))}


def _cell(name: str, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | float):
        raise _LineRefused(f'"{name}" is a list or an object; expected one value')
    cell = str(value)
    try:
        cell.encode()
    except UnicodeEncodeError as error:
        raise _LineRefused(
            f'"{name}" holds half a character (an escape \\ud800 to \\udfff)'
        ) from error
    return cell

"""The change journal: what must never be lost, in files beside Redis.

Every change of suppressions, consents, memory and ledger is an entry of a stream, written in the
same script as the change. A background task drains the streams into files, one JSON line an entry,
synced before the entry is taken out of Redis; a crash in between writes a line twice, which does no
harm. A file `heads-*.json` says how far each shard has come.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import msgspec

from advisor.store.errors import Reason, StoreMisconfigured
from advisor.store.marks import Mark, read_mark

#: The form that this service writes, and the newest it reads.
VERSION: Final = 1

_PRIVATE: Final = 0o700
_OWN_FILE: Final = 0o600


class Line(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One change of one customer; what is absent did not change.

    Attributes:
        shard, mark: Where, and the shard's mark after the change: its place in the order.
        customer: The HMAC that stands for the customer.
        permissions, memory: The records as they are since.
        ledger: Lines that were appended, one under the other.
        call, outcome: A call's name, and what a correction of its outcome needs.
        id, answer: Name of an outcome's or signal's id, and what was answered to it.
        erased: Whether everything else of the customer was erased.
    """

    version: int
    shard: int
    mark: str
    customer: str
    permissions: str = ""
    memory: str = ""
    ledger: str = ""
    call: str = ""
    outcome: bytes = b""
    id: str = ""
    answer: bytes = b""
    erased: bool = False

    @property
    def count(self) -> int:
        """Its place in the order of its shard."""
        mark = read_mark(self.mark)
        return 0 if mark is None else mark.count


_LINE: Final = msgspec.json.Decoder(Line)
_ENCODER: Final = msgspec.json.Encoder()
_HEADS: Final = msgspec.json.Decoder(dict[int, str])


class Journal:
    """A folder of journal files; this process appends to a file of its own."""

    def __init__(self, folder: Path) -> None:
        """Name the folder; it is made when there is something to write."""
        self.folder = folder
        self._run = secrets.token_hex(4)
        self._heads: dict[int, Mark] = {}

    def heads(self) -> dict[int, Mark]:
        """Return how far each shard has come, by all who wrote to the folder.

        Raises:
            StoreMisconfigured: A file cannot be read.
        """
        highest: dict[int, Mark] = {}
        for path in sorted(self.folder.glob("heads-*.json")):
            for shard, mark in _read_heads(path).items():
                if shard not in highest or highest[shard].count < mark.count:
                    highest[shard] = mark
        return highest

    def append(self, lines: Sequence[Line], now: datetime) -> None:
        """Write lines, and return when they are on the disk.

        Args:
            lines: In the order of their shards.
            now: Says which day's file they go to.

        Raises:
            OSError: They cannot be written.
        """
        self.folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        path = self.folder / f"{now.astimezone(UTC):%Y-%m-%d}.{self._run}.jsonl"
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(os.open(path, flags, _OWN_FILE), "ab") as file:
            file.write(b"".join(_ENCODER.encode(line) + b"\n" for line in lines))
            file.flush()
            os.fsync(file.fileno())
        for line in lines:
            mark = read_mark(line.mark)
            if mark is not None:
                self._heads[line.shard] = mark
        self._write_heads()

    def forget(self, customers: frozenset[str]) -> None:
        """Take the lines of erased customers out of every file, but for those that say so.

        Raises:
            OSError: A file cannot be written.
        """
        for path in files_of([self.folder]):
            lines = path.read_bytes().splitlines(keepends=True)
            kept = [line for line in lines if not _is_of(line, customers)]
            if len(kept) < len(lines):
                _write_whole(path, b"".join(kept))

    def _write_heads(self) -> None:
        heads = {shard: str(mark) for shard, mark in self._heads.items()}
        _write_whole(self.folder / f"heads-{self._run}.json", _ENCODER.encode(heads))


def files_of(paths: Sequence[Path]) -> tuple[Path, ...]:
    """Return the journal files among paths, and in folders among them, oldest first."""
    found = {
        file for path in paths for file in (path.glob("*.jsonl") if path.is_dir() else (path,))
    }
    return tuple(sorted(found))


def lines_of(path: Path) -> Iterator[tuple[int, Line]]:
    """Read a journal file; give each line with the place at which it begins.

    A last line that was cut off by a crash is left out: its change is still in Redis.

    Raises:
        StoreMisconfigured: A line is damaged, or of a newer version of the service.
    """
    place = 0
    with path.open("rb") as file:
        for number, text in enumerate(file, 1):
            if text.endswith(b"\n"):
                yield place, read_line(text, path, number)
            place += len(text)


def read_line(text: bytes, path: Path, number: int) -> Line:
    """Read one line of a journal file.

    Raises:
        StoreMisconfigured: It is damaged, or of a newer version of the service.
    """
    try:
        line = _LINE.decode(text)
    except msgspec.DecodeError as error:
        raise _unreadable(path, number) from error
    if line.version > VERSION:
        raise _unreadable(path, number)
    return line


def must_have_come_as_far(
    heads: Mapping[int, Mark], marks: Mapping[int, Mark | None], folder: Path | None
) -> None:
    """Refuse a Redis that holds less than its journal.

    Raises:
        StoreMisconfigured: A shard's mark is gone, older, or of a claim that the journal does not
            know.
    """
    if all(_holds(marks.get(shard), head) for shard, head in heads.items()):
        return
    raise StoreMisconfigured(
        f"The journal in {folder} holds changes that Redis has lost: it is empty, or an older copy."
        " Suppressions would be missed. Run `advisor restore` first, with the same settings. For a"
        " new beginning without that data, name another journal (ADVISOR_JOURNAL).",
        reason=Reason.LOST,
    )


def _holds(mark: Mark | None, head: Mark) -> bool:
    if mark is None or mark.count < head.count:
        return False
    return mark.epoch == head.epoch or mark.restored


def _is_of(text: bytes, customers: frozenset[str]) -> bool:
    try:
        line = _LINE.decode(text)
    except msgspec.DecodeError:
        return False
    return line.customer in customers and not line.erased


def _read_heads(path: Path) -> dict[int, Mark]:
    try:
        read = {shard: read_mark(mark) for shard, mark in _HEADS.decode(path.read_bytes()).items()}
    except (OSError, msgspec.DecodeError) as error:
        raise _unreadable(path, 1) from error
    return {shard: mark for shard, mark in read.items() if mark is not None}


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file that is whole on the disk before it has its name."""
    unfinished = path.with_name(f"{path.name}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    with os.fdopen(os.open(unfinished, flags, _OWN_FILE), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def _unreadable(path: Path, number: int) -> StoreMisconfigured:
    return StoreMisconfigured(
        f"{path}:{number} is no line of a journal that this version can read: it is damaged, or of"
        " a newer version.",
        reason=Reason.UNREADABLE,
    )

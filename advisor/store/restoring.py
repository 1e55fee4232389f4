"""Restores what must never be lost from journal files into a Redis that has lost it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final, NamedTuple

from redis.asyncio import Redis

from advisor.engagement.slots import Callbacks
from advisor.store.errors import Reason, StoreMisconfigured
from advisor.store.journal import Line, lines_of, read_line
from advisor.store.keys import SHARDS
from advisor.store.marks import Mark, new_epoch, read_mark
from advisor.store.memory_records import read_memory
from advisor.store.queue import QueueStore
from advisor.store.queued import queue_change
from advisor.store.retention import milliseconds
from advisor.store.scripts import Asked, Script, together
from advisor.store.suitability import make_marks, must_be_ours
from advisor.store.vault import Vault

_RESTORE: Final = Script("restore.lua")
#: Lines sent to Redis at once.
_BATCH: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What restoring did.

    Attributes:
        lines: Changes that were in the files, each counted once.
        applied: Those that Redis had lost.
    """

    lines: int
    applied: int


class _Place(NamedTuple):
    """Where a line is, and where it belongs."""

    shard: int
    number: int
    epoch: str
    file: Path
    at: int


async def restore(vault: Vault, files: Sequence[Path]) -> Restored:
    """Bring Redis as far as the journal; a restoring that broke off is finished by the next one.

    Services that run meanwhile take the state for unknown until it is done. An older copy of the
    data is brought up to date; records that it holds stay.

    Raises:
        StoreMisconfigured: A file cannot be read, or Redis holds changes that the journal does not
            know, which would be mixed with it.
        StoreError: Redis cannot be written; begin again.
    """
    places = _places(files)
    await vault.client.write(lambda redis: must_be_ours(redis, vault.keys))
    begins = await marks_of(vault)
    _must_belong_together(places, begins)
    epoch = new_epoch(restored=True)
    applied = 0
    for batch in _batches(places):
        applied += await _applied(vault, batch)
        await _queued(vault, batch, epoch)
    counts = {shard: mark.count for shard, mark in (await marks_of(vault)).items() if mark}
    await vault.client.write(lambda redis: make_marks(redis, vault.keys, epoch, counts))
    return Restored(lines=len(places), applied=applied)


async def _applied(vault: Vault, lines: Sequence[Line]) -> int:
    asked = [_call(vault, line) for line in lines]
    answers = await vault.client.write(lambda redis: together(redis, *asked))
    return sum(answer == 1 for answer in answers)


async def _queued(vault: Vault, lines: Sequence[Line], epoch: str) -> None:
    """Put into the queue what these customers are owed; the same again changes nothing."""
    queue = QueueStore(vault)
    for shard, customer in dict.fromkeys((line.shard, line.customer) for line in lines):
        (record,) = await vault.client.write(
            partial(_memory, key=vault.keys.named(shard, customer).memory)
        )
        promises = read_memory(record if isinstance(record, bytes | str) else None).promises
        changes = (queue_change(each, Callbacks()) for each in promises)
        await queue.enqueue(shard, changes, Mark(epoch, 0))


async def _memory(redis: Redis, key: str) -> list[object]:
    return await together(redis, ("GET", key))


async def marks_of(vault: Vault) -> dict[int, Mark | None]:
    """Read the marks of all shards.

    Raises:
        StoreError: They cannot be read.
    """
    asked = [("GET", vault.keys.shard(shard).generation) for shard in range(SHARDS)]
    answers = await vault.client.write(lambda redis: together(redis, *asked))
    return {shard: read_mark(answer) for shard, answer in enumerate(answers)}


def _places(files: Sequence[Path]) -> list[_Place]:
    """Find each change once, in order; the lines themselves stay in their files."""
    found: dict[tuple[int, int], _Place] = {}
    for file in files:
        for at, line in lines_of(file):
            mark = read_mark(line.mark)
            if mark is not None:
                place = _Place(line.shard, mark.count, mark.epoch, file, at)
                found.setdefault((line.shard, mark.count), place)
    return [found[key] for key in sorted(found)]


def _must_belong_together(places: Sequence[_Place], begins: dict[int, Mark | None]) -> None:
    epochs: dict[int, set[str]] = {}
    for place in places:
        epochs.setdefault(place.shard, set()).add(place.epoch)
    for shard, mark in begins.items():
        known = mark is None or mark.count == 0 or mark.epoch in epochs.get(shard, set())
        if mark is not None and not known and not mark.restored:
            raise StoreMisconfigured(
                "Redis holds changes that this journal does not know: somebody began anew there."
                " Restore into an empty Redis, or another namespace (ADVISOR_NAMESPACE).",
                reason=Reason.UNSUITABLE,
            )


def _batches(places: Sequence[_Place]) -> Iterator[list[Line]]:
    for begin in range(0, len(places), _BATCH):
        yield [_line(place) for place in places[begin : begin + _BATCH]]


def _line(place: _Place) -> Line:
    with place.file.open("rb") as file:
        file.seek(place.at)
        return read_line(file.readline(), place.file, 0)


def _call(vault: Vault, line: Line) -> Asked:
    owner, retention = vault.keys.named(line.shard, line.customer), vault.retention
    return _RESTORE.call(
        (
            owner.of.generation,
            owner.permissions,
            owner.memory,
            owner.ledger,
            owner.index,
            vault.outcome(owner, line.call or "none"),
            owner.of.part(f"applied:{line.id or 'none'}"),
        ),
        (
            line.mark,
            line.count,
            line.permissions,
            line.memory,
            milliseconds(vault.memory_life(owner)),
            line.outcome,
            milliseconds(retention.outcome),
            line.answer,
            milliseconds(retention.applied),
            int(line.erased),
            *(line.ledger.split("\n") if line.ledger else ()),
        ),
    )

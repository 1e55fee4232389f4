"""Whether a Redis may be used at all, and what it would lose: asked once, at the start."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import ResponseError

from advisor.store.client import StoreClient
from advisor.store.cluster import primaries
from advisor.store.durability import Durability, Promise
from advisor.store.errors import Reason, StoreMisconfigured
from advisor.store.journal import Journal, must_have_come_as_far
from advisor.store.keys import SHARDS, Keys
from advisor.store.marks import Mark, new_epoch, read_mark
from advisor.store.scripts import load_all

_OLDEST_REDIS: Final = 7
#: The first Redis that says whether a write is on the disk.
_CONFIRMING: Final = (7, 2)
_KEEPS_ALL: Final = "noeviction"
#: When an append-only file is synced, from the safest.
_SELDOM: Final = ("always", "everysec", "no")
_SECTIONS: Final = ("server", "memory", "persistence", "replication")
#: How keys and records lie in Redis; raised when an older service could no longer find them.
_LAYOUT: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreReport:
    """What kind of Redis answers, for the first log line and for health.

    Of a cluster: what every primary has and does.

    Attributes:
        server: Its name and version: `valkey 9.1.2`.
        append_only: Whether it keeps an append-only file.
        synced: When that file is synced (`always`, `everysec`, `no`), the least often of all; None
            where no server tells us.
        replicas: How many replicas follow it.
        confirms: Whether it can be asked if a write is on the disk (Redis 7.2 or later, Valkey).
    """

    server: str
    append_only: bool
    synced: str | None
    replicas: int
    confirms: bool = True

    def promise(self, wanted: Promise) -> Promise:
        """Return how a durability is asked of this server.

        Raises:
            StoreMisconfigured: It can never be reached.
        """
        if wanted.level is not Durability.DISK:
            return wanted
        if not self.append_only or not (self.confirms or self.synced == "always"):
            raise StoreMisconfigured(
                "ADVISOR_DURABILITY is disk, and this Redis cannot promise it: set `appendonly yes`"
                " and `appendfsync always`.",
                reason=Reason.UNSUITABLE,
            )
        return replace(wanted, always_synced=not self.confirms)

    @property
    def concerns(self) -> tuple[str, ...]:
        """What this server could lose of what must not be lost, in sentences for an operator."""
        said: list[str] = []
        if not self.append_only:
            said.append(
                "Redis keeps no append-only file: a restart loses suppressions and consents."
                " Set `appendonly yes`."
            )
        elif self.synced not in {"always", None} and self.replicas == 0:
            said.append(
                f"Redis syncs its append-only file '{self.synced}' and has no replica: a crash"
                " loses the last second of suppressions and consents. Set `appendfsync always`, or"
                " add a replica."
            )
        return tuple(said)


async def check(client: StoreClient, keys: Keys, journal: Journal | None = None) -> StoreReport:
    """Ask what kind of server answers, and claim its namespace for this layout and secret.

    Args:
        client: The connection.
        keys: How keys are named.
        journal: What Redis must hold at least; None for no journal.

    Raises:
        StoreMisconfigured: The server is too old, evicts, or holds data made with another secret,
            another number of shards or a newer layout, or less than its journal.
        StoreUnavailable: It cannot be asked now.
    """
    return await client.write(lambda redis: examined(redis, keys, journal))


async def examined(redis: Redis, keys: Keys, journal: Journal | None = None) -> StoreReport:
    """Do what `check` does over a connection; as a client's probe, before Redis is used again.

    Raises:
        StoreMisconfigured: As `check`.
    """
    reports = await asyncio.gather(*(_report(primary) for primary in await primaries(redis)))
    if journal is not None and journal.heads():
        await _must_hold(redis, keys, journal)
    await _claim(redis, keys)
    await load_all(redis)
    return _least(reports)


async def _report(redis: Redis) -> StoreReport:
    """Examine one server."""
    info = await _info(redis)
    server = server_name(info)
    policy = str(info.get("maxmemory_policy", _KEEPS_ALL))
    if policy != _KEEPS_ALL:
        raise StoreMisconfigured(
            f"Redis has `maxmemory-policy {policy}` and would silently throw away suppressions and"
            f" promises when its memory is full. Set `maxmemory-policy {_KEEPS_ALL}`.",
            reason=Reason.UNSUITABLE,
        )
    return StoreReport(
        server=server,
        append_only=info.get("aof_enabled") == 1,
        synced=await _synced(redis),
        replicas=int(str(info.get("connected_slaves", 0))),
        confirms="valkey_version" in info or _version(info) >= _CONFIRMING,
    )


def _least(reports: Sequence[StoreReport]) -> StoreReport:
    """Say what all servers have and do: data lies on each of them."""
    synced = {report.synced for report in reports if report.synced is not None}
    return StoreReport(
        server=", ".join(dict.fromkeys(report.server for report in reports)),
        append_only=all(report.append_only for report in reports),
        synced=max(synced, key=_SELDOM.index) if synced <= set(_SELDOM) and synced else None,
        replicas=min(report.replicas for report in reports),
        confirms=all(report.confirms for report in reports),
    )


async def _info(redis: Redis) -> Mapping[str, object]:
    answer: Mapping[str, object] = await redis.info(*_SECTIONS)
    return answer


def server_name(info: Mapping[str, object]) -> str:
    """Name a server and its version, from what INFO says.

    Raises:
        StoreMisconfigured: It is too old.
    """
    valkey = info.get("valkey_version")
    if valkey is not None:
        return f"valkey {valkey}"
    version = str(info.get("redis_version", "0"))
    if int(version.partition(".")[0]) < _OLDEST_REDIS:
        raise StoreMisconfigured(
            f"Redis {version} is too old. Use Redis {_OLDEST_REDIS} or later, or Valkey.",
            reason=Reason.UNSUITABLE,
        )
    return f"redis {version}"


def _version(info: Mapping[str, object]) -> tuple[int, int]:
    major, minor, *_ = f"{info.get('redis_version', '0')}.0".split(".")
    return int(major), int(minor)


async def _synced(redis: Redis) -> str | None:
    """Ask how the append-only file is synced; hosted servers refuse to tell."""
    try:
        answer = await redis.config_get("appendfsync")
    except ResponseError:
        return None
    synced = answer.get("appendfsync")
    return None if synced is None else str(synced)


async def must_be_ours(redis: Redis, keys: Keys) -> None:
    """Refuse a namespace that another secret or another layout has claimed; claim nothing.

    Raises:
        StoreMisconfigured: Somebody else has.
    """
    stored = await redis.get(keys.layout)
    if stored is not None:
        _must_match(_read_layout(stored), _ours(keys))


async def _must_hold(redis: Redis, keys: Keys, journal: Journal) -> None:
    """Refuse a Redis that holds less than its journal, before it is claimed anew."""
    await must_be_ours(redis, keys)
    async with redis.pipeline(transaction=False) as pipe:
        for shard in range(SHARDS):
            pipe.get(keys.shard(shard).generation)
        marks = dict(enumerate(read_mark(mark) for mark in await pipe.execute()))
    must_have_come_as_far(journal.heads(), marks, journal.folder)


async def _claim(redis: Redis, keys: Keys) -> None:
    """Write down how keys are made, once; refuse a server whose keys were made otherwise.

    The marks of all shards are made between the two writes of the first claim and never again: a
    claim that broke off is finished by the next one.
    """
    ours = _ours(keys)
    claim = json.dumps({**ours, "epoch": new_epoch(), "claimed": False})
    stored = await redis.set(keys.layout, claim, nx=True, get=True)
    theirs = _read_layout(stored if isinstance(stored, bytes | str) else claim)
    _must_match(theirs, ours)
    if theirs.get("claimed") is not True:
        await make_marks(redis, keys, str(theirs.get("epoch")))


async def make_marks(
    redis: Redis, keys: Keys, epoch: str, counts: Mapping[int, int] | None = None
) -> None:
    """Make the marks of all shards, and write down that they are made.

    Args:
        redis: The connection.
        keys: How keys are named.
        epoch: The epoch they begin.
        counts: Where each shard's count goes on, for data that was restored, whose marks replace
            what is there; not given, a mark that is there stays.
    """
    async with redis.pipeline(transaction=False) as pipe:
        for shard in range(SHARDS):
            mark = Mark(epoch, 0 if counts is None else counts.get(shard, 0))
            pipe.set(keys.shard(shard).generation, str(mark), nx=counts is None)
        await pipe.execute()
    claim = {**_ours(keys), "epoch": epoch, "claimed": True}
    await redis.set(keys.layout, json.dumps(claim))


def _ours(keys: Keys) -> dict[str, object]:
    return {"layout": _LAYOUT, "shards": SHARDS, "secret": keys.fingerprint}


def _must_match(theirs: Mapping[str, object], ours: Mapping[str, object]) -> None:
    if theirs.get("secret") != ours["secret"]:
        raise StoreMisconfigured(
            "The data in Redis was stored under another secret, and none of it would be found:"
            " suppressions would be missed. Set ADVISOR_HMAC_KEY to the secret it was stored"
            " with, or use another Redis.",
            reason=Reason.UNSUITABLE,
        )
    if any(theirs.get(name) != value for name, value in ours.items()):
        raise StoreMisconfigured(
            f"The data in Redis lies in {theirs.get('shards')} shards by layout"
            f" {theirs.get('layout')}; this service reads {SHARDS} shards by layout {_LAYOUT}. Use"
            " the version of the service that stored it, or a newer one.",
            reason=Reason.UNSUITABLE,
        )


def _read_layout(stored: bytes | str) -> dict[str, object]:
    try:
        layout = json.loads(stored)
    except ValueError:
        return {}
    return layout if isinstance(layout, dict) else {}

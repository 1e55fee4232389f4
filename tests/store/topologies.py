"""Real servers on loopback that stand together: watched by Sentinels, or as a cluster.

Everything is fast (half a second without a sign of life is death) and has free ports. All of it is
stopped at the end, and by the kernel where the tests themselves are killed.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from redis.exceptions import RedisError

from advisor.store.embedded.binary import find_server
from advisor.store.errors import ServerNotFound

#: Seconds until servers that were started stand as they shall.
PATIENCE = 20.0
#: Milliseconds without a sign of life after which a server counts as dead.
_DEAD_AFTER = 500
_SERVICE = "calls"
_SLOTS = 16_384
#: Becomes the server, which the kernel then kills when the tests end without having done so.
_TIED = """
import ctypes, os, signal, sys
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)
os.execv(sys.argv[1], sys.argv[1:])
"""


def binary() -> str:
    """Find a server, on the PATH first; where there is none, skip the test and say so."""
    for name in ("redis-server", "valkey-server"):
        found = shutil.which(name)
        if found is not None:
            return found
    try:
        return str(find_server().path)
    except ServerNotFound as missing:
        pytest.skip(f"NOT TESTED on Sentinel or a cluster, for want of a server: {missing}")


def until(condition: Callable[[], object], within: float = PATIENCE) -> None:
    """Wait until something holds; errors of servers that are still starting count as no."""
    deadline = time.monotonic() + within
    while True:
        with contextlib.suppress(RedisError, OSError):
            if condition():
                return
        assert time.monotonic() < deadline, "The servers do not come to stand as they shall."
        time.sleep(0.02)


@dataclass(kw_only=True)
class Server:
    """One process, told what to do by its command line.

    Attributes:
        client: What an operator's client needs to know beside the port.
    """

    folder: Path
    port: int
    arguments: Sequence[str]
    client: Mapping[str, Any] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def address(self) -> str:
        """Where it listens."""
        return f"127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start it, or start it again with what it has on its disk."""
        self.folder.mkdir(exist_ok=True)
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-I", "-S", "-c", _TIED, binary(), *self.arguments),
                    *("--tls-port" if "ssl" in self.client else "--port", str(self.port)),
                    *("--bind", "127.0.0.1"),
                ],
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    def command(self, *words: str | int) -> object:
        """Give it an order of its operator."""
        with Redis(port=self.port, decode_responses=True, socket_timeout=5, **self.client) as redis:
            answer: object = redis.execute_command(*words)
        return answer

    def answers(self) -> bool:
        """Tell whether it answers."""
        return self.command("PING") is True

    def fact(self, name: str) -> object:
        """Read one fact of INFO."""
        info = self.command("INFO")
        assert isinstance(info, dict)
        return info.get(name)

    def confirmed(self, replicas: int) -> bool:
        """Tell whether so many replicas confirm a write."""
        with (
            Redis(port=self.port, socket_timeout=5) as redis,
            redis.pipeline(transaction=False) as pipe,
        ):
            pipe.publish("anything", "at all")
            pipe.execute_command("WAIT", replicas, 100)
            _heard, count = pipe.execute()
        return int(count) >= replicas

    def signal(self, number: int) -> None:
        """Stop it, let it go on, or kill it."""
        assert self.process is not None
        os.kill(self.process.pid, number)
        if number == signal.SIGKILL:
            self.process.wait()

    def end(self) -> None:
        """Kill it if it lives."""
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()


@dataclass(frozen=True, kw_only=True)
class Watched:
    """A primary and two replicas, watched by three Sentinels."""

    servers: tuple[Server, ...]
    sentinels: tuple[Server, ...]

    @property
    def url(self) -> str:
        """What a service is told."""
        hosts = ",".join(each.address for each in self.sentinels)
        return f"redis+sentinel://{hosts}/{_SERVICE}/0"

    @property
    def primary(self) -> Server:
        """Whom the Sentinels say to be the primary."""
        found = self.sentinels[0].command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", _SERVICE)
        assert isinstance(found, list | tuple)
        return next(each for each in self.servers if each.port == int(found[1]))

    @property
    def replicas(self) -> list[Server]:
        """The others."""
        primary = self.primary
        return [each for each in self.servers if each is not primary]

    def stands(self) -> bool:
        """Tell whether all is as it shall be: two replicas, and Sentinels that know of all."""
        primary = self.primary
        known = (_sentinel_fact(each) for each in self.sentinels)
        return (
            primary.confirmed(2)
            and all(each.fact("master_link_status") == "up" for each in self.replicas)
            and all(facts == ("2", "2", "master") for facts in known)
        )


@dataclass(frozen=True, kw_only=True)
class Clustered:
    """Three primaries with a replica each."""

    servers: tuple[Server, ...]

    @property
    def url(self) -> str:
        """What a service is told: not all of the servers."""
        hosts = ",".join(each.address for each in self.servers[:2])
        return f"redis+cluster://{hosts}"

    def owner(self, key: str) -> Server:
        """Return the primary that has a key."""
        slot = self.servers[0].command("CLUSTER", "KEYSLOT", key)
        return self.owner_of(int(str(slot)))

    def owner_of(self, slot: int) -> Server:
        """Return the primary that has a slot."""
        for ask in self.servers:
            with contextlib.suppress(RedisError):
                for first, last, node in _ranges(ask):
                    if first <= slot <= last:
                        return next(each for each in self.servers if each.port == node)
        raise AssertionError("unreachable: all slots have a primary")

    def name(self, server: Server) -> str:
        """Return what the cluster calls a server."""
        return str(server.command("CLUSTER", "MYID"))

    def move(self, slot: int, to: Server) -> None:
        """Move an empty slot to another primary, as resharding does."""
        of = self.owner_of(slot)
        self.begin_move(slot, to)
        self.end_move(slot, of, to)

    def end_move(self, slot: int, of: Server, to: Server) -> None:
        """Give a slot to the other primary for good."""
        for each in (to, of):
            each.command("CLUSTER", "SETSLOT", slot, "NODE", self.name(to))

    def begin_move(self, slot: int, to: Server) -> None:
        """Begin to move a slot: keys that are not there are asked for at the other one."""
        of = self.owner_of(slot)
        to.command("CLUSTER", "SETSLOT", slot, "IMPORTING", self.name(of))
        of.command("CLUSTER", "SETSLOT", slot, "MIGRATING", self.name(to))

    def stands(self) -> bool:
        """Tell whether all know each other, all slots are served, and replicas follow."""
        return all(
            str(each.command("CLUSTER", "INFO")).count("cluster_state:ok") == 1
            and sum(last + 1 - first for first, last, _ in _ranges(each)) == _SLOTS
            and len(_nodes(each)) == len(self.servers)
            and (each.fact("role") == "master" or each.fact("master_link_status") == "up")
            for each in self.servers
        ) and all(each.confirmed(1) for each in self.servers[:3])


@contextmanager
def watched(folder: Path) -> Iterator[Watched]:
    """Start a primary, two replicas and three Sentinels."""
    ports = free_ports(6)
    with ExitStack() as stack:
        servers = tuple(
            _started(stack, folder / f"server-{port}", port, *_kept(ports[0], port))
            for port in ports[:3]
        )
        until(lambda: all(each.answers() for each in servers))
        sentinels: list[Server] = []
        for port in ports[3:]:
            # One leads each failover: where all begin at once, votes may be split, and they wait
            # for seconds before they vote again.
            quorum = 3 if sentinels else 1
            place = folder / f"sentinel-{port}"
            place.mkdir()
            (place / "sentinel.conf").write_text(
                f"sentinel monitor {_SERVICE} 127.0.0.1 {ports[0]} {quorum}\n"
                f"sentinel down-after-milliseconds {_SERVICE} {_DEAD_AFTER}\n"
                f"sentinel failover-timeout {_SERVICE} 2000\n"
                f"sentinel parallel-syncs {_SERVICE} 2\n"
            )
            sentinels.append(
                _started(stack, place, port, str(place / "sentinel.conf"), "--sentinel")
            )
        group = Watched(servers=servers, sentinels=tuple(sentinels))
        until(lambda: all(each.answers() for each in sentinels))
        # Sentinels greet each other every two seconds otherwise, and look at the servers every ten.
        _hurry(sentinels, "INFO-PERIOD", 200, "ASK-PERIOD", 100)
        _hurry(sentinels, "PUBLISH-PERIOD", 100)
        until(group.stands)
        # One that does not hear of a failover within four greetings takes it back.
        _hurry(sentinels, "PUBLISH-PERIOD", 500)
        yield group


@contextmanager
def clustered(folder: Path) -> Iterator[Clustered]:
    """Start three primaries and three replicas, and make a cluster of them."""
    ports = free_ports(12)
    with ExitStack() as stack:
        servers = tuple(
            _started(
                stack,
                folder / f"node-{port}",
                port,
                *_kept(port, port),
                *("--cluster-enabled", "yes", "--cluster-port", str(bus)),
                *("--cluster-node-timeout", str(_DEAD_AFTER)),
                *("--cluster-replica-validity-factor", "0"),
            )
            for port, bus in zip(ports[:6], ports[6:], strict=True)
        )
        until(lambda: all(each.answers() for each in servers))
        for number, each in enumerate(servers[:3]):
            begin, end = (_SLOTS * part // 3 for part in (number, number + 1))
            each.command("CLUSTER", "ADDSLOTSRANGE", begin, end - 1)
            each.command("CLUSTER", "SET-CONFIG-EPOCH", number + 1)
        first, *others = servers
        for each, bus in zip(others, ports[7:], strict=True):
            first.command("CLUSTER", "MEET", "127.0.0.1", each.port, bus)
        until(lambda: all(len(_nodes(each)) == len(servers) for each in servers))
        for primary, replica in zip(servers[:3], servers[3:], strict=True):
            replica.command("CLUSTER", "REPLICATE", str(primary.command("CLUSTER", "MYID")))
        group = Clustered(servers=servers)
        until(group.stands)
        yield group


def free_ports(count: int) -> list[int]:
    """Find ports of loopback that nobody listens at."""
    with ExitStack() as stack:
        probes = [stack.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [probe.getsockname()[1] for probe in probes]


def _started(stack: ExitStack, folder: Path, port: int, *arguments: str) -> Server:
    server = Server(folder=folder, port=port, arguments=arguments)
    stack.callback(server.end)
    server.start()
    return server


def _kept(primary: int, port: int) -> tuple[str, ...]:
    """Say how a server keeps data, and whom it follows."""
    follows = () if primary == port else ("--replicaof", f"127.0.0.1 {primary}")
    return (
        *("--appendonly", "yes", "--save", ""),
        *("--repl-diskless-sync-delay", "0"),
        *follows,
    )


def _hurry(sentinels: Sequence[Server], *periods: str | int) -> None:
    """Set periods of Sentinels, in milliseconds, where they let themselves be told."""
    for each in sentinels:
        with contextlib.suppress(RedisError):
            each.command("SENTINEL", "DEBUG", *periods)


def _sentinel_fact(sentinel: Server) -> tuple[str, str, str]:
    """Read how many replicas and other Sentinels one knows, and how the primary is."""
    facts = sentinel.command("SENTINEL", "MASTER", _SERVICE)
    if isinstance(facts, list):
        facts = dict(zip(facts[::2], facts[1::2], strict=True))
    assert isinstance(facts, dict)
    return (
        str(facts["num-slaves"]),
        str(facts["num-other-sentinels"]),
        str(facts["flags"]),
    )


def _ranges(server: Server) -> list[tuple[int, int, int]]:
    """Read which slots are whose, by the primaries' ports."""
    ranges = server.command("CLUSTER", "SLOTS")
    if isinstance(ranges, dict):
        return [
            (int(first), int(last), int(known["primary"][1]))
            for (first, last), known in ranges.items()
        ]
    assert isinstance(ranges, list)
    return [(int(first), int(last), int(node[1])) for first, last, node, *_ in ranges]


def _nodes(server: Server) -> dict[str, object]:
    """Read which servers one knows and shakes hands with no more."""
    nodes = server.command("CLUSTER", "NODES")
    if isinstance(nodes, str):
        lines = nodes.splitlines()
        return {line.split()[0]: line for line in lines if "handshake" not in line}
    assert isinstance(nodes, dict)
    return {name: node for name, node in nodes.items() if "handshake" not in str(node.get("flags"))}

"""What a Redis URL names: one server, a service that Sentinels watch over, or a cluster."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from redis.asyncio.connection import SSLConnection, parse_url

from advisor.store.errors import Reason, StoreMisconfigured

#: A server's host and port.
Address = tuple[str, int]

_REDIS_PORT: Final = 6379
_SENTINEL_PORT: Final = 26379
#: Options of a URL that are for the Sentinels and not for the servers they watch.
_OF_SENTINELS: Final = "sentinel_"


class Topology(StrEnum):
    """How the servers behind a URL stand to each other."""

    #: One server; who takes its place, if anybody, is not ours to find out.
    ONE = "one"
    #: A primary and its replicas; Sentinels say which is which.
    SENTINEL = "sentinel"
    #: Several primaries with replicas, each serving a part of the keys.
    CLUSTER = "cluster"


_TOPOLOGIES: Final = {
    "redis": Topology.ONE,
    "rediss": Topology.ONE,
    "unix": Topology.ONE,
    "redis+sentinel": Topology.SENTINEL,
    "rediss+sentinel": Topology.SENTINEL,
    "redis+cluster": Topology.CLUSTER,
    "rediss+cluster": Topology.CLUSTER,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """What a URL names.

    Attributes:
        topology: How the servers stand to each other.
        url: The URL itself, which the driver reads where it names ONE.
        nodes: The Sentinels, or servers of the cluster through which the others are found.
        service: What the Sentinels call the service.
        secure: Whether all of them speak TLS.
        options: What the driver is told of every server: name, password, database, options.
        sentinel_options: The same of every Sentinel.
    """

    topology: Topology
    url: str = field(repr=False)
    nodes: tuple[Address, ...] = ()
    service: str = ""
    secure: bool = False
    options: Mapping[str, object] = field(default_factory=dict, repr=False)
    sentinel_options: Mapping[str, object] = field(default_factory=dict, repr=False)


def read_url(url: str) -> Named:
    """Read a Redis URL; its servers are not asked whether they are there.

    Raises:
        StoreMisconfigured: It is none of the forms; the message does not repeat its password.
    """
    try:
        parts = urlsplit(url)
        topology = _TOPOLOGIES.get(parts.scheme)
        match topology:
            case None:
                raise _refused(
                    "The Redis URL must begin with redis://, rediss:// (TLS), unix://,"
                    " redis+sentinel:// or redis+cluster://, such as redis://localhost:6379/0 or"
                    f" unix:///run/redis.sock; it begins with '{parts.scheme}'."
                )
            case Topology.ONE:
                return Named(topology=topology, url=url)
            case Topology.SENTINEL:
                return _sentinel(url, parts)
            case Topology.CLUSTER:
                return _cluster(url, parts)
    except ValueError as error:
        raise unreadable() from error


def unreadable() -> StoreMisconfigured:
    """Say that a URL cannot be read, without repeating it."""
    return _refused("The Redis URL cannot be read: check its port, database and options.")


def _sentinel(url: str, parts: SplitResult) -> Named:
    service, _, database = parts.path.strip("/").partition("/")
    if not service or not (database or "0").isdecimal():
        raise _refused(
            "A URL of Sentinels ends with the name of the service and the database, such as"
            " redis+sentinel://one:26379,two:26379/mymaster/0."
        )
    options = _options(parts, database or "0")
    own = {name for name in options if name.startswith(_OF_SENTINELS)}
    secure = {name: value for name, value in options.items() if name.startswith("ssl_")}
    return Named(
        topology=Topology.SENTINEL,
        url=url,
        nodes=_nodes(parts, _SENTINEL_PORT),
        service=unquote(service),
        secure=parts.scheme.startswith("rediss"),
        options={name: value for name, value in options.items() if name not in own},
        sentinel_options=secure | {name.removeprefix(_OF_SENTINELS): options[name] for name in own},
    )


def _cluster(url: str, parts: SplitResult) -> Named:
    if parts.path.strip("/") not in {"", "0"}:
        raise _refused(
            "A Redis Cluster has no databases but 0: end the URL after the servers, such as"
            " redis+cluster://one:6379,two:6379."
        )
    return Named(
        topology=Topology.CLUSTER,
        url=url,
        nodes=_nodes(parts, _REDIS_PORT),
        secure=parts.scheme.startswith("rediss"),
        options=_options(parts, "0"),
    )


def _options(parts: SplitResult, database: str) -> dict[str, object]:
    """Let the driver read what is the same in the URL of a single server."""
    account = parts.netloc.rpartition("@")[0]
    scheme = parts.scheme.partition("+")[0]
    options: dict[str, object] = {
        **parse_url(f"{scheme}://{account}@host/{database}?{parts.query}")
    }
    kind = options.pop("connection_class", None)
    del options["host"]
    if kind is not SSLConnection:
        return {name: value for name, value in options.items() if not name.startswith("ssl_")}
    return options


def _nodes(parts: SplitResult, port: int) -> tuple[Address, ...]:
    nodes = []
    for node in parts.netloc.rpartition("@")[2].split(","):
        address = urlsplit(f"//{node}")
        if not address.hostname:
            raise _refused("The Redis URL names no host between two of its commas.")
        nodes.append((address.hostname, address.port or port))
    return tuple(nodes)


def _refused(sentence: str) -> StoreMisconfigured:
    return StoreMisconfigured(sentence, reason=Reason.UNSUITABLE)

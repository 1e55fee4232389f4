"""Where things lie in Redis: shards, hash tags, and keys that tell nothing about anyone."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final

#: A customer belongs to one of this many shards, for ever: the number is stored with the data.
SHARDS: Final = 128

#: Bytes of the HMAC that name a customer: 128 bits, so that no two ever share a key.
_NAME_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ShardKeys:
    """The keys of one shard; all of them, and all of its customers', share its hash tag.

    Attributes:
        shard: Its number, from 0.
        stem: What every key of the shard begins with.
    """

    shard: int
    stem: str

    @property
    def generation(self) -> str:
        """The mark that every write raises: gone or older means that data was lost."""
        return f"{self.stem}:generation"

    @property
    def journal(self) -> str:
        """The stream of changes of what must never be lost."""
        return f"{self.stem}:journal"

    @property
    def open(self) -> str:
        """Calls without an outcome, by when they are settled without one."""
        return f"{self.stem}:open"

    @property
    def queue(self) -> tuple[str, ...]:
        """The promises of the shard's customers, in the order in which scripts take them.

        By when each may be rung at; by when its claim ends; what a claim must know of it; who has
        claimed it; by when it is missed; those that were missed; what is to be said to the slots.
        """
        parts = ("due", "leases", "owed", "claims", "overdue", "missed", "rooms")
        return tuple(f"{self.stem}:{part}" for part in parts)

    @property
    def fence(self) -> str:
        """The token of the last claim."""
        return f"{self.stem}:fence"

    def part(self, suffix: str) -> str:
        """Name a key of the shard by its own part (``session:1f00...``)."""
        return f"{self.stem}:{suffix}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerKeys:
    """The keys of one customer; all share their shard's hash tag, so one script may change them.

    Attributes:
        of: The keys of the customer's shard.
        name: The HMAC that stands for the customer.
        anonymous: Whether nobody said who it is, and a single call stands for the customer.
    """

    of: ShardKeys
    name: str
    anonymous: bool = False

    @property
    def shard(self) -> int:
        """The customer's shard, from 0."""
        return self.of.shard

    @property
    def profile(self) -> str:
        """What may be asked for again: a cache that expires."""
        return self._own("profile")

    @property
    def permissions(self) -> str:
        """Suppressions, their lifting, and consents: a record that is never lost."""
        return self._own("permissions")

    @property
    def memory(self) -> str:
        """What the service itself remembers."""
        return self._own("memory")

    @property
    def ledger(self) -> str:
        """Every credit and debit, oldest first; only ever appended to."""
        return self._own("ledger")

    @property
    def holds(self) -> str:
        """Calls without an outcome yet, by the name of the call."""
        return self._own("holds")

    @property
    def index(self) -> str:
        """Other keys that belong to the customer, so that they can be exported and erased."""
        return self._own("index")

    def _own(self, part: str) -> str:
        return f"{self.of.stem}:customer:{self.name}:{part}"


class Keys:
    """Names the keys of one service's data."""

    def __init__(self, secret: bytes, *, namespace: str = "advisor") -> None:
        """Name keys under a namespace, with names that only the secret's owner can work out.

        Args:
            secret: The key of the HMAC. With another secret, no customer is found any more.
            namespace: First part of every key, so that services may share a server.
        """
        self._secret = secret
        self._namespace = namespace

    @property
    def layout(self) -> str:
        """The key that says how all others are made."""
        return f"{self._namespace}:layout"

    @property
    def weather(self) -> str:
        """What makes itself felt to all customers."""
        return f"{self._namespace}:{{weather}}"

    @property
    def fingerprint(self) -> str:
        """A name for the secret that does not give it away."""
        return self._digest("fingerprint", "").hex()

    def shard(self, number: int) -> ShardKeys:
        """Name the keys of one shard."""
        return ShardKeys(shard=number, stem=f"{self._namespace}:{{s{number:03}}}")

    def customer(self, customer_id: str) -> CustomerKeys:
        """Name the keys of one customer, by an HMAC of the id and never the id itself."""
        return self._owner("customer", customer_id, anonymous=False)

    def owner(self, customer_id: str | None, call_id: str) -> CustomerKeys:
        """Name the keys of whoever a call is for: the customer, or the call where none is known."""
        if customer_id is not None:
            return self.customer(customer_id)
        return self._owner("call", call_id, anonymous=True)

    def named(self, shard: int, name: str) -> CustomerKeys:
        """Name the keys of a customer again whose shard and name were written down."""
        return CustomerKeys(of=self.shard(shard), name=name)

    def number(self, number: str) -> str:
        """Name the register of contacts with one telephone number, whoever has it."""
        return self._spread("n", "number", number)

    def slots(self, part: str) -> str:
        """Name a key of what is promised, slot by slot; all of them share one hash tag."""
        return f"{self._namespace}:{{slots}}:{part}"

    @property
    def live_calls(self) -> str:
        """The calls that are going on, by when something was reported of them."""
        return f"{self._namespace}:{{live}}:calls"

    def call(self, call_id: str) -> str:
        """Name what the keys of one call begin with that is found by its id alone."""
        return self._spread("c", "call", call_id)

    def agent(self, agent_id: str) -> str:
        """Name what the keys of one agent of the company begin with."""
        return self._spread("a", "agent", agent_id)

    def pack(self, version: str) -> str:
        """Name where the files of one version of a pack are kept."""
        return f"{self._namespace}:{{pack}}:{version}"

    def name(self, kind: str, *parts: str) -> str:
        """Return the HMAC that stands for something else than a customer (a call, an event)."""
        return self._digest(kind, "\0".join(parts))[:_NAME_BYTES].hex()

    def _owner(self, kind: str, name: str, *, anonymous: bool) -> CustomerKeys:
        digest = self._digest(kind, name)
        shard = int.from_bytes(digest[_NAME_BYTES:], "big") % SHARDS
        return CustomerKeys(
            of=self.shard(shard), name=digest[:_NAME_BYTES].hex(), anonymous=anonymous
        )

    def _spread(self, tag: str, kind: str, name: str) -> str:
        digest = self._digest(kind, name)
        shard = int.from_bytes(digest[_NAME_BYTES:], "big") % SHARDS
        return f"{self._namespace}:{{{tag}{shard:03}}}:{kind}:{digest[:_NAME_BYTES].hex()}"

    def _digest(self, kind: str, name: str) -> bytes:
        return hmac.digest(self._secret, f"{kind}\0{name}".encode(), hashlib.sha256)

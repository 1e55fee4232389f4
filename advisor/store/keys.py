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
class CustomerKeys:
    """The keys of one customer; all share their shard's hash tag, so one script may change them.

    Attributes:
        shard: The customer's shard, from 0.
        profile: What may be asked for again: a cache that expires.
        permissions: Suppressions, their lifting, and consents: a record that is never lost.
    """

    shard: int
    profile: str
    permissions: str


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
    def fingerprint(self) -> str:
        """A name for the secret that does not give it away."""
        return self._digest("fingerprint", "").hex()

    def customer(self, customer_id: str) -> CustomerKeys:
        """Name the keys of one customer, by an HMAC of the id and never the id itself."""
        digest = self._digest("customer", customer_id)
        shard = int.from_bytes(digest[_NAME_BYTES:], "big") % SHARDS
        stem = f"{self._namespace}:{{s{shard:03}}}:customer:{digest[:_NAME_BYTES].hex()}"
        return CustomerKeys(
            shard=shard, profile=f"{stem}:profile", permissions=f"{stem}:permissions"
        )

    def _digest(self, kind: str, name: str) -> bytes:
        return hmac.digest(self._secret, f"{kind}\0{name}".encode(), hashlib.sha256)

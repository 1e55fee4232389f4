"""Packs by version, so that a call keeps the one it began with, whichever replica goes on."""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import msgspec

from advisor.store.forms import damaged
from advisor.store.pack_files import MAX_BYTES
from advisor.store.retention import milliseconds
from advisor.store.vault import Vault

_FILES: Final = msgspec.msgpack.Decoder(dict[str, bytes])

#: Kept this much longer than any decision that names it, from the last start of a service with it.
_SPARE: Final = timedelta(days=180)


class PackStore:
    """Keeps the files of packs that calls began with."""

    def __init__(self, vault: Vault) -> None:
        """Keep them in this vault."""
        self._vault = vault

    async def keep(self, version: str, files: Mapping[str, bytes]) -> None:
        """Keep the files of a version; the same version again is kept longer.

        Raises:
            StoreError: They could not be kept.
        """
        packed = zlib.compress(msgspec.msgpack.encode(dict(files)), level=6)
        life = milliseconds(self._vault.retention.decision + _SPARE)
        key = self._vault.keys.pack(version)
        await self._vault.client.write(lambda redis: redis.set(key, packed, px=life))

    async def files(self, version: str) -> Mapping[str, bytes] | None:
        """Return the files of a version; None where it is not kept.

        Raises:
            StoreError: They cannot be read, or are damaged.
        """
        key = self._vault.keys.pack(version)
        packed = await self._vault.client.write(lambda redis: redis.get(key))
        if not isinstance(packed, bytes):
            return None
        unpacking = zlib.decompressobj()
        try:
            content = unpacking.decompress(packed, 2 * MAX_BYTES)
            return _FILES.decode(content)
        except (zlib.error, msgspec.DecodeError) as error:
            raise damaged("pack") from error

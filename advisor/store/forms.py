"""How every record is read: with the version of its form, and never by guessing."""

from __future__ import annotations

from typing import Final, Protocol, TypeVar

import msgspec

from advisor.store.errors import Reason, RecordUnreadable


class Form(Protocol):
    """A record with the version of its form."""

    @property
    def version(self) -> int:
        """The version of its form, from 1."""


_Record = TypeVar("_Record", bound=Form)


class _Versioned(msgspec.Struct):
    """Of any record, the version alone."""

    version: int


#: Writes the same record in the same bytes, whatever the order of its parts.
ENCODER: Final = msgspec.json.Encoder(order="deterministic")
_VERSION: Final = msgspec.json.Decoder(_Versioned)


def decoded(
    decoder: msgspec.json.Decoder[_Record], record: bytes | str, name: str, *, newest: int
) -> _Record:
    """Read a record of a version up to `newest`.

    Args:
        decoder: Reads its newest form, and older ones.
        record: The record as it was stored.
        name: What it is, for the message.
        newest: The newest version that this service reads.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    try:
        read = decoder.decode(record)
        version = read.version
    except msgspec.DecodeError as error:
        version = _version(record)
        if version <= newest:
            raise damaged(name) from error
        read = None
    if read is None or version > newest:
        raise RecordUnreadable(
            f"A {name} record in Redis has version {version}; this service reads up to {newest}."
            " Upgrade it to the version of the other replicas.",
            reason=Reason.UNREADABLE,
        )
    return read


def damaged(name: str) -> RecordUnreadable:
    """Say that a record cannot be read, whatever its version."""
    return RecordUnreadable(f"A {name} record in Redis is damaged.", reason=Reason.UNREADABLE)


def _version(record: bytes | str) -> int:
    try:
        return _VERSION.decode(record).version
    except msgspec.DecodeError:
        return 0

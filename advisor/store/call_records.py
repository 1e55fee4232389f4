"""What is kept of a call beside its customer: what explains a decision, and what a reference is."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from advisor.store.forms import ENCODER, damaged, decoded

#: The form that this service writes, and the newest it reads.
VERSION: Final = 1


class Snapshot(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What the store held of a customer when a decision was made, record by record.

    Attributes:
        known: Whether the store could say what it held.
        profile, permissions, memory: Empty where there was none.
        holds, number: Other calls without an outcome; contacts of the dialled number.
    """

    known: bool = True
    profile: str = ""
    permissions: str = ""
    memory: str = ""
    holds: tuple[str, ...] = ()
    number: tuple[str, ...] = ()


class DecisionRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """All that is needed to decide once more, and to compare."""

    version: int
    decision_id: str
    call_id: str
    at: datetime
    pack_version: str
    request: bytes
    response: bytes
    snapshot: Snapshot


class ReferenceRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What a reference stands for."""

    version: int
    call_id: str
    brand: str
    at: datetime
    customer_id: str | None = None
    purpose_id: str | None = None
    campaign: str | None = None


_DECISION: Final = msgspec.json.Decoder(DecisionRecord)
_REFERENCE: Final = msgspec.json.Decoder(ReferenceRecord)


def written(record: DecisionRecord | ReferenceRecord) -> bytes:
    """Write a record."""
    return ENCODER.encode(record)


def read_decision(record: bytes | str) -> DecisionRecord:
    """Read what explains a decision.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    return decoded(_DECISION, record, "decision", newest=VERSION)


def read_reference(record: bytes | str) -> ReferenceRecord:
    """Read what a reference stands for.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    return decoded(_REFERENCE, record, "reference", newest=VERSION)


def text_of(record: object) -> str:
    """Return a stored record as text; empty where there is none.

    Raises:
        RecordUnreadable: It is no text.
    """
    try:
        return record.decode() if isinstance(record, bytes) else str(record or "")
    except UnicodeDecodeError as error:
        raise damaged("customer's") from error

"""What is kept of a call while it goes on: the events that were reported of it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

import msgspec

from advisor.store.forms import ENCODER, decoded

#: The form that this service writes, and the newest it reads.
VERSION: Final = 1


class EventRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One event, as it was reported; words are those of the contract, in lower case.

    Attributes:
        at: When it happened, as far as is known.
        text: What was said, without anything like a card's number.
    """

    version: int
    id: str
    kind: str
    at: datetime
    reporter: str = ""
    confidence: float | None = None
    leg: int | None = None
    item: str = ""
    text: str = ""
    refused: str = ""
    scope: str = ""
    window: str = ""
    agent: AgentRecord | None = None


class AgentRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """Who speaks for the company; None is unknown."""

    id: str = ""
    name: str | None = None
    experience: str | None = None
    skills: tuple[str, ...] | None = None
    languages: tuple[str, ...] | None = None


_EVENT: Final = msgspec.json.Decoder(EventRecord)


def event_record(event: EventRecord) -> bytes:
    """Write an event."""
    return ENCODER.encode(event)


def read_event(record: bytes | str) -> EventRecord:
    """Read an event.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    return decoded(_EVENT, record, "call event", newest=VERSION)

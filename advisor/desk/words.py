"""The contract's values as a person reads them, and what is to be said next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from google.protobuf.message import Message

    from advisor.v1.decision_pb2 import GuidanceItem

#: Kinds of items that are spoken.
SPOKEN: Final = frozenset({"say", "ask", "listen", "offer", "close"})


def word(message: Message, field: str) -> str:
    """Return the word of an enumeration field: `DECISION_USE_OTHER_CHANNEL` is *use other channel*.

    Empty where the field is UNSPECIFIED; a value that this program does not know is its number.
    """
    enum = message.DESCRIPTOR.fields_by_name[field].enum_type
    assert enum is not None  # noqa: S101 - a programmer's mistake, not a user's
    number = getattr(message, field)
    prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
    value = enum.values_by_number.get(number)
    if value is None:
        return str(number)
    return "" if not number else value.name.removeprefix(prefix).replace("_", " ").lower()


def next_spoken(items: Iterable[GuidanceItem]) -> GuidanceItem | None:
    """Return the first item that is spoken; None where none is."""
    return next((item for item in items if word(item, "kind") in SPOKEN), None)

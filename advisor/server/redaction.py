"""Free text without what looks like the number of a payment card."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from advisor.v1 import limits_pb2

#: Digits that may be a card's, however they are grouped; never part of a longer row of digits.
_LIKE_A_CARD: Final = re.compile(r"(?<![0-9])(?:[0-9][ .\-]?){12,18}[0-9](?![0-9])")
_HIDDEN: Final = "[card number removed]"


def redacted(text: str) -> str:
    """Return a text with every number that could be a card's taken out.

    A card's number has 13 to 19 digits and a check digit (Luhn); others, such as an account's or a
    telephone's, are left.
    """
    return _LIKE_A_CARD.sub(_hidden, text)


def redact(message: Message) -> None:
    """Take every number that could be a card's out of the free texts of a message, in place.

    A text of which the contract says the form (an id, a telephone number) is left as it is.
    """
    for field, value in message.ListFields():
        of_message = field.message_type
        if of_message is not None:
            for each in _messages(field, of_message, value):
                redact(each)
        elif field.type == FieldDescriptor.TYPE_STRING and _free(field):
            if field.is_repeated:
                value[:] = [redacted(text) for text in value]
            else:
                setattr(message, field.name, redacted(value))


def _messages(
    field: FieldDescriptor,
    of_message: Descriptor,
    value: Any,  # noqa: ANN401 - of any field
) -> Iterable[Message]:
    """List the messages that a field holds; of a map, its values."""
    if of_message.GetOptions().map_entry:
        of_messages = of_message.fields_by_name["value"].message_type is not None
        return value.values() if of_messages else ()
    return value if field.is_repeated else (value,)


@cache
def _free(field: FieldDescriptor) -> bool:
    return not field.GetOptions().Extensions[limits_pb2.limits].format


def _hidden(match: re.Match[str]) -> str:
    return _HIDDEN if _checks(match.group()) else match.group()


def _checks(text: str) -> bool:
    digits = [int(each) for each in reversed(text) if each in "0123456789"]
    doubled = (sum(divmod(2 * digit, 10)) for digit in digits[1::2])
    return (sum(digits[::2]) + sum(doubled)) % 10 == 0

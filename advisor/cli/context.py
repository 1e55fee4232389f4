"""Reads the context of a call from a YAML file that a person wrote.

The file has the shape of `AdviseRequest`. Words of the vocabulary are written as packs write them
(`stage: pre_call`), facts as bare values (`bank.pin_used: no`), lists without their wrapper
message. A mistake is reported at its line and column, all at once.
"""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final, cast

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from advisor.rules.problems import Problems, listed
from advisor.rules.reader import read
from advisor.rules.source import MappingNode, Mark, Node, ScalarNode, SequenceNode, described
from advisor.v1.advisor_service_pb2 import AdviseRequest
from advisor.v1.facts_pb2 import FactValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from google.protobuf.descriptor import EnumDescriptor

#: At most 18 digits, so that it fits 64 bits.
_WHOLE = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_NUMBER = re.compile(r"[-+]?(0|[1-9][0-9]*)?(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(:[0-9]{2})?")
_INSTANT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}.*")
_YES_NO: Final[Mapping[str, bool]] = {"yes": True, "true": True, "no": False, "false": False}


def read_context(name: str, data: bytes, problems: Problems) -> AdviseRequest:
    """Read a context file.

    Args:
        name: Its name, for messages.
        data: Its bytes, YAML in UTF-8.
        problems: Takes what is wrong with it; the request is only of use where that is nothing.
    """
    node = read(name, data, problems)
    return AdviseRequest() if node is None else context_of(node, problems)


def context_of(node: Node, problems: Problems) -> AdviseRequest:
    """Read a context that stands somewhere in a tree."""
    request = AdviseRequest()
    TreeReader(problems).message(node, request)
    return request


class TreeReader:
    """Walks a tree along the descriptor of a message."""

    def __init__(self, problems: Problems) -> None:
        """Begin; `problems` takes what is wrong with the trees."""
        self.problems = problems

    def message(self, node: Node, message: Message) -> None:
        """Read a message from where it stands in a tree."""
        special = _SPECIAL.get(message.DESCRIPTOR.full_name)
        if special is not None:
            special(self, node, message)
            return
        fields = _fields(message)
        if not isinstance(node, MappingNode):
            inner = _only_list(message)
            if inner is not None and isinstance(node, SequenceNode):
                self._field(node, message, inner)
            else:
                self.refuse(node, f"a mapping with {listed(fields)}")
            return
        for key, value in self.only(node, tuple(fields)).items():
            self._field(value, message, fields[key])

    def only(self, node: MappingNode, keys: Sequence[str]) -> dict[str, Node]:
        """Return the entries whose keys may be there, by key, and report every other."""
        found: dict[str, Node] = {}
        for key, value in node.entries:
            if key.text in keys:
                found[key.text] = value
            else:
                self.problems.error(
                    key.mark,
                    "unknown-key",
                    f'unknown key "{key.text}"',
                    listed(keys),
                    near=(key.text, keys),
                )
        return found

    def _field(self, node: Node, message: Message, field: FieldDescriptor) -> None:
        if _is_map(field):
            self._map(node, message, field)
        elif field.is_repeated:
            if not isinstance(node, SequenceNode):
                self.refuse(node, "a list")
                return
            target = getattr(message, field.name)
            for item in node:
                if field.message_type is not None:
                    self.message(item, target.add())
                else:
                    value = self.scalar(item, field)
                    if value is not None:
                        target.append(value)
        elif field.message_type is not None:
            inner = getattr(message, field.name)
            inner.SetInParent()
            self.message(node, inner)
        else:
            value = self.scalar(node, field)
            if value is not None:
                setattr(message, field.name, value)

    def _map(self, node: Node, message: Message, field: FieldDescriptor) -> None:
        if not isinstance(node, MappingNode):
            self.refuse(node, "a mapping")
            return
        for key, value in node.entries:
            self.message(value, getattr(message, field.name)[key.text])

    def scalar(self, node: Node, field: FieldDescriptor) -> str | float | None:
        """Read one value; None where it is wrong, which has then been reported."""
        if not isinstance(node, ScalarNode):
            self.refuse(node, "one value")
            return None
        if field.enum_type is not None:
            return self._word(node, field.enum_type)
        parse, expected = _SCALARS.get(field.cpp_type, (str, "a text"))
        value = parse(node.text)
        if value is None:
            self.refuse(node, expected)
        return value

    def _word(self, node: ScalarNode, enum: EnumDescriptor) -> int | None:
        prefix = enum.values_by_number[0].name.removesuffix("UNSPECIFIED")
        words = {
            value.name.removeprefix(prefix).lower(): value.number
            for value in enum.values
            if value.number
        }
        number = words.get(node.text)
        if number is None:
            self.problems.error(
                node.mark,
                "unknown-word",
                f'"{node.text}"',
                listed(words),
                near=(node.text, words),
            )
        return number

    def instant(self, node: Node, message: Message) -> None:
        """Read an instant with its offset from UTC."""
        value = instant_of(node.text) if isinstance(node, ScalarNode) else None
        if value is None:
            self.refuse(node, "an instant with its offset, like 2026-01-12T15:00:00Z")
        else:
            assert isinstance(message, Timestamp)  # noqa: S101 - tells the type checker
            message.FromDatetime(value)

    def duration(self, node: Node, message: Message) -> None:
        """Read a number of seconds."""
        seconds = _number(node.text) if isinstance(node, ScalarNode) else None
        if seconds is None:
            self.refuse(node, "a number of seconds")
        else:
            assert isinstance(message, Duration)  # noqa: S101 - tells the type checker
            message.FromMilliseconds(round(seconds * 1000))

    def fact(self, node: Node, message: Message) -> None:
        """Read a fact's bare value; quoted it is a text."""
        assert isinstance(message, FactValue)  # noqa: S101 - tells the type checker
        if isinstance(node, SequenceNode):
            message.several.SetInParent()
            message.several.words.extend(item.text for item in node if isinstance(item, ScalarNode))
        elif isinstance(node, MappingNode):
            self.refuse(node, "one value, or a list of words")
        elif node.quoted:
            message.text = node.text
        else:
            _bare(node.text, message)

    def refuse(self, node: Node, expected: str) -> None:
        """Report what stands somewhere, and what should."""
        self.problems.error(_mark(node), "wrong-shape", described(node), expected)


def _mark(node: Node) -> Mark:
    return node.mark


def _bare(text: str, message: FactValue) -> None:
    """Give an unquoted scalar the type it looks like."""
    instant = instant_of(text) if _INSTANT.fullmatch(text) else None
    if text in _YES_NO:
        message.yes_no = _YES_NO[text]
    elif text == "never":
        message.never = True
    elif _WHOLE.fullmatch(text):
        message.whole = int(text)
    elif (number := _number(text)) is not None:
        message.number = number
    elif _DATE.fullmatch(text):
        message.date = text
    elif _CLOCK.fullmatch(text):
        message.clock = text
    elif instant is not None:
        message.instant.FromDatetime(instant)
    else:
        message.text = text


def _number(text: str) -> float | None:
    if not text or not _NUMBER.fullmatch(text) or not any(map(str.isdigit, text)):
        return None
    number = float(text)
    return number if math.isfinite(number) else None


def instant_of(text: str) -> datetime | None:
    """Read an instant with its offset, in UTC; None where it is none."""
    try:
        value = datetime.fromisoformat(text)
        return value.astimezone(UTC) if value.tzinfo is not None else None
    except (ValueError, OverflowError):
        # Of the first and the last day of all years UTC may be beyond them.
        return None


def _fields(message: Message) -> Mapping[str, FieldDescriptor]:
    # The stubs give two types for one thing, by implementation.
    return cast("Mapping[str, FieldDescriptor]", message.DESCRIPTOR.fields_by_name)


def _is_map(field: FieldDescriptor) -> bool:
    return field.message_type is not None and field.message_type.GetOptions().map_entry


def _only_list(message: Message) -> FieldDescriptor | None:
    """Return the field of a message that only wraps a list, so that it may be left out."""
    fields = list(_fields(message).values())
    return fields[0] if len(fields) == 1 and fields[0].is_repeated else None


def _whole(text: str) -> int | None:
    """Read what fits the contract's 32-bit numbers, all that it has outside facts."""
    return int(text) if _WHOLE.fullmatch(text) and abs(int(text)) < 1 << 31 else None


_SCALARS: Final[Mapping[int, tuple[Callable[[str], str | float | None], str]]] = {
    FieldDescriptor.CPPTYPE_BOOL: (_YES_NO.get, "yes or no"),
    FieldDescriptor.CPPTYPE_INT32: (_whole, "a whole number"),
    FieldDescriptor.CPPTYPE_DOUBLE: (_number, "a number"),
}

_SPECIAL: Final[Mapping[str, Callable[[TreeReader, Node, Message], None]]] = {
    "google.protobuf.Timestamp": TreeReader.instant,
    "google.protobuf.Duration": TreeReader.duration,
    "advisor.v1.FactValue": TreeReader.fact,
}

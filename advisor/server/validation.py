"""The limits that the contract declares, enforced: every breach at once, each with its field path.

`proto/advisor/v1/limits.proto` says what a limit means. A checker is compiled once for a message
type; checking then visits only the fields that are set.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor, OneofDescriptor
from google.protobuf.message import Message

from advisor.server.formats import described, fits
from advisor.v1 import limits_pb2

#: First and last second of the years 1900 to 2199, from the Unix epoch.
EARLIEST: Final = -2_208_988_800
LATEST: Final = 7_258_118_399
#: Longest length of time, in seconds: 36,500 days.
LONGEST: Final = 36_500 * 86_400

_NANOS: Final = 999_999_999
_INTEGERS: Final = frozenset(
    {
        FieldDescriptor.CPPTYPE_INT32,
        FieldDescriptor.CPPTYPE_INT64,
        FieldDescriptor.CPPTYPE_UINT32,
        FieldDescriptor.CPPTYPE_UINT64,
    }
)
_DECIMALS: Final = frozenset({FieldDescriptor.CPPTYPE_FLOAT, FieldDescriptor.CPPTYPE_DOUBLE})


@dataclass(frozen=True, slots=True)
class Violation:
    """One breach of a limit.

    Attributes:
        path: The field, such as ``customer.history.contacts[2].at``; empty for the whole message.
        description: What is expected. It never repeats what was sent.
    """

    path: str
    description: str


#: Looks at one value at a path and notes what is wrong with it.
Check = Callable[[Any, str, list[Violation]], None]


class Checker:
    """Checks the messages of one type against the limits of their fields."""

    __slots__ = ("_check",)

    def __init__(self, message_class: type[Message]) -> None:
        """Compile the limits of a message type and of all it holds."""
        self._check = _message_check(cast("Descriptor", message_class.DESCRIPTOR), {})

    def violations(self, message: Message) -> list[Violation]:
        """List every breach, in the order of the fields; empty where there is none."""
        found: list[Violation] = []
        self._check(message, "", found)
        return found


class _MessageCheck:
    """What is checked of one message type: what must be set, and each field that is."""

    __slots__ = ("by_number", "choices", "required")

    def __init__(self, descriptor: Descriptor) -> None:
        self.required = tuple(f.name for f in descriptor.fields if _limits(f).required)
        self.choices = tuple(
            (oneof.name, ", ".join(f.name for f in oneof.fields))
            for oneof in descriptor.oneofs
            if _choice_required(oneof)
        )
        self.by_number: dict[int, Check] = {}

    def __call__(self, message: Message, path: str, found: list[Violation]) -> None:
        prefix = f"{path}." if path else ""
        found.extend(
            Violation(prefix + name, "is required")
            for name in self.required
            if not _is_set(message, name)
        )
        found.extend(
            Violation(prefix + choice, f"one of {names} must be set")
            for choice, names in self.choices
            if message.WhichOneof(choice) is None
        )
        for field, value in message.ListFields():
            check = self.by_number.get(field.number)
            if check is not None:
                check(value, prefix + field.name, found)


def _message_check(descriptor: Descriptor, known: dict[str, Check]) -> Check:
    check = _WELL_KNOWN.get(descriptor.full_name) or known.get(descriptor.full_name)
    if check is not None:
        return check
    # Known before its fields are compiled, so that a type may hold itself.
    compiled = known[descriptor.full_name] = _MessageCheck(descriptor)
    for field in descriptor.fields:
        of_field = _field_check(field, known)
        if of_field is not None:
            compiled.by_number[field.number] = of_field
    return compiled


def _limits(field: FieldDescriptor) -> limits_pb2.Limits:
    return field.GetOptions().Extensions[limits_pb2.limits]


def _choice_required(oneof: OneofDescriptor) -> bool:
    return oneof.GetOptions().Extensions[limits_pb2.choice_required]


def _is_set(message: Message, name: str) -> bool:
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.has_presence:
        return message.HasField(name)
    return bool(getattr(message, name))


def _field_check(field: FieldDescriptor, known: dict[str, Check]) -> Check | None:
    limits = _limits(field)
    if _is_map(field):
        return _map_check(field, limits, known)
    single = _single_check(field, limits, known)
    if not field.is_repeated:
        return single
    return _list_check(None if limits.each_by_itself else single, limits)


def _is_map(field: FieldDescriptor) -> bool:
    message = field.message_type
    return message is not None and message.GetOptions().map_entry


def _list_check(single: Check | None, limits: limits_pb2.Limits) -> Check | None:
    most = limits.max_items if limits.HasField("max_items") else None
    if single is None and most is None:
        return None

    def check(values: Any, path: str, found: list[Violation]) -> None:  # noqa: ANN401
        if most is not None and len(values) > most:
            found.append(Violation(path, f"at most {most} elements"))
            return
        if single is not None:
            for index, value in enumerate(values):
                single(value, f"{path}[{index}]", found)

    return check


def _map_check(field: FieldDescriptor, limits: limits_pb2.Limits, known: dict[str, Check]) -> Check:
    entry = field.message_type
    assert entry is not None  # noqa: S101 - a map field always has an entry type
    of_value = _single_check(entry.fields_by_name["value"], limits, known)
    of_key = _text_check(
        limits.max_key_length if limits.HasField("max_key_length") else None, limits.key_format
    )
    most = limits.max_items if limits.HasField("max_items") else None

    def check(values: Any, path: str, found: list[Violation]) -> None:  # noqa: ANN401
        if most is not None and len(values) > most:
            found.append(Violation(path, f"at most {most} entries"))
            return
        for key in sorted(values):
            wrong_keys: list[Violation] = []
            if of_key is not None:
                of_key(key, path, wrong_keys)
            if wrong_keys:
                # A key that is not a name may be anything: it is not repeated.
                found += (Violation(v.path, f"a key {v.description}") for v in wrong_keys)
            elif of_value is not None:
                of_value(values[key], f"{path}[{key}]", found)

    return check


def _single_check(
    field: FieldDescriptor, limits: limits_pb2.Limits, known: dict[str, Check]
) -> Check | None:
    if field.message_type is not None:
        return _message_check(field.message_type, known)
    if field.enum_type is not None:
        if limits.any_value:
            return None
        return _enum_check(field.enum_type.name, (v.number for v in field.enum_type.values))
    if field.cpp_type == FieldDescriptor.CPPTYPE_STRING and field.type == field.TYPE_STRING:
        return _text_check(
            limits.max_length if limits.HasField("max_length") else None, limits.format
        )
    if field.cpp_type in _DECIMALS or field.cpp_type in _INTEGERS:
        return _number_check(
            limits.min if limits.HasField("min") else None,
            limits.max if limits.HasField("max") else None,
            decimal=field.cpp_type in _DECIMALS,
        )
    return None


def _enum_check(name: str, numbers: Iterable[int]) -> Check:
    declared = frozenset(numbers)

    def check(value: int, path: str, found: list[Violation]) -> None:
        if value not in declared:
            found.append(Violation(path, f"is not a value of {name}"))

    return check


def _text_check(most: int | None, format_: limits_pb2.Format.ValueType) -> Check | None:
    if most is None and format_ == limits_pb2.FORMAT_UNSPECIFIED:
        return None

    def check(value: str, path: str, found: list[Violation]) -> None:
        if most is not None and len(value) > most:
            found.append(Violation(path, f"must have at most {most} characters"))
        elif format_ != limits_pb2.FORMAT_UNSPECIFIED and value and not fits(value, format_):
            found.append(Violation(path, f"must be {described(format_)}"))

    return check


def _number_check(least: float | None, most: float | None, *, decimal: bool) -> Check | None:
    if least is None and most is None and not decimal:
        return None

    def check(value: float, path: str, found: list[Violation]) -> None:
        if not math.isfinite(value):
            found.append(Violation(path, "must be a finite number"))
        elif least is not None and value < least:
            found.append(Violation(path, f"must be at least {least:g}"))
        elif most is not None and value > most:
            found.append(Violation(path, f"must be at most {most:g}"))

    return check


def _timestamp(value: Any, path: str, found: list[Violation]) -> None:  # noqa: ANN401
    if not (EARLIEST <= value.seconds <= LATEST and 0 <= value.nanos <= _NANOS):
        found.append(Violation(path, "must be an instant of the years 1900 to 2199"))


def _duration(value: Any, path: str, found: list[Violation]) -> None:  # noqa: ANN401
    same_sign = value.seconds * value.nanos >= 0
    if not (abs(value.seconds) <= LONGEST and abs(value.nanos) <= _NANOS and same_sign):
        found.append(Violation(path, "must be a length of time of at most 36,500 days"))


_WELL_KNOWN: Final[dict[str, Check]] = {
    "google.protobuf.Timestamp": _timestamp,
    "google.protobuf.Duration": _duration,
}

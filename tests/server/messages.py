"""Messages of the contract for Hypothesis, from their descriptors.

Tame ones keep to the limits that the contract declares, so that they reach the core; wild ones
keep to nothing but the types of the wire.
"""

from __future__ import annotations

from typing import Any, Final

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from hypothesis import strategies as st

from advisor.server.validation import EARLIEST, LATEST
from advisor.v1 import limits_pb2 as limits

_KINDS: Final = FieldDescriptor

#: Texts that look as each format says.
TAME: Final[dict[int, st.SearchStrategy[str]]] = {
    limits.FORMAT_IDENTIFIER: st.from_regex(r"[!-~]{1,20}", fullmatch=True),
    limits.FORMAT_WORD: st.sampled_from(["pin-migration", "acme", "spring", "proactive_help"]),
    limits.FORMAT_PHONE_NUMBER: st.sampled_from(["+442079460000", "+12085550100", "+8005550100"]),
    limits.FORMAT_REGION: st.sampled_from(["GB", "US", "US-FL", "FR", "ZZ"]),
    limits.FORMAT_TIME_ZONE: st.sampled_from(
        ["Europe/London", "America/New_York", "America/Los_Angeles", "UTC", "Asia/Kathmandu"]
    ),
    limits.FORMAT_LOCALE: st.sampled_from(["en-GB", "fr", "de_CH", "xx-Xxxx-XX"]),
    limits.FORMAT_DATE: st.dates().filter(lambda d: 1900 <= d.year < 2200).map(str),
    limits.FORMAT_CLOCK_TIME: st.sampled_from(["00:00", "09:30", "18:00", "23:59"]),
    limits.FORMAT_FACT_NAME: st.sampled_from(["bank.pin_used", "bank.segment", "now.weekday"]),
    limits.FORMAT_NAME: st.sampled_from(["starts_on", "monday", "sunday", "goal", "region"]),
    limits.FORMAT_PACK_PATH: st.sampled_from(["pack.yaml", "a/b.yml", "a/_for.yaml"]),
}

_RANGES: Final = {
    _KINDS.TYPE_INT32: (-(2**31), 2**31 - 1),
    _KINDS.TYPE_INT64: (-(2**63), 2**63 - 1),
}

#: What tends to hurt: control and direction characters, templates, and what looks like a number.
NASTY: Final = (
    "",
    "\x00",
    "\u202egnp.exe",
    "{c.__class__.__init__.__globals__}",
    "{{7*7}}",
    "%s%n",
    '\n{"level": "error"}',
    "\x1b[31mred",
    "½",
    "x" * 5_000,
)


def messages(descriptor: Descriptor, *, tame: bool) -> st.SearchStrategy[Message]:
    """Make messages of a type.

    Args:
        descriptor: The type.
        tame: Whether they keep to the declared limits.
    """
    name = descriptor.full_name
    if tame and name == "google.protobuf.Timestamp":
        cls = GetMessageClass(descriptor)
        return st.integers(EARLIEST, LATEST).map(lambda seconds: cls(seconds=seconds))
    if tame and name == "google.protobuf.Duration":
        cls = GetMessageClass(descriptor)
        return st.integers(0, 10**8).map(lambda seconds: cls(seconds=seconds))
    return _composed(descriptor, tame)


@st.composite
def _composed(draw: st.DrawFn, descriptor: Descriptor, tame: bool) -> Message:  # noqa: FBT001
    message = GetMessageClass(descriptor)()
    fields = list(descriptor.fields)
    taken = _one_of_each_choice(draw, descriptor, tame)
    for field in fields:
        options = field.GetOptions().Extensions[limits.limits]
        if field.containing_oneof is not None and field.containing_oneof.name in taken:
            if taken[field.containing_oneof.name] != field.name:
                continue
        elif not (tame and options.required) and draw(st.integers(0, 3)):
            continue
        _fill(draw, message, field, tame)
    return message


def _one_of_each_choice(draw: st.DrawFn, descriptor: Descriptor, tame: bool) -> dict[str, str]:  # noqa: FBT001
    return {
        oneof.name: draw(st.sampled_from([field.name for field in oneof.fields]))
        for oneof in descriptor.oneofs
        if len(oneof.fields) > 1 and (tame or draw(st.booleans()))
    }


def _fill(draw: st.DrawFn, message: Message, field: FieldDescriptor, tame: bool) -> None:  # noqa: FBT001
    options = field.GetOptions().Extensions[limits.limits]
    entry = field.message_type
    if entry is not None and entry.GetOptions().map_entry:
        keys = TAME.get(options.key_format, st.text(max_size=9))
        value = entry.fields_by_name["value"].message_type
        assert value is not None, "every map of the contract holds messages"
        for key in draw(st.lists(keys if tame else _text(options, tame=False), max_size=3)):
            getattr(message, field.name)[key].CopyFrom(draw(messages(value, tame=tame)))
        return
    least = 1 if tame and options.required else 0
    if entry is not None:
        if field.is_repeated:
            for each in draw(st.lists(messages(entry, tame=tame), min_size=least, max_size=3)):
                getattr(message, field.name).add().CopyFrom(each)
        else:
            getattr(message, field.name).CopyFrom(draw(messages(entry, tame=tame)))
        return
    scalar = _scalar(field, options, tame=tame)
    if field.is_repeated:
        getattr(message, field.name).extend(
            draw(st.lists(scalar, min_size=least, max_size=4 if tame else 40))
        )
    else:
        setattr(message, field.name, draw(scalar))


def _scalar(  # noqa: PLR0911 - one a type
    field: FieldDescriptor, options: limits.Limits, *, tame: bool
) -> st.SearchStrategy[Any]:
    if field.enum_type is not None:
        numbers = [value.number for value in field.enum_type.values]
        if tame:
            return st.sampled_from(numbers[1:] if options.required else numbers)
        return st.sampled_from([*numbers, -1, 77, 2**31 - 1])
    if field.type == _KINDS.TYPE_BOOL:
        return st.booleans()
    if field.type == _KINDS.TYPE_STRING:
        return _text(options, tame=tame)
    if field.type == _KINDS.TYPE_BYTES:
        return st.binary(max_size=200)
    if field.type == _KINDS.TYPE_DOUBLE:
        if not tame:
            return st.floats()
        least = options.min if options.HasField("min") else -1e9
        most = options.max if options.HasField("max") else 1e9
        return st.floats(least, most, allow_nan=False)
    lowest, highest = _RANGES[field.type]
    if tame:
        lowest = max(lowest, int(options.min)) if options.HasField("min") else lowest
        highest = min(highest, int(options.max)) if options.HasField("max") else highest
    return st.integers(lowest, highest)


def _text(options: limits.Limits, *, tame: bool) -> st.SearchStrategy[str]:
    if not tame:
        return st.sampled_from(NASTY) | st.text(max_size=30)
    if options.format:
        return TAME[options.format]
    least = 1 if options.required else 0
    return st.text(st.characters(codec="utf-8"), min_size=least, max_size=20)

"""Values of facts as JSON: each with the name of its type, as JSON has too few types of its own."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import msgspec

from advisor.facts.values import NEVER, Possible, Scalar, Special, Value


class _Tagged(msgspec.Struct, frozen=True, tag_field="type", forbid_unknown_fields=True):
    """A value with the name of its type."""


class _YesNo(_Tagged, frozen=True, tag="yes_no"):
    value: bool


class _WholeNumber(_Tagged, frozen=True, tag="whole_number"):
    value: int


class _Decimal(_Tagged, frozen=True, tag="decimal"):
    value: float


class _Text(_Tagged, frozen=True, tag="text"):
    value: str


class _Choices(_Tagged, frozen=True, tag="choices"):
    value: frozenset[str]


class _ClockTime(_Tagged, frozen=True, tag="clock_time"):
    value: time


class _Date(_Tagged, frozen=True, tag="date"):
    value: date


class _Instant(_Tagged, frozen=True, tag="instant"):
    value: datetime


class _Duration(_Tagged, frozen=True, tag="duration"):
    value: timedelta


class _Never(_Tagged, frozen=True, tag="never"):
    """Known not to have happened."""


_OneRecord = (
    _YesNo
    | _WholeNumber
    | _Decimal
    | _Text
    | _Choices
    | _ClockTime
    | _Date
    | _Instant
    | _Duration
    | _Never
)


class _Possible(_Tagged, frozen=True, tag="possible"):
    values: tuple[_OneRecord, ...]


#: How a value of any type is written.
ValueRecord = _OneRecord | _Possible


def value_record(value: Value) -> ValueRecord:
    """Write a value that is not unknown."""
    if isinstance(value, Possible):
        return _Possible(tuple(_one_record(one) for one in value.values))
    return _one_record(value)


def _one_record(value: Scalar | Special) -> _OneRecord:
    """Name a value's type; a yes/no is a kind of whole number, an instant a kind of date."""
    kinds = (
        (bool, _YesNo),
        (int, _WholeNumber),
        (float, _Decimal),
        (str, _Text),
        (frozenset, _Choices),
        (time, _ClockTime),
        (datetime, _Instant),
        (date, _Date),
        (timedelta, _Duration),
    )
    for kind, record in kinds:
        if isinstance(value, kind):
            return record(value)  # type: ignore[arg-type]
    return _Never()


def value_of(record: ValueRecord) -> Value:
    """Read a value back."""
    if isinstance(record, _Possible):
        return Possible(tuple(_one(one) for one in record.values))
    return _one(record)


def _one(record: _OneRecord) -> Scalar | Special:
    return NEVER if isinstance(record, _Never) else record.value

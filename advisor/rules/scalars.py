"""Scalars of a pack, read by the type of their fact: `no` is an answer, or Norway."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Final, NamedTuple, TypeVar
from zoneinfo import ZoneInfo

from phonenumbers import SUPPORTED_REGIONS

from advisor.engagement.limits import Span, SpanUnit
from advisor.engagement.places import UnknownZoneError, zone_of
from advisor.facts.catalogue import Fact
from advisor.facts.values import NEVER, FactType, Scalar, Special
from advisor.rules.problems import Problems, listed
from advisor.rules.source import Node, ScalarNode, SequenceNode, described, is_empty

#: Digits of the largest number a pack may write.
MAX_DIGITS: Final = 15

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_FULL_WEEKDAYS: Final = (
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
)
_YES_NO: Final = {"yes": True, "true": True, "no": False, "false": False}

#: Country codes that are often written and are not ISO 3166's.
_NOT_ISO: Final = {"UK": "GB", "EN": "GB", "EL": "GR"}

_WHOLE = re.compile(rf"[-+]?\d{{1,{MAX_DIGITS}}}", re.ASCII)
_DECIMAL = re.compile(rf"[-+]?\d{{1,{MAX_DIGITS}}}(\.\d{{1,{MAX_DIGITS}}})?", re.ASCII)
_SNAKE = re.compile(r"[a-z][a-z0-9_]*")
_REGION = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,3})?")
_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_SPAN = re.compile(r"(\d{1,5}) +([a-z]+)", re.ASCII)
_INSTANT = re.compile(
    r"(?P<day>\d{4}-\d{2}-\d{2})[T ](?P<time>\d{2}:\d{2}(:\d{2})?)"
    r"(?P<offset>Z|[-+]\d{2}:\d{2})?( (?P<zone>[A-Za-z][A-Za-z0-9_+/-]*))?",
    re.ASCII,
)


class MisreadError(Exception):
    """A text that is not what its place asks for.

    Attributes:
        expected: What it should be, for its author.
        near: The right words, where there is a list of them.
        hint: What to do about it.
    """

    def __init__(self, expected: str, near: Iterable[str] = (), hint: str = "") -> None:
        """Say what was expected."""
        super().__init__(expected)
        self.expected = expected
        self.near = tuple(near)
        self.hint = hint


class Moment(NamedTuple):
    """An instant as a pack writes it.

    Attributes:
        at: The instant, in UTC.
        zone: The IANA zone it was written in; ``UTC`` where an offset was written.
    """

    at: datetime
    zone: str


def yes_no(text: str) -> bool:
    """Read yes or no."""
    try:
        return _YES_NO[text]
    except KeyError:
        raise MisreadError("yes or no", ("yes", "no")) from None


def whole_number(text: str) -> int:
    """Read a whole number."""
    if not _WHOLE.fullmatch(text):
        raise MisreadError("a whole number, such as 3")
    return int(text)


def decimal(text: str) -> float:
    """Read a number with or without decimals."""
    if not _DECIMAL.fullmatch(text):
        raise MisreadError("a number, such as 2 or 0.5")
    return float(text)


def points(text: str) -> float:
    """Read points of a card; 0 is *heard, and earns nothing*."""
    number = decimal(text)
    if number < 0:
        raise MisreadError("a number from 0 up; a debit is written as debit")
    return number


def share(text: str) -> float:
    """Read a share of one: from 0 to 1."""
    number = decimal(text)
    if not 0 <= number <= 1:
        raise MisreadError("a number from 0 to 1")
    return number


def count(least: int, most: int) -> Callable[[str], int]:
    """Return what reads a whole number within bounds."""

    def parse(text: str) -> int:
        number = whole_number(text)
        if not least <= number <= most:
            raise MisreadError(f"a whole number from {least} to {most}")
        return number

    return parse


def snake(text: str) -> str:
    """Read a lower_snake word."""
    if not _SNAKE.fullmatch(text):
        raise MisreadError(
            "a lower_snake word, such as quiet_time", [text.lower().replace("-", "_")]
        )
    return text


def word(text: str, words: Collection[str]) -> str:
    """Read one of a closed list of words."""
    if text not in words:
        raise MisreadError(listed(words), words)
    return text


def region(text: str) -> str:
    """Read an ISO 3166 country or subdivision."""
    if not _REGION.fullmatch(text) or text[:2] not in SUPPORTED_REGIONS:
        upper = text.upper()
        right = _NOT_ISO.get(upper)
        raise MisreadError(
            "an ISO 3166 country or subdivision, such as GB or US-FL",
            [upper] if _REGION.fullmatch(upper) and upper[:2] in SUPPORTED_REGIONS else [],
            "" if right is None else f"ISO 3166 writes {right}.",
        )
    return text


def clock_time(text: str) -> time:
    """Read a time of day in 24 hours."""
    if not _CLOCK.fullmatch(text):
        padded = f"0{text}"
        raise MisreadError(
            "a time of day from 00:00 to 23:59", [padded] if _CLOCK.fullmatch(padded) else []
        )
    return time.fromisoformat(text)


def weekday(text: str) -> int:
    """Read a day of the week: 0 is Monday."""
    if text in _FULL_WEEKDAYS:
        return _FULL_WEEKDAYS.index(text)
    return WEEKDAYS.index(word(text, WEEKDAYS))


def weekdays(text: str) -> tuple[int, ...]:
    """Read a day of the week or a range of them, in order; a range may run over the weekend."""
    first, dash, last = text.partition("-")
    begin = weekday(first)
    if not dash:
        return (begin,)
    length = (weekday(last) - begin) % 7
    return tuple((begin + step) % 7 for step in range(length + 1))


def day(text: str) -> date:
    """Read a date."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise MisreadError("a date of the calendar, such as 2026-11-03")


def moment(text: str) -> Moment:
    """Read an instant: date, time, and a zone or an offset.

    A time that the zone's clocks show twice or never in that night is refused.
    """
    found = _INSTANT.fullmatch(text)
    expected = "an instant with its zone, such as 2026-11-03 19:59 America/New_York"
    if found is None or (found["offset"] is None) == (found["zone"] is None):
        raise MisreadError(expected)
    try:
        local = datetime.fromisoformat(f"{found['day']}T{found['time']}{found['offset'] or ''}")
    except ValueError:
        raise MisreadError(expected) from None
    name = found["zone"]
    if name is None:
        return Moment(_in_utc(local, expected), "UTC")
    placed = local.replace(tzinfo=zone(name))
    at = _in_utc(placed, expected)
    if _in_utc(placed.replace(fold=1), expected) != at:
        raise MisreadError(
            f"a time that the clocks of {name} show once that day",
            hint="Write the offset instead of the zone, such as 2026-11-01 01:30-04:00.",
        )
    return Moment(at, name)


def _in_utc(at: datetime, expected: str) -> datetime:
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise MisreadError(expected) from None


def zone(text: str) -> ZoneInfo:
    """Read the name of an IANA zone."""
    try:
        return zone_of(text)
    except UnknownZoneError:
        raise MisreadError("an IANA zone, such as Europe/London") from None


def span(text: str) -> Span:
    """Read a length of time: days of the customer's calendar, or elapsed hours or minutes."""
    found = _SPAN.fullmatch(text)
    expected = "a length of time, such as 7 days, 2 hours or 90 minutes"
    if found is None:
        raise MisreadError(expected)
    amount, unit = int(found[1]), found[2]
    if unit in {"week", "weeks"}:
        amount, unit = amount * 7, "days"
    names = tuple(member.value for member in SpanUnit)
    plural = unit if unit.endswith("s") else f"{unit}s"
    if plural not in names:
        hint = "A month is 28 to 31 days: write how many." if plural == "months" else ""
        raise MisreadError(expected, [f"{amount} {name}" for name in names], hint)
    if amount == 0:
        raise MisreadError("a length of time longer than nothing")
    return Span(amount, SpanUnit(plural))


def elapsed(text: str) -> timedelta:
    """Read a length of time as elapsed time, a day being 24 hours."""
    length = span(text)
    return timedelta(**{length.unit.value: length.amount})


def text(written: str) -> str:
    """Read a text, as it stands."""
    return written


#: What must not be quoted, so that a quoted word is surely text.
_BARE: Final = (yes_no, whole_number, decimal, points, share)

_PARSERS: Final[dict[FactType, Callable[[str], Scalar]]] = {
    FactType.YES_NO: yes_no,
    FactType.WHOLE_NUMBER: whole_number,
    FactType.DECIMAL: decimal,
    FactType.REGION: region,
    FactType.CLOCK_TIME: clock_time,
    FactType.WEEKDAY: weekday,
    FactType.DATE: day,
    FactType.INSTANT: lambda written: moment(written).at,
    FactType.DURATION: elapsed,
}

_T = TypeVar("_T")


def parser(type_: FactType, choices: tuple[str, ...] = ()) -> Callable[[str], Scalar]:
    """Return what reads one value of a type; of a set, one of its words."""
    if choices:
        return lambda written: word(written, choices)
    return _PARSERS.get(type_, text)


def read(node: Node, parse: Callable[[str], _T], problems: Problems) -> _T | None:
    """Read a scalar with one of the functions above.

    Args:
        node: What stands at the place.
        parse: Reads a text or raises MisreadError.
        problems: Takes what is wrong.

    Returns:
        The value, or None where a problem was reported.
    """
    try:
        return _parsed(node, parse)
    except MisreadError as error:
        near = (node.text, error.near) if isinstance(node, ScalarNode) else None
        problems.error(
            node.mark, "value", described(node), error.expected, hint=error.hint, near=near
        )
        return None


def _parsed(node: Node, parse: Callable[[str], _T]) -> _T:
    if not isinstance(node, ScalarNode) or is_empty(node) or not node.text.strip():
        # What would have been right is the parser's to say; for free text, anything.
        parse("")
        raise MisreadError("a text")
    parsed = parse(node.text)
    if node.quoted and parse in _BARE:
        raise MisreadError(f"{node.text} without quotes")
    return parsed


def value(node: Node, fact: Fact, problems: Problems) -> Scalar | Special | None:
    """Read one value of a fact; of a set, one of its words.

    An instant or a date may be *never*.

    Returns:
        The value, or None where a problem was reported.
    """
    if (
        fact.type in {FactType.INSTANT, FactType.DATE}
        and isinstance(node, ScalarNode)
        and node.text == NEVER.value
    ):
        return NEVER
    return read(node, parser(fact.type, fact.choices), problems)


def words_of(node: Node, fact: Fact, problems: Problems) -> frozenset[str] | None:
    """Read a set of words: a list, which may be empty; None where a problem was reported."""
    if not isinstance(node, SequenceNode):
        problems.error(node.mark, "shape", described(node), "a list of words, such as [] or [tps]")
        return None
    parse = parser(fact.type, fact.choices)
    read_words = [read(item, parse, problems) for item in node]
    return frozenset(str(one) for one in read_words if one is not None)

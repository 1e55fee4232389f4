"""Facts that a caller sends: each read by the type that the pack's catalogue declares."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, time
from types import MappingProxyType
from typing import Final

from advisor.facts.catalogue import Catalogue, Fact, UnknownFactError
from advisor.facts.values import NEVER, FactType, Scalar, Value
from advisor.server.formats import described, fits
from advisor.server.redaction import redacted
from advisor.server.translate import times
from advisor.server.validation import Violation
from advisor.v1 import limits_pb2
from advisor.v1.facts_pb2 import FactValue

#: Built-in facts that have no field of their own in the contract are sent by these.
_SENT_AS_ATTRIBUTES: Final = "operations"


class _Misfit(Exception):
    """A value that does not fit its fact; the message finishes the sentence "must be ..."."""


def attributes_in(
    sent: Mapping[str, FactValue],
    catalogue: Catalogue,
    built_in: Catalogue,
    path: str,
    found: list[Violation],
) -> dict[str, Value]:
    """Read the company's own facts.

    Args:
        sent: By full name.
        catalogue: All facts that the pack knows.
        built_in: Those of them that are the advisor's own, and are not the company's to say,
            unless nothing else in the contract carries them.
        path: Where they stand in the request.
        found: Takes what is wrong.
    """
    values: dict[str, Value] = {}
    for name in sorted(sent):
        place = f"{path}[{name}]"
        try:
            fact = catalogue[name]
        except UnknownFactError as error:
            nearest = f"; did you mean {error.nearest[0]}?" if error.nearest else ""
            found.append(Violation(place, f"is no fact that the pack declares{nearest}"))
            continue
        if name in built_in and fact.sent_by != _SENT_AS_ATTRIBUTES:
            found.append(
                Violation(place, "is a fact of the advisor's own; it is not sent as an attribute")
            )
            continue
        value = _read(sent[name], fact, place, found)
        if value is not None:
            values[name] = value
    return values


def occasion_in(
    sent: Mapping[str, FactValue],
    declared: Mapping[str, Fact],
    path: str,
    found: list[Violation],
) -> dict[str, Value]:
    """Read the facts of an occasion.

    Args:
        sent: By short name (``starts_on``).
        declared: What the purpose declares, by full name (``purpose.starts_on``).
        path: Where they stand in the request.
        found: Takes what is wrong.

    Returns:
        Values by full name.
    """
    values: dict[str, Value] = {}
    short = ", ".join(name.removeprefix("purpose.") for name in declared) or "none"
    for name in sorted(sent):
        place = f"{path}[{name}]"
        full = f"purpose.{name}"
        if full not in declared:
            found.append(Violation(place, f"is no fact of this purpose; it declares {short}"))
            continue
        value = _read(sent[name], declared[full], place, found)
        if value is not None:
            values[full] = value
    return values


def _read(sent: FactValue, fact: Fact, place: str, found: list[Violation]) -> Value | None:
    try:
        return value_in(sent, fact)
    except _Misfit as misfit:
        found.append(Violation(place, f"must be {misfit}"))
        return None


def value_in(sent: FactValue, fact: Fact) -> Value:
    """Read one value by the type of its fact.

    Raises:
        _Misfit: It does not fit.
    """
    kinds, expected, read = _READERS[fact.type]
    kind = sent.WhichOneof("value") or ""
    if kind == "never" and fact.type in {FactType.DATE, FactType.INSTANT}:
        if not sent.never:
            raise _Misfit("left out, or true")
        return NEVER
    if kind not in kinds:
        raise _Misfit(f"sent as {expected}")
    return read(sent, fact)


def _word(sent: FactValue, fact: Fact) -> str:
    if sent.text not in fact.choices:
        raise _Misfit(f"one of {', '.join(fact.choices)}")
    return sent.text


def _words(sent: FactValue, fact: Fact) -> frozenset[str]:
    words = frozenset(map(redacted, sent.several.words))
    if fact.choices and not words.issubset(fact.choices):
        raise _Misfit(f"of {', '.join(fact.choices)}")
    return words


def _region(sent: FactValue, _fact: Fact) -> str:
    if not fits(sent.text, limits_pb2.FORMAT_REGION):
        raise _Misfit(described(limits_pb2.FORMAT_REGION))
    return sent.text


def _weekday(sent: FactValue, _fact: Fact) -> int:
    if sent.text not in times.WEEKDAYS:
        raise _Misfit("a weekday, monday to sunday")
    return times.WEEKDAYS.index(sent.text)


def _decimal(sent: FactValue, _fact: Fact) -> float:
    return float(sent.whole) if sent.WhichOneof("value") == "whole" else sent.number


def _date(sent: FactValue, _fact: Fact) -> date:
    if not sent.date:
        raise _Misfit(described(limits_pb2.FORMAT_DATE))
    return date.fromisoformat(sent.date)


def _clock(sent: FactValue, _fact: Fact) -> time:
    if not sent.clock:
        raise _Misfit(described(limits_pb2.FORMAT_CLOCK_TIME))
    return time.fromisoformat(sent.clock)


#: By type: the choices of `FactValue` that fit, in words, and how they are read.
_READERS: Final[
    Mapping[FactType, tuple[frozenset[str], str, Callable[[FactValue, Fact], Scalar]]]
] = MappingProxyType(
    {
        FactType.YES_NO: (frozenset({"yes_no"}), "yes_no", lambda sent, _: sent.yes_no),
        FactType.WHOLE_NUMBER: (frozenset({"whole"}), "whole", lambda sent, _: sent.whole),
        FactType.DECIMAL: (frozenset({"number", "whole"}), "number", _decimal),
        FactType.TEXT: (frozenset({"text"}), "text", lambda sent, _: redacted(sent.text)),
        FactType.CHOICE: (frozenset({"text"}), "text", _word),
        FactType.ORDERED_CHOICE: (frozenset({"text"}), "text", _word),
        FactType.CHOICES: (frozenset({"several"}), "several", _words),
        FactType.REGION: (frozenset({"text"}), "text", _region),
        FactType.CLOCK_TIME: (frozenset({"clock"}), "clock", _clock),
        FactType.WEEKDAY: (frozenset({"text"}), "text", _weekday),
        FactType.DATE: (frozenset({"date"}), "date or never", _date),
        FactType.INSTANT: (
            frozenset({"instant"}),
            "instant or never",
            lambda sent, _: times.instant(sent.instant),
        ),
        FactType.DURATION: (
            frozenset({"duration"}),
            "duration",
            lambda sent, _: times.span(sent.duration),
        ),
    }
)

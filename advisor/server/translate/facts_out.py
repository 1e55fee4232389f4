"""Values of facts, as the contract writes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta

from advisor.facts.catalogue import Catalogue
from advisor.facts.values import NEVER, FactType, Scalar, Special, Value, possible_values
from advisor.guidance.decision import UsedFact
from advisor.server.translate import times
from advisor.v1 import facts_pb2


def value_out(name: str, value: Value, catalogue: Catalogue) -> facts_pb2.FactValue | None:
    """Write a value; of several possible ones the most trusted, and None where it is unknown.

    Args:
        name: Full name of the fact.
        value: Its value.
        catalogue: Tells weekdays from whole numbers; a fact it does not hold is written as it is.
    """
    possible = possible_values(value)
    if not possible:
        return None
    first = possible[0]
    if isinstance(first, Special):
        return facts_pb2.FactValue(never=True) if first is NEVER else None
    if name in catalogue and catalogue[name].type is FactType.WEEKDAY and isinstance(first, int):
        return facts_pb2.FactValue(text=times.WEEKDAYS[first])
    return _scalar_out(first)


def _scalar_out(value: Scalar) -> facts_pb2.FactValue:  # noqa: PLR0911 - one line a type
    match value:
        case bool():
            return facts_pb2.FactValue(yes_no=value)
        case int():
            return facts_pb2.FactValue(whole=value)
        case float():
            return facts_pb2.FactValue(number=value)
        case str():
            return facts_pb2.FactValue(text=value)
        case frozenset():
            return facts_pb2.FactValue(several=words_out(value))
        case time():
            return facts_pb2.FactValue(clock=value.isoformat())
        case datetime():
            return facts_pb2.FactValue(instant=times.timestamp(value))
        case date():
            return facts_pb2.FactValue(date=value.isoformat())
        case timedelta():
            return facts_pb2.FactValue(duration=times.duration(value))


def words_out(words: Iterable[str]) -> facts_pb2.Words:
    """Write a set of words in alphabetical order."""
    return facts_pb2.Words(words=sorted(words))


def used_out(facts: Iterable[UsedFact]) -> list[facts_pb2.UsedFact]:
    """Write the facts that something rests on; what nobody may see has no value."""
    return [facts_pb2.UsedFact(name=fact.name, value=fact.shown or "") for fact in facts]

"""What a fact may be: its type, its possible values, and who may hear it.

A fact has one value, several possible ones (sources disagree), or all of them (unknown).
*Never* ("never invited") is a value, not an absence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import Enum, IntEnum, StrEnum
from typing import Final


class FactType(StrEnum):
    """The type of a fact; it decides how a scalar in a pack is read and which operators fit."""

    YES_NO = "yes_no"
    WHOLE_NUMBER = "whole_number"
    DECIMAL = "decimal"
    TEXT = "text"
    #: One of a closed list of words, without order.
    CHOICE = "choice"
    #: One of a closed list of words, weakest first.
    ORDERED_CHOICE = "ordered_choice"
    #: A set of words, from a closed list where the fact declares one.
    CHOICES = "choices"
    #: ISO 3166 country or subdivision; a country holds everything inside it (US holds US-FL).
    REGION = "region"
    CLOCK_TIME = "clock_time"
    WEEKDAY = "weekday"
    DATE = "date"
    INSTANT = "instant"
    DURATION = "duration"


class Tell(IntEnum):
    """Who may hear a fact, by what the customer has shown; the agent sees all but NOBODY_AT_ALL."""

    ANYONE = 0
    CLAIMED = 1
    VERIFIED = 2
    STRONG = 3
    #: For the agent's eyes only: never in a text for the customer.
    NOBODY = 4
    #: Not even for the agent's eyes: rules may decide by it, nothing shows it.
    NOBODY_AT_ALL = 5


class Special(Enum):
    """Values that stand for the state of our knowledge rather than for a thing."""

    #: Every value is possible: nobody told us.
    UNKNOWN = "unknown"
    #: Known not to have happened ("never invited"); for instants and dates.
    NEVER = "never"


UNKNOWN: Final = Special.UNKNOWN
NEVER: Final = Special.NEVER

#: One plain value. Weekdays are 0 (Monday) to 6; words of a choice are their lower_snake text;
#: sets of choices are frozensets; instants are aware datetimes in UTC.
Scalar = bool | int | float | str | frozenset[str] | time | date | datetime | timedelta


@dataclass(frozen=True, slots=True)
class Possible:
    """Several possible values, because sources disagree; at least two, in the order of trust."""

    values: tuple[Scalar | Special, ...]


#: What a fact is in one situation.
Value = Scalar | Special | Possible


class Answer(IntEnum):
    """The answer of a condition: yes, no, or unsure (Kleene's strong three-valued logic)."""

    NO = 0
    UNSURE = 1
    YES = 2


def possible_values(value: Value) -> tuple[Scalar | Special, ...]:
    """List what a fact may be; empty where it is unknown (every value is possible)."""
    if value is UNKNOWN:
        return ()
    if isinstance(value, Possible):
        return value.values
    return (value,)

"""How often a customer may be contacted, and how long they must be left in peace.

Days are the customer's calendar days, hours and minutes are elapsed. A span of days counts whole
days, the day of the contact being the first: seven days from a Monday end as Sunday does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo

from advisor.engagement.basis import Basis, Source
from advisor.engagement.clock import (
    DAY,
    LAST_DAY,
    day_begins,
    day_number,
    instant_of,
    local_day,
    seconds_of,
)
from advisor.engagement.contacts import Contact
from advisor.engagement.places import Place, region_fits


class SpanUnit(StrEnum):
    """The unit of a span: DAYS are calendar days of the customer, the others elapse."""

    MINUTES = "minutes"
    HOURS = "hours"
    DAYS = "days"


_SECONDS: Final = MappingProxyType({SpanUnit.MINUTES: 60, SpanUnit.HOURS: 3600, SpanUnit.DAYS: DAY})


@dataclass(frozen=True, slots=True)
class Span:
    """A length of time as packs write it (``7 days``, ``24 hours``).

    Raises:
        ValueError: The amount is less than 1.
    """

    amount: int
    unit: SpanUnit

    def __post_init__(self) -> None:
        """Refuse what is no length."""
        if self.amount < 1:
            raise ValueError(f"a span of {self.amount} {self.unit} is no length of time")

    @property
    def elapsed(self) -> timedelta:
        """The span as elapsed time, a day being 24 hours."""
        return timedelta(seconds=_seconds(self))


class Counts(StrEnum):
    """What a limit looks at among past contacts; packs write the singular after ``after:``."""

    #: Every call of ours, connected or not.
    ATTEMPTS = "attempts"
    #: The customer was spoken with, whoever rang.
    CONVERSATIONS = "conversations"
    #: The customer said no.
    REFUSALS = "refusals"
    #: The customer was invited to take part in something.
    INVITATIONS = "invitations"
    #: The contact left the customer annoyed.
    BAD_ENDINGS = "bad_endings"


class Per(StrEnum):
    """What a limit counts for: contacts that share it with the call to be made."""

    PERSON = "person"
    NUMBER = "number"
    DEBT = "debt"
    SUBJECT = "subject"


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """At most so many contacts in a span; or, with `at_most` 1 (a wait), none within it.

    Attributes:
        region: ISO 3166 country or subdivision, and everything inside it; None is everywhere.
        applies_to: Legal classes or kinds of purpose, of the call to be made and of the contacts
            counted; empty is all.
        at_most: How many are allowed in the span, 1 or more.
        span: In what time.
        wait: Whether the pack wrote it as a waiting time after one contact (``wait: 7 days,
            after: conversation``).
        from_, through: First and last local date on which it holds; None is without end.

    Raises:
        ValueError: `at_most` is less than 1, or the limit is a wait for more than one.
    """

    id: str
    count: Counts
    span: Span
    at_most: int = 1
    wait: bool = False
    per: Per = Per.PERSON
    region: str | None = None
    applies_to: frozenset[str] = frozenset()
    basis: Basis = Basis.POLICY
    source: Source | None = None
    because: str | None = None
    from_: date | None = None
    through: date | None = None

    def __post_init__(self) -> None:
        """Refuse a limit that could never be kept."""
        if self.at_most < 1 or (self.wait and self.at_most > 1):
            raise ValueError(f"limit {self.id}: at most {self.at_most} is no limit of its kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Keys:
    """What the call to be made is about, for limits that count per something; None is unknown."""

    number: str | None = None
    debt_id: str | None = None
    subject: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reached:
    """A limit that leaves no room for one more call.

    Attributes:
        until: When there is room again at every place, in UTC, if nothing else happens.
        counted: The contacts that count now, newest first.
        certain: Whether all that it rests on is known; otherwise something unknown was counted
            against calling.
    """

    limit: Limit
    until: datetime
    counted: tuple[Contact, ...]
    certain: bool


#: The first and the last wall clock of the world, for a customer who may be anywhere.
_ANYWHERE: Final = (Place(ZoneInfo("Etc/GMT-14")), Place(ZoneInfo("Etc/GMT+12")))


def reached(
    limit: Limit,
    contacts: Iterable[Contact],
    now: datetime,
    places: Iterable[Place],
    tags: frozenset[str],
    *,
    keys: Keys | None = None,
) -> Reached | None:
    """Tell whether a limit is reached, and until when.

    A contact that lacks what the limit goes by (its class, its debt, how it ended) counts. So
    does one dated after `now`: clocks differ.

    Args:
        limit: The limit.
        contacts: Past contacts, in any order.
        now: Aware instant.
        places: Where the customer may be; days are judged by the strictest. Without any, the
            customer may be anywhere.
        tags: Legal class and kind of the call to be made, as words.
        keys: What the call is about; what it leaves out counts against calling.

    Returns:
        None where the limit does not apply or leaves room.
    """
    where = _where(limit, now, places, tags)
    if not where:
        return None
    matched = _matched(limit, contacts, now, keys or Keys())
    held = [
        until
        for place, _ in where
        if (until := _held_until(limit, matched, now, place)) is not None
    ]
    if not held:
        return None
    known = [pair for pair in matched if pair[1]]
    since = min(_since(limit, now, place) for place, _ in where)
    return Reached(
        limit=limit,
        until=max(held),
        counted=tuple(contact for contact, _ in matched if contact.at >= since),
        certain=any(
            certain and _held_until(limit, known, now, place) is not None
            for place, certain in where
        ),
    )


def concerns(limit: Limit, now: datetime, places: Iterable[Place], tags: frozenset[str]) -> bool:
    """Tell whether a limit speaks of such a call at one of the places, whatever was counted."""
    return bool(_where(limit, now, places, tags))


def _where(
    limit: Limit, now: datetime, places: Iterable[Place], tags: frozenset[str]
) -> list[tuple[Place, bool]]:
    """List the places where a limit counts, and whether it certainly does there."""
    if limit.applies_to and limit.applies_to.isdisjoint(tags):
        return []
    return [
        (place, certain is True)
        for place in tuple(places) or _ANYWHERE
        if (certain := region_fits(limit.region, place.region)) is not False
        and _holds_at(limit, now, place)
    ]


def _holds_at(limit: Limit, now: datetime, place: Place) -> bool:
    day = now.astimezone(place.zone).date()
    return (limit.from_ is None or day >= limit.from_) and (
        limit.through is None or day <= limit.through
    )


def _matched(
    limit: Limit, contacts: Iterable[Contact], now: datetime, keys: Keys
) -> list[tuple[Contact, bool]]:
    """List the contacts that may count, newest first, and whether each certainly does."""
    # No wall clock stretches a span by two days; most of a long history is older than that.
    age = timedelta(seconds=_seconds(limit.span)) + timedelta(days=2)
    matched = [
        (contact, certain is True)
        for contact in contacts
        if now - contact.at < age and (certain := _counts(limit, contact, keys)) is not False
    ]
    matched.sort(key=lambda pair: pair[0].at, reverse=True)
    return matched


def _held_until(
    limit: Limit, matched: Sequence[tuple[Contact, bool]], now: datetime, place: Place
) -> datetime | None:
    """Work out when the limit has room again: its `at_most` newest contacts are one fewer then."""
    if len(matched) < limit.at_most:
        return None
    until = _leaves(limit, matched[limit.at_most - 1][0], place)
    if limit.through is not None:
        until = min(until, instant_of(day_begins(place.zone, day_number(limit.through) + 1)))
    return until if now < until else None


def _leaves(limit: Limit, contact: Contact, place: Place) -> datetime:
    """Return the first instant at which a contact is no longer within the limit's span."""
    at = seconds_of(contact.at)
    if limit.span.unit == SpanUnit.DAYS:
        return instant_of(day_begins(place.zone, local_day(place.zone, at) + limit.span.amount))
    return contact.at + timedelta(seconds=min(_seconds(limit.span), LAST_DAY * DAY - at))


def _since(limit: Limit, now: datetime, place: Place) -> datetime:
    """Return the first instant of which a contact would still be within the limit's span."""
    if limit.span.unit == SpanUnit.DAYS:
        today = local_day(place.zone, seconds_of(now))
        return instant_of(day_begins(place.zone, max(1, today - limit.span.amount + 1)))
    elapsed = min(_seconds(limit.span), seconds_of(now))
    return now - timedelta(seconds=elapsed) + timedelta(microseconds=1)


def _seconds(span: Span) -> int:
    return span.amount * _SECONDS[span.unit]


def _counts(limit: Limit, contact: Contact, keys: Keys) -> bool | None:
    """Tell whether a contact counts; None where it may."""
    shared = _shares_key(limit, contact, keys)
    if shared is False:
        return False
    alike = _of_class(limit, contact)
    if alike is False:
        return False
    happened = _HAPPENED[limit.count](contact)
    if happened is False:
        return False
    return True if shared and alike and happened else None


def _of_class(limit: Limit, contact: Contact) -> bool | None:
    if not limit.applies_to or {contact.legal_class, contact.kind} & limit.applies_to:
        return True
    return None if contact.legal_class is None or contact.kind is None else False


def _shares_key(limit: Limit, contact: Contact, keys: Keys) -> bool | None:
    if limit.per is Per.PERSON:
        return True
    key = _KEYS[limit.per]
    ours, theirs = key(keys), key(contact)
    return None if ours is None or theirs is None else ours == theirs


#: What a contact and the call to be made may share.
_KEYS: Final[Mapping[Per, Callable[[Keys | Contact], str | None]]] = MappingProxyType(
    {
        Per.NUMBER: lambda either: either.number,
        Per.DEBT: lambda either: either.debt_id,
        Per.SUBJECT: lambda either: either.subject,
    }
)

_HAPPENED: Final[Mapping[Counts, Callable[[Contact], bool | None]]] = MappingProxyType(
    {
        Counts.ATTEMPTS: lambda contact: contact.attempt,
        Counts.CONVERSATIONS: lambda contact: contact.conversation,
        Counts.REFUSALS: lambda contact: contact.refusal,
        Counts.INVITATIONS: lambda contact: contact.invitation,
        Counts.BAD_ENDINGS: lambda contact: contact.ended_badly,
    }
)

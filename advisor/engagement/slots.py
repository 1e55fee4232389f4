"""Times at which a call-back can be promised: a grid on the customer's wall clock, and its room."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

#: How far ahead a company may plan: what is owed outlives every record that expires by itself.
FURTHEST: Final = timedelta(days=60)

#: How long after its window a promise may count as late: its record outlives it by more.
LONGEST_GRACE: Final = timedelta(days=7)

#: How long a claim may keep a promise from others: one whose worker died waits so long.
LONGEST_LEASE: Final = timedelta(hours=1)

_DAY: Final = timedelta(days=1)
_MINUTE: Final = timedelta(minutes=1)
_QUARTER: Final = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Callbacks:
    """How a company keeps call-backs; part of a pack.

    Attributes:
        slot: How long the window of a promise is, by the clock; it divides a day.
        notice: How soon after now the first one that is offered can be; one that is named may be
            sooner.
        ahead: How far into the future a promise may be made.
        grace: How long after its window a promise still counts as late, not missed.
        patience: How long the owner of a promise that is due has it to themselves, before
            everybody of the team may ring.
        lease: How long a claimed promise is kept from others before its call is advised.
        retry: How long after a call that nobody answered a promise is due again.
        capacity: Call-backs that a team can keep in one slot, where nobody says otherwise.
        team: The team that keeps promises of which nobody names one.
        offers: How many times are offered at once.
    """

    slot: timedelta = timedelta(minutes=30)
    notice: timedelta = timedelta(minutes=30)
    ahead: timedelta = timedelta(days=14)
    grace: timedelta = timedelta(hours=1)
    patience: timedelta = timedelta(minutes=5)
    lease: timedelta = timedelta(minutes=2)
    retry: timedelta = timedelta(minutes=10)
    capacity: int = 5
    team: str = "callbacks"
    offers: int = 3

    def __post_init__(self) -> None:
        """Refuse what cannot be kept to.

        Raises:
            ValueError: The slot does not divide a day into quarters of an hour; promises are made
                further ahead than `FURTHEST`, or never; a grace or a lease is longer than
                `LONGEST_GRACE` or `LONGEST_LEASE`; or the team may ring only when it is too late.
        """
        if self.notice >= self.ahead:
            raise ValueError("notice as long as ahead, so that nothing can be promised")
        if self.grace > LONGEST_GRACE:
            raise ValueError(f"a grace of more than {LONGEST_GRACE.days} days")
        if self.lease > LONGEST_LEASE:
            raise ValueError("a lease of more than an hour")
        if self.patience >= self.slot + self.grace:
            raise ValueError("patience that lasts until the promise is missed: no team may ring")
        if self.ahead > FURTHEST:
            raise ValueError(f"promises more than {FURTHEST.days} days ahead")
        if not self.slot or _DAY % self.slot or self.slot % _QUARTER:
            raise ValueError("a slot that does not divide a day; 15, 30, 45 or 60 minutes do")


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A time that can be promised.

    Attributes:
        start: When its window begins, aware, UTC.
        end: When its window ends, itself outside.
        zone: The zone by whose clock it is meant.
    """

    start: datetime
    end: datetime
    zone: ZoneInfo


@dataclass(frozen=True, slots=True)
class Capacity:
    """What is known of the room left: a snapshot, a moment old. What it does not name has room.

    Attributes:
        full: Slots without room, each by team and beginning (`bucket`).
        only: The slots that can have room, where a pack keeps none by itself; None for all.
    """

    full: frozenset[tuple[str, datetime]] = frozenset()
    only: frozenset[tuple[str, datetime]] | None = None

    def has_room(self, team: str, slot: Slot) -> bool:
        """Tell whether one more call-back of a team may be promised for a time."""
        name = (team, bucket(slot.start, slot.end - slot.start))
        return name not in self.full and (self.only is None or name in self.only)


def bucket(start: datetime, slot: timedelta) -> datetime:
    """Return the beginning of the slot in which the capacity for a time is counted, in UTC.

    A team's day is cut alike for all of its customers, whatever their clocks show.

    Args:
        start: When the window of a promise begins, aware.
        slot: How long it is.
    """
    seconds = slot // timedelta(seconds=1)
    return datetime.fromtimestamp(int(start.timestamp()) // seconds * seconds, UTC)


def grid(zone: ZoneInfo, begin: datetime, end: datetime, slot: timedelta) -> Iterator[Slot]:
    """Iterate over the slots of a zone's wall clock that begin between two instants.

    A time that the clock leaves out when it is put forward is no slot; of one that it shows twice
    only the first is.

    Args:
        zone: By whose clock.
        begin: Aware; the first slot begins then or later.
        end: Aware; no slot begins then or later.
        slot: How long each is, by elapsed time; it divides a day.
    """
    day = begin.astimezone(zone).date()
    while True:
        for minute in range(0, _DAY // _MINUTE, slot // _MINUTE):
            wall = datetime.combine(day, time(minute // 60, minute % 60), zone)
            start = wall.astimezone(UTC)
            if start.astimezone(zone).replace(tzinfo=None) != wall.replace(tzinfo=None):
                continue
            if start >= end:
                return
            if start >= begin:
                yield Slot(start=start, end=start + slot, zone=zone)
        day += timedelta(days=1)

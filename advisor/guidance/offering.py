"""Times that can be promised, and why a time that somebody names cannot.

A time is offered only where the call could be made: in the company's own hours, outside the
customer's quiet times, with room for it, and, wherever the customer may be on that day, within law
and every limit that the customer's own wish does not lift.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from advisor.engagement.basis import Basis
from advisor.engagement.calendars import Interval
from advisor.engagement.promises import PromiseState
from advisor.engagement.slots import Slot, bucket, grid
from advisor.facts.situation import Situation
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Decision, ReasonCode
from advisor.facts.worlds import worlds_at
from advisor.guidance.decision import Reason, UsedFact
from advisor.guidance.eligibility import verdict_of
from advisor.guidance.guide import Guide
from advisor.guidance.suppressions import blocks
from advisor.guidance.timing import NOWHERE, Timing
from advisor.rules.pack import Rule

#: Hours of the day at which its morning, afternoon and evening end: one time of each is offered.
_PARTS: Final = (12, 17, 24)

#: How far around a time that somebody names others are looked for.
_AROUND: Final = timedelta(days=3)


@dataclass(frozen=True, slots=True, kw_only=True)
class Offers:
    """What can be promised.

    Attributes:
        slots: The times, best first.
        refused: Why the time that somebody named cannot be promised, or why none can; empty where
            there is nothing against it, and then a named time is the only slot.
    """

    slots: tuple[Slot, ...] = ()
    refused: tuple[Reason, ...] = ()


def with_offers(guide: Guide, situation: Situation) -> Situation:
    """Return a situation that knows the times that can be promised, where nobody has said.

    That there is none is only known where it is known what has happened: law that counts earlier
    calls fails closed, and nobody is told that the company has no time.
    """
    if situation.offers is not None or not situation.places:
        return situation
    slots = offered(guide, situation).slots
    known = situation.history.contacts is not None and situation.state_missing is None
    return replace(situation, offers=slots) if slots or known else situation


def offered(
    guide: Guide,
    situation: Situation,
    *,
    named: datetime | None = None,
    team: str | None = None,
    most: int | None = None,
    moving: str | None = None,
) -> Offers:
    """Work out the times that can be promised to a customer.

    Args:
        guide: The pack, ready to be matched.
        situation: The call, now; its capacity is asked for room.
        named: The time that the customer names: aware. It need not be on the grid of slots.
        team: Whose capacity counts; None is the pack's own.
        most: How many times at most; None is as many as the pack offers.
        moving: Id of a promise that the time is to replace: its own slot has room for it.

    Returns:
        The named time first where it can be promised; else the nearest to it; without a named
        time, the earliest ones, of different parts of the day.
    """
    settings = guide.pack.settings.callbacks
    zone = zone_of(situation)
    if zone is None:
        return Offers(refused=(NOWHERE,))
    trial = _Trial(guide, situation, team or settings.team, moving)
    count = settings.offers if most is None else most
    first, last = situation.now + settings.notice, situation.now + settings.ahead
    barred = tuple(trial.barred(last))
    if barred:
        return Offers(refused=barred)
    if named is None:
        return Offers(slots=_spread(trial, grid(zone, first, last, settings.slot), count))
    wanted = Slot(start=named, end=named + settings.slot, zone=zone)
    refused = tuple(trial.reasons(wanted))
    if named < situation.now or named >= last:
        refused = (_out_of_reach(past=named < situation.now), *refused)
    if not refused:
        return Offers(slots=(wanted,))
    begin, end = max(first, named - _AROUND), min(last, max(named, first) + _AROUND)
    near = sorted(grid(zone, begin, end, settings.slot), key=lambda each: abs(each.start - named))
    return Offers(slots=_first(trial, near, count), refused=refused)


def zone_of(situation: Situation) -> ZoneInfo | None:
    """Return the zone by whose clock a time is agreed: the most trusted one; None without any."""
    return situation.places[0].zone if situation.places else None


class _Trial:
    """Tries times for one customer."""

    def __init__(self, guide: Guide, situation: Situation, team: str, moving: str | None) -> None:
        self._guide = guide
        self._team = team
        promises = tuple(each for each in situation.history.promises if each.id != moving)
        self._taken = frozenset(
            bucket(each.due_at, guide.pack.settings.callbacks.slot)
            for each in situation.history.promises
            if each.id == moving
        )
        history = replace(situation.history, promises=promises)
        self._situation = replace(situation, history=history)
        self._hours = self._timing(situation.now, lambda _basis: True)
        self._days: dict[date, tuple[Interval, ...]] = {}
        self._held: list[Interval] = []

    def keeps(self, slot: Slot) -> bool:
        """Tell whether a slot can be promised."""
        return (
            self._has_room(slot)
            and self._may_be_open(slot)
            and self._hours.is_open(slot.start, slot.end)
            and not self._is_held(slot.start)
        )

    def _is_held(self, at: datetime) -> bool:
        """Look whether a call is forbidden then; what forbids it until an instant is asked once."""
        if any(held.start <= at < held.end for held in self._held):
            return True
        reasons = tuple(self._forbidden(at))
        self._held += (Interval(at, each.until) for each in reasons if each.until is not None)
        return bool(reasons)

    def _may_be_open(self, slot: Slot) -> bool:
        """Look at the windows of the day, which are worked out once: most slots fall outside."""
        day = slot.start.astimezone(slot.zone).date()
        if day not in self._days:
            begin = datetime.combine(day, time(), slot.zone).astimezone(UTC)
            self._days[day] = self._hours.windows(begin, 2)
        return any(
            window.start <= slot.start and slot.end <= window.end for window in self._days[day]
        )

    def barred(self, last: datetime) -> Iterator[Reason]:
        """Iterate over why no call may be promised at all: what bars it has no end before then."""
        facts = Facts(self._guide.pack.catalogue, self._situation)
        return (each for each in blocks(facts) if each.until is None or each.until >= last)

    def reasons(self, slot: Slot) -> Iterator[Reason]:
        """Iterate over why a time cannot be promised, each reason once."""
        seen: set[tuple[ReasonCode, str]] = set()
        for reason in self._all(slot):
            key = (reason.code, reason.rule)
            if key not in seen:
                seen.add(key)
                yield reason

    def _all(self, slot: Slot) -> Iterator[Reason]:
        for at in (slot.start, slot.end - timedelta(minutes=1)):
            # What was only learned gives way to the time that the customer names.
            timing = self._timing(at, lambda basis: basis > Basis.LEARNED)
            yield from timing.closed()
        yield from self._forbidden(slot.start)
        if not self._has_room(slot):
            yield Reason(
                code=ReasonCode.CAPACITY_NONE,
                decision=Decision.DEFER,
                text="Nobody is free to ring then.",
                rule="guard/capacity",
                basis=Basis.POLICY,
            )

    def _forbidden(self, at: datetime) -> Iterator[Reason]:
        """Iterate over what would forbid the call then although the customer asked for it."""
        situation = self._then(at)
        facts = Facts(self._guide.pack.catalogue, situation)
        # What rests on policy or less gives way to the customer's wish, and need not be asked.
        rules = self._guide.binding.match(facts).rules()
        verdict = verdict_of(self._guide.pack, rules, facts, _no_grounds).verdict
        if verdict.decision < Decision.ALLOW_WITH_CONDITIONS:
            yield from verdict.reasons

    def _timing(self, at: datetime, keeps: Callable[[Basis], bool]) -> Timing:
        facts = Facts(self._guide.pack.catalogue, self._then(at))
        return Timing(self._guide.pack, facts, keeps)

    def _then(self, at: datetime) -> Situation:
        """Return the situation at another instant, as a call that was promised for it."""
        return replace(
            self._situation,
            now=at,
            worlds=worlds_at(self._situation.places, at),
            stated={
                **self._situation.stated,
                "promise.state": PromiseState.DUE.value,
                "promise.due_at": at,
            },
        )

    def _has_room(self, slot: Slot) -> bool:
        own = bucket(slot.start, slot.end - slot.start) in self._taken
        return own or self._situation.capacity.has_room(self._team, slot)


def _no_grounds(_rule: Rule) -> tuple[tuple[UsedFact, ...], bool]:
    """Name nothing: what could be is no ground of what is."""
    return (), False


def _spread(trial: _Trial, slots: Iterable[Slot], most: int) -> tuple[Slot, ...]:
    """Take the first slot of each part of a day, so that there is something to choose from."""
    found: dict[tuple[date, int], Slot] = {}
    for slot in slots:
        local = slot.start.astimezone(slot.zone)
        part = (local.date(), sum(local.hour >= hour for hour in _PARTS))
        if part not in found and trial.keeps(slot):
            found[part] = slot
        if len(found) >= most:
            break
    return tuple(found.values())


def _first(trial: _Trial, slots: Iterable[Slot], most: int) -> tuple[Slot, ...]:
    found: list[Slot] = []
    for slot in slots:
        if trial.keeps(slot):
            found.append(slot)
        if len(found) >= most:
            break
    return tuple(sorted(found, key=lambda each: each.start))


def _out_of_reach(*, past: bool) -> Reason:
    return Reason(
        code=ReasonCode.CAPACITY_NONE,
        decision=Decision.DEFER,
        text="That time has passed." if past else "That is further ahead than anybody plans.",
        rule="guard/ahead",
        basis=Basis.POLICY,
    )

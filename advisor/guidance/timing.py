"""When may this call be made: calendars, quiet times and limits at every candidate place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from advisor.engagement.basis import Basis
from advisor.engagement.calendars import Calendar, Interval, QuietTime, fits
from advisor.engagement.hours import (
    Closed,
    closed_reasons,
    next_open,
    open_windows,
    quiet_reasons,
)
from advisor.engagement.limits import Counts, Keys, Limit, Per, Reached, concerns, reached
from advisor.engagement.places import Place
from advisor.facts.values import possible_values
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Decision, ReasonCode
from advisor.guidance.decision import Reason
from advisor.rules.pack import Pack

#: How far ahead windows are listed, in days.
DAYS: Final = 7

#: Steps in the search for an instant that every place, calendar and limit allows.
_STEPS: Final = 100

#: What a limit on other than calls as such is called.
_CODES: Final = {Counts.BAD_ENDINGS: ReasonCode.COOLING_OFF}

#: Why nothing is timely for a customer of whom no zone is known.
NOWHERE: Final = Reason(
    code=ReasonCode.ZONE_AMBIGUOUS,
    decision=Decision.DEFER,
    text="Nobody knows where the customer is, so nobody knows what time it is there.",
    rule="guard/zone",
    basis=Basis.SAFETY,
    unsure=True,
)

_QUIET_TIME: Final = "now.quiet_time"
_QUIET_TIME_ENDS: Final = "now.quiet_time_ends"


@dataclass(frozen=True, slots=True)
class _Hours:
    """Calendars that count together at some places."""

    calendars: tuple[Calendar, ...]
    places: tuple[Place, ...]


class Timing:
    """What calendars, quiet times and limits say about one call."""

    __slots__ = (
        "_contacts",
        "_default",
        "_facts",
        "_keeps",
        "_keys",
        "_limits",
        "_now",
        "_number",
        "_others",
        "_places",
        "_quiet",
        "_tags",
    )

    def __init__(
        self,
        pack: Pack,
        facts: Facts,
        keeps: Callable[[Basis], bool],
        *,
        limits: Callable[[Basis], bool] | None = None,
    ) -> None:
        """Look at one call.

        Args:
            pack: Its calendars and limits.
            facts: What is so.
            keeps: Whether what rests on a basis counts for this call.
            limits: The same of limits, where it is not the same.
        """
        counts = keeps if limits is None else limits
        situation = facts.situation
        occasion = situation.occasion
        default = pack.settings.default_calendar
        self._facts = facts
        self._keeps = keeps
        self._now = situation.now
        self._default = tuple(each for each in pack.calendars if each.id == default)
        self._others = tuple(each for each in pack.calendars if each.id != default)
        self._places = situation.places
        self._tags = frozenset({occasion.legal_class.value, occasion.kind.value})
        self._keys = Keys(
            number=situation.call.number, debt_id=occasion.debt_id, subject=occasion.subject
        )
        self._limits = tuple(limit for limit in pack.limits if counts(limit.basis))
        self._contacts = situation.history.contacts or ()
        # Whoever was rung there: two people who share a number share its rest.
        ids = {each.id for each in self._contacts} - {None}
        self._number = tuple(each for each in situation.history.number if each.id not in ids)
        # A quiet time that is stated as a fact is not looked up among the customer's.
        self._quiet: tuple[QuietTime, ...] = ()
        if _QUIET_TIME not in situation.stated:
            self._quiet = tuple(
                quiet for quiet in situation.profile.quiet_times or () if keeps(quiet.basis)
            )

    def reasons(self) -> Iterator[Reason]:
        """Iterate over the reasons why the call is not made now; each defers it."""
        yield from self.closed()
        yield from self._uncounted()
        for found in self._reached(self._now):
            yield _limited(found)

    def closed(self) -> Iterator[Reason]:
        """Iterate over the reasons of calendars and quiet times alone."""
        if not self._places:
            yield NOWHERE
        seen: set[str] = set()
        for open_at in self._hours(self._now):
            for closed in closed_reasons(open_at.calendars, open_at.places, self._tags, self._now):
                # One reason a calendar: which of the places is closed is no business of a reader.
                if closed.calendar.id not in seen:
                    seen.add(closed.calendar.id)
                    yield self._closed(closed, open_at)
        yield from self._quiet_reasons()

    def is_open(self, start: datetime, end: datetime) -> bool:
        """Tell whether calendars and quiet times are open all the time between two instants."""
        groups = tuple(self._hours(start))
        return bool(groups) and all(
            any(
                window.start <= start and end <= window.end
                for window in open_windows(
                    open_at.calendars,
                    open_at.places,
                    self._tags,
                    start,
                    1,
                    quiet_times=self._quiet,
                )
            )
            for open_at in groups
        )

    def next_allowed(self, at: datetime) -> datetime | None:
        """Return the first instant from `at` on that all allow; None where none is in sight."""
        for _ in range(_STEPS):
            later = max((found.until for found in self._reached(at)), default=at)
            for open_at in self._hours(later):
                opens = next_open(
                    open_at.calendars, open_at.places, self._tags, later, quiet_times=self._quiet
                )
                if opens is None:
                    return None
                later = opens
            if later == at:
                return at if self._places else None
            at = later
        return None

    def windows(self, begin: datetime, days: int = DAYS) -> tuple[Interval, ...]:
        """List when calendars and quiet times allow a call in the days from `begin` on, in UTC."""
        found: tuple[Interval, ...] | None = None
        for open_at in self._hours(begin):
            windows = open_windows(
                open_at.calendars,
                open_at.places,
                self._tags,
                begin,
                days,
                quiet_times=self._quiet,
            )
            found = windows if found is None else _both(found, windows)
        return found or ()

    def closes(self, within: timedelta) -> datetime | None:
        """Return when an open window closes, if that is within so long from now."""
        then = self._now + within
        for open_at in self._hours(self._now):
            # Most calls are far from the end of their window: one look tells.
            if not closed_reasons(
                open_at.calendars, open_at.places, self._tags, then
            ) and not quiet_reasons(self._quiet, open_at.places, then):
                continue
            for window in open_windows(
                open_at.calendars, open_at.places, self._tags, self._now, 1, quiet_times=self._quiet
            ):
                if window.start <= self._now < window.end < self._now + within:
                    return window.end
        return None

    def _hours(self, at: datetime) -> Iterator[_Hours]:
        """Group the places by the calendars that count there.

        Where no calendar certainly speaks of a call at a place, the default one does: no match
        never means open.
        """
        groups: dict[tuple[str, ...], tuple[tuple[Calendar, ...], list[Place]]] = {}
        for place in self._places:
            day = at.astimezone(place.zone).date()
            fitting = [
                (each, certain)
                for each in self._others
                if (certain := fits(each, place.region, self._tags, day)) is not False
            ]
            here = tuple(each for each, _ in fitting)
            if not any(certain for _, certain in fitting):
                here += self._default
            here = tuple(each for each in here if self._keeps(each.basis))
            group = groups.setdefault(tuple(each.id for each in here), (here, []))
            group[1].append(place)
        for here, places in groups.values():
            yield _Hours(here, tuple(places))

    def _reached(self, at: datetime) -> Iterator[Reached]:
        for limit in self._limits:
            counted = self._contacts
            if limit.per is Per.NUMBER:
                counted = (*counted, *self._number)
            found = reached(limit, counted, at, self._places, self._tags, keys=self._keys)
            if found is not None:
                yield found

    def _uncounted(self) -> Iterator[Reason]:
        """Yield what the law counts where nobody told us what has happened: it fails closed."""
        if self._facts.situation.history.contacts is not None:
            return
        for limit in self._limits:
            if limit.basis >= Basis.SAFETY and concerns(limit, self._now, self._places, self._tags):
                yield Reason(
                    code=ReasonCode.CONTEXT_STALE,
                    decision=Decision.DEFER,
                    text="Earlier calls count here, and nobody told us whether there were any.",
                    rule=limit.id,
                    basis=limit.basis,
                    source=limit.source,
                    unsure=True,
                )

    def _closed(self, closed: Closed, open_at: _Hours) -> Reason:
        calendar = closed.calendar
        code = ReasonCode.OUTSIDE_COMPANY_WINDOW
        text = f"The hours of {calendar.id} do not allow it at this time of the customer's day."
        if closed.holiday is not None:
            code = ReasonCode.PUBLIC_HOLIDAY
            text = f"{calendar.id} keeps {closed.holiday}, which may be today for the customer."
        elif calendar.basis is Basis.LAW:
            code = ReasonCode.OUTSIDE_LEGAL_WINDOW
        return Reason(
            code=code,
            decision=Decision.DEFER,
            text=calendar.because or text,
            rule=calendar.id,
            basis=calendar.basis,
            until=next_open((calendar,), open_at.places, self._tags, self._now),
            source=calendar.source,
            unsure=not closed.certain or len(self._places) > 1,
        )

    def _quiet_reasons(self) -> Iterator[Reason]:
        if self._facts.situation.stated.get(_QUIET_TIME) is True and self._keeps(Basis.CUSTOMER):
            ends = possible_values(self._facts.value(_QUIET_TIME_ENDS))
            yield _quieted(
                Basis.CUSTOMER, ends[0] if ends and isinstance(ends[0], datetime) else None
            )
        seen: set[Basis] = set()
        for quiet in quiet_reasons(self._quiet, self._places, self._now):
            basis = quiet.quiet_time.basis
            if basis not in seen:
                seen.add(basis)
                times = [each for each in self._quiet if each.basis is basis]
                yield _quieted(
                    basis,
                    next_open((), self._places, self._tags, self._now, quiet_times=times),
                )


def _quieted(basis: Basis, until: datetime | None) -> Reason:
    said = "asked not to be called" if basis is Basis.CUSTOMER else "seems not to want calls"
    return Reason(
        code=ReasonCode.CUSTOMER_QUIET_TIME,
        decision=Decision.DEFER,
        text=f"The customer {said} at this time of day.",
        rule="guard/quiet_time",
        basis=basis,
        until=until,
    )


def _limited(found: Reached) -> Reason:
    limit: Limit = found.limit
    counted = f"{len(found.counted)} {limit.count.value}"
    return Reason(
        code=_CODES.get(
            limit.count,
            ReasonCode.POST_CONVERSATION_WAIT if limit.wait else ReasonCode.FREQUENCY_CAP,
        ),
        decision=Decision.DEFER,
        text=limit.because
        or f"{counted} in {limit.span.amount} {limit.span.unit.value} leave no room for one more.",
        rule=limit.id,
        basis=limit.basis,
        until=found.until,
        source=limit.source,
        unsure=not found.certain,
    )


def _both(left: Sequence[Interval], right: Sequence[Interval]) -> tuple[Interval, ...]:
    """Return what lies in both lists of windows; each is ascending and apart."""
    return tuple(
        Interval(max(one.start, other.start), min(one.end, other.end))
        for one in left
        for other in right
        if max(one.start, other.start) < min(one.end, other.end)
    )

"""Calendars and limits: when and how often calls are allowed."""

from __future__ import annotations

import re
from datetime import date
from itertools import pairwise
from typing import Final

from advisor.engagement.calendars import Calendar, Window
from advisor.engagement.limits import Counts, Limit, Per
from advisor.rules import scalars
from advisor.rules.compile.context import Context
from advisor.rules.compile.rules import LATER, applies, ground, new_id
from advisor.rules.compile.scopes import SCOPE_KEYS, scope
from advisor.rules.compile.shape import Fields, entries, items, term
from advisor.rules.pack import Scope
from advisor.rules.scalars import MisreadError
from advisor.rules.source import MappingNode, Node

#: Keys that calendars and limits share.
_GROUND_KEYS: Final = ("id", "because", *SCOPE_KEYS, "applies_to", "basis", "source")

_CALENDAR_KEYS: Final = (*_GROUND_KEYS, "open", "quiet_days")
_LIMIT_KEYS: Final = (*_GROUND_KEYS, "at_most", "count", "in", "wait", "after", "per")

#: What a waiting time begins with: one of what a limit counts.
_AFTER: Final = {counts.value.removesuffix("s"): counts for counts in Counts}

_HOLIDAYS: Final = "public_holidays"
_WINDOW = re.compile(r"(\d{2}:\d{2})-(\d{2}:\d{2})", re.ASCII)
_MIDNIGHT: Final = "24:00"
_MINUTES_A_DAY: Final = 1440

#: The largest number that a limit may allow.
MAX_COUNT: Final = 1_000


def calendar(node: Node, outer: Scope, context: Context) -> Calendar | None:
    """Compile one calendar; None where it has no id."""
    problems = context.problems
    fields = Fields(
        node, "a calendar", _CALENDAR_KEYS, problems, required=("id", "open"), later=LATER
    )
    id_ = new_id(fields, context)
    because = fields.text("because")
    basis, source = ground(fields, context)
    own = place_and_dates(fields, outer, context, "calendar")
    holidays, dates = _quiet_days(fields)
    compiled = Calendar(
        id=id_ or "",
        open=_open(fields, context),
        region=next(iter(own.regions), None),
        applies_to=applies(fields),
        public_holidays=holidays,
        quiet_dates=dates,
        basis=basis,
        source=source,
        because=because,
        from_=own.from_,
        through=own.through,
    )
    return compiled if id_ else None


def place_and_dates(fields: Fields, outer: Scope, context: Context, what: str) -> Scope:
    """Compile where and when a calendar or limit holds: one region, no brand, no campaign."""
    own = scope(fields, outer, context)
    if own.brands or own.campaigns:
        context.problems.error(
            fields.mark, "not-supported", f"a {what} of a brand or campaign", f"a {what} for all"
        )
    if len(own.regions) > 1:
        context.problems.error(
            fields.key_mark("region"), "region", f"a {what} of several regions", "one region"
        )
    return own


def _open(fields: Fields, context: Context) -> dict[int, tuple[Window, ...]]:
    """Read windows by weekday; no day may be named twice, no two windows of a day overlap."""
    windows: dict[int, tuple[Window, ...]] = {}
    node = fields.node("open")
    if node is None:
        return windows
    for key, value in entries(node, context.problems, "days with their windows"):
        days = scalars.read(key, scalars.weekdays, context.problems) or ()
        read = [
            scalars.read(item, window, context.problems)
            for item in items(value, context.problems, 'a list of windows, such as ["08:00-20:00"]')
        ]
        day_windows = tuple(sorted(one for one in read if one is not None))
        for earlier, later in pairwise(day_windows):
            if earlier.start + earlier.length > later.start:
                context.problems.error(
                    value.mark, "windows", "windows that overlap", "windows one after the other"
                )
        for day in days:
            if day in windows:
                context.problems.error(
                    key.mark,
                    "windows",
                    f"{scalars.WEEKDAYS[day]} a second time",
                    "each day in one entry",
                )
            windows[day] = day_windows
    return windows


def window(text: str) -> Window:
    """Read a window of the day, such as 08:00-20:00; it excludes its end and may wrap midnight."""
    found = _WINDOW.fullmatch(text)
    if found is None:
        raise MisreadError("a window of the day, such as 08:00-20:00")
    start = _minute(found[1])
    end = _MINUTES_A_DAY if found[2] == _MIDNIGHT else _minute(found[2])
    if start == end:
        raise MisreadError(
            "a window that ends at another time than it begins",
            hint="A whole day is 00:00-24:00.",
        )
    return Window(start, end)


def _minute(text: str) -> int:
    clock = scalars.clock_time(text)
    return clock.hour * 60 + clock.minute


def _quiet_days(fields: Fields) -> tuple[bool, frozenset[date]]:
    """Read `quiet_days`: the word public_holidays, and dates."""
    days = fields.each("quiet_days", _quiet_day) or ()
    return _HOLIDAYS in days, frozenset(day for day in days if isinstance(day, date))


def _quiet_day(text: str) -> date | str:
    if text == _HOLIDAYS:
        return text
    try:
        return scalars.day(text)
    except MisreadError:
        raise MisreadError(f"{_HOLIDAYS}, or a date", [_HOLIDAYS]) from None


def limit(node: Node, outer: Scope, context: Context) -> Limit | None:
    """Compile one limit: so many in a span (`at_most`, `count`, `in`), or a `wait` `after` one."""
    problems = context.problems
    waits = isinstance(node, MappingNode) and node.get("wait") is not None
    form = ("wait", "after") if waits else ("at_most", "count", "in")
    other = ("at_most", "count", "in") if waits else ("wait", "after")
    what = "a limit with wait" if waits else "a limit"
    keys = [key for key in _LIMIT_KEYS if key not in other]
    fields = Fields(node, what, keys, problems, required=("id", *form), later=LATER)
    id_ = new_id(fields, context)
    because = fields.text("because")
    basis, source = ground(fields, context)
    own = place_and_dates(fields, outer, context, "limit")
    if waits:
        after = fields.read("after", lambda text: scalars.word(text, _AFTER))
        counted = None if after is None else _AFTER[after]
        most: int | None = 1
    else:
        counted = fields.read("count", term(Counts))
        most = fields.read("at_most", scalars.count(1, MAX_COUNT))
    span = fields.read("wait" if waits else "in", scalars.span)
    per = fields.read("per", term(Per))
    applies_to = applies(fields)
    if id_ is None or counted is None or span is None or most is None:
        return None
    return Limit(
        id=id_,
        count=counted,
        span=span,
        at_most=most,
        wait=waits,
        per=per or Per.PERSON,
        region=next(iter(own.regions), None),
        applies_to=applies_to,
        basis=basis,
        source=source,
        because=because,
        from_=own.from_,
        through=own.through,
    )

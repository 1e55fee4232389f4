"""Promises in words, a row each."""

from __future__ import annotations

from collections import Counter
from datetime import UTC
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from advisor.desk.words import word
from advisor.v1.vocabulary_customer_pb2 import PROMISE_STATE_DUE, PROMISE_STATE_MADE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from advisor.v1.history_pb2 import Promise

_HEAD: Final = ("WHEN", "STATE", "OWNER", "CUSTOMER", "ABOUT")


def lines(promises: Sequence[Promise], *, nothing: str) -> Iterator[str]:
    """Lay promises out as a table with its sum.

    Args:
        promises: In the order of the rows.
        nothing: What to say where there are none.
    """
    if not promises:
        yield nothing
        return
    rows = [_HEAD, *map(_cells, promises)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for row, promise in zip(rows, (None, *promises), strict=True):
        padded = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        yield "  ".join(padded).rstrip()
        if promise is not None:
            yield f"    {promise.id}"
    yield _sum(promises)


def line(promise: Promise) -> str:
    """Say in one line what was promised, and how it stands."""
    when, state, owner, customer, about = _cells(promise)
    return f"{state}: {when}, {owner} rings {customer} about {about} ({promise.id})"


def state_of(promise: Promise) -> str:
    """Say how a promise stands."""
    if promise.state == PROMISE_STATE_MADE:
        return "to come"
    if promise.state == PROMISE_STATE_DUE:
        return "tried, due again" if promise.attempted else "due"
    return word(promise, "state")


def _cells(promise: Promise) -> tuple[str, ...]:
    zone = promise.zone or "UTC"
    at = promise.due_at.ToDatetime(UTC).astimezone(ZoneInfo(zone))
    about = promise.topic or promise.purpose_id.replace("-", " ")
    cells = (f"{at:%a %d %b %Y %H:%M} {zone}", state_of(promise), promise.owner)
    return tuple(_printable(cell) or "-" for cell in (*cells, promise.customer_id, about))


def _printable(text: str) -> str:
    """Take out what a terminal would obey."""
    return "".join(each if each.isprintable() else " " for each in text)


def _sum(promises: Iterable[Promise]) -> str:
    states = Counter(state_of(each) for each in promises)
    total = states.total()
    counted = ", ".join(f"{count} {state}" for state, count in states.items())
    return f"{total} promise{'' if total == 1 else 's'}: {counted}."

"""What Redis answers, as lists, texts and instants."""

from __future__ import annotations

from datetime import UTC, datetime

from advisor.store.errors import Reason, StoreUnavailable


def instant(milliseconds: float) -> datetime:
    """Read an instant of milliseconds since 1970, aware, UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)


def scored(answer: object) -> list[tuple[str, datetime]]:
    """Read members with their instants, from a script or a sorted set."""
    found = answer if isinstance(answer, list) else []
    if found and isinstance(found[0], list):
        return [(text(member), instant(float(text(score)))) for member, score in found]
    pairs = zip(found[::2], found[1::2], strict=True)
    return [(text(member), instant(float(text(score)))) for member, score in pairs]


def rows(answer: object) -> list[list[object]]:
    """Read a list of lists.

    Raises:
        StoreUnavailable: It is none.
    """
    return [row(each) for each in row(answer)]


def row(answer: object) -> list[object]:
    """Read a list.

    Raises:
        StoreUnavailable: It is none.
    """
    if not isinstance(answer, list):
        raise StoreUnavailable("Redis answered something else.", reason=Reason.OTHER)
    return answer


def text(value: object) -> str:
    """Read a text, or a number as text."""
    return value.decode() if isinstance(value, bytes) else str(value)

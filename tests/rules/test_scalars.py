"""Scalars are read by the type of their fact, and everything else is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.limits import Span, SpanUnit
from advisor.facts.catalogue import Fact
from advisor.facts.values import NEVER, FactType
from advisor.rules import scalars
from advisor.rules.problems import Problems
from advisor.rules.scalars import MisreadError, Moment
from advisor.rules.source import Mark, ScalarNode

HERE = Mark("a.yaml", 1, 1)


def fact(type_: FactType, *choices: str) -> Fact:
    """Make a fact of a type."""
    return Fact(name="bank.fact", type=type_, about="A fact.", choices=choices)


def node(text: str, *, quoted: bool = False) -> ScalarNode:
    """Make a scalar."""
    return ScalarNode(text, quoted, HERE)


@pytest.mark.parametrize(
    ("type_", "text", "value"),
    [
        (FactType.YES_NO, "no", False),
        (FactType.YES_NO, "true", True),
        (FactType.REGION, "NO", "NO"),
        (FactType.REGION, "US-FL", "US-FL"),
        (FactType.WHOLE_NUMBER, "-12", -12),
        (FactType.DECIMAL, "0.5", 0.5),
        (FactType.TEXT, "no", "no"),
        (FactType.CLOCK_TIME, "21:30", time(21, 30)),
        (FactType.WEEKDAY, "sun", 6),
        (FactType.WEEKDAY, "monday", 0),
        (FactType.DATE, "2026-11-03", date(2026, 11, 3)),
        (FactType.DATE, "never", NEVER),
        (FactType.INSTANT, "never", NEVER),
        (
            FactType.INSTANT,
            "2026-11-03 19:59 America/New_York",
            datetime(2026, 11, 4, 0, 59, tzinfo=UTC),
        ),
        (FactType.INSTANT, "2026-11-03T19:59:30Z", datetime(2026, 11, 3, 19, 59, 30, tzinfo=UTC)),
        (FactType.INSTANT, "2026-11-03 19:59+01:00", datetime(2026, 11, 3, 18, 59, tzinfo=UTC)),
        (FactType.DURATION, "90 minutes", timedelta(minutes=90)),
        (FactType.DURATION, "1 week", timedelta(days=7)),
        (FactType.CHOICES, "tps", "tps"),
    ],
)
def test_by_type(type_: FactType, text: str, value: object) -> None:
    """The same word means what its fact makes of it: no is an answer, NO is Norway."""
    problems = Problems()
    read = scalars.value(node(text), fact(type_), problems)
    assert (read, type(read)) == (value, type(value))
    assert list(problems) == []


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon", (0,)),
        ("mon-fri", (0, 1, 2, 3, 4)),
        ("fri-mon", (4, 5, 6, 0)),
        ("mon-sun", (0, 1, 2, 3, 4, 5, 6)),
        ("sat-sat", (5,)),
    ],
)
def test_ranges_of_weekdays(text: str, days: tuple[int, ...]) -> None:
    """A range of weekdays includes both ends, and may run over the weekend."""
    assert scalars.weekdays(text) == days


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("7 days", Span(7, SpanUnit.DAYS)),
        ("1 day", Span(1, SpanUnit.DAYS)),
        ("2 weeks", Span(14, SpanUnit.DAYS)),
        ("24 hours", Span(24, SpanUnit.HOURS)),
        ("90 minutes", Span(90, SpanUnit.MINUTES)),
    ],
)
def test_spans(text: str, span: Span) -> None:
    """Days are not 24 hours: each span keeps its unit."""
    assert scalars.span(text) == span


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (scalars.yes_no, "y"),
        (scalars.whole_number, "1_000"),
        (scalars.whole_number, "1" * 16),
        (scalars.whole_number, "٣"),
        (scalars.decimal, "1e5"),
        (scalars.decimal, ".5"),
        (scalars.points, "-1"),
        (scalars.share, "1.1"),
        (scalars.region, "EL"),
        (scalars.region, "USA"),
        (scalars.clock_time, "24:00"),
        (scalars.clock_time, "9.30"),
        (scalars.weekdays, "mon-"),
        (scalars.day, "2026-13-01"),
        (scalars.day, "20261103"),
        (scalars.moment, "2026-11-03 19:59"),
        (scalars.moment, "2026-11-03 19:59Z Europe/London"),
        (scalars.moment, "2026-11-03 25:59 Europe/London"),
        (scalars.moment, "0001-01-01 00:00 Asia/Tokyo"),
        (scalars.moment, "2026-03-29 01:30 Europe/London"),
        (scalars.zone, "../etc/passwd"),
        (scalars.zone, "Europe"),
        (scalars.zone, ""),
        (scalars.span, "7"),
        (scalars.span, "1000000 days"),
        (scalars.snake, "Quiet-Time"),
    ],
)
def test_refused(parse: Callable[[str], object], text: str) -> None:
    """What is not quite right is refused, never guessed at."""
    with pytest.raises(MisreadError):
        parse(text)


def test_hour_that_the_clock_shows_twice() -> None:
    """An hour shown twice or never is refused with a zone, and taken with an offset."""
    assert scalars.moment("2026-10-25 01:30+01:00") == Moment(
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC), "UTC"
    )
    with pytest.raises(MisreadError, match="once that day") as raised:
        scalars.moment("2026-10-25 01:30 Europe/London")
    assert raised.value.hint.startswith("Write the offset")


def test_counted() -> None:
    """A number may be bounded by its place."""
    assert scalars.count(1, 3)("3") == 3
    with pytest.raises(MisreadError, match="from 1 to 3"):
        scalars.count(1, 3)("4")


@given(st.text(max_size=40), st.sampled_from(FactType), st.booleans())
def test_any_text(text: str, type_: FactType, quoted: bool) -> None:  # noqa: FBT001
    """Any text is a value of the fact's type, or one problem at its place."""
    problems = Problems()
    read = scalars.value(node(text, quoted=quoted), fact(type_, *_CHOICES.get(type_, ())), problems)
    assert (read is None) == (len(problems) == 1)
    assert all(problem.mark == HERE for problem in problems)


_CHOICES = {FactType.CHOICE: ("low", "high"), FactType.ORDERED_CHOICE: ("low", "high")}


@given(st.datetimes(datetime(1971, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_instants_in_utc(at: datetime) -> None:
    """An instant written with seconds is read back as it was."""
    whole = at.replace(microsecond=0)
    written = whole.strftime("%Y-%m-%d %H:%M:%S")
    assert scalars.moment(f"{written}Z") == Moment(whole, "UTC")
    assert scalars.moment(f"{written} Etc/UTC") == Moment(whole, "Etc/UTC")

"""Limits count what happened, by the customer's calendar days or by elapsed hours."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.engagement.contacts import Contact, Disposition
from advisor.engagement.limits import Counts, Keys, Limit, Per, Span, SpanUnit, reached
from advisor.engagement.places import Place, zone_of

NEW_YORK = ZoneInfo("America/New_York")
HERE = [Place(zone_of("America/New_York"), "US")]
COLLECTION = frozenset({"collection", "payment_reminder"})
DEBT = Keys(debt_id="d1")

SEVEN_IN_SEVEN = Limit(
    id="us-debt-7-in-7",
    region="US",
    applies_to=frozenset({"collection"}),
    at_most=7,
    count=Counts.ATTEMPTS,
    span=Span(7, SpanUnit.DAYS),
    per=Per.DEBT,
)
REST = Limit(
    id="us-debt-rest",
    region="US",
    applies_to=frozenset({"collection"}),
    wait=True,
    count=Counts.CONVERSATIONS,
    span=Span(7, SpanUnit.DAYS),
    per=Per.DEBT,
)
THREE_IN_A_DAY = Limit(
    id="us-fl-3-in-24h",
    at_most=3,
    count=Counts.ATTEMPTS,
    span=Span(24, SpanUnit.HOURS),
    per=Per.SUBJECT,
)


def local(text: str, zone: ZoneInfo = NEW_YORK) -> datetime:
    """Read a local time as an instant in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def attempt(
    text: str,
    *,
    disposition: Disposition = Disposition.NO_ANSWER,
    debt_id: str | None = "d1",
    subject: str | None = None,
    kind: str | None = "payment_reminder",
    legal_class: str | None = "collection",
) -> Contact:
    """Make a call of ours at a local time in New York."""
    return Contact(
        at=local(text),
        disposition=disposition,
        debt_id=debt_id,
        subject=subject,
        kind=kind,
        legal_class=legal_class,
    )


def test_eighth_attempt() -> None:
    """Seven attempts in seven days are allowed: today and the six days before are counted."""
    tried = [attempt(f"2026-01-{day:02} 20:00") for day in range(1, 8)]

    assert reached(SEVEN_IN_SEVEN, tried[1:], local("2026-01-07 21:00"), HERE, COLLECTION) is None
    found = reached(SEVEN_IN_SEVEN, tried, local("2026-01-07 21:00"), HERE, COLLECTION, keys=DEBT)
    assert found is not None
    assert found.until == local("2026-01-08 00:00")
    assert found.counted == tuple(reversed(tried))
    assert found.certain is True
    assert reached(SEVEN_IN_SEVEN, tried, found.until, HERE, COLLECTION, keys=DEBT) is None


def test_conversation_is_day_one() -> None:
    """Seven days of rest after a conversation, its own day being the first."""
    spoken = [attempt("2026-01-05 18:00", disposition=Disposition.PROMISE_TO_PAY)]

    found = reached(REST, spoken, local("2026-01-11 23:59"), HERE, COLLECTION, keys=DEBT)

    assert found is not None
    assert found.until == local("2026-01-12 00:00")
    assert reached(REST, spoken, found.until, HERE, COLLECTION, keys=DEBT) is None


def test_no_answer_is_no_conversation() -> None:
    """After a call that nobody answered no rest is due."""
    tried = [attempt("2026-01-05 18:00")]

    assert reached(REST, tried, local("2026-01-05 19:00"), HERE, COLLECTION, keys=DEBT) is None


def test_strictest_of_the_candidate_zones() -> None:
    """A day ends where the customer may be westernmost."""
    spoken = [attempt("2026-01-05 18:00", disposition=Disposition.PROMISE_TO_PAY)]
    coasts = [*HERE, Place(zone_of("America/Los_Angeles"), "US")]

    found = reached(REST, spoken, local("2026-01-12 01:00"), coasts, COLLECTION, keys=DEBT)

    assert found is not None
    assert found.until == local("2026-01-12 00:00", ZoneInfo("America/Los_Angeles"))


def test_nobody_knows_where() -> None:
    """Without a place a day lasts until it is over everywhere; the law may be any."""
    spoken = [attempt("2026-01-05 18:00", disposition=Disposition.PROMISE_TO_PAY)]

    found = reached(REST, spoken, local("2026-01-06 12:00"), [], COLLECTION, keys=DEBT)

    assert found is not None
    assert found.until == datetime(2026, 1, 12, 12, tzinfo=UTC)
    assert found.certain is False


def test_hours_elapse() -> None:
    """Hours are elapsed time, over a night on which clocks change as well."""
    tried = [attempt(f"2026-03-07 {hour}:00", subject="offer") for hour in (10, 12, 14)]
    keys = Keys(subject="offer")

    found = reached(THREE_IN_A_DAY, tried, local("2026-03-07 15:00"), HERE, frozenset(), keys=keys)

    assert found is not None
    assert found.until == local("2026-03-08 11:00")
    assert len(found.counted) == 3
    almost = found.until - timedelta(microseconds=1)
    assert reached(THREE_IN_A_DAY, tried, almost, HERE, frozenset(), keys=keys) is not None
    assert reached(THREE_IN_A_DAY, tried, found.until, HERE, frozenset(), keys=keys) is None


def test_what_is_not_known_counts() -> None:
    """A contact that lacks the key, the class or the outcome counts, and is marked as unsure."""
    unknown = [
        Contact(at=local("2026-01-05 18:00"), legal_class="collection", kind="payment_reminder")
    ]
    now = local("2026-01-06 12:00")

    found = reached(REST, unknown, now, HERE, COLLECTION, keys=DEBT)

    assert found is not None
    assert found.certain is False
    bare = [Contact(at=local("2026-01-05 18:00"))]
    assert reached(REST, bare, now, HERE, COLLECTION) is not None


def test_unsure_and_certain_together() -> None:
    """A limit that known contacts reach is certain, whatever else may count."""
    spoken = attempt("2026-01-05 18:00", disposition=Disposition.PROMISE_TO_PAY)
    unknown = Contact(at=local("2026-01-06 10:00"))

    found = reached(REST, [spoken, unknown], local("2026-01-06 12:00"), HERE, COLLECTION, keys=DEBT)

    assert found is not None
    assert found.certain is True
    assert found.until == local("2026-01-13 00:00")


@pytest.mark.parametrize(
    "other",
    [
        attempt("2026-01-05 18:00", disposition=Disposition.SALE, debt_id="d2"),
        attempt(
            "2026-01-05 18:00",
            disposition=Disposition.SALE,
            kind="renewal",
            legal_class="marketing",
        ),
        attempt("2026-01-05 18:00", disposition=Disposition.THIRD_PARTY),
    ],
)
def test_what_does_not_count(other: Contact) -> None:
    """Another debt, another class of call and another person are no business of this limit."""
    assert reached(REST, [other], local("2026-01-06 12:00"), HERE, COLLECTION, keys=DEBT) is None


def test_other_calls_are_free() -> None:
    """A limit on collection leaves service calls, and other countries, alone."""
    spoken = [attempt("2026-01-05 18:00", disposition=Disposition.PROMISE_TO_PAY)]
    now = local("2026-01-06 12:00")
    london = [Place(zone_of("Europe/London"), "GB")]

    assert reached(REST, spoken, now, HERE, frozenset({"service"}), keys=DEBT) is None
    assert reached(REST, spoken, now, london, COLLECTION, keys=DEBT) is None


def test_dates_of_a_limit() -> None:
    """A limit holds from its first to its last local day, and lets go when it ends."""
    spoken = [attempt("2026-01-05 18:00", disposition=Disposition.PROMISE_TO_PAY)]
    limit = Limit(
        id="short",
        wait=True,
        count=Counts.CONVERSATIONS,
        span=Span(7, SpanUnit.DAYS),
        from_=date(2026, 1, 7),
        through=date(2026, 1, 8),
    )

    def until(at: str) -> datetime | None:
        found = reached(limit, spoken, local(at), HERE, COLLECTION)
        return None if found is None else found.until

    assert until("2026-01-06 23:59") is None
    assert until("2026-01-07 00:00") == local("2026-01-09 00:00")
    assert until("2026-01-09 00:00") is None


@pytest.mark.parametrize(
    ("counts", "made", "expected"),
    [
        (Counts.REFUSALS, Contact(at=local("2026-01-05 18:00")), True),
        (
            Counts.REFUSALS,
            Contact(at=local("2026-01-05 18:00"), disposition=Disposition.NO_ANSWER),
            False,
        ),
        (Counts.INVITATIONS, Contact(at=local("2026-01-05 18:00"), kind="renewal"), False),
        (
            Counts.INVITATIONS,
            Contact(at=local("2026-01-05 18:00"), kind="co_creation_invitation"),
            True,
        ),
    ],
)
def test_waiting_after(counts: Counts, made: Contact, expected: bool) -> None:  # noqa: FBT001 - a row of a table
    """A rest follows a refusal or an invitation, as soon as there may have been one."""
    limit = Limit(id="rest", wait=True, count=counts, span=Span(60, SpanUnit.DAYS))

    found = reached(limit, [made], local("2026-01-06 12:00"), HERE, COLLECTION)

    assert (found is not None) == expected


@pytest.mark.parametrize(
    ("theirs", "expected"), [("+12125550100", True), ("+12125550199", False), (None, True)]
)
def test_per_number(theirs: str | None, expected: bool) -> None:  # noqa: FBT001 - a row of a table
    """A limit per number counts calls to that number, and those to one unknown."""
    limit = Limit(
        id="number", count=Counts.ATTEMPTS, span=Span(90, SpanUnit.MINUTES), per=Per.NUMBER
    )
    made = Contact(at=local("2026-01-05 18:00"), number=theirs)

    found = reached(
        limit,
        [made],
        local("2026-01-05 19:29"),
        HERE,
        COLLECTION,
        keys=Keys(number="+12125550100"),
    )

    assert (found is not None) == expected


def test_clock_that_runs_ahead() -> None:
    """A contact dated after now counts: the clocks of two machines differ."""
    ahead = attempt("2026-01-07 12:00", disposition=Disposition.PROMISE_TO_PAY)

    found = reached(REST, [ahead], local("2026-01-07 11:59"), HERE, COLLECTION, keys=DEBT)

    assert found is not None
    assert found.until == local("2026-01-14 00:00")


def test_longest_spans() -> None:
    """A span that ends after the last year of the calendar is held until about then."""
    late = Contact(at=datetime(9998, 1, 1, tzinfo=UTC))
    for unit in SpanUnit:
        limit = Limit(id="ages", count=Counts.ATTEMPTS, span=Span(999_999, unit))
        found = reached(limit, [late], late.at, HERE, COLLECTION)
        assert found is not None
        assert found.until.year == 9999


def test_impossible_limits() -> None:
    """A limit of none, a wait after several, and a span of nothing are refused."""
    span = Span(1, SpanUnit.DAYS)
    with pytest.raises(ValueError, match="at most 0"):
        Limit(id="none", count=Counts.ATTEMPTS, span=span, at_most=0)
    with pytest.raises(ValueError, match="at most 2"):
        Limit(id="two", count=Counts.ATTEMPTS, span=span, at_most=2, wait=True)
    with pytest.raises(ValueError, match="no length"):
        Span(0, SpanUnit.DAYS)


@given(
    st.lists(st.integers(0, 15 * 24 * 60), max_size=12),
    st.integers(1, 4),
    st.integers(1, 5),
    st.sampled_from(SpanUnit),
    st.sampled_from(["America/New_York", "Asia/Kathmandu", "Pacific/Apia", "Europe/London"]),
)
def test_agrees_with_a_naive_count(
    minutes: list[int], at_most: int, amount: int, unit: SpanUnit, zone: str
) -> None:
    """A limit is reached where counting by hand says so, and `until` is the first end of it."""
    now = datetime(2026, 3, 30, 12, tzinfo=UTC)
    here = zone_of(zone)
    contacts = [Contact(at=now - timedelta(minutes=ago)) for ago in minutes]
    limit = Limit(id="l", count=Counts.ATTEMPTS, span=Span(amount, unit), at_most=at_most)

    def naive(at: datetime) -> list[Contact]:
        if unit is SpanUnit.DAYS:
            today = at.astimezone(here).date()
            return [
                each for each in contacts if (today - each.at.astimezone(here).date()).days < amount
            ]
        return [each for each in contacts if at - each.at < timedelta(**{unit.value: amount})]

    found = reached(limit, contacts, now, [Place(here)], frozenset())

    assert (found is not None) == (len(naive(now)) >= at_most)
    if found is not None:
        assert len(found.counted) == len(naive(now))
        assert len(naive(found.until)) < at_most
        assert len(naive(found.until - timedelta(microseconds=1))) >= at_most

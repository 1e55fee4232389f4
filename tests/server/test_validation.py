"""The limits of the contract are enforced, every breach at once, each with its path."""

from __future__ import annotations

import math
from datetime import UTC, datetime

import pytest
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from advisor.server.formats import described, fits
from advisor.server.validation import Checker, Violation
from advisor.v1 import limits_pb2
from advisor.v1.advisor_service_pb2 import AdviseRequest
from advisor.v1.call_pb2 import Call, Purpose
from advisor.v1.customer_pb2 import CardEntry, Customer, CustomerProfile, EngagementCard
from advisor.v1.facts_pb2 import FactValue, Words
from advisor.v1.history_pb2 import Contact, History
from advisor.v1.rule_service_pb2 import CheckPackRequest, ListRulesRequest

ADVISE = Checker(AdviseRequest)


def request() -> AdviseRequest:
    """Make the least request that is within all limits."""
    return AdviseRequest(call=Call(call_id="c-1", brand="acme"), purpose=Purpose(id="pin"))


def test_the_least_request_is_within_limits() -> None:
    """Only the call's id and the purpose are required of a caller."""
    assert ADVISE.violations(request()) == []


def test_an_empty_request_names_all_that_is_missing() -> None:
    """Every required field that is missing is named, not just the first."""
    assert ADVISE.violations(AdviseRequest()) == [
        Violation("call", "is required"),
        Violation("purpose", "is required"),
    ]


def test_every_breach_is_found_at_its_path() -> None:
    """All breaches come at once, deep ones included, with indexes and keys in their paths."""
    wrong = request()
    wrong.call.dialled_number = "020 7946"
    wrong.call.regions.extend(["GB", "Florida"])
    wrong.call.attempt = 0
    wrong.customer.CopyFrom(
        Customer(
            customer_id="c" * 129,
            profile=CustomerProfile(
                stated_zone="Europe/Londn",
                card=EngagementCard(entries=[CardEntry(points=math.nan, reason="help")]),
            ),
            history=History(contacts=[Contact(at=Timestamp(seconds=0)), Contact()]),
        )
    )
    wrong.attributes["bank.pin_used"].SetInParent()
    wrong.attributes["no name"].yes_no = True
    wrong.explain = 77  # type: ignore[assignment]

    assert [violation.path for violation in ADVISE.violations(wrong)] == [
        "call.dialled_number",
        "call.regions[1]",
        "call.attempt",
        "customer.customer_id",
        "customer.profile.stated_zone",
        "customer.profile.card.entries[0].at",
        "customer.profile.card.entries[0].points",
        "customer.history.contacts[1].at",
        "attributes[bank.pin_used].value",
        "attributes",
        "explain",
    ]


def test_no_description_repeats_what_was_sent() -> None:
    """A violation never carries a caller's text, which may be personal."""
    wrong = request()
    wrong.call.dialled_number = "Jane Kirkby"
    wrong.attributes["Jane Kirkby"].text = "x"
    shown = " ".join(f"{v.path} {v.description}" for v in ADVISE.violations(wrong))
    assert "Kirkby" not in shown


def test_a_list_beyond_its_limit_is_one_violation() -> None:
    """A list that is too long is one breach, and its elements are not looked at."""
    wrong = request()
    wrong.call.regions.extend(["nowhere"] * 17)
    assert ADVISE.violations(wrong) == [Violation("call.regions", "at most 16 elements")]


def test_a_map_beyond_its_limit_is_one_violation() -> None:
    """A map that is too large is one breach, and its entries are not looked at."""
    wrong = request()
    for n in range(65):
        wrong.purpose.occasion[f"Fact {n}"].whole = n
    assert ADVISE.violations(wrong) == [Violation("purpose.occasion", "at most 64 entries")]


def test_the_elements_of_a_nested_list_are_bounded() -> None:
    """Limits hold inside the values of maps too."""
    wrong = request()
    wrong.attributes["bank.products"].several.CopyFrom(Words(words=["x" * 201]))
    assert ADVISE.violations(wrong) == [
        Violation("attributes[bank.products].several.words[0]", "must have at most 200 characters")
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (FactValue(number=math.inf), "must be a finite number"),
        (FactValue(number=math.nan), "must be a finite number"),
        (
            FactValue(instant=Timestamp(seconds=253_402_300_800)),
            "must be an instant of the years 1900 to 2199",
        ),
        (
            FactValue(instant=Timestamp(nanos=-1)),
            "must be an instant of the years 1900 to 2199",
        ),
        (
            FactValue(duration=Duration(seconds=1, nanos=-1)),
            "must be a length of time of at most 36,500 days",
        ),
        (
            FactValue(duration=Duration(seconds=315_576_000_000)),
            "must be a length of time of at most 36,500 days",
        ),
        (FactValue(date="2026-02-30"), "must be a date from 1900 to 2199, as YYYY-MM-DD"),
        (FactValue(date="20260201"), "must be a date from 1900 to 2199, as YYYY-MM-DD"),
        (FactValue(clock="24:00"), "must be a time of day, as HH:MM or HH:MM:SS"),
        (FactValue(clock="9:00"), "must be a time of day, as HH:MM or HH:MM:SS"),
    ],
    ids=lambda each: " ".join(str(each).split()) if isinstance(each, FactValue) else "",
)
def test_values_that_no_clock_or_number_holds_are_refused(value: FactValue, expected: str) -> None:
    """Infinities, NaN, and instants, dates and spans outside a calendar are breaches."""
    assert [v.description for v in Checker(FactValue).violations(value)] == [expected]


def test_usual_instants_and_spans_are_within_limits() -> None:
    """What a clock holds passes."""
    instant = Timestamp()
    instant.FromDatetime(datetime(2026, 1, 12, 15, tzinfo=UTC))
    values = [
        FactValue(instant=instant),
        FactValue(duration=Duration(seconds=-5, nanos=-1)),
        FactValue(date="2026-02-01"),
        FactValue(clock="18:30"),
        FactValue(several=Words()),
    ]
    assert [Checker(FactValue).violations(value) for value in values] == [[]] * len(values)


def test_numbers_have_a_least_and_a_greatest_value() -> None:
    """A number outside its bounds is a breach that says the bound."""
    checker = Checker(ListRulesRequest)
    assert checker.violations(ListRulesRequest(page_size=-1)) == [
        Violation("page_size", "must be at least 0")
    ]
    wrong = EngagementCard(confidence=1.5)
    assert Checker(EngagementCard).violations(wrong) == [
        Violation("confidence", "must be at most 1")
    ]


@pytest.mark.parametrize(
    "path",
    ["/etc/passwd.yaml", "../rules.yaml", "a//b.yaml", "a/./b.yaml", "rules.txt", "a\\b.yaml"],
)
def test_paths_that_leave_a_pack_are_refused(path: str) -> None:
    """The files of a candidate stand inside the pack."""
    wrong = CheckPackRequest(files=[{"path": path}])  # type: ignore[list-item]
    assert [v.path for v in Checker(CheckPackRequest).violations(wrong)] == ["files[0].path"]


@pytest.mark.parametrize(
    ("format_", "right", "wrong"),
    [
        (limits_pb2.FORMAT_IDENTIFIER, "call-7/3", "call 7"),
        (limits_pb2.FORMAT_WORD, "pin-migration", "Pin Migration"),
        (limits_pb2.FORMAT_PHONE_NUMBER, "+442079460000", "02079460000"),
        (limits_pb2.FORMAT_REGION, "US-FL", "us-fl"),
        (limits_pb2.FORMAT_TIME_ZONE, "America/New_York", "EST5"),
        (limits_pb2.FORMAT_LOCALE, "en-GB", "English (GB)"),
        (limits_pb2.FORMAT_DATE, "2026-02-01", "1.2.2026"),
        (limits_pb2.FORMAT_CLOCK_TIME, "18:30", "6pm"),
        (limits_pb2.FORMAT_FACT_NAME, "bank.pin_used", "pin_used"),
        (limits_pb2.FORMAT_NAME, "starts_on", "starts-on"),
        (limits_pb2.FORMAT_PACK_PATH, "brands/acme.yaml", "../acme.yaml"),
    ],
)
def test_every_format_takes_its_example_and_says_what_it_expects(
    format_: limits_pb2.Format.ValueType, right: str, wrong: str
) -> None:
    """A format tells right from wrong, and can be described to whoever got it wrong."""
    assert (fits(right, format_), fits(wrong, format_)) == (True, False)
    assert described(format_)

"""What a caller sends and what the core knows are the same, there and back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from google.protobuf.message import Message
from hypothesis import given

from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.situation import Call, History
from advisor.facts.values import NEVER, UNKNOWN, FactType, Possible, Value
from advisor.facts.vocabulary import CompanyProof, Disclosure, Stage, Verification
from advisor.server.translate import times, words
from advisor.server.translate.call_in import call_in
from advisor.server.translate.customer_in import profile_in
from advisor.server.translate.customer_out import profile_out
from advisor.server.translate.facts_in import attributes_in, occasion_in
from advisor.server.translate.facts_out import value_out
from advisor.server.translate.history_in import history_in
from advisor.server.validation import Checker, Violation
from advisor.v1 import call_pb2, customer_pb2, history_pb2
from advisor.v1 import vocabulary_call_pb2 as vocabulary
from advisor.v1.customer_pb2 import CustomerProfile
from advisor.v1.facts_pb2 import FactValue, Words
from tests.server.messages import messages

FACTS = Catalogue.of(
    [
        Fact(name="bank.pin_used", type=FactType.YES_NO, about="Used?"),
        Fact(name="bank.cards", type=FactType.WHOLE_NUMBER, about="How many?"),
        Fact(name="bank.rate", type=FactType.DECIMAL, about="Rate."),
        Fact(name="bank.note", type=FactType.TEXT, about="Note."),
        Fact(name="bank.kind", type=FactType.CHOICE, about="Kind.", choices=("gold", "blue")),
        Fact(name="bank.rank", type=FactType.ORDERED_CHOICE, about="Rank.", choices=("low", "top")),
        Fact(name="bank.needs", type=FactType.CHOICES, about="Needs.", choices=("loop", "braille")),
        Fact(name="bank.tags", type=FactType.CHOICES, about="Tags."),
        Fact(name="bank.home", type=FactType.REGION, about="Home."),
        Fact(name="bank.opens", type=FactType.CLOCK_TIME, about="Opens."),
        Fact(name="bank.day", type=FactType.WEEKDAY, about="Day."),
        Fact(name="bank.due", type=FactType.DATE, about="Due."),
        Fact(name="bank.seen", type=FactType.INSTANT, about="Seen."),
        Fact(name="bank.held", type=FactType.DURATION, about="Held."),
    ]
)
NOTHING = Catalogue()
SEEN = datetime(2026, 1, 12, 15, tzinfo=UTC)

VALUES: list[tuple[str, FactValue, Value]] = [
    ("bank.pin_used", FactValue(yes_no=False), False),
    ("bank.cards", FactValue(whole=3), 3),
    ("bank.rate", FactValue(number=1.5), 1.5),
    ("bank.note", FactValue(text="{7*7}"), "{7*7}"),
    ("bank.kind", FactValue(text="gold"), "gold"),
    ("bank.rank", FactValue(text="top"), "top"),
    ("bank.needs", FactValue(several=Words(words=["loop"])), frozenset({"loop"})),
    ("bank.tags", FactValue(several=Words()), frozenset()),
    ("bank.home", FactValue(text="US-FL"), "US-FL"),
    ("bank.opens", FactValue(clock="09:30:00"), time(9, 30)),
    ("bank.day", FactValue(text="sunday"), 6),
    ("bank.due", FactValue(date="2026-02-01"), date(2026, 2, 1)),
    ("bank.due", FactValue(never=True), NEVER),
    ("bank.seen", FactValue(instant=times.timestamp(SEEN)), SEEN),
    ("bank.seen", FactValue(never=True), NEVER),
    ("bank.held", FactValue(duration=times.duration(timedelta(days=1))), timedelta(days=1)),
]
NAMED = [f"{name} {' '.join(str(sent).split())}" for name, sent, _ in VALUES]


def attributes(sent: dict[str, FactValue]) -> tuple[dict[str, Value], list[Violation]]:
    """Read attributes against the facts above."""
    found: list[Violation] = []
    return attributes_in(sent, FACTS, NOTHING, "attributes", found), found


@pytest.mark.parametrize(("name", "sent", "value"), VALUES, ids=NAMED)
def test_a_value_is_read_by_the_type_of_its_fact(name: str, sent: FactValue, value: Value) -> None:
    """Each type of fact has its choice of FactValue, and *never* is a value of dates."""
    assert attributes({name: sent}) == ({name: value}, [])


@pytest.mark.parametrize(("name", "sent", "value"), VALUES, ids=NAMED)
def test_a_value_is_written_as_it_was_read(name: str, sent: FactValue, value: Value) -> None:
    """What is kept of an attribute comes back as it was sent."""
    assert value_out(name, value, FACTS) == sent


def test_what_is_unknown_is_not_written_and_of_several_the_most_trusted_is() -> None:
    """An unknown fact is absent, which is not the same as never."""
    assert value_out("bank.cards", UNKNOWN, FACTS) is None
    assert value_out("bank.cards", Possible((UNKNOWN, 2)), FACTS) is None
    assert value_out("bank.cards", Possible((2, 3)), FACTS) == FactValue(whole=2)
    assert value_out("bank.gone", 6, FACTS) == FactValue(whole=6)


def test_a_whole_number_is_a_decimal_too() -> None:
    """A caller may send a decimal without a fraction as a whole number."""
    assert attributes({"bank.rate": FactValue(whole=2)}) == ({"bank.rate": 2.0}, [])


@pytest.mark.parametrize(
    ("name", "sent", "expected"),
    [
        ("bank.pin_used", FactValue(text="no"), "must be sent as yes_no"),
        ("bank.cards", FactValue(number=3.0), "must be sent as whole"),
        ("bank.cards", FactValue(never=True), "must be sent as whole"),
        ("bank.kind", FactValue(text="golden"), "must be one of gold, blue"),
        ("bank.needs", FactValue(several=Words(words=["x"])), "must be of loop, braille"),
        (
            "bank.home",
            FactValue(text="Florida"),
            "must be an ISO 3166 country or subdivision, such as GB or US-FL",
        ),
        ("bank.day", FactValue(text="Mon"), "must be a weekday, monday to sunday"),
        ("bank.due", FactValue(never=False), "must be left out, or true"),
        ("bank.due", FactValue(date=""), "must be a date from 1900 to 2199, as YYYY-MM-DD"),
        ("bank.opens", FactValue(clock=""), "must be a time of day, as HH:MM or HH:MM:SS"),
        ("bank.pin_use", FactValue(yes_no=True), None),
        ("cash.x", FactValue(yes_no=True), "is no fact that the pack declares"),
    ],
    ids=str,
)
def test_a_value_that_does_not_fit_is_named(
    name: str, sent: FactValue, expected: str | None
) -> None:
    """A value of another type, an unknown word and an unknown fact are violations with advice."""
    expected = expected or "is no fact that the pack declares; did you mean bank.pin_used?"
    assert attributes({name: sent}) == ({}, [Violation(f"attributes[{name}]", expected)])


def test_the_advisors_own_facts_are_not_the_callers_to_state() -> None:
    """An attribute cannot lift a suppression or move the clock; weather has no other way in."""
    own = Catalogue.of(
        [
            Fact(name="now.is_holiday", type=FactType.YES_NO, about="Holiday?"),
            Fact(
                name="weather.outage.active", type=FactType.YES_NO, about="", sent_by="operations"
            ),
        ]
    )
    found: list[Violation] = []
    sent = {
        "now.is_holiday": FactValue(yes_no=False),
        "weather.outage.active": FactValue(yes_no=True),
    }
    assert attributes_in(sent, own, own, "attributes", found) == {"weather.outage.active": True}
    assert [violation.path for violation in found] == ["attributes[now.is_holiday]"]


def test_the_facts_of_an_occasion_are_those_its_purpose_declares() -> None:
    """Occasion facts go by their short names; others are violations that list the right ones."""
    declared = {
        "purpose.starts_on": Fact(name="purpose.starts_on", type=FactType.DATE, about="Start.")
    }
    found: list[Violation] = []
    sent = {"starts_on": FactValue(date="2026-02-01"), "ends_on": FactValue(date="2026-02-02")}
    values = occasion_in(sent, declared, "purpose.occasion", found)
    found_none: list[Violation] = []
    occasion_in({"x": FactValue(whole=1)}, {}, "purpose.occasion", found_none)
    wrong = {"starts_on": FactValue(text="soon")}
    occasion_in(wrong, declared, "purpose.occasion", found)

    assert values == {"purpose.starts_on": date(2026, 2, 1)}
    assert [violation.description for violation in found] == [
        "is no fact of this purpose; it declares starts_on",
        "must be sent as date or never",
    ]
    assert [v.description for v in found_none] == ["is no fact of this purpose; it declares none"]


def test_a_call_that_says_little_begins_at_the_beginning() -> None:
    """What a dialer does not say is unknown, and the call has not been dialled."""
    assert call_in(call_pb2.Call(call_id="c-1"), "acme") == Call(id="c-1", brand="acme")


def test_a_call_in_progress_keeps_where_it_stands() -> None:
    """A stage after PRE_CALL means that the number was dialled; progress is taken over."""
    sent = call_pb2.Call(
        call_id="c-1",
        stage=vocabulary.CALL_STAGE_HEADLINE,
        attempt=2,
        agent=call_pb2.Agent(name="Sam", skills=Words(words=["debt"])),
        progress=call_pb2.CallProgress(
            disclosure=vocabulary.DISCLOSURE_LEVEL_HEADLINE,
            customer_verification=vocabulary.VERIFICATION_LEVEL_CLAIMED,
            company_proof=vocabulary.COMPANY_PROOF_STATE_OFFERED,
            answered_by=vocabulary.ANSWERED_BY_PERSON,
            asks_refused=[vocabulary.ASK_KIND_IDENTITY],
            asks_made=1,
            said=["headline-first/headline"],
        ),
    )
    call = call_in(sent, "acme")
    assert (call.stage, call.dialled, call.attempt) == (Stage.HEADLINE, True, 2)
    assert (call.disclosure, call.verification) == (Disclosure.HEADLINE, Verification.CLAIMED)
    assert (call.company_proof, call.answered_by) == (CompanyProof.OFFERED, "person")
    assert (call.asks_refused, call.asks_made) == (frozenset({"identity"}), 1)
    assert call.said == frozenset({"headline-first/headline"})
    assert (call.agent.name, call.agent.skills, call.agent.languages) == (
        "Sam",
        frozenset({"debt"}),
        None,
    )


def test_an_empty_history_says_that_there_was_none() -> None:
    """A history that is present and empty is knowledge."""
    assert history_in(history_pb2.History()) == History(contacts=())


@given(sent=messages(history_pb2.History.DESCRIPTOR, tame=True))
def test_every_history_within_limits_is_read(sent: Message) -> None:
    """Contacts come newest first, none is lost."""
    assert isinstance(sent, history_pb2.History)
    assert Checker(history_pb2.History).violations(sent) == []
    history = history_in(sent)
    assert history.contacts is not None
    assert sorted((c.at for c in history.contacts), reverse=True) == [
        contact.at for contact in history.contacts
    ]
    assert (len(history.contacts), len(history.promises)) == (
        len(sent.contacts),
        len(sent.promises),
    )


@given(sent=messages(CustomerProfile.DESCRIPTOR, tame=True))
def test_a_profile_is_the_same_there_and_back(sent: Message) -> None:
    """What a caller tells of a customer comes back unchanged when it is read again."""
    assert isinstance(sent, CustomerProfile)
    assert Checker(CustomerProfile).violations(sent) == []
    sent.ClearField("attributes")
    found: list[Violation] = []
    once = profile_in(sent, {}, "profile", found)
    again = profile_in(profile_out(once, FACTS), {}, "profile", [])
    assert again == once


def test_what_a_profile_says_wrongly_is_named() -> None:
    """Weekdays, whole minutes and the names of observations are checked with their paths."""
    sent = CustomerProfile(
        quiet_times=customer_pb2.QuietTimes(
            quiet_times=[
                customer_pb2.QuietTime(weekdays=["someday"], begins="09:00:30", ends="10:00")
            ]
        )
    )
    sent.observations["gaol"].observed_at.FromDatetime(SEEN)
    found: list[Violation] = []
    profile_in(sent, {}, "profile", found)
    assert [violation.path for violation in found] == [
        "profile.quiet_times.quiet_times[0].weekdays",
        "profile.quiet_times.quiet_times[0].begins",
        "profile.observations",
    ]


def test_words_of_no_value_are_unspecified() -> None:
    """What is unknown is UNSPECIFIED on the wire, both ways."""
    assert (words.STAGE.write(None), words.STAGE.read(0)) == (0, None)

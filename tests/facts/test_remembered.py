"""Facts of what is remembered say what is so now, and unknown where nobody knows anything."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.contacts import Contact, Direction, Disposition
from advisor.engagement.signals import Reporter, Signal, SignalKind, Weather, WeatherKind
from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.memory import LearnedFact, Memory, Reliability
from advisor.facts.situation import Brand, Call, History, Occasion, Situation
from advisor.facts.values import NEVER, UNKNOWN, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import LegalClass, PurposeKind

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def _situation(**more: object) -> Situation:
    plain = Situation(
        now=NOW,
        call=Call(id="c", brand="acme", campaign="spring"),
        occasion=Occasion(
            id="p", kind=PurposeKind.SERVICE_INFORMATION, legal_class=LegalClass.SERVICE
        ),
        brand=Brand(id="acme", name="Acme"),
    )
    return replace(plain, **more)  # type: ignore[arg-type]


def _value(name: str, **more: object) -> Value:
    return Facts(BUILT_IN, _situation(**more)).value(name)


def _signal(kind: SignalKind, **more: object) -> Signal:
    signal = Signal(id=kind.value, kind=kind, at=NOW - DAY, reported_by=Reporter.CUSTOMER)
    return replace(signal, **more)  # type: ignore[arg-type]


def _memory(*signals: Signal, **more: object) -> Memory:
    return replace(Memory(signals=signals, first_at=NOW - DAY), **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("customer.signals", frozenset()),
        ("customer.action_open.overdue", False),
        ("customer.participation", frozenset()),
        ("customer.unreliable_facts", frozenset()),
        ("history.campaign_due_at", NEVER),
    ],
)
def test_nothing_is_known_before_anything_is_remembered(name: str, known: Value) -> None:
    """An empty memory is unknown; one that has begun, and holds nothing of the kind, is none."""
    assert _value(name) is UNKNOWN
    assert _value(name, memory=_memory()) == known


def test_signals_count_until_they_expire() -> None:
    """002-01: what was said in public is context until it expires, and not before it happened."""
    review = _signal(SignalKind.REVIEW_POSTED, topic="the app")
    memory = _memory(
        _signal(SignalKind.POST_PUBLISHED, topic="soon", at=NOW + DAY),
        _signal(SignalKind.STAFF_REPORT, expires_at=NOW),
        _signal(SignalKind.COMPLIMENT_GIVEN, expires_at=NOW + DAY),
        review,
    )
    assert _value("customer.signals", memory=memory) == {"compliment_given", "review_posted"}
    assert _value("customer.said_in_public", memory=memory) == "the app"
    assert _value("customer.said_in_public", memory=_memory()) is UNKNOWN


def test_a_life_event_is_forgotten_in_time() -> None:
    """001-14: what changed in a life is stated, and ends; 001-13: two such things may hold."""
    baby = _signal(SignalKind.LIFE_EVENT, topic="a new baby", expires_at=NOW + DAY)
    assert _value("customer.life_event", memory=_memory(baby)) == "a new baby"
    gone = replace(baby, expires_at=NOW)
    assert _value("customer.life_event", memory=_memory(gone)) is UNKNOWN
    assert _value("customer.life_event", memory=_memory(replace(baby, topic=None))) is UNKNOWN


def test_a_tie_is_what_both_sides_made_of_it() -> None:
    """001-16: many attempts of ours are a weak tie; 001-17: contacts both ways a close one."""
    attempts = tuple(Contact(at=NOW - n * DAY, disposition=Disposition.NO_ANSWER) for n in range(9))
    spoken = tuple(
        Contact(at=NOW - n * DAY, disposition=Disposition.COMPLETED_SERVICE) for n in range(2)
    )
    came = Contact(at=NOW - DAY, direction=Direction.INBOUND)
    assert _value("customer.tie") is UNKNOWN
    assert _value("customer.tie", history=History(contacts=attempts)) == "weak"
    assert _value("customer.tie", history=History(contacts=(*attempts, *spoken))) == "weak"
    assert _value("customer.tie", history=History(contacts=(*spoken, came))) == "close"
    old = tuple(replace(each, at=each.at - 400 * DAY) for each in (*spoken, came))
    assert _value("customer.tie", history=History(contacts=old)) == "weak"


def test_what_was_heard_is_owed_until_it_is_acted_on() -> None:
    """004-40: heard, owned, overdue, done."""
    heard = _signal(
        SignalKind.FEEDBACK_GIVEN, topic="the letter", subject="m-1", owner="cards", due_at=NOW
    )
    memory = _memory(heard)
    assert _value("customer.action_open.topic", memory=memory) == "the letter"
    assert _value("customer.action_open.overdue", memory=memory) is True
    untold = _memory(replace(heard, topic=None, due_at=None))
    assert _value("customer.action_open.topic", memory=untold) is UNKNOWN
    assert _value("customer.action_open.overdue", memory=untold) is False
    done = _signal(SignalKind.ACTION_TAKEN, topic="a new letter", subject="m-1", owner="cards")
    after = _memory(done, heard)
    assert _value("customer.action_open.topic", memory=after) is UNKNOWN
    assert _value("customer.action_done.topic", memory=after) == "a new letter"


def test_who_only_received_took_no_part() -> None:
    """000-05: a recipient is no participant."""
    memory = _memory(
        _signal(SignalKind.PARTICIPATED, id="1", role="recipient"),
        _signal(SignalKind.PARTICIPATED, id="2", role="tester"),
        _signal(SignalKind.PARTICIPATED, id="3"),
    )
    assert _value("customer.participation", memory=memory) == {"tester"}


def test_unreliable_facts_are_named() -> None:
    """004-33: what must not verify anybody can be spoken of by rules."""
    fact = LearnedFact(
        name="bank.street",
        value="x",
        learned_at=NOW,
        source="stated",
        reliability=Reliability.UNDER_PRESSURE,
    )
    assert _value("customer.unreliable_facts", memory=_memory(facts=(fact,))) == {"bank.street"}


def test_another_campaign_is_seen_coming() -> None:
    """004-42: what another campaign means to do soon is known, one's own plan is not another's."""
    memory = _memory(
        _signal(SignalKind.CAMPAIGN_DUE, id="1", source="spring", due_at=NOW + DAY),
        _signal(SignalKind.CAMPAIGN_DUE, id="2", source="autumn", due_at=NOW + 2 * DAY),
        _signal(SignalKind.CAMPAIGN_DUE, id="3", source="winter", due_at=NOW - DAY),
    )
    assert _value("history.campaign_due_at", memory=memory) == NOW + 2 * DAY


def test_silence_is_counted() -> None:
    """003-04: calls that nobody answered count until somebody is reached or comes to us."""
    silent = tuple(Contact(at=NOW - n * DAY, disposition=Disposition.NO_ANSWER) for n in range(3))
    reached = Contact(at=NOW - 5 * DAY, disposition=Disposition.SALE)
    older = Contact(at=NOW - 6 * DAY, disposition=Disposition.NO_ANSWER)
    letter = Contact(at=NOW, channel="letter")
    assert _value("history.unanswered") is UNKNOWN
    assert _value("history.unanswered", history=History(contacts=silent)) == 3
    contacts = (letter, *silent, reached, older)
    assert _value("history.unanswered", history=History(contacts=contacts)) == 3
    came = Contact(at=NOW, direction=Direction.INBOUND)
    assert _value("history.unanswered", history=History(contacts=(came, *silent))) == 0
    assert _value("history.last_message.at", history=History(contacts=contacts)) == NOW


@pytest.mark.parametrize(
    ("disposition", "bad"),
    [
        (Disposition.HUNG_UP_BEFORE_HEADLINE, True),
        (Disposition.COMPLAINT_RAISED, True),
        (Disposition.NOT_INTERESTED, False),
        (Disposition.NO_ANSWER, False),
    ],
)
def test_a_bad_end_is_remembered(disposition: Disposition, bad: bool) -> None:  # noqa: FBT001
    """004-14: a call that left the customer annoyed, and no plain no."""
    contacts = (Contact(at=NOW - DAY, disposition=disposition),)
    expected = NOW - DAY if bad else NEVER
    assert _value("history.last_bad.at", history=History(contacts=contacts)) == expected
    assert Contact(at=NOW).ended_badly is None


def test_weather_is_of_its_brand_and_ends() -> None:
    """003-03: an overlay is active within its time, for its brand or for all, and then gone."""
    outage = Weather(
        id="w", kind=WeatherKind.OUTAGE, begins_at=NOW, ends_at=NOW + DAY, brand="acme"
    )
    later = replace(outage, id="x", brand=None, ends_at=NOW + 2 * DAY)
    assert _value("weather.outage.active", weather=(outage, later)) is True
    assert _value("weather.outage.ends_at", weather=(outage, later)) == NOW + 2 * DAY
    for other in (
        replace(outage, brand="other"),
        replace(outage, begins_at=NOW + DAY),
        replace(outage, ends_at=NOW),
    ):
        assert _value("weather.outage.active", weather=(other,)) is False
        assert _value("weather.outage.ends_at", weather=(other,)) is UNKNOWN
    assert _value("weather.breach.active", weather=(outage,)) is False

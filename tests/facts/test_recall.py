"""What is sent and cached is joined with what the service remembers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from advisor.engagement.calendars import QuietSource, QuietTime, Window
from advisor.engagement.card import LedgerEntry, Scale, TrustTier, replayed
from advisor.engagement.contacts import Contact, Disposition
from advisor.facts.memory import Complaint, LearnedFact, Memory, Reliability
from advisor.facts.recall import history_of, recalled, taken_back, verification_set
from advisor.facts.situation import History, Profile, Seen
from advisor.facts.values import Value

NOW = datetime(2026, 11, 16, 15, tzinfo=UTC)
DAY = timedelta(days=1)


def _fact(name: str, value: Value, days: int = 0, **more: object) -> LearnedFact:
    fact = LearnedFact(name=name, value=value, learned_at=NOW - days * DAY, source="stated")
    return replace(fact, **more)  # type: ignore[arg-type]


def _recalled(profile: Profile, memory: Memory) -> Profile:
    return recalled(profile, memory, NOW, Scale(), ["bank.pin_used"])


def test_nothing_remembered_changes_nothing() -> None:
    """Without a memory a profile stays what it was told to be."""
    profile = Profile(goal="to travel")
    assert _recalled(profile, Memory()) is profile


def test_the_ledger_outranks_a_card_that_was_told() -> None:
    """004-25: where points were counted, the card is theirs."""
    account = replayed([LedgerEntry(at=NOW, points=9, reason="helped")])
    card = _recalled(Profile(), Memory(account=account)).card
    assert card is not None
    assert (card.tier, card.balance, card.last_entries[0].reason) == (TrustTier.WARM, 9, "helped")
    assert card.confidence == 1 / 6


def test_a_learned_fact_counts_while_it_is_the_newest() -> None:
    """004-44: newer than what was observed, not expired, of a name that somebody still knows."""
    memory = Memory(
        facts=(
            _fact("goal", "to save", 1),
            _fact("goal", "to travel", 2),
            _fact("language", "fr", 5),
            _fact("salutation", "Dr", expires_at=NOW),
            _fact("bank.pin_used", value=True),
            _fact("bank.gone", value=True),
        )
    )
    told = Profile(language="en", seen={"language": Seen(observed_at=NOW)})
    known = _recalled(told, memory)
    assert (known.goal, known.language, known.salutation) == ("to save", "en", None)
    assert dict(known.attributes) == {"bank.pin_used": True}
    assert known.seen["goal"] == Seen(observed_at=NOW - DAY, source="stated")


def test_defects_add_up() -> None:
    """A second defect that is reported does not mend the first."""
    memory = Memory(
        facts=(
            _fact("reported_defects", frozenset({"pin_letter"})),
            _fact("reported_defects", frozenset({"app"}), 3),
            _fact("reported_defects", frozenset({"old"}), 3, expires_at=NOW),
        )
    )
    known = _recalled(Profile(reported_defects=frozenset({"card"})), memory)
    assert known.reported_defects == frozenset({"pin_letter", "app", "card"})


def test_quiet_times_add_up_whatever_their_age() -> None:
    """What is sent with a call takes back nothing that the customer said or that was noticed."""
    sent = QuietTime(window=Window(0, 60))
    memory = Memory(
        facts=(
            _fact("quiet_times", frozenset({"19:00-20:00"}), 1, source="learned", confidence=0.5),
            _fact("quiet_times", frozenset({"mon 00:00-10:00"}), 2),
            _fact("quiet_times", frozenset({"12:00-13:00"}), 3, expires_at=NOW),
            _fact("quiet_times", "whenever", 3),
            _fact("quiet_times", frozenset({"whenever"}), 3),
        )
    )
    told = Profile(quiet_times=(sent,), seen={"quiet_times": Seen(observed_at=NOW)})
    known = _recalled(told, memory)
    assert known.quiet_times == (
        sent,
        QuietTime(window=Window(1140, 1200), source=QuietSource.LEARNED, confidence=0.5),
        QuietTime(window=Window(0, 600), days=frozenset({0})),
    )
    assert known.seen["quiet_times"] == Seen(observed_at=NOW)
    alone = _recalled(Profile(), memory)
    assert alone.seen["quiet_times"] == Seen(observed_at=NOW - DAY, source="learned")


@pytest.mark.parametrize(
    ("fact", "told", "gone"),
    [
        (_fact("goal", "to save"), Profile(goal="to travel"), True),
        (_fact("goal", "to save"), Profile(), True),
        (_fact("goal", "to save"), Profile(goal="to save"), False),
        (_fact("goal", "to save", -1), Profile(goal="to travel"), False),
        (
            _fact("reported_defects", frozenset({"app"})),
            Profile(reported_defects=frozenset({"app", "card"})),
            False,
        ),
        (_fact("reported_defects", frozenset({"app"})), Profile(), True),
        (
            _fact("quiet_times", frozenset({"01:00-02:00"})),
            Profile(quiet_times=(QuietTime(window=Window(60, 120)),)),
            False,
        ),
        (
            _fact("quiet_times", frozenset({"01:00-02:00"})),
            Profile(quiet_times=(QuietTime(window=Window(60, 121)),)),
            True,
        ),
        (_fact("quiet_times", frozenset({"01:00-02:00"})), Profile(), True),
    ],
)
def test_an_edit_takes_back_what_it_does_not_repeat(
    fact: LearnedFact, told: Profile, *, gone: bool
) -> None:
    """001-21: the customer's edit wins over what was learned before it, and over nothing newer."""
    assert taken_back(fact, told, NOW) is gone


def test_complaints_are_counted_by_whoever_knows_more() -> None:
    """What the CRM counts and what is remembered are not added, as they may be the same."""
    memory = Memory(
        complaints=(
            Complaint(id="1", opened_at=NOW - 9 * DAY, topic="a fee", due_at=NOW),
            Complaint(id="2", opened_at=NOW - DAY, topic="a letter"),
            Complaint(id="3", opened_at=NOW, closed_at=NOW),
        )
    )
    known = _recalled(Profile(), memory)
    assert (known.complaints_open, known.complaints_overdue) == (2, 1)
    assert known.complaint_topic == "a letter"
    more = _recalled(Profile(complaints_open=4, complaint_topic="a card"), memory)
    assert (more.complaints_open, more.complaint_topic) == (4, "a card")
    closed = replace(memory, complaints=memory.complaints[2:])
    assert _recalled(Profile(), closed).complaints_open is None


def test_two_histories_are_one() -> None:
    """004-17: contacts of any campaign count once, calls on their way too, and this one never."""
    remembered = Contact(at=NOW - 2 * DAY, id="a", campaign="x", disposition=Disposition.SALE)
    sent = (
        Contact(at=NOW - 2 * DAY, id="a", campaign="x"),
        Contact(at=NOW - DAY, campaign="y"),
        Contact(at=NOW - 3 * DAY, id="b"),
    )
    memory = Memory(
        contacts=(remembered,),
        holds=(Contact(at=NOW, id="c"), Contact(at=NOW, id="this")),
        first_at=NOW - 2 * DAY,
    )
    number = (Contact(at=NOW, id="this"), Contact(at=NOW, id="other"))
    joined = history_of(History(contacts=sent), memory, NOW, call_id="this", number=number)
    assert joined.contacts is not None
    assert [each.id for each in joined.contacts] == ["c", None, "a", "b"]
    assert joined.contacts[2] is remembered
    assert [each.id for each in joined.number] == ["other"]


def test_an_unknown_history_stays_unknown() -> None:
    """Of whom nobody told and nobody remembers anything, nobody knows whether they were rung."""
    assert history_of(History(), Memory(), NOW, call_id="this").contacts is None
    known = history_of(History(), Memory(first_at=NOW), NOW, call_id="this")
    assert known.contacts == ()


def test_what_is_not_relied_on_verifies_nobody() -> None:
    """004-33: a fact captured at low trust is left out of what may verify, the latest deciding."""
    memory = Memory(
        facts=(
            _fact("bank.first_school", "A", reliability=Reliability.LOW_TRUST),
            _fact("bank.first_school", "B", 9),
            _fact("bank.street", "C"),
            _fact("bank.old", "D", expires_at=NOW),
        )
    )
    assert verification_set(memory, NOW) == {"bank.street"}

"""The records as they lie in Redis: nothing changes on the way, and versions are respected."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec
import pytest

from advisor.engagement.calendars import QuietSource, QuietTime, Window
from advisor.engagement.card import Card, LedgerEntry, TrustTier
from advisor.facts.merge import REPLACEABLE, Lift
from advisor.facts.situation import Consent, Profile, Seen, Suppressed
from advisor.facts.values import NEVER, UNKNOWN, Possible, Value
from advisor.facts.vocabulary import (
    Channel,
    ConsentState,
    ConsentType,
    PurposeKind,
    Relationship,
    Suppression,
)
from advisor.store.errors import Reason, RecordUnreadable
from advisor.store.records import (
    VERSION,
    permissions_record,
    profile_record,
    read_profile,
    with_permissions,
)

_NOW = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)

_ATTRIBUTES: dict[str, Value] = {
    "bank.pin_used": False,
    "bank.cards": 3,
    "bank.balance": 12.5,
    "bank.whole_decimal": 3.0,
    "bank.branch": "Lyon 08:30",
    "bank.products": frozenset({"loan", "card"}),
    "bank.opens": time(8, 30),
    "bank.since": date(2019, 2, 28),
    "bank.last_visit": _NOW,
    "bank.visit_length": timedelta(minutes=90),
    "bank.last_claim": NEVER,
    "bank.size": Possible((1, "2", NEVER)),
}

#: Every field has a value, so that a field forgotten in the record shows.
_FULL = Profile(
    preferred_name="Ada",
    salutation="Dr",
    name_hint="AY-da",
    language="en-GB",
    preferred_channel=Channel.SMS,
    goal="a house",
    relationship=Relationship.CUSTOMER,
    stated_zone="Europe/Paris",
    address_zone="Europe/London",
    region="GB-ENG",
    quiet_times=(
        QuietTime(window=Window(1080, 1200)),
        QuietTime(
            window=Window(0, 600),
            days=frozenset({5, 6}),
            zone=ZoneInfo("Europe/Paris"),
            source=QuietSource.LEARNED,
            confidence=0.8,
            expires_at=_NOW,
        ),
    ),
    safe_contact=False,
    care_needs=frozenset({"large_print"}),
    reported_defects=frozenset(),
    registers=frozenset({"tps"}),
    registers_checked_at=_NOW,
    card=Card(
        tier=TrustTier.WARM,
        balance=7.25,
        confidence=0.5,
        last_entries=(LedgerEntry(at=_NOW, points=-2.0, reason="missed_promise"),),
    ),
    complaints_open=0,
    complaints_overdue=0,
    complaint_topic="a fee",
    attributes=_ATTRIBUTES,
    seen={"goal": Seen(observed_at=_NOW, source="crm"), "bank.cards": Seen(observed_at=_NOW)},
)
_PERMISSIONS = Profile(
    suppressions=(
        Suppressed(
            source=Suppression.PURPOSE_OPT_OUT,
            purpose_kinds=frozenset({PurposeKind.RENEWAL}),
            ends_at=_NOW,
            captured_at=_NOW,
        ),
    ),
    consents=(
        Consent(
            type=ConsentType.RECORDING,
            state=ConsentState.GIVEN,
            captured_at=_NOW,
            expires_at=_NOW,
            source="letter",
        ),
    ),
)
_LIFTS = (Lift(source=Suppression.INTERNAL, basis="asked us to ring", lifted_at=_NOW),)


def test_profile_comes_back_as_it_was() -> None:
    """Every field, and every type of attribute, survives the way to Redis and back."""
    read = read_profile(profile_record(_FULL))

    assert all(getattr(_FULL, name) is not None for name in REPLACEABLE)
    assert read == _FULL
    assert [type(value) for value in read.attributes.values()] == [
        type(_ATTRIBUTES[name]) for name in read.attributes
    ]


def test_empty_profile_comes_back_empty() -> None:
    """What is unknown stays unknown."""
    assert read_profile(profile_record(Profile())) == Profile()


def test_unknown_attribute_is_not_kept() -> None:
    """An attribute that is unknown is the same as none."""
    assert read_profile(profile_record(Profile(attributes={"bank.x": UNKNOWN}))) == Profile()


def test_permissions_come_back_as_they_were() -> None:
    """Suppressions, consents and lifts survive, joined to the profile read beside them."""
    record = permissions_record(_PERMISSIONS, _LIFTS)
    assert record is not None
    profile, lifts = with_permissions(Profile(goal="a house"), record)

    assert profile.goal == "a house"
    assert profile.suppressions == _PERMISSIONS.suppressions
    assert profile.consents == _PERMISSIONS.consents
    assert lifts == _LIFTS


def test_permissions_are_not_in_the_cache() -> None:
    """Nothing that must never be lost lies in the record that expires, or needs none."""
    assert profile_record(_PERMISSIONS) == profile_record(Profile())
    assert permissions_record(_FULL, ()) is None
    assert permissions_record(Profile(consents=()), ()) is not None


def test_words_of_the_field_are_stored() -> None:
    """A record says `warm` and `sms`, as packs and the contract do."""
    stored = msgspec.json.decode(profile_record(_FULL))

    assert stored["card"]["tier"] == "warm"
    assert stored["preferred_channel"] == "sms"


@pytest.mark.parametrize("tier", TrustTier)
def test_every_tier_has_its_word(tier: TrustTier) -> None:
    """No tier is refused by the record."""
    profile = Profile(card=Card(tier=tier))

    assert read_profile(profile_record(profile)) == profile


def test_record_of_the_first_version_is_read() -> None:
    """A record as version 1 wrote it is read by every later version."""
    first = (
        b'{"version":1,"goal":"a house","card":{"tier":"low"},'
        b'"attributes":{"bank.pin_used":{"type":"yes_no","value":false},'
        b'"bank.size":{"type":"possible","values":[{"type":"whole_number","value":1},'
        b'{"type":"never"}]}},'
        b'"seen":{"goal":{"observed_at":"2026-11-23T12:00:00Z","source":"crm"}}}'
    )

    assert read_profile(first) == Profile(
        goal="a house",
        card=Card(tier=TrustTier.LOW),
        attributes={"bank.pin_used": False, "bank.size": Possible((1, NEVER))},
        seen={"goal": Seen(observed_at=datetime(2026, 11, 23, 12, tzinfo=UTC), source="crm")},
    )


@pytest.mark.parametrize(
    "record",
    [
        b'{"version":%d}' % (VERSION + 1),
        b'{"version":%d,"a_new_field":1}' % (VERSION + 1),
        b'{"version":%d,"goal":{"a":"new type"}}' % (VERSION + 1),
    ],
)
def test_newer_record_is_refused(record: bytes) -> None:
    """A record of a newer version is refused by name, whatever is new about it."""
    with pytest.raises(RecordUnreadable, match="has version 2; this service reads up to 1") as e:
        read_profile(record)

    assert e.value.reason is Reason.UNREADABLE


@pytest.mark.parametrize(
    "record",
    [b"", b"{", b"[]", b"{}", b'{"version":1,"goal":1}', b'{"version":1,"new":1}', b"\xff"],
)
def test_damaged_record_is_refused(record: bytes) -> None:
    """A record that cannot be read is neither guessed at nor taken for empty."""
    with pytest.raises(RecordUnreadable, match="permissions record in Redis is damaged"):
        with_permissions(Profile(), record)


@pytest.mark.parametrize(
    "quiet_time",
    [b'{"window":{"start":0,"end":9999}}', b'{"window":{"start":0,"end":1},"zone":"No/Where"}'],
)
def test_quiet_time_on_no_clock_is_damage(quiet_time: bytes) -> None:
    """A window or a zone that does not exist is damage, and not an error of the service."""
    with pytest.raises(RecordUnreadable, match="profile record in Redis is damaged"):
        read_profile(b'{"version":1,"quiet_times":[%b]}' % quiet_time)

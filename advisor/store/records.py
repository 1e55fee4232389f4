"""What lies in Redis about a customer: two JSON records, each with the version of its form.

The profile is a cache and expires. Suppressions, their lifting and consents are a record of their
own, which does not. A record of an older version is read; one of a newer version, or with a field
this version does not know, is refused and left alone, so that a rolling upgrade loses nothing.
Adding a field therefore raises the version.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import Final, Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from advisor.engagement.calendars import QuietSource, QuietTime, Window
from advisor.engagement.card import Card, LedgerEntry, TrustTier
from advisor.facts.merge import REPLACEABLE, Lift
from advisor.facts.situation import Consent, Profile, Seen, Suppressed
from advisor.facts.values import UNKNOWN
from advisor.facts.vocabulary import Channel, Relationship
from advisor.store.forms import ENCODER, damaged, decoded
from advisor.store.values import ValueRecord, value_of, value_record

#: The form that this service writes, and the newest it reads.
VERSION: Final = 1


class _QuietTimeRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A quiet time, its zone by its IANA name."""

    window: Window
    days: frozenset[int] = frozenset()
    zone: str | None = None
    source: QuietSource = QuietSource.STATED
    confidence: float | None = None
    expires_at: datetime | None = None


class _CardRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """An engagement card, its tier by its word."""

    tier: Literal["unknown", "low", "guarded", "neutral", "warm", "full"]
    balance: float | None = None
    confidence: float | None = None
    last_entries: tuple[LedgerEntry, ...] = ()


class ProfileRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """The part of a profile that may be asked for again; fields as in `Profile`."""

    version: int
    preferred_name: str | None = None
    salutation: str | None = None
    name_hint: str | None = None
    language: str | None = None
    preferred_channel: Channel | None = None
    goal: str | None = None
    relationship: Relationship | None = None
    stated_zone: str | None = None
    address_zone: str | None = None
    region: str | None = None
    quiet_times: tuple[_QuietTimeRecord, ...] | None = None
    safe_contact: bool | None = None
    care_needs: frozenset[str] | None = None
    reported_defects: frozenset[str] | None = None
    registers: frozenset[str] | None = None
    registers_checked_at: datetime | None = None
    card: _CardRecord | None = None
    complaints_open: int | None = None
    complaints_overdue: int | None = None
    complaint_topic: str | None = None
    attributes: dict[str, ValueRecord] = {}
    seen: dict[str, Seen] = {}


class PermissionsRecord(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """What must never be lost: suppressions, why some were lifted, and consents."""

    version: int
    suppressions: tuple[Suppressed, ...] = ()
    lifted: tuple[Lift, ...] = ()
    consents: tuple[Consent, ...] | None = None


#: Fields that are written as they are.
_PLAIN: Final = tuple(name for name in REPLACEABLE if name not in {"card", "quiet_times"})

_PROFILE: Final = msgspec.json.Decoder(ProfileRecord)
_PERMISSIONS: Final = msgspec.json.Decoder(PermissionsRecord)


def profile_record(profile: Profile) -> bytes:
    """Write the part of a profile that may be asked for again."""
    return ENCODER.encode(
        ProfileRecord(
            version=VERSION,
            **{name: getattr(profile, name) for name in _PLAIN},
            quiet_times=_quiet_time_records(profile.quiet_times),
            card=None if profile.card is None else _card_record(profile.card),
            attributes={
                name: value_record(value)
                for name, value in profile.attributes.items()
                if value is not UNKNOWN
            },
            seen=dict(profile.seen),
        )
    )


def permissions_record(profile: Profile, lifts: tuple[Lift, ...]) -> bytes | None:
    """Write what must never be lost; None where there is nothing to keep."""
    if not profile.suppressions and not lifts and profile.consents is None:
        return None
    return ENCODER.encode(
        PermissionsRecord(
            version=VERSION,
            suppressions=profile.suppressions,
            lifted=lifts,
            consents=profile.consents,
        )
    )


def read_profile(record: bytes | str) -> Profile:
    """Read the part of a profile that may be asked for again.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    read = decoded(_PROFILE, record, "profile", newest=VERSION)
    try:
        quiet_times = _quiet_times(read.quiet_times)
    except ZoneInfoNotFoundError as error:
        raise damaged("profile") from error
    attributes = {name: value_of(value) for name, value in read.attributes.items()}
    return Profile(
        **{name: getattr(read, name) for name in _PLAIN},
        quiet_times=quiet_times,
        card=None if read.card is None else _card(read.card),
        attributes=MappingProxyType(attributes),
        seen=MappingProxyType(read.seen),
    )


def with_permissions(profile: Profile, record: bytes | str) -> tuple[Profile, tuple[Lift, ...]]:
    """Read what must never be lost into a profile; give it and what was lifted.

    Raises:
        RecordUnreadable: It is newer than this service, or damaged.
    """
    read = decoded(_PERMISSIONS, record, "permissions", newest=VERSION)
    known = replace(profile, suppressions=read.suppressions, consents=read.consents)
    return known, read.lifted


def _quiet_time_records(
    quiet_times: tuple[QuietTime, ...] | None,
) -> tuple[_QuietTimeRecord, ...] | None:
    if quiet_times is None:
        return None
    return tuple(
        _QuietTimeRecord(
            window=quiet.window,
            days=quiet.days,
            zone=None if quiet.zone is None else quiet.zone.key,
            source=quiet.source,
            confidence=quiet.confidence,
            expires_at=quiet.expires_at,
        )
        for quiet in quiet_times
    )


def _quiet_times(records: tuple[_QuietTimeRecord, ...] | None) -> tuple[QuietTime, ...] | None:
    if records is None:
        return None
    return tuple(
        QuietTime(
            window=record.window,
            days=record.days,
            zone=None if record.zone is None else ZoneInfo(record.zone),
            source=record.source,
            confidence=record.confidence,
            expires_at=record.expires_at,
        )
        for record in records
    )


def _card_record(card: Card) -> _CardRecord:
    return msgspec.convert(
        {
            "tier": card.tier.word,
            "balance": card.balance,
            "confidence": card.confidence,
            "last_entries": card.last_entries,
        },
        _CardRecord,
    )


def _card(record: _CardRecord) -> Card:
    return Card(
        tier=TrustTier[record.tier.upper()],
        balance=record.balance,
        confidence=record.confidence,
        last_entries=record.last_entries,
    )

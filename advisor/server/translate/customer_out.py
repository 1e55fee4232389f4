"""What is known of a customer, as the contract writes it."""

from __future__ import annotations

from advisor.engagement.calendars import QuietTime
from advisor.engagement.card import Card, LedgerEntry
from advisor.facts.catalogue import Catalogue
from advisor.facts.situation import Consent, Profile, Seen, Suppressed
from advisor.server.translate import times, words
from advisor.server.translate.customer_in import CORE_NAMES
from advisor.server.translate.facts_out import value_out, words_out
from advisor.v1 import customer_pb2
from advisor.v1.facts_pb2 import Words

_WIRE_NAMES = {core: wire for wire, core in CORE_NAMES.items()}


def profile_out(profile: Profile, catalogue: Catalogue) -> customer_pb2.CustomerProfile:
    """Write a profile; what is unknown is absent.

    Args:
        profile: What is known.
        catalogue: The facts that the pack knows, for the company's own.
    """
    sent = customer_pb2.CustomerProfile(
        preferred_name=profile.preferred_name or "",
        salutation=profile.salutation or "",
        name_hint=profile.name_hint or "",
        language=profile.language or "",
        preferred_channel=words.CHANNEL.write(profile.preferred_channel),
        goal=profile.goal or "",
        relationship=words.RELATIONSHIP.write(profile.relationship),
        stated_zone=profile.stated_zone or "",
        address_zone=profile.address_zone or "",
        region=profile.region or "",
        quiet_times=_quiet_times(profile.quiet_times),
        consents=_consents(profile.consents),
        suppressions=[_suppressed(each) for each in profile.suppressions],
        safe_contact_restricted=profile.safe_contact,
        care_needs=_set(profile.care_needs),
        reported_defects=_set(profile.reported_defects),
        registers=_set(profile.registers),
        registers_checked_at=times.timestamp(profile.registers_checked_at),
        card=None if profile.card is None else card_out(profile.card),
        complaints_open=profile.complaints_open,
        complaints_overdue=profile.complaints_overdue,
        complaint_topic=profile.complaint_topic or "",
        observations={
            _WIRE_NAMES.get(name, name): _observation(seen) for name, seen in profile.seen.items()
        },
    )
    for name, value in profile.attributes.items():
        written = value_out(name, value, catalogue)
        if written is not None:
            sent.attributes[name].CopyFrom(written)
    return sent


def card_out(card: Card) -> customer_pb2.EngagementCard:
    """Write an engagement card."""
    return customer_pb2.EngagementCard(
        tier=words.TIER.write(card.tier),
        balance=card.balance,
        confidence=card.confidence,
        entries=[entry_out(entry) for entry in card.last_entries],
    )


def entry_out(entry: LedgerEntry) -> customer_pb2.CardEntry:
    """Write one credit or debit."""
    return customer_pb2.CardEntry(
        at=times.timestamp(entry.at),
        points=entry.points,
        reason=entry.reason,
        type=words.ENTRY_TYPE.write(entry.type),
        rule_id=entry.rule or "",
        because=entry.because or "",
        half_life=None if entry.half_life is None else times.duration(entry.half_life),
        cause=entry.cause or "",
    )


def _set(known: frozenset[str] | None) -> Words | None:
    return None if known is None else words_out(known)


def _quiet_times(known: tuple[QuietTime, ...] | None) -> customer_pb2.QuietTimes | None:
    if known is None:
        return None
    return customer_pb2.QuietTimes(quiet_times=[_quiet_time(each) for each in known])


def _quiet_time(quiet: QuietTime) -> customer_pb2.QuietTime:
    return customer_pb2.QuietTime(
        weekdays=[times.WEEKDAYS[day] for day in sorted(quiet.days)],
        begins=_clock(quiet.window.start),
        ends=_clock(quiet.window.end),
        zone="" if quiet.zone is None else quiet.zone.key,
        source=words.QUIET_SOURCE.write(quiet.source),
        confidence=quiet.confidence,
        expires_at=times.timestamp(quiet.expires_at),
    )


def _clock(minute: int) -> str:
    # The midnight that ends a day is written as the one that begins the next.
    return f"{minute // 60 % 24:02}:{minute % 60:02}"


def _consents(known: tuple[Consent, ...] | None) -> customer_pb2.Consents | None:
    if known is None:
        return None
    return customer_pb2.Consents(consents=[_consent(each) for each in known])


def _consent(consent: Consent) -> customer_pb2.Consent:
    return customer_pb2.Consent(
        type=words.CONSENT_TYPE.write(consent.type),
        state=words.CONSENT_STATE.write(consent.state),
        captured_at=times.timestamp(consent.captured_at),
        expires_at=times.timestamp(consent.expires_at),
        source=consent.source or "",
    )


def _suppressed(suppressed: Suppressed) -> customer_pb2.CustomerSuppression:
    return customer_pb2.CustomerSuppression(
        source=words.SUPPRESSION.write(suppressed.source),
        purpose_kinds=sorted(words.PURPOSE_KIND.write(kind) for kind in suppressed.purpose_kinds),
        ends_at=times.timestamp(suppressed.ends_at),
        captured_at=times.timestamp(suppressed.captured_at),
    )


def _observation(seen: Seen) -> customer_pb2.Observation:
    return customer_pb2.Observation(
        observed_at=times.timestamp(seen.observed_at), source=seen.source or ""
    )

"""What a caller tells of a customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time
from types import MappingProxyType
from typing import Final

from advisor.engagement.calendars import QuietSource, QuietTime, Window
from advisor.engagement.card import Card, LedgerEntry, TrustTier
from advisor.engagement.places import zone_of
from advisor.facts.merge import Lift
from advisor.facts.situation import Consent, Profile, Seen, Suppressed
from advisor.facts.values import Value
from advisor.server.redaction import redacted
from advisor.server.translate import times, words
from advisor.server.validation import Violation
from advisor.v1 import customer_pb2
from advisor.v1.facts_pb2 import Words

#: Fields whose name in the contract is not that of the core.
CORE_NAMES: Final = MappingProxyType({"safe_contact_restricted": "safe_contact"})

_NOT_FIELDS: Final = frozenset({"attributes", "observations"})
#: What may have an observation or be named in a mask, besides attributes.
FIELD_NAMES: Final = frozenset(
    field.name
    for field in customer_pb2.CustomerProfile.DESCRIPTOR.fields
    if field.name not in _NOT_FIELDS
)


def profile_in(
    sent: customer_pb2.CustomerProfile,
    attributes: Mapping[str, Value],
    path: str,
    found: list[Violation],
) -> Profile:
    """Read a profile.

    Args:
        sent: Within the contract's limits.
        attributes: The company's own facts of it, already read.
        path: Where it stands in the request.
        found: Takes what is wrong.
    """
    return Profile(
        preferred_name=redacted(sent.preferred_name) or None,
        salutation=redacted(sent.salutation) or None,
        name_hint=redacted(sent.name_hint) or None,
        language=sent.language or None,
        preferred_channel=words.CHANNEL.read(sent.preferred_channel),
        goal=redacted(sent.goal) or None,
        relationship=words.RELATIONSHIP.read(sent.relationship),
        stated_zone=sent.stated_zone or None,
        address_zone=sent.address_zone or None,
        region=sent.region or None,
        quiet_times=_quiet_times(sent, path, found) if sent.HasField("quiet_times") else None,
        consents=(
            tuple(_consent(each) for each in sent.consents.consents)
            if sent.HasField("consents")
            else None
        ),
        suppressions=tuple(_suppressed(each) for each in sent.suppressions),
        safe_contact=(
            sent.safe_contact_restricted if sent.HasField("safe_contact_restricted") else None
        ),
        care_needs=_set(sent, "care_needs"),
        reported_defects=_set(sent, "reported_defects"),
        registers=_set(sent, "registers"),
        registers_checked_at=times.instant_of(sent, "registers_checked_at"),
        card=_card(sent.card) if sent.HasField("card") else None,
        complaints_open=sent.complaints_open if sent.HasField("complaints_open") else None,
        complaints_overdue=(
            sent.complaints_overdue if sent.HasField("complaints_overdue") else None
        ),
        complaint_topic=redacted(sent.complaint_topic) or None,
        attributes=MappingProxyType(dict(attributes)),
        seen=_seen(sent, attributes, f"{path}.observations", found),
    )


def core_name(name: str) -> str:
    """Return the core's name of a field of the contract's profile."""
    return CORE_NAMES.get(name, name)


def lift_in(sent: customer_pb2.LiftSuppression, now: datetime) -> Lift:
    """Read why a suppression may be lifted; it is lifted now."""
    source = words.SUPPRESSION.read(sent.source)
    assert source is not None  # noqa: S101 - the contract requires it
    return Lift(source=source, basis=redacted(sent.basis), lifted_at=now)


def _seen(
    sent: customer_pb2.CustomerProfile,
    attributes: Mapping[str, Value],
    path: str,
    found: list[Violation],
) -> Mapping[str, Seen]:
    seen: dict[str, Seen] = {}
    for name in sorted(sent.observations):
        if name not in FIELD_NAMES and name not in attributes:
            found.append(
                Violation(path, "a key is neither a field nor an attribute of this profile")
            )
            continue
        observation = sent.observations[name]
        seen[core_name(name)] = Seen(
            observed_at=times.instant(observation.observed_at), source=observation.source or None
        )
    return MappingProxyType(seen)


def _set(sent: customer_pb2.CustomerProfile, name: str) -> frozenset[str] | None:
    value: Words = getattr(sent, name)
    return frozenset(map(redacted, value.words)) if sent.HasField(name) else None  # type: ignore[arg-type]


def _quiet_times(
    sent: customer_pb2.CustomerProfile, path: str, found: list[Violation]
) -> tuple[QuietTime, ...]:
    return tuple(
        _quiet_time(each, f"{path}.quiet_times.quiet_times[{index}]", found)
        for index, each in enumerate(sent.quiet_times.quiet_times)
    )


def _quiet_time(sent: customer_pb2.QuietTime, path: str, found: list[Violation]) -> QuietTime:
    unknown = [day for day in sent.weekdays if day not in times.WEEKDAYS]
    if unknown:
        found.append(Violation(f"{path}.weekdays", "must be weekdays, monday to sunday"))
    return QuietTime(
        window=Window(
            _minute(sent.begins, f"{path}.begins", found), _minute(sent.ends, f"{path}.ends", found)
        ),
        days=frozenset(times.WEEKDAYS.index(day) for day in sent.weekdays if day in times.WEEKDAYS),
        zone=zone_of(sent.zone) if sent.zone else None,
        source=words.QUIET_SOURCE.read(sent.source) or QuietSource.STATED,
        confidence=sent.confidence if sent.HasField("confidence") else None,
        expires_at=times.instant_of(sent, "expires_at"),
    )


def _minute(text: str, path: str, found: list[Violation]) -> int:
    clock = time.fromisoformat(text)
    if clock.second:
        found.append(Violation(path, "must be a whole minute"))
    return clock.hour * 60 + clock.minute


def _consent(sent: customer_pb2.Consent) -> Consent:
    kind = words.CONSENT_TYPE.read(sent.type)
    state = words.CONSENT_STATE.read(sent.state)
    assert kind is not None  # noqa: S101 - the contract requires it
    assert state is not None  # noqa: S101 - the contract requires it
    return Consent(
        type=kind,
        state=state,
        captured_at=times.instant_of(sent, "captured_at"),
        expires_at=times.instant_of(sent, "expires_at"),
        source=redacted(sent.source) or None,
    )


def _suppressed(sent: customer_pb2.CustomerSuppression) -> Suppressed:
    source = words.SUPPRESSION.read(sent.source)
    assert source is not None  # noqa: S101 - the contract requires it
    return Suppressed(
        source=source,
        purpose_kinds=words.PURPOSE_KIND.read_all(sent.purpose_kinds),
        ends_at=times.instant_of(sent, "ends_at"),
        captured_at=times.instant_of(sent, "captured_at"),
    )


def _card(sent: customer_pb2.EngagementCard) -> Card:
    entries = (
        LedgerEntry(at=times.instant(each.at), points=each.points, reason=each.reason)
        for each in sent.entries
    )
    return Card(
        tier=words.TIER.read(sent.tier) or TrustTier.UNKNOWN,
        balance=sent.balance if sent.HasField("balance") else None,
        confidence=sent.confidence if sent.HasField("confidence") else None,
        last_entries=tuple(sorted(entries, key=lambda each: each.at, reverse=True)),
    )

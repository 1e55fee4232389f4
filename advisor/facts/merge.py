"""Joining what is known of a customer from two sources.

Field by field the newest wins; suppressions and consents only accumulate, and so do quiet times
that the customer stated. Inline data from a dialer can add a suppression and never lift one:
lifting is a step of its own, with its basis.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Final

from advisor.engagement.calendars import QuietSource, QuietTime
from advisor.facts.situation import Consent, Profile, Seen, Suppressed
from advisor.facts.values import Value
from advisor.facts.vocabulary import ConsentState, ConsentType, PurposeKind, Suppression

#: Fields that only accumulate, whatever their age.
ACCUMULATING: Final = ("consents", "suppressions")
#: Fields of which the newest wins, each by itself; attributes do so one by one.
REPLACEABLE: Final = tuple(
    field.name
    for field in fields(Profile)
    if field.name not in (*ACCUMULATING, "attributes", "seen")
)

_LONG_AGO: Final = datetime.min.replace(tzinfo=UTC)
#: Of two consents of the same age the one that allows least counts.
_STRICTNESS: Final = MappingProxyType(
    {
        ConsentState.GIVEN: 0,
        ConsentState.NEVER_ASKED: 1,
        ConsentState.EXPIRED: 2,
        ConsentState.WITHDRAWN: 3,
    }
)
#: States that a source without a date cannot bring about against a dated one.
_NEEDS_DATE: Final = (ConsentState.GIVEN, ConsentState.NEVER_ASKED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Lift:
    """Why every suppression from one source may be lifted, and since when.

    Attributes:
        source: The source whose suppressions are lifted.
        basis: The customer's words, the court's decision; free text, for the record only.
        lifted_at: When, aware, UTC; what is captured later stands.
    """

    source: Suppression
    basis: str
    lifted_at: datetime


def merged(
    known: Profile,
    told: Profile,
    *,
    observed_at: datetime,
    named: frozenset[str] | None = None,
) -> Profile:
    """Join what is told now into what is known.

    Args:
        known: What was known before.
        told: What is told. A field of it without an entry in its `seen` counts as observed at
            `observed_at`.
        observed_at: When `told` was told, aware, UTC.
        named: Fields, and attributes by full name, that `told` speaks of; one that is named and
            absent becomes unknown. Not given: those that `told` has. What accumulates is joined
            either way.

    Returns:
        The joined profile. Of two observations of the same age `told` wins, so that joining the
        same twice changes nothing.
    """
    default = Seen(observed_at=observed_at)
    told_seen = {name: told.seen.get(name, default) for name in _spoken_of(told, named)}
    winners = {
        name: seen
        for name, seen in told_seen.items()
        if name not in known.seen or known.seen[name].observed_at <= seen.observed_at
    }
    joined = replace(
        known,
        **{name: getattr(told, name) for name in REPLACEABLE if name in winners},
        attributes=_attributes(known.attributes, told.attributes, winners),
        seen=MappingProxyType({**known.seen, **winners}),
    )
    suppressed_at = told.seen.get("suppressions", default).observed_at
    consented_at = told.seen.get("consents", default).observed_at
    if named is None:
        joined = replace(joined, quiet_times=_quiet_times(known, joined, told))
    return replace(
        joined,
        suppressions=_suppressions(known.suppressions, told.suppressions, suppressed_at),
        consents=_consents(known.consents, told.consents, consented_at),
    )


def _quiet_times(known: Profile, joined: Profile, told: Profile) -> tuple[QuietTime, ...] | None:
    """Keep what the customer stated to either; only an update that names them takes one back."""
    if joined.quiet_times is None:
        return None
    stated = [
        quiet
        for quiet in (*(known.quiet_times or ()), *(told.quiet_times or ()))
        if quiet.source is QuietSource.STATED
    ]
    return tuple(dict.fromkeys((*joined.quiet_times, *stated)))


def lifted(suppressions: Iterable[Suppressed], lifts: Iterable[Lift]) -> tuple[Suppressed, ...]:
    """Leave out what was lifted since it was captured; a suppression without a date stays."""
    since = {lift.source: lift.lifted_at for lift in lifts}
    return tuple(
        suppression
        for suppression in suppressions
        if suppression.captured_at is None
        or suppression.captured_at > since.get(suppression.source, _LONG_AGO)
    )


def _suppressions(
    known: tuple[Suppressed, ...], told: tuple[Suppressed, ...], at: datetime
) -> tuple[Suppressed, ...]:
    """Say each suppression once: one per source and coverage, with the later end and capture.

    No end is later than any end. What has no date of capture was captured when it was told.
    """
    by_kind: dict[tuple[Suppression, frozenset[PurposeKind]], Suppressed] = {}
    for suppression in (*known, *told):
        key = (suppression.source, suppression.purpose_kinds)
        dated = replace(suppression, captured_at=suppression.captured_at or at)
        other = by_kind.get(key, dated)
        by_kind[key] = replace(
            dated,
            ends_at=_later(dated.ends_at, other.ends_at),
            captured_at=_later(dated.captured_at, other.captured_at),
        )
    ordered = sorted(by_kind.items(), key=lambda item: (item[0][0], sorted(item[0][1])))
    return tuple(suppression for _key, suppression in ordered)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return None if one is None or other is None else max(one, other)


def _spoken_of(told: Profile, named: frozenset[str] | None) -> frozenset[str]:
    if named is not None:
        return named.difference(ACCUMULATING)
    present = {name for name in REPLACEABLE if getattr(told, name) is not None}
    return frozenset(present | told.attributes.keys())


def _attributes(
    known: Mapping[str, Value], told: Mapping[str, Value], winners: Mapping[str, Seen]
) -> Mapping[str, Value]:
    kept = {name: value for name, value in known.items() if name not in winners}
    taken = {name: value for name, value in told.items() if name in winners}
    return MappingProxyType({**kept, **taken})


def _consents(
    known: tuple[Consent, ...] | None, told: tuple[Consent, ...] | None, at: datetime
) -> tuple[Consent, ...] | None:
    if known is None and told is None:
        return None
    latest: dict[ConsentType, Consent] = {}
    for consent in (*(known or ()), *(_dated(consent, at) for consent in told or ())):
        other = latest.get(consent.type, consent)
        latest[consent.type] = max(other, consent, key=_standing)
    return tuple(latest[kind] for kind in sorted(latest))


def _dated(consent: Consent, at: datetime) -> Consent:
    """Date what takes away by when it was told, so that a consent given later can end it."""
    if consent.captured_at is not None or consent.state in _NEEDS_DATE:
        return consent
    return replace(consent, captured_at=at)


def _standing(consent: Consent) -> tuple[datetime, int]:
    """Order two consents of one type: the later one counts, then the stricter one.

    Without a date, a consent given is older than all others, and one withdrawn newer.
    """
    undated = _LONG_AGO if consent.state in _NEEDS_DATE else datetime.max.replace(tzinfo=UTC)
    return consent.captured_at or undated, _STRICTNESS[consent.state]

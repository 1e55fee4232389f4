"""From a row and a mapping to the context that a dialer sends: this is the part to copy."""

from __future__ import annotations

import calendar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from advisor.v1 import call_pb2, customer_pb2, facts_pb2, history_pb2
from advisor.v1.advisor_service_pb2 import AdviseRequest
from advisor.v1.vocabulary_call_pb2 import CallPurpose
from advisor.v1.vocabulary_customer_pb2 import (
    CONSENT_TYPE_MARKETING_CALL,
    ConsentState,
    Disposition,
    Relationship,
    TrustTier,
)
from examples.bank_calls.mapping import Mapping
from examples.bank_calls.rows import Row


def placed_at(row: Row, mapping: Mapping) -> datetime:
    """Return when the call of a row was made, as far as the mapping says; in UTC."""
    year = mapping.dates.years.get(row.employed, mapping.dates.otherwise)
    days = [
        week[row.weekday] for week in calendar.monthcalendar(year, row.month) if week[row.weekday]
    ]
    times = mapping.hours.local
    # Days change with every row and times with every round of days, so that both are even and a
    # second run gives the same calls.
    day, turn = row.number % len(days), row.number // len(days)
    at = times[turn % len(times)]
    zone = ZoneInfo(mapping.hours.zone)
    local = datetime(year, row.month, days[day], at.hour, at.minute, tzinfo=zone)
    return local.astimezone(UTC)


def marketing_call(row: Row, mapping: Mapping, at: datetime) -> AdviseRequest:
    """Return the call of a row as one that sells, made at an instant."""
    request = _call(row, mapping, at, "marketing")
    request.purpose.id = mapping.marketing.purpose
    relevance = mapping.marketing.relevance.get(row.outcome)
    if relevance is not None:
        request.purpose.relevance = relevance
    return request


def service_call(row: Row, mapping: Mapping, at: datetime) -> AdviseRequest:
    """Return the call of a row as one that serves, made at an instant."""
    request = _call(row, mapping, at, "service")
    request.purpose.id = mapping.service.purpose
    begins = at + timedelta(days=mapping.service.starts_in_days)
    # A fact of the occasion: the purpose declares it, its texts use it.
    request.purpose.occasion["starts_on"].CopyFrom(
        facts_pb2.FactValue(date=begins.date().isoformat())
    )
    if mapping.service.pin_used is not None:
        # A fact of the company's own, by the name that the pack gives it. Left out, it is unknown,
        # which is not the same as "no".
        request.attributes["bank.pin_used"].CopyFrom(
            facts_pb2.FactValue(yes_no=mapping.service.pin_used)
        )
    return request


def _call(row: Row, mapping: Mapping, at: datetime, kind: str) -> AdviseRequest:
    call = call_pb2.Call(
        call_id=f"{mapping.scenario}-{kind}-{row.number}",
        brand=mapping.brand.id,
        regions=mapping.place.regions,
        attempt=row.contacts,
    )
    if mapping.place.dialled_number is not None:
        call.dialled_number = mapping.place.dialled_number
    customer = customer_pb2.Customer(
        # With an id the service joins what it keeps of the customer with what is sent here.
        customer_id=f"row-{row.number}",
        profile=_profile(row, mapping),
        history=history_pb2.History(contacts=contacts(row, mapping, at)),
    )
    return AdviseRequest(call=call, customer=customer)


def _profile(row: Row, mapping: Mapping) -> customer_pb2.CustomerProfile:
    """Return what is known of the customer; what is not known is not set."""
    known = mapping.customer
    profile = customer_pb2.CustomerProfile()
    if known.preferred_name is not None:
        profile.preferred_name = known.preferred_name
    if known.relationship is not None:
        profile.relationship = Relationship.Value(f"RELATIONSHIP_{known.relationship.upper()}")
    if known.consent is not None:
        profile.consents.consents.add(
            type=CONSENT_TYPE_MARKETING_CALL,
            state=ConsentState.Value(f"CONSENT_STATE_{known.consent.upper()}"),
        )
    if known.complaints_open is not None:
        profile.complaints_open = known.complaints_open
    if mapping.place.address_zone is not None:
        profile.address_zone = mapping.place.address_zone
    tier = known.card_tiers.get(row.outcome)
    if tier is not None:
        profile.card.tier = TrustTier.Value(f"TRUST_TIER_{tier.upper()}")
    return profile


def contacts(row: Row, mapping: Mapping, at: datetime) -> list[history_pb2.Contact]:
    """Return the contacts before the call, newest first, none at or after it."""
    before, apart = row.contacts - 1, timedelta(hours=mapping.campaign.hours_apart)
    earlier = _earlier(row, mapping, at)
    if earlier:
        # What the data does know wins over what we assume: this campaign's calls all fit between
        # the last contact of the one before and now.
        apart = min(apart, (at - earlier[0][0]) / (before + 1))
    own = [(at - apart * (n + 1), mapping.campaign.disposition) for n in range(before)]
    return [_contact(mapping, when, how) for when, how in own + earlier]


def _earlier(row: Row, mapping: Mapping, at: datetime) -> list[tuple[datetime, str]]:
    """Return when the contacts before this campaign were, newest first, and how they turned out."""
    rules = mapping.earlier
    if row.days_since is None and row.earlier == 0:
        return []
    days = rules.unknown_days if row.days_since is None else row.days_since
    # The same day is still before the call.
    last = at - max(timedelta(days=days), timedelta(hours=3))
    others = [
        (last - timedelta(days=rules.days_apart * (n + 1)), rules.others)
        for n in range(row.earlier - 1)
    ]
    return [(last, rules.last[row.outcome]), *others]


def _contact(mapping: Mapping, when: datetime, how: str) -> history_pb2.Contact:
    contact = history_pb2.Contact(
        disposition=Disposition.Value(f"DISPOSITION_{how.upper()}"),
        purpose_id=mapping.marketing.purpose,
        purpose_kind=CallPurpose.Value(f"CALL_PURPOSE_{mapping.marketing.kind.upper()}"),
        brand=mapping.brand.id,
    )
    contact.at.FromDatetime(when)
    return contact

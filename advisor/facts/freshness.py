"""How old what is known of a customer may be, and which of it is older."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from advisor.facts.situation import Profile

_DAY: Final = timedelta(days=1)

#: How old a field of a profile may be before an answer says that it is stale; fields not named
#: may be of any age (a name does not wear out).
MAX_AGE: Final = MappingProxyType(
    {
        "complaints_open": _DAY,
        "complaints_overdue": _DAY,
        "complaint_topic": 30 * _DAY,
        "card": 30 * _DAY,
        "registers": 28 * _DAY,
        "goal": 180 * _DAY,
        "reported_defects": 180 * _DAY,
        "safe_contact": 90 * _DAY,
        "care_needs": 180 * _DAY,
        "preferred_channel": 365 * _DAY,
        "stated_zone": 365 * _DAY,
        "address_zone": 365 * _DAY,
        "region": 365 * _DAY,
    }
)


def stale_fields(
    profile: Profile, now: datetime, max_age: Mapping[str, timedelta] = MAX_AGE
) -> tuple[str, ...]:
    """List the fields of a profile that are older than they may be.

    Args:
        profile: What is known; a field that nobody dated is never stale.
        now: Aware instant.
        max_age: By field name, or by full name of an attribute.

    Returns:
        Names in alphabetical order.
    """
    return tuple(
        sorted(
            name
            for name, seen in profile.seen.items()
            if name in max_age and now - seen.observed_at > max_age[name]
        )
    )

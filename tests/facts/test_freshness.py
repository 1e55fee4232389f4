"""How old what is known of a customer may be."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import MappingProxyType

import pytest

from advisor.facts.freshness import MAX_AGE, stale_fields
from advisor.facts.situation import Profile, Seen

NOW = datetime(2026, 1, 12, 15, 0, tzinfo=UTC)
DAY = timedelta(days=1)


def _seen(**ages: timedelta) -> Profile:
    return Profile(
        seen=MappingProxyType({name: Seen(observed_at=NOW - age) for name, age in ages.items()})
    )


@pytest.mark.parametrize(
    ("profile", "expected"),
    [
        (Profile(), ()),
        (_seen(complaints_open=DAY), ()),
        (_seen(complaints_open=DAY + timedelta(seconds=1)), ("complaints_open",)),
        (_seen(registers=29 * DAY, complaints_open=2 * DAY), ("complaints_open", "registers")),
        (_seen(preferred_name=9000 * DAY), ()),
    ],
)
def test_what_is_older_than_it_may_be_is_named(profile: Profile, expected: tuple[str, ...]) -> None:
    """An answer can say which of what it knew was old (003-09)."""
    assert stale_fields(profile, NOW) == expected


def test_every_age_is_of_a_field_that_exists() -> None:
    """No age is kept for a field that was renamed."""
    assert [name for name in MAX_AGE if not hasattr(Profile(), name)] == []

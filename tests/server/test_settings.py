"""Every setting comes from one place, with a description."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from advisor.server.clocks import clock_from, machine_clock
from advisor.server.settings import Settings


def test_every_setting_says_what_it_is() -> None:
    """Each setting has a description in whole sentences, for the table in the docs."""
    silent = [
        name
        for name, field in Settings.model_fields.items()
        if not (field.description or "").endswith(".")
    ]
    assert silent == []


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """A setting is an environment variable with the prefix ADVISOR_."""
    monkeypatch.setenv("ADVISOR_LISTEN", "127.0.0.1:0")
    monkeypatch.setenv("ADVISOR_CLOCK_START", "2026-01-12T15:00:00+00:00")
    settings = Settings()
    assert settings.listen == "127.0.0.1:0"
    assert settings.clock_start == datetime(2026, 1, 12, 15, tzinfo=UTC)


def test_settings_cannot_change() -> None:
    """Settings are read once."""
    with pytest.raises(ValidationError, match="frozen"):
        Settings().listen = "127.0.0.1:1"  # type: ignore[misc]


def test_a_clock_without_an_offset_is_refused() -> None:
    """An instant without its offset from UTC could be anybody's."""
    with pytest.raises(ValidationError, match="timezone"):
        Settings(clock_start=datetime(2026, 1, 12, 15))  # noqa: DTZ001 - what is refused


def test_secrets_are_not_shown() -> None:
    """The key and the URL of Redis, which may hold a password, are not printed."""
    shown = repr(Settings.model_validate({"hmac_key": "k" * 32, "redis_url": "redis://:pw@h"}))
    assert "kkk" not in shown
    assert "pw" not in shown


def test_a_stated_clock_starts_there_and_runs_on() -> None:
    """A demonstration starts at a stated time, and time passes."""
    start = datetime(2026, 1, 12, 15, tzinfo=UTC)
    clock = clock_from(start)
    first, second = clock(), clock()
    assert start <= first <= second
    assert (second - start).total_seconds() < 5


def test_without_a_start_the_clock_is_the_machines() -> None:
    """The machine's clock is aware and in UTC."""
    assert clock_from(None) is machine_clock
    assert machine_clock().tzinfo is UTC

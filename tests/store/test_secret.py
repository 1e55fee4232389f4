"""The secret behind every key: given, or made once and kept."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.store.errors import StoreMisconfigured
from advisor.store.secret import given_secret, kept_secret


def test_given_secret_is_taken() -> None:
    """A setting long enough is the secret."""
    assert given_secret("sixteen letters!") == b"sixteen letters!"


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        (None, "ADVISOR_HMAC_KEY is not set"),
        ("", "ADVISOR_HMAC_KEY is not set"),
        ("short", "has 5 characters; it needs at least 16"),
    ],
)
def test_missing_or_short_secret_is_refused(setting: str | None, said: str) -> None:
    """With a Redis of one's own the secret is required, and the error says how to make one."""
    with pytest.raises(StoreMisconfigured, match=said):
        given_secret(setting)


def test_secret_is_made_once_and_kept(tmp_path: Path) -> None:
    """The embedded server's secret is made at the first start, private, and the same ever after."""
    secret = kept_secret(tmp_path)

    assert len(secret) == 64
    assert kept_secret(tmp_path) == secret
    assert [file.name for file in tmp_path.iterdir()] == ["hmac_key"]
    assert (tmp_path / "hmac_key").stat().st_mode & 0o077 == 0


def test_secrets_differ(tmp_path: Path) -> None:
    """Every folder has a secret of its own."""
    for name in ("a", "b"):
        (tmp_path / name).mkdir()

    assert kept_secret(tmp_path / "a") != kept_secret(tmp_path / "b")


def test_unfinished_file_of_a_killed_service_is_no_obstacle(tmp_path: Path) -> None:
    """A service killed while writing the secret leaves nothing that stops the next one."""
    (tmp_path / "hmac_key.new").write_text("half")

    assert len(kept_secret(tmp_path)) == 64


def test_damaged_file_is_not_replaced(tmp_path: Path) -> None:
    """An empty file is an error, as a new secret would hide everything stored."""
    (tmp_path / "hmac_key").write_text("\n")

    with pytest.raises(StoreMisconfigured, match="is damaged"):
        kept_secret(tmp_path)


def test_unreadable_file_is_reported(tmp_path: Path) -> None:
    """A file that cannot be read is named with the reason."""
    (tmp_path / "hmac_key").mkdir()

    with pytest.raises(StoreMisconfigured, match="cannot be used: Is a directory"):
        kept_secret(tmp_path)

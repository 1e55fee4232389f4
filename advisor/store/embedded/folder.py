"""The data folder of the embedded server: one owner at a time, one place for each file."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

from advisor.store.errors import DataFolderInUse, DataFolderUnusable

#: macOS allows 103 bytes and a NUL for a socket's path, Linux four more.
LONGEST_SOCKET_PATH: Final = 103

_PRIVATE: Final = 0o700
_OWN_FILE: Final = 0o600
_SOCKET: Final = "server.sock"
#: A log above this size is put aside (one generation is kept) when the server starts.
_LARGEST_LOG: Final = 1_000_000


class DataFolder:
    """A folder with the server's data, its lock, its log and, where the path is short, its socket.

    The lock is an flock: the kernel drops it with the last process that holds the descriptor, so a
    killed service leaves nothing to clean up, and its server keeps the folder locked until it
    ends.
    """

    def __init__(self, path: Path) -> None:
        """Name the folder; nothing is touched before `prepare`."""
        self.path = path.absolute()
        self.log = self.path / "server.log"
        self._lock_file = self.path / "lock"
        self._borrowed: Path | None = None
        self._socket: Path | None = None

    @property
    def manifest(self) -> Path:
        """The file that names the parts of the append-only file."""
        return self.path / "appendonlydir" / "appendonly.aof.manifest"

    def prepare(self) -> None:
        """Create the folder if need be, and refuse one whose data would be silently left out.

        Raises:
            DataFolderUnusable: It cannot be created or written, or holds an RDB snapshot without
                an append-only file, of which a server with `appendonly yes` would load nothing.
        """
        try:
            self.path.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
        except OSError as error:
            message = f"The data folder {self.path} cannot be created: {error.strerror}."
            raise DataFolderUnusable(message) from error
        snapshots = sorted(self.path.glob("*.rdb"))
        if snapshots and not self.manifest.exists():
            message = (
                f"The data folder {self.path} holds a snapshot ({snapshots[0].name}) but no"
                " append-only file, and would come up empty. Name another folder, or load the"
                " snapshot into a server of your own and turn its append-only file on there"
                " (`CONFIG SET appendonly yes`), then move its appendonlydir here."
            )
            raise DataFolderUnusable(message)
        if self.log.exists() and self.log.stat().st_size > _LARGEST_LOG:
            self.log.replace(self.log.with_suffix(".log.1"))

    def lock(self) -> int:
        """Take the folder for this process and those that inherit the descriptor.

        Returns:
            The descriptor that holds the lock; closing it, and its copies, ends the lock.

        Raises:
            DataFolderInUse: Somebody else holds it.
            DataFolderUnusable: The lock file cannot be written.
        """
        try:
            descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWN_FILE)
        except OSError as error:
            message = f"The data folder {self.path} cannot be written: {error.strerror}."
            raise DataFolderUnusable(message) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip()
            os.close(descriptor)
            message = (
                f"The data folder {self.path} is in use by another service (process {holder})."
                " Stop that one, or name another folder for this one."
            )
            raise DataFolderInUse(message) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode("ascii"), 0)
        return descriptor

    def socket(self) -> Path:
        """Name the socket, in a private folder: the data folder's `run`, or a shorter one."""
        if self._socket is None:
            own = self.path / "run"
            if len(os.fsencode(own / _SOCKET)) <= LONGEST_SOCKET_PATH:
                own.mkdir(mode=_PRIVATE, exist_ok=True)
                own.chmod(_PRIVATE)
                self._socket = own / _SOCKET
            else:
                self._borrowed = _short_folder()
                self._socket = self._borrowed / _SOCKET
        return self._socket

    def release(self) -> None:
        """Remove what was borrowed outside the folder."""
        if self._borrowed is not None:
            shutil.rmtree(self._borrowed, ignore_errors=True)
        self._borrowed = None
        self._socket = None


def _short_folder() -> Path:
    """Make a private folder whose path is short, in the user's runtime folder or in /tmp."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    short = len(os.fsencode(runtime)) <= LONGEST_SOCKET_PATH // 2
    parent = runtime if short and os.access(runtime, os.W_OK) else "/tmp"  # noqa: S108 -- mkdtemp
    return Path(tempfile.mkdtemp(prefix="advisor-", dir=parent))

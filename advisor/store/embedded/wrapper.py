"""Become the server, with a life tied to the service that started it.

Run by path, as `python -I -S wrapper.py PARENT_PID LIFELINE_FD LOCK_FD BINARY`, so that it starts
in milliseconds and needs nothing but the standard library. Two guards end the server when the
service is gone, however it went:

- Linux: the kernel kills the server when its parent dies (PR_SET_PDEATHSIG, kept over exec).
- Everywhere: a small process reads a pipe whose other end only the service holds, and kills the
  server when the pipe ends. It is the server's child, so the pid it kills cannot be another's.

The server is killed, not asked: with `appendfsync always` an acknowledged write is on disk.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
_CANNOT_EXECUTE = 127


def main(arguments: list[str]) -> int:
    """Set up both guards and become the server; returns only if it cannot be executed."""
    parent, lifeline, lock = (int(argument) for argument in arguments[:3])
    binary = arguments[3]
    server = os.getpid()
    if os.fork() == 0:
        os.close(lock)
        watch(lifeline, server)
        os._exit(0)
    os.close(lifeline)
    die_with_parent(parent)
    try:
        os.execv(binary, [binary, "-"])  # noqa: S606 -- no shell, that is the point
    except OSError as error:
        sys.stderr.write(f"cannot execute {binary}: {error.strerror}\n")
    return _CANNOT_EXECUTE


def die_with_parent(parent: int) -> None:
    """Have the kernel kill this process when its parent dies, where the kernel knows how."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        # The parent died before the guard stood: nobody would end this process.
        os._exit(0)


def watch(lifeline: int, server: int) -> None:
    """Read the lifeline until its last writer is gone, then kill the server if it still lives."""
    while os.read(lifeline, 1):
        pass
    if os.getppid() == server:
        os.kill(server, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Advisor tells the person on an outbound call what to do next, and why.

`__version__` is the version of the installed distribution.
"""

from __future__ import annotations

from importlib import metadata


def __getattr__(name: str) -> str:
    """Look the version up when it is asked for, so that importing a room reads no metadata.

    Raises:
        AttributeError: `name` is not `__version__`.
        PackageNotFoundError: the distribution `advisor` is not installed.
    """
    if name == "__version__":
        return metadata.version("advisor")
    message = f"module {__name__!r} has no attribute {name!r}"
    raise AttributeError(message)

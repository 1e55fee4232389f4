"""The service's log: one canonical line a call, and nothing that says who somebody is."""

from __future__ import annotations

import traceback
from collections.abc import MutableMapping
from pathlib import PurePath
from typing import Any, Final, TextIO

import structlog
from structlog.typing import FilteringBoundLogger, Processor

from advisor.server.settings import LogFormat

#: All that a line may hold; anything else is dropped before it is written.
FIELDS: Final = frozenset(
    {
        "address",
        "brand",
        "code",
        "correlation_id",
        "count",
        "decision",
        "decision_id",
        "degraded",
        "diagnostics",
        "duration_ms",
        "event",
        "happened",
        "exception",
        "frames",
        "in_progress",
        "items",
        "level",
        "method",
        "metrics_address",
        "pack_version",
        "purpose",
        "reason",
        "reasons",
        "refused",
        "rules",
        "signal",
        "suppressed",
        "task",
        "timestamp",
        "uncovered",
        "violations",
        "why",
    }
)

_FRAMES: Final = 12


def logger(stream: TextIO, format_: LogFormat = LogFormat.AUTO) -> FilteringBoundLogger:
    """Make the logger of a service.

    Args:
        stream: Where lines go, each as soon as it is made.
        format_: How they look; AUTO is for people where `stream` is a terminal, else JSON.
    """
    for_people = format_ is LogFormat.CONSOLE or (format_ is LogFormat.AUTO and stream.isatty())
    renderer: Processor = (
        structlog.dev.ConsoleRenderer(colors=stream.isatty())
        if for_people
        else structlog.processors.JSONRenderer()
    )
    bound: FilteringBoundLogger = structlog.wrap_logger(
        structlog.WriteLogger(stream),
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            only_allowed_fields,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger("info"),
        cache_logger_on_first_use=True,
    )
    return bound


def only_allowed_fields(
    _logger: object, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Drop every field that is not in the list (a processor of structlog)."""
    return {name: value for name, value in event.items() if name in FIELDS}


def frames(error: BaseException) -> list[str]:
    """Say where an exception was raised, innermost last, without its text or any value.

    The text of an exception may repeat what a caller sent; places in the code cannot.
    """
    stack = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{PurePath(f.filename).name}:{f.lineno} {f.name}" for f in stack]

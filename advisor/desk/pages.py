"""What pages are made with: templates, the service behind them, and words for its failures."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, cast

import grpc
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request

if TYPE_CHECKING:
    from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceAsyncStub
    from advisor.v1.callback_service_pb2_grpc import CallbackServiceAsyncStub

#: Seconds that one answer of the service may take.
PATIENCE: Final = 3.0

#: What an id may look like: as in the contract.
ID: Final = re.compile(r"[!-~]{1,128}")

_TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def html(name: str, **values: Any) -> str:  # noqa: ANN401 - whatever the template shows
    """Fill in a template."""
    return _TEMPLATES.get_template(name).render(**values)


def advisor(request: Request) -> AdvisorServiceAsyncStub:
    """Return the service that guides calls."""
    return cast("AdvisorServiceAsyncStub", request.app.state.advisor)


def callbacks(request: Request) -> CallbackServiceAsyncStub:
    """Return the service that keeps promises to ring back."""
    return cast("CallbackServiceAsyncStub", request.app.state.callbacks)


def away(error: grpc.aio.AioRpcError) -> bool:
    """Tell whether nobody answered, so that the same may be asked again."""
    return error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)


def lost(error: grpc.aio.AioRpcError) -> str:
    """Say in a sentence for an agent why there is no answer."""
    if away(error):
        return "The service does not answer. It is asked again every second; go on speaking."
    return error.details() or "The service refused."

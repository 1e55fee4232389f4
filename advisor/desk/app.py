"""The pages, their streams, and what is reported from them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

import grpc
from sse_starlette import EventSourceResponse
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.base import BaseHTTPMiddleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from advisor.desk.buttons import GROUPS, REPORTABLE
from advisor.desk.pages import ID, PATIENCE, advisor, html, lost
from advisor.desk.promising import book, owed, times
from advisor.desk.view import page_of
from advisor.desk.words import word
from advisor.v1.advisor_service_pb2 import (
    ListLiveCallsRequest,
    ReportCallEventRequest,
    WatchGuidanceRequest,
)
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
from advisor.v1.event_pb2 import CallEvent
from advisor.v1.vocabulary_call_pb2 import EVENT_REPORTER_AGENT, CallEventKind

if TYPE_CHECKING:
    from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceAsyncStub

#: Seconds until a service that went away is asked again.
_AGAIN: Final = 1.0

#: Left to itself a channel waits longer after every failure, up to two minutes, and fails what
#: is asked meanwhile; the page says that it asks every second.
_OPTIONS: Final = tuple(
    (f"grpc.{which}_reconnect_backoff_ms", int(_AGAIN * 1000))
    for which in ("initial", "min", "max")
)

#: Names under which this machine reaches itself: nobody else's page may speak through a browser.
HOSTS: Final = ("127.0.0.1", "localhost", "[::1]", "::1")

_LONGEST: Final = 1_000

_HERE: Final = Path(__file__).parent
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self';"
        " form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def desk(address: str, clock: Callable[[], datetime]) -> Starlette:
    """Make the application.

    Args:
        address: Where the service listens, ``host:port``.
        clock: Tells the time, aware; it says which day is today.
    """

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        async with grpc.aio.insecure_channel(address, options=_OPTIONS) as channel:
            app.state.clock = clock
            app.state.advisor = AdvisorServiceStub(channel)
            app.state.callbacks = CallbackServiceStub(channel)
            yield

    return Starlette(
        routes=[
            Mount("/static", StaticFiles(directory=_HERE / "static")),
            Route("/", _start),
            Route("/calls", _calls),
            # An id of another system may hold slashes; so it comes last.
            Route("/stream/{what:str}/{id:path}", _stream),
            Route("/events/{id:path}", _report, methods=["POST"]),
            Route("/times/{id:path}", times),
            Route("/book/{id:path}", book, methods=["POST"]),
            Route("/promises/{id:path}", owed),
            Route("/{what:str}/{id:path}", _follow),
        ],
        middleware=[
            Middleware(TrustedHostMiddleware, allowed_hosts=list(HOSTS)),
            Middleware(BaseHTTPMiddleware, dispatch=_guarded),
        ],
        lifespan=lifespan,
    )


async def _guarded(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
    """Refuse what another site's page sends, and tell the browser to trust nothing but us."""
    if request.method == "POST" and not _from_here(request):
        return PlainTextResponse("Sent from another site.", status_code=403)
    response = await go_on(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


def _from_here(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc == request.headers.get("host")


async def _start(request: Request) -> Response:
    for what in ("agent", "call"):
        named = request.query_params.get(what, "").strip()
        if named:
            return RedirectResponse(f"/{what}/{quote(named, safe='')}", status_code=303)
    return HTMLResponse(html("start.html"))


async def _calls(request: Request) -> Response:
    try:
        answer = await advisor(request).ListLiveCalls(ListLiveCallsRequest(), timeout=PATIENCE)
    except grpc.aio.AioRpcError as error:
        return HTMLResponse(html("calls.html", calls=[], lost=lost(error)), status_code=503)
    calls = [
        {
            "id": call.call_id,
            "path": f"/call/{quote(call.call_id, safe='')}",
            "agent": call.agent_id,
            "purpose": call.purpose_id.replace("-", " "),
            "stage": word(call, "stage"),
            "last": word(call, "last_event"),
            "at": call.last_at.ToDatetime().strftime("%H:%M:%S"),
            "asked_early": call.asked_early,
        }
        for call in answer.calls
    ]
    return HTMLResponse(html("calls.html", calls=calls, lost=""))


async def _follow(request: Request) -> Response:
    what, named = request.path_params["what"], request.path_params["id"]
    if _watched(what, named) is None:
        return PlainTextResponse("There is no such page. Begin at /.", status_code=404)
    stream = f"/stream/{what}/{quote(named, safe='')}"
    return HTMLResponse(html("call.html", what=what, named=named, stream=stream))


async def _stream(request: Request) -> Response:
    watched = _watched(request.path_params["what"], request.path_params["id"])
    if watched is None:
        return PlainTextResponse("There is no such page.", status_code=404)
    return EventSourceResponse(_told(advisor(request), watched), ping=15)


async def _told(
    service: AdvisorServiceAsyncStub, watched: WatchGuidanceRequest
) -> AsyncIterator[dict[str, str]]:
    """Give the page's changes; a service that went away is asked again, and the page says so."""
    while True:
        try:
            async for answer in service.WatchGuidance(watched):
                yield {"event": "line", "data": "open"}
                if answer.HasField("guidance"):
                    shown = html("guidance.html", page=page_of(answer.guidance), groups=GROUPS)
                    yield {"event": "guidance", "data": shown}
        except grpc.aio.AioRpcError as error:
            yield {"event": "line", "data": lost(error)}
        await asyncio.sleep(_AGAIN)


async def _report(request: Request) -> Response:
    form = await request.form(max_fields=10, max_files=0)
    named = request.path_params["id"]
    kind, text = str(form.get("kind", "")), str(form.get("text", ""))
    event_id = str(form.get("event_id", "")) or uuid.uuid4().hex
    item_id = str(form.get("item_id", ""))
    ids = (named, event_id, *([item_id] if item_id else []))
    if kind not in REPORTABLE or not all(ID.fullmatch(each) for each in ids):
        return PlainTextResponse("Nothing that can be reported.", status_code=400)
    event = CallEvent(
        event_id=event_id,
        kind=CallEventKind.Value(f"CALL_EVENT_KIND_{kind}"),
        reported_by=EVENT_REPORTER_AGENT,
        item_id=item_id,
        text=text[:_LONGEST],
        window=str(form.get("window", ""))[:32],
    )
    reported = ReportCallEventRequest(call_id=named, event=event)
    try:
        answer = await advisor(request).ReportCallEvent(reported, timeout=PATIENCE)
    except grpc.aio.AioRpcError as error:
        return PlainTextResponse(lost(error), status_code=503)
    if not answer.stored:
        return PlainTextResponse("Not kept yet; it is sent again.", status_code=503)
    if request.headers.get("x-desk") == "1":
        return Response(status_code=204)
    return RedirectResponse(f"/call/{quote(named, safe='')}", status_code=303)


def _watched(what: str, named: str) -> WatchGuidanceRequest | None:
    if ID.fullmatch(named) is None:
        return None
    if what == "call":
        return WatchGuidanceRequest(call_id=named)
    return WatchGuidanceRequest(agent_id=named) if what == "agent" else None

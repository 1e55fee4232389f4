"""Ringing back, at the desk: times that can be promised, booking one, and what an agent owes."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

import grpc
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from advisor.desk.buttons import SLOT_KEYS
from advisor.desk.pages import ID, PATIENCE, advisor, away, callbacks, html, lost
from advisor.desk.words import word
from advisor.v1 import callback_service_pb2 as wire
from advisor.v1.advisor_service_pb2 import ReportCallEventRequest
from advisor.v1.call_pb2 import Call
from advisor.v1.decision_pb2 import Slot
from advisor.v1.event_pb2 import CallEvent
from advisor.v1.history_pb2 import Promise
from advisor.v1.vocabulary_call_pb2 import (
    EVENT_REPORTER_AGENT,
    CallEventKind,
)
from advisor.v1.vocabulary_customer_pb2 import PROMISE_STATE_DUE, PROMISE_STATE_MADE

_ACCEPTED: Final = CallEventKind.CALL_EVENT_KIND_CALLBACK_ACCEPTED
_DECLINED: Final = CallEventKind.CALL_EVENT_KIND_CALLBACK_DECLINED

_OPEN: Final = (PROMISE_STATE_MADE, PROMISE_STATE_DUE)

#: How the states of what is owed are said at a desk.
_STATES: Final = {PROMISE_STATE_MADE: "to come", PROMISE_STATE_DUE: "due now"}

#: Most promises read of one answer, and most shown of what an agent owes.
_PAGE: Final = 500
_SHOWN: Final = 50

_LONGEST_TOPIC: Final = 200

#: Why nothing can be promised in a call, as an agent would say it.
_UNKNOWN: Final = {
    grpc.StatusCode.NOT_FOUND: "Nothing can be promised: nothing is known of this call any more.",
    grpc.StatusCode.INVALID_ARGUMENT: "Nothing can be promised: nobody knows who the customer is.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A time that can be promised, and the key that books it."""

    spoken: str
    due_at: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Owed:
    """A promise, as an agent reads it.

    Attributes:
        at: Its window by its own clock, with the zone.
    """

    at: str
    topic: str
    state: str
    customer: str
    number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """What is known of ringing back in one call.

    Attributes:
        told: What is to be said or known first; empty for nothing.
        refused: Why a time cannot be promised.
        zone: By whose clock times are meant; empty where nobody knows.
        first: The time that was named, or the first, as a field for a local time has it.
        booked: What is promised in this call already, and its id; None where nothing is.
        turn: How many promises were made in this call; it makes the next one another.
        asked: Whether a time was named, so that the answer must be seen.
    """

    call_id: str
    told: str
    refused: tuple[str, ...]
    choices: tuple[Choice, ...]
    zone: str
    first: str
    booked: tuple[str, Owed] | None
    turn: int
    asked: bool


async def times(request: Request) -> Response:
    """Show the times that can be promised in a call, or whether one that is named can be."""
    named = request.path_params["id"]
    if ID.fullmatch(named) is None:
        return PlainTextResponse("There is no such page. Begin at /.", status_code=404)
    at, zone = request.query_params.get("at", ""), request.query_params.get("zone", "")
    wanted = _instant(at, zone) if at else None
    if at and wanted is None:
        return PlainTextResponse("That is no time.", status_code=400)
    return await _times(request, named, wanted, zone)


async def book(request: Request) -> Response:
    """Promise a time, move the promise of the call, or give it up; report it to the call."""
    named, form = request.path_params["id"], await request.form(max_fields=10, max_files=0)
    promise_id, turn = str(form.get("promise_id", "")), str(form.get("turn", ""))
    due_at = _instant(str(form.get("due_at", "")))
    gives_up = form.get("give_up") == "1" and promise_id != ""
    known = all(ID.fullmatch(each) for each in (named, *([promise_id] if promise_id else [])))
    if not known or not turn.isdecimal() or (due_at is None and not gives_up):
        return PlainTextResponse("Nothing that can be booked.", status_code=400)
    due_at = None if gives_up else due_at
    # A double press, and a form that is sent once more, are the same request.
    of = "\n".join((named, turn, promise_id, "" if due_at is None else due_at.isoformat()))
    request_id = f"desk-{hashlib.sha256(of.encode()).hexdigest()[:40]}"
    try:
        told = await _booked(request, named, request_id, form, due_at)
        if not await _reported(request, named, request_id, _DECLINED if gives_up else _ACCEPTED):
            return PlainTextResponse("Booked, and not reported yet.", status_code=503)
    except grpc.aio.AioRpcError as error:
        if away(error):
            return PlainTextResponse(f"Not booked yet. {lost(error)}", status_code=503)
        return await _refused(request, named, due_at, error)
    return await _times(request, named, told=told)


async def owed(request: Request) -> Response:
    """Show what an agent has promised for today, and what is due from before."""
    named = request.path_params["id"]
    if ID.fullmatch(named) is None:
        return PlainTextResponse("There is no such page. Begin at /.", status_code=404)
    now: datetime = request.app.state.clock()
    try:
        found = [each async for each in _promises_of(request, named, now)]
    except grpc.aio.AioRpcError as error:
        return _answer(request, "owed.html", named, 503, agent=named, owed=[], lost=lost(error))
    shown = [_owed(each, now) for each in found[:_SHOWN]]
    return _answer(request, "owed.html", named, 200, agent=named, owed=shown, lost="")


async def _booked(
    request: Request, named: str, request_id: str, form: FormData, due_at: datetime | None
) -> str:
    """Do what a form asks for; return what to say back."""
    service, promise_id = callbacks(request), str(form.get("promise_id", ""))
    if due_at is None:
        given_up = wire.CancelPromiseRequest(request_id=request_id, promise_id=promise_id)
        await service.CancelPromise(given_up, timeout=PATIENCE)
        return "Given up: nobody will ring for it."
    if promise_id:
        moving = wire.ReschedulePromiseRequest(request_id=request_id, promise_id=promise_id)
        moving.call.call_id = named
        moving.due_at.FromDatetime(due_at)
        return f"Moved to {(await service.ReschedulePromise(moving, timeout=PATIENCE)).spoken}"
    making = wire.MakePromiseRequest(
        request_id=request_id,
        context=_context(named),
        topic=str(form.get("topic", "")).strip()[:_LONGEST_TOPIC],
    )
    making.due_at.FromDatetime(due_at)
    return f"Booked: {(await service.MakePromise(making, timeout=PATIENCE)).spoken}"


async def _refused(
    request: Request, named: str, due_at: datetime | None, error: grpc.aio.AioRpcError
) -> Response:
    """Say why nothing was booked, and what can be instead."""
    if error.code() is grpc.StatusCode.ALREADY_EXISTS:
        return await _times(request, named, told="That time is booked already.")
    if error.code() is grpc.StatusCode.FAILED_PRECONDITION:
        return await _times(request, named, due_at, told="Not booked; nothing was promised.")
    return await _times(request, named, told=f"Not booked. {lost(error)}")


async def _reported(
    request: Request, named: str, request_id: str, happened: CallEventKind.ValueType
) -> bool:
    event = CallEvent(event_id=request_id, kind=happened, reported_by=EVENT_REPORTER_AGENT)
    reported = ReportCallEventRequest(call_id=named, event=event)
    return (await advisor(request).ReportCallEvent(reported, timeout=PATIENCE)).stored


async def _times(
    request: Request,
    named: str,
    wanted: datetime | None = None,
    zone: str = "",
    *,
    told: str = "",
) -> Response:
    proposing = wire.ProposeSlotsRequest(context=_context(named))
    if wanted is not None:
        proposing.named_at.FromDatetime(wanted.astimezone(UTC))
    listing = wire.ListPromisesRequest(call_id=named)
    service = callbacks(request)
    try:
        proposed, listed = await asyncio.gather(
            service.ProposeSlots(proposing, timeout=PATIENCE),
            service.ListPromises(listing, timeout=PATIENCE),
        )
    except grpc.aio.AioRpcError as error:
        status = 503 if away(error) else 200
        why = _UNKNOWN.get(error.code()) or lost(error)
        return _answer(request, "times.html", named, status, times=None, lost=why)
    refused = tuple(reason.text for reason in proposed.refused)
    if wanted is not None and not told:
        yes = proposed.slots and not refused
        told = f"Yes: {proposed.slots[0].spoken}" if yes else "That time cannot be promised."
    if proposed.slots:
        zone = proposed.slots[0].zone
    first = wanted or (proposed.slots[0].starts_at.ToDatetime(UTC) if proposed.slots else None)
    now = request.app.state.clock()
    shown = Times(
        call_id=named,
        told=told,
        refused=refused,
        choices=_choices(proposed.slots),
        zone=zone,
        first=f"{first.astimezone(ZoneInfo(zone)):%Y-%m-%dT%H:%M}" if first and zone else "",
        booked=next(
            ((each.id, _owed(each, now)) for each in listed.promises if each.state in _OPEN), None
        ),
        turn=len(listed.promises),
        asked=wanted is not None,
    )
    return _answer(request, "times.html", named, 200, times=shown, lost="")


async def _promises_of(request: Request, agent_id: str, now: datetime) -> AsyncIterator[Promise]:
    """Iterate over what an agent owes until the end of today, by the clock of each promise."""
    listing = wire.ListPromisesRequest(owners=[agent_id], page_size=_PAGE)
    listing.due_before.FromDatetime((now + timedelta(days=1)).astimezone(UTC))
    while True:
        page = await callbacks(request).ListPromises(listing, timeout=PATIENCE)
        for each in page.promises:
            zone = ZoneInfo(each.zone or "UTC")
            due = each.due_at.ToDatetime(UTC).astimezone(zone)
            if due.date() <= now.astimezone(zone).date():
                yield each
        listing.page_token = page.next_page_token
        if not listing.page_token:
            return


def _answer(request: Request, name: str, named: str, status: int, **values: object) -> Response:
    """Answer with a part of the page where its script asks, else with a page of its own."""
    part = html(name, **values)
    if request.headers.get("x-desk") != "1":
        follow = "agent" if name == "owed.html" else "call"
        back = f"/{follow}/{quote(named, safe='')}"
        part = html("part.html", named=named, part=part, back=back)
    return HTMLResponse(part, status_code=status)


def _context(call_id: str) -> wire.CallbackContext:
    return wire.CallbackContext(call=Call(call_id=call_id))


def _choices(slots: Sequence[Slot]) -> tuple[Choice, ...]:
    return tuple(
        Choice(spoken=slot.spoken, due_at=slot.starts_at.ToJsonString(), key=key)
        for slot, key in zip(slots, SLOT_KEYS, strict=False)
    )


def _owed(promise: Promise, now: datetime) -> Owed:
    zone = ZoneInfo(promise.zone or "UTC")
    at = promise.due_at.ToDatetime(UTC).astimezone(zone)
    until = ""
    if promise.HasField("due_until"):
        until = f"\u2013{promise.due_until.ToDatetime(UTC).astimezone(zone):%H:%M}"
    day = "today" if at.date() == now.astimezone(zone).date() else at.strftime("%a %d %b")
    state = _STATES.get(promise.state, word(promise, "state"))
    return Owed(
        at=f"{day} {at:%H:%M}{until} ({zone.key})",
        topic=promise.topic or promise.purpose_id.replace("-", " "),
        state="tried, to be tried again" if promise.attempted else state,
        customer=promise.customer_id,
        number=promise.number,
    )


def _instant(text: str, zone: str = "UTC") -> datetime | None:
    """Read an instant, or a local time of a zone; None where it is none."""
    try:
        at = datetime.fromisoformat(text)
        return (at if at.tzinfo is not None else at.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)
    except (ValueError, OverflowError, OSError, KeyError):
        return None

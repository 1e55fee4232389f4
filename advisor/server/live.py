"""Calls that go on: what is reported, what the agent sees, and who watches."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import random
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from advisor.facts.events import ENDS
from advisor.guidance.advise import advise, reply
from advisor.guidance.course import Course
from advisor.guidance.forecast import foreseen
from advisor.server import errors
from advisor.server.attempts import Attempts
from advisor.server.metrics import Metrics
from advisor.server.packs import LoadedPack, Packs
from advisor.server.receiving import Call
from advisor.server.recent import RecentCalls
from advisor.server.scene import Told, situation_in
from advisor.server.standing import Standing, alone, known_of, mark_of, standing_of, stopped
from advisor.server.stores import Store
from advisor.server.teaching import Teaching, course_in
from advisor.server.translate import times, words
from advisor.server.translate.event_in import UNSCRIPTED, event_in, given_by, happening_of, kind_out
from advisor.server.translate.guidance_out import guidance_out
from advisor.store.errors import IdReused, StoreError
from advisor.store.live import MOST_EVENTS, Live, TooManyEvents
from advisor.store.live_records import EventRecord
from advisor.v1 import advisor_service_pb2 as wire
from advisor.v1 import event_pb2

#: Seconds until a watcher looks again while the store does not answer.
_AGAIN: Final = 1.0

#: Calls listed where the caller does not say how many.
_PAGE: Final = 100

#: What a customer answers who is offered another call (001-08).
_ANSWERS: Final = {"callback_accepted": "accepted", "callback_declined": "declined"}

_OTHERWISE: Final = frozenset({"guidance_dismissed", "guidance_overridden"})


class LiveCalls:
    """Answers `ReportCallEvent`, `WatchGuidance` and `ListLiveCalls`."""

    def __init__(
        self,
        *,
        packs: Packs,
        store: Store,
        recent: RecentCalls,
        clock: Callable[[], datetime],
        metrics: Metrics,
        heartbeat: timedelta,
    ) -> None:
        """Take the collaborators; a watcher gets a sign of life about every `heartbeat`."""
        self._heartbeat = heartbeat
        self._attempts = Attempts(packs=packs, store=store)
        self._teaching = Teaching(packs=packs, store=store, clock=clock)
        self._packs = packs
        self._store = store
        self._recent = recent
        self._clock = clock
        self._metrics = metrics

    async def report_call_event(
        self, request: wire.ReportCallEventRequest, call: Call
    ) -> wire.ReportCallEventResponse:
        """Add an event to a call, and say what to say now."""
        now = self._clock()
        event = event_in(request.event, now)
        call.must_have_time()
        digest = hashlib.sha256(request.event.SerializeToString(deterministic=True)).hexdigest()
        live, standing = await self._reported(request.call_id, event, digest)
        guidance, course = await self._guidance(
            standing, now, explain=request.explain != wire.EXPLAIN_LEVEL_NONE
        )
        repeated = live is not None and live.repeated
        if not repeated:
            self._count(event, course, uncovered=guidance.uncovered)
        call.note(
            happened=event.kind,
            decision_id=guidance.decision_id,
            pack_version=guidance.pack_version,
            degraded=standing.missing is not None,
            uncovered=guidance.uncovered,
        )
        return wire.ReportCallEventResponse(
            guidance=guidance,
            repeated=repeated,
            stored=live is not None,
            durability=words.DURABILITY.write(None if live is None else live.durability),
        )

    async def watch_guidance(
        self, request: wire.WatchGuidanceRequest, _call: Call
    ) -> AsyncGenerator[wire.WatchGuidanceResponse]:
        """Show what holds, then every change; a sign of life where there is none."""
        explain = request.explain != wire.EXPLAIN_LEVEL_NONE
        shown: tuple[str, int, str] | None = None
        while True:
            call_id = request.call_id or await self._call_of(request.agent_id)
            channels = []
            if call_id:
                channels.append(self._store.live.channel(call_id=call_id))
            if request.agent_id:
                channels.append(self._store.live.channel(agent_id=request.agent_id))
            async with self._store.changes.watching(*channels) as changed:
                same = look = True
                standing: Standing | None = None
                while same:
                    if look:
                        # Before the look, so that what changes during it is looked at again.
                        changed.clear()
                        standing = await self._standing(call_id) if call_id else None
                    mark = None if standing is None else mark_of(standing)
                    if standing is not None and mark != shown:
                        guidance, _course = await self._guidance(
                            standing, self._clock(), explain=explain
                        )
                        yield wire.WatchGuidanceResponse(guidance=guidance)
                        shown = mark
                    else:
                        yield wire.WatchGuidanceResponse()
                    lost = standing is not None and standing.missing is not None
                    await _either(changed, _AGAIN if lost else self._next_beat())
                    look = changed.is_set() or lost or standing is None
                    if look and request.agent_id:
                        same = await self._call_of(request.agent_id) in ("", call_id)

    async def list_live_calls(
        self, request: wire.ListLiveCallsRequest, _call: Call
    ) -> wire.ListLiveCallsResponse:
        """List the calls that go on."""
        answer = wire.ListLiveCallsResponse()
        try:
            listed = await self._store.live.listed(request.page_size or _PAGE)
            calls = await self._store.live.read_all([call_id for call_id, _at in listed])
            for (call_id, at), live in zip(listed, calls, strict=True):
                if live is None:
                    continue
                standing = standing_of(live)
                told, _pack, course = await self._course(standing)
                answer.calls.add(
                    call_id=call_id,
                    stage=words.STAGE.write(course.call.stage),
                    last_event=kind_out(None if standing.last is None else standing.last.kind),
                    last_at=times.timestamp(at),
                    purpose_id=told.purpose_id,
                    agent_id=standing.agent_id,
                    asked_early=course.asked_early,
                )
        except StoreError as error:
            raise errors.store_failed(error) from error
        return answer

    async def _reported(
        self, call_id: str, event: EventRecord, digest: str
    ) -> tuple[Live | None, Standing]:
        """Keep an event; without a store, go on with what this process knows of the call."""
        try:
            live = await self._kept(call_id, event, digest)
            if live is None:
                raise errors.unknown_call()
            standing = standing_of(live)
            await self._attempts.count(event, standing)
            await self._teaching.keep(call_id, event.id, digest, standing)
        except TooManyEvents as error:
            raise errors.too_many_events(MOST_EVENTS) from error
        except IdReused as error:
            raise errors.id_reused() from error
        except StoreError as error:
            recent = self._recent.get(call_id)
            if recent is None:
                raise errors.store_failed(error) from error
            recent.events.setdefault(event.id, event)
            self._store.changes.wake(self._store.live.channel(call_id=call_id))
            return None, alone(recent, error.reason)
        recent = self._recent.get(call_id)
        if recent is not None:
            recent.revision = live.revision
            recent.events.update((each.id, each) for each in live.events)
        return live, standing

    async def _kept(self, call_id: str, event: EventRecord, digest: str) -> Live | None:
        live = self._store.live
        ends = event.kind in ENDS
        found = await live.report(call_id, event, digest, ends=ends)
        recent = self._recent.get(call_id)
        if found is not None or recent is None:
            return found
        # Decided here a moment ago, or while there was no store: it is not kept yet.
        record = recent.record
        opening = live.opening(call_id, record.decision_id, recent.agent_id)
        await self._store.evidence.keep_decision(record, opening)
        return await live.report(call_id, event, digest, ends=ends)

    async def _standing(self, call_id: str) -> Standing | None:
        """Read a call for somebody who watches; without a store, what this process knows."""
        try:
            live = await self._store.live.read(call_id)
        except StoreError as error:
            recent = self._recent.get(call_id)
            return None if recent is None else alone(recent, error.reason)
        return None if live is None else standing_of(live)

    async def _call_of(self, agent_id: str) -> str:
        try:
            return await self._store.live.call_of(agent_id) or ""
        except StoreError:
            return ""

    async def _course(self, standing: Standing) -> tuple[Told, LoadedPack, Course]:
        loaded = await self._packs.own(standing.kept.pack_version)
        told, course = course_in(standing, loaded)
        return told, loaded, course

    async def _guidance(
        self, standing: Standing, now: datetime, *, explain: bool
    ) -> tuple[event_pb2.CallGuidance, Course]:
        told, loaded, course = await self._course(standing)
        guide = loaded.guide
        known = known_of(standing)
        weather = self._store.weather.current
        capacity = self._store.slots.capacity
        situation = situation_in(told, guide.pack, now, known, weather=weather, capacity=capacity)
        if guide.forecasts:
            # Once for both of what follows.
            situation = foreseen(guide, situation)
        last = standing.last
        reaction = None
        if last is not None:
            given = given_by(last)
            reaction = reply(guide, situation, happening_of(last).kind, given, explain=explain)
        suppressed = stopped(standing.events, guide.pack.purposes[told.purpose_id].kind)
        if suppressed:
            known_now = situation.profile.suppressions
            profile = replace(situation.profile, suppressions=(*known_now, *suppressed))
            situation = replace(situation, profile=profile)
        script = advise(guide, situation, explain=explain)
        guidance = guidance_out(
            script,
            reaction,
            course,
            decision_id=standing.kept.decision_id,
            revision=standing.revision,
            answers=None if last is None else last.kind,
            reference=standing.reference,
            purpose_id=told.purpose_id,
            agent_id=standing.agent_id,
            at=now,
            explain=explain,
        )
        return guidance, course

    def _next_beat(self) -> float:
        """Return the seconds to the next sign of life; not of all watchers at once."""
        return self._heartbeat.total_seconds() * random.uniform(0.75, 1.25)  # noqa: S311 - hides nothing

    def _count(self, event: EventRecord, course: Course, *, uncovered: bool) -> None:
        if uncovered or event.kind == UNSCRIPTED:
            self._metrics.uncovered.labels(event.kind).inc()
        if event.kind == "agent_asked_identity" and course.asked_early:
            self._metrics.adherence.labels("asked_early").inc()
        elif event.kind == "agent_hung_up" and not course.closed:
            self._metrics.adherence.labels("hung_up_without_close").inc()
        elif event.kind in _OTHERWISE:
            self._metrics.adherence.labels(event.kind).inc()
        elif event.kind in _ANSWERS:
            self._metrics.callback_answers.labels(_ANSWERS[event.kind]).inc()


async def _either(changed: asyncio.Event, seconds: float) -> None:
    """Wait until something has changed, or for a while."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await changed.wait()

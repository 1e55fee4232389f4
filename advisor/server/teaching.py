"""What an event of a call teaches of the customer: kept once, before the event is answered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Final

from advisor.facts.memory import LearnedFact
from advisor.facts.situation import Profile, Suppressed
from advisor.facts.vocabulary import Suppression
from advisor.guidance.course import Course, course_of
from advisor.guidance.learning import lessons, taught
from advisor.guidance.situations import OF_STATE, call_as_stated
from advisor.server.packs import LoadedPack, Packs
from advisor.server.scene import Told, situation_in, told_in
from advisor.server.standing import Standing, known_of
from advisor.server.stores import Store
from advisor.server.translate.event_in import given_by, happening_of
from advisor.store.live_records import EventRecord
from advisor.store.memories import Remembered, Remembering, remembering
from advisor.store.vault import Identity
from advisor.v1.advisor_service_pb2 import AdviseRequest

#: What is kept whatever a pack says.
_STOP: Final = "stop_calling_requested"


def course_in(standing: Standing, loaded: LoadedPack) -> tuple[Told, Course]:
    """Work out where a call stands, and what is told of it as it stands.

    Args:
        standing: The call.
        loaded: The pack with which it began.

    Raises:
        Refusal: The pack does not know what the call is about.
    """
    told = told_in(AdviseRequest.FromString(standing.kept.request), loaded.pack)
    begun = call_as_stated(told.call, told.stated)
    course = course_of(loaded.guide.items, begun, map(happening_of, standing.events))
    stated = {name: value for name, value in told.stated.items() if name not in OF_STATE}
    return replace(told, call=course.call, stated=stated), course


class Teaching:
    """Keeps what events teach: what customers ask for, and what reactions remember."""

    __slots__ = ("_clock", "_packs", "_store")

    def __init__(self, *, packs: Packs, store: Store, clock: Callable[[], datetime]) -> None:
        """Take the collaborators."""
        self._packs = packs
        self._store = store
        self._clock = clock

    async def keep(self, call_id: str, event_id: str, digest: str, standing: Standing) -> None:
        """Keep what an event teaches; the same event again has no second effect.

        Of a call about nobody that is known, nothing is kept beside the call.

        Args:
            call_id: The call.
            event_id: The event; it is among those of the call.
            digest: A digest of all that was sent of it, in hexadecimal.
            standing: The call with the event.

        Raises:
            IdReused: The id came before with other content.
            StoreError: It may or may not be kept; the same event again settles it.
        """
        event = next(each for each in standing.events if each.id == event_id)
        loaded = await self._packs.of(standing.kept.pack_version)
        pack = loaded if loaded is not None and event.kind in loaded.guide.teaching else None
        if event.kind != _STOP and pack is None:
            return
        request = AdviseRequest.FromString(standing.kept.request)
        customer_id = request.customer.customer_id
        if not customer_id:
            return
        cause = f"{call_id}/{event_id}"
        facts = () if pack is None else self._facts(pack, standing, event, cause)
        suppressed = _asked_for(event, request, loaded)
        if not facts and not suppressed:
            return
        guide = (loaded or self._packs.current()).guide

        def decide(before: Remembered) -> Remembering:
            now = self._clock()
            kept = Profile() if before.stored is None else before.stored.profile
            done = taught(guide, before.memory, kept, facts, now, suppressed=suppressed)
            return remembering(done, now, b"", guide.pack.settings.callbacks)

        identity = Identity(kind="event", id=cause, digest=digest)
        await self._store.memories.settle(customer_id, None, identity, decide)

    def _facts(
        self, loaded: LoadedPack, standing: Standing, event: EventRecord, cause: str
    ) -> tuple[LearnedFact, ...]:
        told, _course = course_in(standing, loaded)
        situation = situation_in(
            told,
            loaded.pack,
            event.at,
            known_of(standing),
            weather=self._store.weather.current,
        )
        kind = happening_of(event).kind
        found = lessons(
            loaded.guide, situation, kind, given_by(event), cause, confidence=event.confidence
        )
        return tuple(lesson.fact for lesson in found)


def _asked_for(
    event: EventRecord, request: AdviseRequest, loaded: LoadedPack | None
) -> tuple[Suppressed, ...]:
    """Return what must never be lost of what the customer asked for."""
    if event.kind != _STOP:
        return ()
    purpose = None if loaded is None else loaded.pack.purposes.get(request.purpose.id)
    if event.scope == "this_purpose" and purpose is not None:
        kinds = frozenset({purpose.kind})
        source = Suppression.PURPOSE_OPT_OUT
    else:
        kinds, source = frozenset(), Suppression.INTERNAL
    return (Suppressed(source=source, purpose_kinds=kinds, captured_at=event.at),)

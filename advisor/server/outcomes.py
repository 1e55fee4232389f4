"""How calls came out, and what was noticed elsewhere: read, settled, stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from google.protobuf.message import Message

from advisor.engagement.card import TrustTier, balance, card_of
from advisor.facts.memory import Memory
from advisor.facts.situation import Profile
from advisor.guidance.guide import Guide
from advisor.guidance.heeding import heed
from advisor.guidance.settling import Outcome, OutcomeRefused, Settlement, settle
from advisor.server import errors
from advisor.server.aftermath import Aftermath
from advisor.server.metrics import Metrics
from advisor.server.packs import LoadedPack
from advisor.server.receiving import Call
from advisor.server.stores import Store
from advisor.server.translate import words
from advisor.server.translate.customer_out import entry_out
from advisor.server.translate.outcome_in import (
    outcome_in,
    signal_in,
    weather_in,
    with_what_was_asked,
)
from advisor.server.validation import Violation
from advisor.store.errors import StoreError
from advisor.store.memories import Remembered, Remembering, remembering
from advisor.store.vault import Committed, Identity
from advisor.v1 import advisor_service_pb2, customer_service_pb2


class Outcomes:
    """Answers `RecordOutcome` and `RecordSignal`."""

    __slots__ = ("_aftermath", "_clock", "_loaded", "_metrics", "_store")

    def __init__(
        self,
        *,
        loaded: Callable[[], LoadedPack],
        store: Store,
        aftermath: Aftermath,
        clock: Callable[[], datetime],
        metrics: Metrics,
    ) -> None:
        """Take the collaborators; `loaded` returns the pack whose rules give the points."""
        self._metrics = metrics
        self._loaded = loaded
        self._store = store
        self._aftermath = aftermath
        self._clock = clock

    async def record_outcome(
        self, request: advisor_service_pb2.RecordOutcomeRequest, call: Call
    ) -> advisor_service_pb2.RecordOutcomeResponse:
        """Record how a call came out."""
        guide, now = self._loaded().guide, self._clock()
        _readable(request, guide)
        settled: list[tuple[Outcome, Settlement]] = []

        def decide(before: Remembered) -> Remembering:
            outcome = _outcome(request, guide, before, now)
            done = _settled(guide, before, outcome, now)
            settled.append((outcome, done))
            answer = _outcome_out(outcome, before.memory, done, now)
            return remembering(done, now, answer.SerializeToString(), guide.pack.settings.callbacks)

        call.must_have_time()
        identity = _identity("outcome", request.outcome_id, request)
        committed = await self._settle(
            request.customer_id or None, request.call_id, identity, decide
        )
        answer = advisor_service_pb2.RecordOutcomeResponse.FromString(committed.answer)
        answer.durability = words.DURABILITY.write(committed.durability)
        answer.repeated = committed.repeated
        if not committed.repeated:
            outcome, done = settled[-1]
            self._count(guide, outcome, done)
            # Somebody else may be rung on the same number.
            work = self._store.calls.settle_number(outcome.contact, request.call_id)
            self._aftermath.later("number", work)
            self._aftermath.later("live", self._store.live.ended(request.call_id))
        return answer

    def _count(self, guide: Guide, outcome: Outcome, done: Settlement) -> None:
        for promise in done.promises:
            if not promise.state.is_open:
                self._metrics.promises.labels(promise.state.value).inc()
        contact = outcome.contact
        if contact.ended_badly:
            # Only words of the contract and of the pack: what a caller makes up is no label.
            item = contact.ended_after if contact.ended_after in guide.items else None
            self._metrics.bad_endings.labels(
                contact.ended_at_stage or "unknown", item or "unknown"
            ).inc()

    async def record_signal(
        self, request: customer_service_pb2.RecordSignalRequest, call: Call
    ) -> customer_service_pb2.RecordSignalResponse:
        """Record what was noticed."""
        call.must_have_time()
        if request.HasField("weather"):
            return await self._weather(request)
        guide, now, sent = self._loaded().guide, self._clock(), request.customer
        found: list[Violation] = []
        signal, learned = signal_in(sent, request.signal_id, guide.pack.catalogue, found)
        if found:
            raise errors.invalid(found)

        def decide(before: Remembered) -> Remembering:
            done = heed(guide, before.memory, _profile(before), signal, now, learned=learned)
            answer = customer_service_pb2.RecordSignalResponse(
                entries=[entry_out(entry) for entry in done.entries]
            )
            return remembering(done, now, answer.SerializeToString(), guide.pack.settings.callbacks)

        identity = _identity("signal", request.signal_id, request)
        committed = await self._settle(sent.customer_id, None, identity, decide)
        answer = customer_service_pb2.RecordSignalResponse.FromString(committed.answer)
        answer.durability = words.DURABILITY.write(committed.durability)
        answer.repeated = committed.repeated
        return answer

    async def _weather(
        self, request: customer_service_pb2.RecordSignalRequest
    ) -> customer_service_pb2.RecordSignalResponse:
        weather = weather_in(request.weather, request.signal_id, self._clock())
        if weather.ends_at <= weather.begins_at:
            raise errors.invalid([Violation("weather.ends_at", "is not after begins_at")])
        try:
            durability = await self._store.weather.tell(weather)
            await self._store.weather.refresh(self._clock())
        except StoreError as error:
            raise errors.store_failed(error) from error
        return customer_service_pb2.RecordSignalResponse(
            durability=words.DURABILITY.write(durability)
        )

    async def _settle(
        self,
        customer_id: str | None,
        call_id: str | None,
        identity: Identity,
        decide: Callable[[Remembered], Remembering],
    ) -> Committed:
        try:
            return await self._store.memories.settle(customer_id, call_id, identity, decide)
        except StoreError as error:
            raise errors.store_failed(error) from error


def _readable(request: advisor_service_pb2.RecordOutcomeRequest, guide: Guide) -> None:
    """Refuse an outcome whose facts the pack does not know, or that says not how it came out."""
    found: list[Violation] = []
    if not request.call.disposition:
        found.append(Violation("call.disposition", "is required"))
    if request.call.call_id not in ("", request.call_id):
        found.append(Violation("call.call_id", "is another call's"))
    outcome_in(request, guide.pack.catalogue, TrustTier.UNKNOWN, found)
    if found:
        raise errors.invalid(found)


def _outcome(
    request: advisor_service_pb2.RecordOutcomeRequest,
    guide: Guide,
    before: Remembered,
    now: datetime,
) -> Outcome:
    card = card_of(before.memory.account, now, guide.pack.settings.card) or _profile(before).card
    tier = TrustTier.UNKNOWN if card is None else card.tier
    outcome = outcome_in(request, guide.pack.catalogue, tier, [])
    asked = [*before.memory.holds, *before.memory.contacts]
    same = next((each for each in asked if each.id == request.call_id), None)
    return replace(outcome, contact=with_what_was_asked(outcome.contact, same))


def _settled(
    guide: Guide,
    before: Remembered,
    outcome: Outcome,
    now: datetime,
) -> Settlement:
    first = before.settled
    try:
        return settle(guide, before.memory, _profile(before), outcome, now, first=first)
    except OutcomeRefused as refused:
        if first is not None and outcome.corrects != first.id:
            raise errors.outcome_exists() from refused
        raise errors.invalid([Violation("call", str(refused))]) from refused


def _profile(before: Remembered) -> Profile:
    return Profile() if before.stored is None else before.stored.profile


def _outcome_out(
    outcome: Outcome, before: Memory, done: Settlement, now: datetime
) -> advisor_service_pb2.RecordOutcomeResponse:
    contact = outcome.contact
    return advisor_service_pb2.RecordOutcomeResponse(
        superseded=done.settled is None,
        human=bool(contact.human),
        refusal=bool(contact.refusal),
        opt_out=contact.opt_out,
        entries=[entry_out(entry) for entry in done.entries],
        balance_before=balance(before.account, now),
        balance_after=balance(done.memory.account, now),
    )


def _identity(kind: str, id_: str, request: Message) -> Identity:
    digest = hashlib.sha256(request.SerializeToString(deterministic=True)).hexdigest()
    return Identity(kind=kind, id=id_, digest=digest)

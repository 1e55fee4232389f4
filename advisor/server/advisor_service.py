"""AdvisorService: advice on one call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from advisor.facts.situation import Situation
from advisor.guidance.advise import VALID, advise
from advisor.guidance.decision import Advice
from advisor.server.aftermath import Aftermath
from advisor.server.attempts import beginning_of
from advisor.server.metrics import Metrics
from advisor.server.packs import LoadedPack
from advisor.server.receiving import Call
from advisor.server.recent import RecentCalls
from advisor.server.redaction import redact
from advisor.server.scene import Known, Told, situation_in, told_in
from advisor.server.standing import MADE
from advisor.server.stores import Store
from advisor.server.translate import times
from advisor.server.translate.decision_out import advice_out
from advisor.store.call_records import VERSION, DecisionRecord, Snapshot
from advisor.store.calls import Beginning, Begun, decision_record
from advisor.store.customers import Unavailable
from advisor.v1 import advisor_service_pb2 as wire

#: How long the same request has the same decision; after that it is asked for anew.
SAME_FOR: Final[timedelta] = VALID


class AdvisorService:
    """Answers `Advise`."""

    __slots__ = ("_aftermath", "_clock", "_loaded", "_metrics", "_new_id", "_recent", "_store")

    def __init__(
        self,
        *,
        loaded: Callable[[], LoadedPack],
        store: Store,
        recent: RecentCalls,
        aftermath: Aftermath,
        clock: Callable[[], datetime],
        new_id: Callable[[], str],
        metrics: Metrics,
    ) -> None:
        """Take the collaborators; `loaded` returns the pack that decides now."""
        self._loaded = loaded
        self._recent = recent
        self._store = store
        self._aftermath = aftermath
        self._clock = clock
        self._new_id = new_id
        self._metrics = metrics

    async def advise(self, request: wire.AdviseRequest, call: Call) -> wire.AdviseResponse:
        """Decide one call."""
        # What is asked is kept with the decision, and read again at every event.
        redact(request)
        guide = self._loaded().guide
        told = told_in(request, guide.pack)
        now = self._clock()
        beginning = beginning_of(request, told, guide.pack, now)
        begun = await self._store.calls.begin(beginning)
        known, explain = known_of(begun, told), explains(request)
        weather = self._store.weather.current

        def decide(at: datetime) -> tuple[Situation, Advice]:
            situation = situation_in(
                told,
                guide.pack,
                at,
                known,
                weather=weather,
                capacity=self._store.slots.capacity,
            )
            return situation, advise(guide, situation, explain=explain)

        situation, advice = decide(_asked_at(begun, now))
        # What was decided a moment ago is said again, but never past its own end.
        if advice.valid_until <= now:
            situation, advice = decide(now)
        if isinstance(begun, Unavailable):
            answer = advice_out(advice, self._new_id(), explain=explain)
            self._remember(_unkept(request, answer, now), request, answer)
        else:
            answer = advice_out(advice, begun.session.decision_id, explain=explain)
            answer.proof.reference = begun.session.reference
            answer.revision = begun.session.revision
            self._leave(beginning, begun, situation, request, answer)
        self._count(advice, told.purpose_id, answer.decision_id, call)
        return answer

    def _leave(
        self,
        beginning: Beginning,
        begun: Begun,
        situation: Situation,
        request: wire.AdviseRequest,
        answer: wire.AdviseResponse,
    ) -> None:
        """Keep what explains the decision; a call that is not made is no attempt."""
        record = decision_record(
            begun,
            beginning,
            pack_version=answer.pack_version,
            request=request.SerializeToString(),
            response=answer.SerializeToString(),
        )
        self._remember(record, request, answer)
        opening = self._store.live.opening(
            record.call_id, record.decision_id, request.call.agent.agent_id
        )
        self._aftermath.later("decision", self._store.evidence.keep_decision(record, opening))
        made = answer.verdict.decision in MADE
        if not made and not situation.call.dialled:
            release = self._store.calls.release(beginning, begun.session.decision_id)
            self._aftermath.later("release", release)
            if beginning.promise is not None:
                # Whoever claimed it for this call need not give it back. Where nobody knows when
                # the call may be made, it is not asked about again and again until then.
                retry = beginning.now + self._loaded().guide.pack.settings.callbacks.retry
                back = self._store.queue.unclaim(
                    beginning.promise,
                    beginning.claim_token,
                    times.instant_of(answer.verdict, "not_before") or retry,
                    call_id=beginning.call_id,
                    decision_id=begun.session.decision_id,
                )
                self._aftermath.later("claim", back)

    def _remember(
        self, record: DecisionRecord, request: wire.AdviseRequest, answer: wire.AdviseResponse
    ) -> None:
        """Remember a call here, so that it is guided even while the store does not answer."""
        self._recent.decided(
            record, reference=answer.proof.reference, agent_id=request.call.agent.agent_id
        )

    def _count(self, advice: Advice, purpose_id: str, decision_id: str, call: Call) -> None:
        decision = advice.verdict.decision.word
        degraded = advice.context.degraded is not None
        self._metrics.decisions.labels(decision).inc()
        if degraded:
            self._metrics.degraded.inc()
        call.note(
            decision=decision,
            decision_id=decision_id,
            degraded=degraded,
            items=len(advice.items),
            pack_version=advice.pack_version,
            purpose=purpose_id,
            reasons=[reason.code.value for reason in advice.verdict.reasons],
            suppressed=len(advice.suppressed),
        )


def _unkept(
    request: wire.AdviseRequest, answer: wire.AdviseResponse, now: datetime
) -> DecisionRecord:
    """Put together what explains a decision that was made without the store."""
    return DecisionRecord(
        version=VERSION,
        decision_id=answer.decision_id,
        call_id=request.call.call_id,
        at=now,
        pack_version=answer.pack_version,
        request=request.SerializeToString(),
        response=answer.SerializeToString(),
        snapshot=Snapshot(known=False),
    )


def explains(request: wire.AdviseRequest) -> bool:
    """Tell whether a caller wants the facts behind each item and reason."""
    return request.explain != wire.EXPLAIN_LEVEL_NONE


def known_of(begun: Begun | Unavailable, told: Told) -> Known | Unavailable:
    """Return what a decision may know of what is kept.

    Of a call about nobody and to no number nothing is kept, whether or not the store answers.
    """
    if isinstance(begun, Unavailable):
        about_nobody = told.customer_id is None and told.call.number is None
        return Known() if about_nobody else begun
    return Known(
        stored=begun.stored,
        memory=begun.memory,
        number=begun.number,
        reference=begun.session.reference,
        elsewhere=begun.elsewhere,
    )


def _asked_at(begun: Begun | Unavailable, now: datetime) -> datetime:
    """Return when the same request was first asked, if that was a moment ago; else now."""
    if isinstance(begun, Begun) and begun.session.at < now < begun.session.at + SAME_FOR:
        return begun.session.at
    return now

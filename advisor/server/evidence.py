"""What can be told afterwards: why a decision was made, and what a reference stands for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from advisor.facts.situation import Call as CallOfSituation
from advisor.facts.situation import Situation
from advisor.facts.vocabulary import Verification
from advisor.guidance.guide import Guide
from advisor.guidance.situations import situation_of
from advisor.guidance.telling import about, for_customer
from advisor.server import errors
from advisor.server.errors import ErrorReason
from advisor.server.packs import LoadedPack
from advisor.server.receiving import Call
from advisor.server.scene import Known, situation_in, told_in
from advisor.server.stores import Store
from advisor.server.translate import times, words
from advisor.store.customers import Unavailable
from advisor.store.errors import Reason, StoreError
from advisor.store.evidence import Kept, Referred
from advisor.v1 import advisor_service_pb2 as wire
from advisor.workbench.explaining import UnknownRuleError, why_not


class Evidence:
    """Answers `ExplainDecision` and `LookupCallReference`."""

    __slots__ = ("_loaded", "_store")

    def __init__(self, *, loaded: Callable[[], LoadedPack], store: Store) -> None:
        """Take the collaborators; `loaded` returns the pack that decides now."""
        self._loaded = loaded
        self._store = store

    async def explain_decision(
        self, request: wire.ExplainDecisionRequest, _call: Call
    ) -> wire.ExplainDecisionResponse:
        """Say what was answered and why, by working it out again from what was kept."""
        kept = await self._kept(request.decision_id)
        guide = self._loaded().guide
        answer = wire.ExplainDecisionResponse(decided_at=times.timestamp(kept.at))
        answer.decision.ParseFromString(kept.response)
        if kept.pack_version != guide.pack.version:
            if request.rule_id:
                raise errors.other_pack(kept.pack_version)
            return answer
        situation = _situation(kept, guide, answer.decision.proof.reference)
        answer.for_customer = for_customer(guide, situation)
        if request.rule_id:
            try:
                answer.why.extend(why_not(guide, situation, request.rule_id))
            except UnknownRuleError as error:
                advice = f"The nearest is {error.nearest}." if error.nearest else "See ListRules."
                raise errors.not_found(
                    ErrorReason.UNKNOWN_RULE, "rule", request.rule_id, advice
                ) from error
        return answer

    async def lookup_call_reference(
        self, request: wire.LookupCallReferenceRequest, _call: Call
    ) -> wire.LookupCallReferenceResponse:
        """Say what a reference stands for, as far as the asker may hear."""
        try:
            found = await self._store.evidence.reference(request.reference)
        except StoreError as error:
            raise errors.store_failed(error) from error
        if found is None:
            raise errors.not_found(
                ErrorReason.UNKNOWN_REFERENCE,
                "reference",
                "",
                "It is not one of ours, or it is too old. Whoever named it may not be us.",
            )
        shown = words.VERIFICATION.read(request.customer_verification) or Verification.NONE
        return _referred_out(found, self._loaded().guide, shown)

    async def _kept(self, decision_id: str) -> Kept:
        try:
            kept = await self._store.evidence.decision(decision_id)
        except StoreError as error:
            raise errors.store_failed(error) from error
        if kept is None:
            raise errors.not_found(
                ErrorReason.UNKNOWN_DECISION,
                "decision",
                decision_id,
                "Nothing is kept of it, or no longer.",
            )
        return kept


def _situation(kept: Kept, guide: Guide, reference: str) -> Situation:
    """Put together what was known when the decision was made."""
    told = told_in(wire.AdviseRequest.FromString(kept.request), guide.pack)
    known: Known | Unavailable = Unavailable(reason=Reason.LOST)
    if kept.known:
        known = Known(
            stored=kept.stored,
            memory=kept.memory,
            number=kept.number,
            reference=reference or None,
        )
    return situation_in(told, guide.pack, kept.at, known)


def _referred_out(
    found: Referred, guide: Guide, shown: Verification
) -> wire.LookupCallReferenceResponse:
    brand = guide.pack.settings.brands.get(found.brand)
    named = brand is not None and (not brand.sensitive or shown >= Verification.CLAIMED)
    return wire.LookupCallReferenceResponse(
        brand=found.brand if named else "",
        brand_name=brand.name if brand is not None and named else "",
        at=times.timestamp(found.at),
        about=_about(found, guide, found.at, shown) or "",
        open=not found.settled,
        lookups=found.lookups,
    )


def _about(found: Referred, guide: Guide, at: datetime, shown: Verification) -> str | None:
    if found.purpose_id is None or found.purpose_id not in guide.pack.purposes:
        return None
    call = CallOfSituation(id=found.call_id, brand=found.brand)
    return about(guide, situation_of(guide.pack, call, found.purpose_id, at), shown)

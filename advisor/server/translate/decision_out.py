"""What the advisor decided, as the contract writes it."""

from __future__ import annotations

from advisor.engagement.basis import Source
from advisor.guidance.decision import Advice, ContextReport, Guidance, Reason, Suppressed, Verdict
from advisor.server.translate import times, words
from advisor.server.translate.customer_out import card_out
from advisor.server.translate.facts_out import used_out
from advisor.server.translate.promise_out import slot_out
from advisor.v1 import advisor_service_pb2, decision_pb2


def advice_out(
    advice: Advice, decision_id: str, *, explain: bool
) -> advisor_service_pb2.AdviseResponse:
    """Write an answer.

    Args:
        advice: What was decided.
        decision_id: Its id.
        explain: Whether to say for each item and reason which facts it rests on, and what was
            suppressed.
    """
    return advisor_service_pb2.AdviseResponse(
        decision_id=decision_id,
        pack_version=advice.pack_version,
        verdict=_verdict(advice.verdict, explain=explain),
        brief=[item_out(item, explain=explain) for item in advice.brief],
        items=[item_out(item, explain=explain) for item in advice.items],
        do_not_ask=advice.do_not_ask,
        proof=decision_pb2.Proof(
            methods=[words.PROOF_METHOD.write(method) for method in advice.proof]
        ),
        card=None if advice.card is None else card_out(advice.card),
        suppressed=[suppressed_out(item) for item in advice.suppressed] if explain else [],
        context_report=_report(advice.context, explain=explain),
        valid_until=times.timestamp(advice.valid_until),
        opening=advice.opening,
        tasks=[
            advisor_service_pb2.Task(
                id=task.id,
                purpose_id=task.purpose,
                owner=task.owner,
                within=times.duration(task.within),
                because=task.because,
            )
            for task in advice.tasks
        ],
        callback_slots=[slot_out(each.slot, each.spoken) for each in advice.offers],
    )


def _verdict(verdict: Verdict, *, explain: bool) -> decision_pb2.Verdict:
    return decision_pb2.Verdict(
        decision=words.DECISION.write(verdict.decision),
        not_before=times.timestamp(verdict.not_before),
        windows=[
            decision_pb2.TimeWindow(
                opens_at=times.timestamp(window.start), closes_at=times.timestamp(window.end)
            )
            for window in verdict.windows
        ],
        reasons=[reason_out(reason, explain=explain) for reason in verdict.reasons],
    )


def reason_out(reason: Reason, *, explain: bool) -> decision_pb2.Reason:
    """Write a reason; with the facts it rests on where `explain` says so."""
    return decision_pb2.Reason(
        code=words.REASON_CODE.write(reason.code),
        decision=words.DECISION.write(reason.decision),
        basis=words.BASIS.write(reason.basis),
        citation=None if reason.source is None else _citation(reason.source),
        rule_id=reason.rule,
        until=times.timestamp(reason.until),
        text=reason.text,
        facts_used=used_out(reason.facts) if explain else [],
        unsure=reason.unsure,
    )


def _citation(source: Source) -> decision_pb2.Citation:
    return decision_pb2.Citation(
        cite=source.cite,
        certainty=words.CERTAINTY.write(source.certainty),
        verified_on="" if source.verified_on is None else source.verified_on.isoformat(),
    )


def item_out(item: Guidance, *, explain: bool) -> decision_pb2.GuidanceItem:
    """Write an item; with the facts it rests on where `explain` says so."""
    return decision_pb2.GuidanceItem(
        id=item.id,
        kind=words.ITEM_KIND.write(item.kind),
        stage=words.STAGE.write(item.stage),
        force=words.FORCE.write(item.force),
        text=item.text,
        short_text=item.short_text or "",
        benefit=words.BENEFIT.write(item.benefit),
        because=item.because,
        rule_id=item.rule,
        facts_used=used_out(item.facts) if explain else [],
        establishes=words.ESTABLISHES.write(item.establishes),
        ask=words.ASK.write(item.ask),
        what=item.what or "",
        by=words.VERIFICATION_METHOD.write(item.by),
        cites=item.cites or "",
        unsure=item.unsure,
    )


def suppressed_out(item: Suppressed) -> decision_pb2.SuppressedItem:
    """Write an item that is not shown."""
    return decision_pb2.SuppressedItem(
        id=item.id, rule_id=item.rule, reason=words.WITHHELD.write(item.why), text=item.text
    )


def _report(report: ContextReport, *, explain: bool) -> decision_pb2.ContextReport:
    return decision_pb2.ContextReport(
        used=used_out(report.used) if explain else [],
        missing=report.missing,
        unsure=report.unsure,
        stale=report.stale,
        degraded=report.degraded is not None,
        degraded_because=report.degraded or "",
        candidate_zones=report.zones,
        zones_from=report.zones_from,
    )

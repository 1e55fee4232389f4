"""What an agent sees at one moment of a call, as the contract writes it."""

from __future__ import annotations

from datetime import datetime

from advisor.facts.vocabulary import Ask
from advisor.guidance.course import Course
from advisor.guidance.decision import Advice
from advisor.server.translate import times, words
from advisor.server.translate.decision_out import advice_out, item_out, suppressed_out
from advisor.server.translate.event_in import kind_out
from advisor.v1 import call_pb2, decision_pb2, event_pb2, facts_pb2, vocabulary_call_pb2

_ANSWERED_BY = {word: number for number, word in words.ANSWERED_BY.items()}


def guidance_out(
    script: Advice,
    reaction: Advice | None,
    course: Course,
    *,
    decision_id: str,
    revision: int,
    answers: str | None,
    reference: str,
    purpose_id: str,
    agent_id: str,
    at: datetime,
    explain: bool,
) -> event_pb2.CallGuidance:
    """Write guidance.

    Args:
        script: The rest of the call.
        reaction: The answer to the last event; None where nothing has happened.
        course: Where the call stands.
        decision_id: Id of the decision on the call.
        reference: What the customer may quote of it; empty for none.
        revision: How often anything about the call has changed.
        answers: The event that `reaction` answers.
        purpose_id: Why the company rings.
        agent_id: Who has the call; empty for nobody.
        at: When it was worked out.
        explain: Whether to name facts, and what is not shown.
    """
    rest = advice_out(script, decision_id, explain=explain)
    rest.proof.reference = reference
    call = course.call
    guidance = event_pb2.CallGuidance(
        call_id=call.id,
        revision=revision,
        decision_id=decision_id,
        pack_version=rest.pack_version,
        answers=kind_out(answers),
        reactions=[]
        if reaction is None
        else [item_out(i, explain=explain) for i in reaction.items],
        items=rest.items,
        brief=rest.brief,
        do_not_ask=rest.do_not_ask,
        stage=words.STAGE.write(call.stage),
        progress=call_pb2.CallProgress(
            disclosure=words.DISCLOSURE.write(call.disclosure),
            customer_verification=words.VERIFICATION.write(call.verification),
            company_proof=words.COMPANY_PROOF.write(call.company_proof),
            answered_by=_ANSWERED_BY.get(
                call.answered_by or "", vocabulary_call_pb2.ANSWERED_BY_UNSPECIFIED
            ),
            asks_refused=[words.ASK.write(ask) for ask in _asks(call.asks_refused)],
            asks_made=call.asks_made,
            said=sorted(call.said),
        ),
        leg=course.leg,
        ended=course.ended,
        verdict=rest.verdict,
        proof=rest.proof,
        card=rest.card if rest.HasField("card") else None,
        suppressed=[*_not_said(reaction, explain=explain), *rest.suppressed],
        context_report=rest.context_report,
        uncovered=reaction is not None and reaction.uncovered,
        purpose_id=purpose_id,
        at=times.timestamp(at),
    )
    agent = call.agent
    if agent_id or agent.name is not None:
        guidance.agent.CopyFrom(
            call_pb2.Agent(
                agent_id=agent_id,
                name=agent.name or "",
                experience=agent.experience or "",
                skills=_words(agent.skills),
                languages=_words(agent.languages),
            )
        )
    return guidance


def _not_said(reaction: Advice | None, *, explain: bool) -> list[decision_pb2.SuppressedItem]:
    if reaction is None or not explain:
        return []
    return [suppressed_out(item) for item in reaction.suppressed]


def _asks(refused: frozenset[str]) -> list[Ask]:
    return [ask for ask in Ask if ask.value in refused]


def _words(known: frozenset[str] | None) -> facts_pb2.Words | None:
    return None if known is None else facts_pb2.Words(words=sorted(known))

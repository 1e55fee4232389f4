"""The call that a dialer describes, as the core knows it."""

from __future__ import annotations

from advisor.facts.situation import Agent, Call
from advisor.facts.vocabulary import CompanyProof, Disclosure, Stage, Verification
from advisor.server.translate import words
from advisor.v1 import call_pb2


def call_in(sent: call_pb2.Call, brand: str, *, promise_id: str | None = None) -> Call:
    """Read a call.

    Args:
        sent: Within the contract's limits.
        brand: Id of the brand; where the caller named none, the pack's only one.
        promise_id: The promise that it is to keep.
    """
    stage = words.STAGE.read(sent.stage) or Stage.PRE_CALL
    progress = sent.progress
    return Call(
        id=sent.call_id,
        brand=brand,
        campaign=sent.campaign,
        number=sent.dialled_number or None,
        regions=tuple(dict.fromkeys(sent.regions)),
        time_zones=tuple(dict.fromkeys(sent.time_zones)),
        attempt=sent.attempt if sent.HasField("attempt") else None,
        locale=sent.locale or None,
        stage=stage,
        disclosure=words.DISCLOSURE.read(progress.disclosure) or Disclosure.NAME,
        verification=words.VERIFICATION.read(progress.customer_verification) or Verification.NONE,
        company_proof=words.COMPANY_PROOF.read(progress.company_proof) or CompanyProof.NONE,
        answered_by=words.ANSWERED_BY.get(progress.answered_by),
        asks_refused=frozenset(ask.value for ask in words.ASK.read_all(progress.asks_refused)),
        asks_made=progress.asks_made,
        said=frozenset(progress.said),
        dialled=stage > Stage.PRE_CALL,
        promise_id=promise_id,
        agent=_agent(sent.agent),
    )


def _agent(sent: call_pb2.Agent) -> Agent:
    return Agent(
        name=sent.name or None,
        experience=sent.experience or None,
        skills=frozenset(sent.skills.words) if sent.HasField("skills") else None,
        languages=frozenset(sent.languages.words) if sent.HasField("languages") else None,
    )

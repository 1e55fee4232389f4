"""The course of a call: from what was reported of it to where it stands.

Reports come late, twice, and in any order, so where a call stands depends on which they are and
never on when they arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from types import MappingProxyType
from typing import Final

from advisor.facts.events import ENDS, UNNOTICED
from advisor.facts.situation import Agent, Call
from advisor.facts.vocabulary import Ask, CompanyProof, Establishes, Stage, Verification
from advisor.guidance import tables
from advisor.guidance.guards import cost
from advisor.guidance.state import CallState, Effect, effect_of, state_of
from advisor.rules.pack import Item

#: Something the agent used: what it establishes then counts as said.
USED: Final = "guidance_used"

#: What saying an item that establishes one of these makes of a call, beside its disclosure.
_ESTABLISHED: Final = MappingProxyType(
    {
        Establishes.BRAND: Effect(stage=Stage.GREETING),
        Establishes.GREETING: Effect(stage=Stage.GREETING),
        Establishes.PERSON: Effect(stage=Stage.PERSON_CHECK, verification=Verification.CLAIMED),
        Establishes.BOUND: Effect(stage=Stage.HEADLINE),
        Establishes.HEADLINE: Effect(stage=Stage.HEADLINE),
        Establishes.STATEMENT: Effect(stage=Stage.HEADLINE),
        Establishes.TIMING: Effect(stage=Stage.TIMING_CHECK),
        Establishes.COMPANY_PROOF: Effect(
            stage=Stage.COMPANY_PROOF, company_proof=CompanyProof.OFFERED
        ),
        Establishes.VERIFICATION: Effect(stage=Stage.CUSTOMER_VERIFICATION),
        Establishes.RECAP: Effect(stage=Stage.RECAP),
        Establishes.CLOSE: Effect(stage=Stage.CLOSE),
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that was reported of a call.

    Attributes:
        id: The reporter's id of it; the same id is the same happening.
        kind: What happened, a word of `EVENTS`.
        at: When it happened, as far as is known: aware, UTC.
        leg: The leg of the call in which it happened; None: the one that had begun by `at`.
        item: The item (``rule/item``) that was used, dismissed or overridden.
        refused: What was refused, of an event that says that something was.
        agent: Who speaks for the company from now on.
    """

    id: str
    kind: str
    at: datetime
    leg: int | None = None
    item: str | None = None
    refused: Ask | None = None
    agent: Agent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """Where a call stands after everything that was reported.

    Attributes:
        call: The call.
        leg: How often somebody else has come to the line.
        ended: Whether nobody is on the line any more.
        closed: Whether the agent has taken leave.
        asked_early: Whether the agent asked who it is before saying what it is about.
    """

    call: Call
    leg: int
    ended: bool
    closed: bool
    asked_early: bool


def course_of(items: Mapping[str, Item], begun: Call, happenings: Iterable[Happening]) -> Course:
    """Work out where a call stands.

    Args:
        items: Those of the call's pack, by ``rule/item``: what a used one establishes counts.
        begun: The call as it was when advice was asked.
        happenings: Everything reported, in any order, each as often as one likes.
    """
    told = {each.id: each for each in happenings}
    ordered = sorted(told.values(), key=lambda each: (each.at, each.id))
    start = state_of(begun)
    legs = {start.leg: start}
    leg = start.leg
    asks, closed, asked_early = start.asks_made, False, False
    agent = begun.agent
    for each in ordered:
        item = items.get(each.item or "") if each.kind == USED else None
        effect = _effect(each, item)
        at = leg if each.leg is None else each.leg
        before = legs.get(at, CallState(leg=at))
        asked_early |= each.kind == "agent_asked_identity" and (
            before.disclosure < tables.ENOUGH_TO_ASK
        )
        at += effect.new_leg
        leg = max(leg, at)
        asks += effect.asks
        closed |= item is not None and item.establishes is Establishes.CLOSE
        agent = each.agent or agent
        legs[at] = legs.get(at, CallState(leg=at)).joined(_added(effect, at, each, item))
    state = reduce(CallState.joined, (legs[each] for each in sorted(legs)))
    stage = state.stage
    if any(each.kind in ENDS for each in ordered):
        stage = Stage.WRAP_UP
    elif any(each.kind == USED or each.kind not in UNNOTICED for each in ordered):
        stage = max(stage, Stage.ANSWERED)
    call = replace(
        begun,
        dialled=begun.dialled or any(each.kind != "agent_assigned" for each in ordered),
        stage=stage,
        disclosure=state.disclosure,
        verification=state.verification,
        company_proof=state.company_proof,
        answered_by=state.answered_by,
        asks_made=asks,
        asks_refused=state.asks_refused,
        said=state.said,
        agent=agent,
    )
    return Course(
        call=call,
        leg=state.leg,
        ended=stage is Stage.WRAP_UP,
        closed=closed,
        asked_early=asked_early,
    )


def _effect(happening: Happening, item: Item | None) -> Effect:
    if item is None:
        return effect_of(happening.kind)
    effect = Effect()
    if item.establishes is not None:
        effect = _ESTABLISHED[item.establishes]
        disclosed = tables.ESTABLISHED.get(item.establishes)
        if disclosed is not None:
            effect = replace(effect, disclosure=disclosed)
    if item.discloses is not None:
        effect = replace(effect, disclosure=max(effect.disclosure, item.discloses))
    return replace(effect, asks=int(cost(item) > 0))


def _added(effect: Effect, leg: int, happening: Happening, item: Item | None) -> CallState:
    refused = effect.refused
    if refused and happening.refused is not None:
        refused = frozenset({happening.refused.value})
    return CallState(
        leg=leg,
        stage=effect.stage,
        disclosure=effect.disclosure,
        verification=effect.verification,
        company_proof=effect.company_proof,
        answered_by=effect.answered_by,
        asks_refused=refused,
        said=frozenset() if item is None else frozenset({happening.item or ""}),
    )

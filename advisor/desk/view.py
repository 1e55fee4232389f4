"""What the page shows of a call, in the words of a person."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Final

from advisor.desk.words import next_spoken, word
from advisor.v1.decision_pb2 import GuidanceItem
from advisor.v1.event_pb2 import CallGuidance

_STAGES: Final = {
    "pre call": "before the call",
    "body": "the matter itself",
    "commitment": "what is agreed",
    "recap": "what was agreed, again",
    "wrap up": "after the call",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One item.

    Attributes:
        id: Its id, rule/item.
        kind: What it asks the agent to do.
        stage: When.
        must: Whether it must be.
        text: The words.
        why: Why, in the words of the rule.
    """

    id: str
    kind: str
    stage: str
    must: bool
    text: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the agent sees at one moment.

    Attributes:
        next: What to say now; None where there is nothing left to say.
        beside: What else belongs to this moment.
        script: What comes after it.
        event_id: Of the next event that is reported from this page, so that a click twice is one.
    """

    call_id: str
    purpose: str
    stage: str
    answers: str
    next: Line | None
    beside: tuple[Line, ...]
    script: tuple[Line, ...]
    brief: tuple[Line, ...]
    do_not_ask: tuple[str, ...]
    reference: str
    card: str
    verdict: str
    reasons: tuple[str, ...]
    degraded: str
    uncovered: bool
    ended: bool
    agent: str
    agent_id: str
    event_id: str = field(default_factory=lambda: uuid.uuid4().hex)


def page_of(guidance: CallGuidance) -> Page:
    """Make the page of guidance."""
    spoken = next_spoken((*guidance.reactions, *guidance.items))
    decision = word(guidance.verdict, "decision")
    report = guidance.context_report
    return Page(
        call_id=guidance.call_id,
        purpose=guidance.purpose_id.replace("-", " "),
        stage=_stage(word(guidance, "stage")),
        answers=word(guidance, "answers"),
        next=None if spoken is None else _line(spoken),
        beside=tuple(_line(item) for item in guidance.reactions if item is not spoken),
        script=tuple(_line(item) for item in guidance.items if item is not spoken),
        brief=tuple(_line(item) for item in guidance.brief),
        do_not_ask=tuple(each.replace("_", " ") for each in guidance.do_not_ask),
        reference=guidance.proof.reference,
        card=word(guidance.card, "tier") if guidance.HasField("card") else "",
        verdict="" if decision == "allow" else decision,
        reasons=tuple(reason.text for reason in guidance.verdict.reasons),
        degraded=report.degraded_because if report.degraded else "",
        uncovered=guidance.uncovered,
        ended=guidance.ended,
        agent=guidance.agent.name,
        agent_id=guidance.agent.agent_id,
    )


def _line(item: GuidanceItem) -> Line:
    return Line(
        id=item.id,
        kind=word(item, "kind"),
        stage=_stage(word(item, "stage")),
        must=word(item, "force") == "must",
        text=item.text,
        why=item.because,
    )


def _stage(stage: str) -> str:
    return _STAGES.get(stage, stage)

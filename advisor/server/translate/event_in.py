"""What is reported of a call, as the store and the core know it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from advisor.facts.events import EVENTS
from advisor.facts.situation import Agent
from advisor.facts.values import Value
from advisor.facts.vocabulary import Ask
from advisor.guidance.course import Happening
from advisor.server.redaction import redacted
from advisor.server.translate import times, words
from advisor.store.live_records import VERSION, AgentRecord, EventRecord
from advisor.v1 import call_pb2, event_pb2, vocabulary_call_pb2

#: What nobody has a word for.
UNSCRIPTED: Final = "unscripted"

_KINDS: Final = MappingProxyType(dict(enumerate(EVENTS, start=1)))
_NUMBERS: Final = MappingProxyType({kind: number for number, kind in _KINDS.items()})
_REPORTERS: Final = MappingProxyType({1: "agent", 2: "dialer", 3: "transcript", 4: "customer"})
_SCOPES: Final = MappingProxyType({1: "this_purpose", 2: "this_number", 3: "all"})


def kind_out(kind: str | None) -> vocabulary_call_pb2.CallEventKind.ValueType:
    """Write what happened; UNSPECIFIED for None."""
    number: vocabulary_call_pb2.CallEventKind.ValueType = _NUMBERS.get(kind or "", 0)  # type: ignore[assignment]
    return number


def event_in(sent: event_pb2.CallEvent, now: datetime) -> EventRecord:
    """Read an event, within the contract's limits; one from the future happened now."""
    at = times.instant(sent.occurred_at) if sent.HasField("occurred_at") else now
    ask = words.ASK.read(sent.refused)
    kind = _KINDS.get(sent.kind, UNSCRIPTED)
    return EventRecord(
        version=VERSION,
        id=sent.event_id,
        kind=kind,
        at=min(at, now),
        reporter=_REPORTERS.get(sent.reported_by, ""),
        confidence=sent.confidence if sent.HasField("confidence") else None,
        leg=sent.leg if sent.HasField("leg") else None,
        item=sent.item_id,
        text=redacted(sent.text),
        refused="" if ask is None else ask.value,
        scope=_SCOPES.get(sent.scope, "all") if kind == "stop_calling_requested" else "",
        window=redacted(sent.window),
        agent=agent_record(sent.agent) if sent.HasField("agent") else None,
    )


def agent_record(sent: call_pb2.Agent) -> AgentRecord:
    """Read who speaks for the company."""
    return AgentRecord(
        id=sent.agent_id,
        name=sent.name or None,
        experience=sent.experience or None,
        skills=tuple(sorted(sent.skills.words)) if sent.HasField("skills") else None,
        languages=tuple(sorted(sent.languages.words)) if sent.HasField("languages") else None,
    )


def happening_of(event: EventRecord) -> Happening:
    """Return what an event is to the core."""
    return Happening(
        id=event.id,
        kind=event.kind if event.kind in _NUMBERS else UNSCRIPTED,
        at=event.at,
        leg=event.leg,
        item=event.item or None,
        refused=Ask(event.refused) if event.refused else None,
        agent=None if event.agent is None else _agent(event.agent),
    )


def given_by(event: EventRecord) -> Mapping[str, Value]:
    """Return the facts of an event, by full name."""
    facts: dict[str, Value] = {}
    if event.text:
        facts["event.text"] = event.text
    if event.window:
        facts["event.window"] = event.window
    if event.scope:
        facts["event.scope"] = event.scope
    if event.reporter:
        facts["event.reported_by"] = event.reporter
    return facts


def _agent(kept: AgentRecord) -> Agent:
    return Agent(
        name=kept.name,
        experience=kept.experience,
        skills=None if kept.skills is None else frozenset(kept.skills),
        languages=None if kept.languages is None else frozenset(kept.languages),
    )

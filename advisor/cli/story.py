"""Stories: whole calls written down, with both sides and what is to come of them.

A story is a YAML file with `story`, `clock` and `calls`. A call has a `title`, a `context` (the
shape of `AdviseRequest`), and may have `events` (the shape of `CallEvent`, with `event` for its
kind, and what the `customer` or the `agent` says), a `promise` to ring back (the time that the
customer names with `at`, or which `slot` of those proposed), and an `outcome` (the shape of
`RecordOutcomeRequest`). A call that `keeps: yes` is made because its promise is due; before one
that was `missed: yes` the time of a promise passes. `expect` says, for tests, what comes of a step.
docs/stories.md describes the form to those who write stories.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from advisor.cli.context import TreeReader, context_of, instant_of
from advisor.rules.problems import Problems, listed
from advisor.rules.reader import read
from advisor.rules.source import MappingNode, Node, ScalarNode, SequenceNode
from advisor.v1.advisor_service_pb2 import AdviseRequest, RecordOutcomeRequest
from advisor.v1.event_pb2 import CallEvent

if TYPE_CHECKING:
    from collections.abc import Iterator

_STORY: Final = ("story", "clock", "calls")
_CALL: Final = (
    *("title", "shows", "at", "keeps", "missed", "context", "expect"),
    *("events", "promise", "outcome"),
)
_PROMISE: Final = ("at", "slot", "topic", "said", "expect")
_STEP: Final = ("event", "customer", "agent", "expect")

#: Of a used item: the one that the agent is shown to say next.
NEXT: Final = "next"


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One event of a call.

    Attributes:
        event: What is reported; its id is left to whoever plays it.
        customer: What the customer says; empty for nothing.
        agent: What the agent says.
        expect: What is to come of it, for tests.
    """

    event: CallEvent
    customer: str = ""
    agent: str = ""
    expect: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a call comes out, and what is to come of it."""

    outcome: RecordOutcomeRequest
    expect: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promised:
    """A call-back that is agreed in a call.

    Attributes:
        at: The time that the customer names, aware, UTC; None where they choose a slot.
        slot: Which of the times that are proposed they choose, from 1.
        topic: What it is about.
        said: What was said.
        expect: What is to come of it, for tests.
    """

    at: datetime | None = None
    slot: int = 1
    topic: str = ""
    said: str = ""
    expect: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One call of a story.

    Attributes:
        at: When it is made, aware, UTC.
        keeps: Whether it is made because its customer was promised it.
        missed: Whether a promise to its customer has been missed before it.
    """

    title: str
    at: datetime
    context: AdviseRequest
    expect: dict[str, Any]
    keeps: bool = False
    missed: bool = False
    steps: tuple[Step, ...] = ()
    promise: Promised | None = None
    ending: Ending | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Calls in the order in which they are made, the later ones knowing of the earlier."""

    name: str
    calls: tuple[Told, ...] = ()


def read_story(name: str, data: bytes, problems: Problems) -> Story:
    """Read a story.

    Args:
        name: The file's name, for messages.
        data: Its bytes, YAML in UTF-8.
        problems: Takes what is wrong with it; the story is only of use where that is nothing.
    """
    node = read(name, data, problems)
    if node is None:
        return Story(name=name)
    reader = _Reader(problems)
    fields = reader.mapping(node, _STORY)
    clock = reader.at(fields.get("clock"), datetime(2026, 1, 12, 15, 0, tzinfo=UTC))
    return Story(
        name=reader.text(fields.get("story")) or name,
        calls=tuple(reader.call(each, clock) for each in reader.several(fields.get("calls"))),
    )


class _Reader(TreeReader):
    """Reads the parts of a story, and notes every mistake at its place."""

    def mapping(self, node: Node, keys: tuple[str, ...]) -> dict[str, Node]:
        if isinstance(node, MappingNode):
            return self.only(node, keys)
        self.refuse(node, f"a mapping with {listed(keys)}")
        return {}

    def several(self, node: Node | None) -> Iterator[Node]:
        if isinstance(node, SequenceNode):
            yield from node
        elif node is not None:
            self.refuse(node, "a list")

    def text(self, node: Node | None) -> str:
        if isinstance(node, ScalarNode):
            return node.text
        if node is not None:
            self.refuse(node, "a text")
        return ""

    def at(self, node: Node | None, otherwise: datetime) -> datetime:
        if node is None:
            return otherwise
        at = instant_of(self.text(node))
        if at is None:
            self.refuse(node, "an instant with its offset, like 2026-01-12T15:00:00Z")
        return at or otherwise

    def call(self, node: Node, clock: datetime) -> Told:
        fields = self.mapping(node, _CALL)
        context = fields.get("context")
        if context is None:
            self.refuse(node, "a call with its context")
        at = self.at(fields.get("at"), clock)
        return Told(
            title=self.text(fields.get("title")),
            at=at,
            context=AdviseRequest() if context is None else context_of(context, self.problems),
            expect=self._expected(fields),
            keeps=self._yes(fields.get("keeps")),
            missed=self._yes(fields.get("missed")),
            steps=tuple(self._step(each) for each in self.several(fields.get("events"))),
            promise=self._promised(fields.get("promise"), at),
            ending=self._ending(fields.get("outcome"), at),
        )

    def _step(self, node: Node) -> Step:
        mine, rest = self._split(node, _STEP)
        event = CallEvent()
        kind = mine.pop("event", None)
        if kind is None:
            self.refuse(node, "a step with its event")
        else:
            rest = [(ScalarNode("kind", quoted=False, mark=kind.mark), kind), *rest]
        if isinstance(node, MappingNode):
            self.message(MappingNode(tuple(rest), node.mark), event)
        return Step(
            event=event,
            customer=self.text(mine.get("customer")),
            agent=self.text(mine.get("agent")),
            expect=self._expected(mine),
        )

    def _yes(self, node: Node | None) -> bool:
        said = self.text(node) or "no"
        if node is not None and said not in ("yes", "no"):
            self.refuse(node, "yes or no")
        return said == "yes"

    def _promised(self, node: Node | None, at: datetime) -> Promised | None:
        if node is None:
            return None
        fields = self.mapping(node, _PROMISE)
        number = self.text(fields.get("slot")) or "1"
        if not number.isdecimal():
            self.refuse(node, "the number of a slot, from 1")
            number = "1"
        return Promised(
            at=self.at(fields["at"], at) if "at" in fields else None,
            slot=int(number),
            topic=self.text(fields.get("topic")),
            said=self.text(fields.get("said")),
            expect=self._expected(fields),
        )

    def _ending(self, node: Node | None, at: datetime) -> Ending | None:
        if node is None:
            return None
        mine, rest = self._split(node, ("expect",))
        outcome = RecordOutcomeRequest()
        if isinstance(node, MappingNode):
            self.message(MappingNode(tuple(rest), node.mark), outcome)
        outcome.call.at.FromDatetime(at)
        return Ending(outcome=outcome, expect=self._expected(mine))

    def _split(
        self, node: Node, keys: tuple[str, ...]
    ) -> tuple[dict[str, Node], list[tuple[ScalarNode, Node]]]:
        """Part what belongs to the story from what belongs to the message."""
        if not isinstance(node, MappingNode):
            self.refuse(node, "a mapping")
            return {}, []
        mine = {key.text: value for key, value in node.entries if key.text in keys}
        return mine, [(key, value) for key, value in node.entries if key.text not in keys]

    @staticmethod
    def _expected(fields: dict[str, Node]) -> dict[str, Any]:
        node = fields.get("expect")
        found = {} if node is None else _plain(node)
        return found if isinstance(found, dict) else {}


def _plain(node: Node) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(node, MappingNode):
        return {key.text: _plain(value) for key, value in node.entries}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node]
    return node.text

"""The tests of a pack: cases, tables of cases, and calls of several steps."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Final

from advisor.facts.catalogue import Fact
from advisor.facts.events import EVENTS
from advisor.facts.values import UNKNOWN, FactType, Possible, Value
from advisor.facts.vocabulary import Ask, Decision, ReasonCode
from advisor.rules import scalars
from advisor.rules.compile.context import Context
from advisor.rules.compile.shape import Fields, entries, items, one_of, term
from advisor.rules.pack import Case, Expectation, Rule, Section, Step
from advisor.rules.problems import Problems, listed
from advisor.rules.scalars import Moment
from advisor.rules.source import MappingNode, Mark, Node, ScalarNode, SequenceNode, shown

_CASE_KEYS: Final = ("name", "shows", "given", "expect", "table", "steps")
_EXPECT_KEYS: Final = (
    "decision",
    "reason",
    "not_before",
    "says",
    "first",
    "silent",
    "never_asks",
    "opening",
    "earns",
    "points",
    "remembers",
)
#: Keys of `given` that are no facts, and the fact that two of them stand for.
_GIVEN_KEYS: Final = ("purpose", "at", "brand", "campaign")
_FACT_OF: Final = {"brand": "call.brand", "campaign": "call.campaign"}


_NOTHING: Final = Expectation()
#: Stands in for an instant that was reported as wrong.
_NO_MOMENT: Final = Moment(datetime(1970, 1, 1, tzinfo=UTC), "UTC")


@dataclass(frozen=True, slots=True)
class Names:
    """What the rules of a pack are called.

    Attributes:
        items: Ids of items, as ``rule/item``.
        all: Those, and ids of rules.
        engagement: Ids of engagement rules.
        lessons: Ids of what reactions remember, as ``rule/name``.
    """

    items: Collection[str]
    all: Collection[str]
    engagement: Collection[str] = ()
    lessons: Collection[str] = ()

    @classmethod
    def of(cls, rules: Collection[Rule]) -> Names:
        """Collect the names of rules and their items."""
        items_ = {f"{rule.id}/{item.name}" for rule in rules for item in rule.items}
        books = {rule.id for rule in rules if rule.section is Section.ENGAGEMENT}
        kept = {f"{rule.id}/{each.name}" for rule in rules for each in rule.remembers}
        return cls(items_, items_ | {rule.id for rule in rules}, books, kept)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Given:
    """What a case states: its purpose, its instant, and facts by full name."""

    purpose: str | None = None
    at: Moment | None = None
    facts: Mapping[str, Value] = field(default_factory=dict)


def cases(node: Node, names: Names, context: Context) -> list[Case]:
    """Compile one test: one case, or one for each row of its table."""
    fields = Fields(node, "a test", _CASE_KEYS, context.problems, required=("name", "given"))
    name = fields.text("name") or ""
    shows = fields.each("shows", scalars.text) or ()
    stated = fields.node("given")
    given = _Given() if stated is None else _given(stated, _Given(), context)
    expected = fields.node("expect")
    expect = Expectation() if expected is None else _expect(expected, names, context)
    steps = _steps(fields.node("steps"), names, context)
    if not any(key in fields for key in ("expect", "table", "steps")):
        context.problems.error(
            node.mark, "missing-key", "a test that expects nothing", "the key expect"
        )
    if "table" not in fields:
        case = _case(name, given, expect, node.mark, context)
        return [] if case is None else [replace(case, shows=shows, steps=steps)]
    rows = fields.node("table")
    done: list[Case] = []
    for number, row in enumerate(items(rows or node, context.problems, "a list of rows"), start=1):
        facts, results = _split(row)
        own = _given(facts, given, context)
        expect_row = _expect(results, names, context, expect)
        case = _case(f"{name} (row {number})", own, expect_row, row.mark, context)
        if case is not None:
            done.append(replace(case, shows=shows, steps=steps))
    return done


def _case(
    name: str, given: _Given, expect: Expectation, mark: Mark, context: Context
) -> Case | None:
    if given.purpose is None or given.at is None:
        missing = "purpose" if given.purpose is None else "at"
        context.problems.error(
            mark, "missing-key", f"a case without {missing}", f"the key {missing}"
        )
        return None
    return Case(
        name=name,
        purpose=given.purpose,
        at=given.at.at,
        zone=given.at.zone,
        given=given.facts,
        expect=expect,
        mark=mark,
    )


def _split(row: Node) -> tuple[Node, Node]:
    """Part a row into what is given and what is expected."""
    if not isinstance(row, MappingNode):
        return row, MappingNode((), row.mark)
    expected = tuple(entry for entry in row.entries if entry[0].text in _EXPECT_KEYS)
    given = tuple(entry for entry in row.entries if entry[0].text not in _EXPECT_KEYS)
    return MappingNode(given, row.mark), MappingNode(expected, row.mark)


def _given(node: Node, base: _Given, context: Context) -> _Given:
    """Read what is stated, on top of what was stated before."""
    facts = dict(base.facts)
    own = base
    problems = context.problems
    for key, value in entries(node, problems, "facts and their values"):
        if key.text == "purpose":
            known = one_of("a purpose of this pack", context.purposes)
            own = replace(own, purpose=scalars.read(value, known, problems) or base.purpose or "")
        elif key.text == "at":
            own = replace(own, at=scalars.read(value, scalars.moment, problems) or _NO_MOMENT)
        else:
            stated = _fact(key, value, context)
            if stated is not None:
                facts[stated[0]] = stated[1]
    return replace(own, facts=facts)


def _fact(key: ScalarNode, node: Node, context: Context) -> tuple[str, Value] | None:
    problems = context.problems
    if key.text == "brand" and context.settings is not None:
        known = one_of("a brand of the pack section", context.settings.brands)
        brand = scalars.read(node, known, problems)
        return None if brand is None else (_FACT_OF["brand"], brand)
    fact = context.catalogue.facts.get(_FACT_OF.get(key.text, key.text))
    if fact is None:
        names = (*_GIVEN_KEYS, *context.catalogue.facts)
        problems.error(
            key.mark,
            "unknown-fact",
            f"the unknown fact {shown(key.text)}",
            f"the name of a fact, or {listed(_GIVEN_KEYS)}",
            near=(key.text, names),
        )
        return None
    value = _value(node, fact, problems)
    return None if value is None else (fact.name, value)


def _value(node: Node, fact: Fact, problems: Problems) -> Value | None:
    """Read what a fact is: a value, `unknown`, or a list of possible ones; of a set, its words."""
    bare = node.text if isinstance(node, ScalarNode) and not node.quoted else None
    if bare == UNKNOWN.value and bare not in fact.choices:
        return UNKNOWN
    if fact.type is FactType.CHOICES:
        return scalars.words_of(node, fact, problems)
    if not isinstance(node, SequenceNode):
        return scalars.value(node, fact, problems)
    read = [scalars.value(item, fact, problems) for item in node]
    values = tuple(dict.fromkeys(value for value in read if value is not None))
    if len(values) < _SEVERAL:
        found = f"a list of {len(read)} for {fact.name}"
        problems.error(node.mark, "value", found, "one value, or several different possible ones")
        return None
    return Possible(values)


_SEVERAL: Final = 2


def _expect(
    node: Node, names: Names, context: Context, base: Expectation = _NOTHING
) -> Expectation:
    """Read what is expected, on top of what was expected before."""
    fields = Fields(node, "what is expected", _EXPECT_KEYS, context.problems)
    item = one_of("an item as rule/item", names.items)
    rule = one_of("a rule, or an item as rule/item", names.all)
    not_before = fields.read("not_before", scalars.moment)
    own = Expectation(
        decision=fields.read("decision", term(Decision)),
        reasons=fields.each("reason", term(ReasonCode)),
        not_before=None if not_before is None else not_before.at,
        says=fields.each("says", item) or (),
        first=fields.read("first", item),
        silent=fields.each("silent", rule) or (),
        never_asks=fields.each("never_asks", term(Ask)) or (),
        opening=fields.read("opening", one_of("an opening of this pack", context.openings)),
        earns=fields.each("earns", one_of("an engagement rule", names.engagement)),
        points=fields.read("points", scalars.decimal),
        remembers=fields.each("remembers", one_of("a remember as rule/name", names.lessons)),
    )
    return Expectation(
        decision=base.decision if own.decision is None else own.decision,
        reasons=base.reasons if own.reasons is None else own.reasons,
        not_before=own.not_before or base.not_before,
        says=own.says or base.says,
        first=own.first or base.first,
        silent=own.silent or base.silent,
        never_asks=own.never_asks or base.never_asks,
        opening=own.opening or base.opening,
        earns=base.earns if own.earns is None else own.earns,
        points=base.points if own.points is None else own.points,
        remembers=base.remembers if own.remembers is None else own.remembers,
    )


def _steps(node: Node | None, names: Names, context: Context) -> tuple[Step, ...]:
    """Read the events of a call, and what must be shown after each."""
    steps: list[Step] = []
    for entry in () if node is None else items(node, context.problems, "a list of events"):
        fields = Fields(
            entry,
            "a step",
            ("event", "given", *_EXPECT_KEYS),
            context.problems,
            required=("event",),
        )
        event = fields.read("event", lambda text: scalars.word(text, EVENTS))
        stated = fields.node("given")
        given = _Given() if stated is None else _given(stated, _Given(), context)
        _, results = _split(entry)
        expect = _expect(results, names, context)
        if event is not None:
            steps.append(Step(event=event, given=given.facts, expect=expect, mark=entry.mark))
    return tuple(steps)

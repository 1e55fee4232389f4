"""The proof of no dead air: whatever happens in a call, its reactions leave something to say.

For every purpose, every event and whoever may listen there must be no situation in which everything
stays unsaid: because conditions do not hold, because other rules speak instead, or
because the guards remove it. The guards are asked at the highest care, so that what some customer
would not be shown counts for nobody. Where a call may not go on, only its end is still shown, so
that every event needs an end that is always there.

Everything may have been said before in the call, so that an ask or an offer, which is never made a
second time, is no answer by itself. Facts may be anything, each by itself, in one world. Words that
stand in for a pack do not count.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from advisor.engagement.card import TrustTier
from advisor.facts.events import ENDS, EVENTS, UNNOTICED
from advisor.facts.values import Answer, Possible, Special, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Force, ItemKind, LegalClass, Stage
from advisor.guidance import guards, tables
from advisor.guidance.decision import Verdict
from advisor.guidance.guards import Progress, Refusal, Setting
from advisor.guidance.rendering import Renderer
from advisor.guidance.script import SAID_AGAIN
from advisor.guidance.state import CallState
from advisor.rules.domains import OTHER
from advisor.rules.groups import Joined, enough, grouped, groups_in, nodes_of, scope_leaves
from advisor.rules.pack import Item, Pack, Priority, Purpose, Rule
from advisor.rules.problems import Problems, listed
from advisor.rules.reasoning import Demand, silent, witness
from advisor.workbench.checks.aftermath import (
    ANSWERED_BY,
    LISTENERS,
    SHOWN,
    STAGE,
    so,
)
from advisor.workbench.checks.reach import always, call_of, fixed_facts, unread
from advisor.workbench.checks.tries import LIMIT, CrowdedError, Tries

#: What is still said where a call may not go on.
_END: Final = frozenset({ItemKind.CLOSE})

#: What is never made a second time in one call.
_ONCE: Final = tables.SPOKEN - SAID_AGAIN
_ANY: Final = frozenset(ItemKind) - _ONCE

#: Facts that a message tells beside those that rules ask about.
_TOLD: Final = (SHOWN, ANSWERED_BY)
#: Items named in the advice of one message.
_NAMED: Final = 3


@dataclass(frozen=True, slots=True)
class _Moment:
    """One event in calls of one purpose.

    Attributes:
        blocked: Whether the call may not go on.
    """

    event: str
    purpose: Purpose
    blocked: bool

    @property
    def kinds(self) -> frozenset[ItemKind]:
        """The kinds of items that answer."""
        if self.blocked:
            return _END
        return _ANY if self.event in ENDS else SAID_AGAIN


def check_answers(pack: Pack, problems: Problems, *, limit: int = LIMIT) -> None:
    """Report every event of a call that can leave the agent without words.

    A pack without any reaction is warned: it leaves all of them to the service's own words.

    Args:
        pack: The pack.
        problems: Where mistakes go.
        limit: How many combinations are tried before an event is too crowded.
    """
    answering = {
        event: [rule for rule in pack.rules if event in rule.events]
        for event in EVENTS
        if event not in UNNOTICED
    }
    if not any(rule.events for rule in pack.rules):
        _none(pack, problems)
        return
    _unanswered(answering, pack, problems)
    proof = _Proof(pack, limit)
    for event, rules in answering.items():
        if any(rule.items for rule in rules):
            proof.prove(event, rules, problems)


def _none(pack: Pack, problems: Problems) -> None:
    for purpose in list(pack.purposes.values())[:1]:
        problems.warning(
            purpose.mark,
            "no-answer",
            "no reactions: whatever a customer says in a call, the agent gets only the words of"
            " the service",
        )


def _unanswered(answering: Mapping[str, Sequence[Rule]], pack: Pack, problems: Problems) -> None:
    events = [event for event, rules in answering.items() if not any(rule.items for rule in rules)]
    if not events or not pack.purposes:
        return
    first = min(rule.mark for rule in pack.rules if rule.events)
    purpose = next(iter(pack.purposes))
    problems.error(
        first,
        "no-answer",
        f"nothing to say when {listed(events)} is reported, in {purpose} at {Stage.PRE_CALL.word}"
        " or anywhere else",
        "a reaction to it",
        hint="The reactions of the default pack answer every event: begin with a copy.",
    )


class _Proof:
    """Looks for situations in which nothing is said."""

    def __init__(self, pack: Pack, limit: int) -> None:
        self._pack = pack
        self._limit = limit
        self._care = {each.id: _Care(pack, each) for each in pack.purposes.values()}
        self._always = {each.id: always(pack, each) for each in pack.purposes.values()}
        self._replacers: dict[str, list[Rule]] = {}
        for rule in pack.rules:
            for id_ in rule.replaces:
                self._replacers.setdefault(id_, []).append(rule)

    def prove(self, event: str, rules: Sequence[Rule], problems: Problems) -> None:
        """Report the first purpose and listener for whom an event may leave nothing to say."""
        tries = Tries(self._limit)
        seen: set[object] = set()
        asked = _asked_by(rules)
        missing = {rule.number: self._unsaid(rule, rules) for rule in rules}
        for moment in self._moments(event):
            for listener in LISTENERS:
                counted = self._counted(moment, rules, listener)
                demands = [*self._always[moment.purpose.id], *so(event, listener)]
                key = (tuple(counted), _asked(demands, asked))
                if key in seen:
                    continue
                seen.add(key)
                ways = sorted((missing[number] for number in counted), key=_conditions)
                try:
                    found = witness(demands, ways, self._pack.catalogue, tries.take)
                except CrowdedError:
                    _crowded(event, rules, problems)
                    return
                if found is not None:
                    self._report(moment, rules, listener, found, problems)
                    return

    def _moments(self, event: str) -> Iterator[_Moment]:
        for purpose in self._pack.purposes.values():
            yield _Moment(event, purpose, blocked=False)
            if event not in ENDS:
                yield _Moment(event, purpose, blocked=True)

    def _counted(self, moment: _Moment, rules: Sequence[Rule], listener: CallState) -> list[int]:
        """List the numbers of the rules with an item that no guard removes."""
        care = self._care[moment.purpose.id]
        budget = self._pack.settings.budgets.items
        if moment.event not in ENDS and _beside(rules) >= budget:
            return []
        return [
            rule.number
            for rule in rules
            if any(
                item.kind in moment.kinds and care.refusal(item, listener) is None
                for item in rule.items
            )
        ]

    def _unsaid(self, rule: Rule, rules: Sequence[Rule]) -> list[Demand]:
        """List the ways in which an item that no guard removes may be missing."""
        ways = [silent(rule)]
        ways += [
            Demand(Joined(conjunction=True, parts=nodes_of(other)), enough(other.if_unsure))
            for other in rules
            if _may_outrank(other, rule)
        ]
        ways += [
            Demand(
                Joined(conjunction=True, parts=tuple(map(grouped, scope_leaves(other.scope)))),
                Answer.UNSURE,
            )
            for other in self._replacers.get(rule.id, ())
        ]
        return ways

    def _report(
        self,
        moment: _Moment,
        rules: Sequence[Rule],
        listener: CallState,
        found: Mapping[str, Value],
        problems: Problems,
    ) -> None:
        care = self._care[moment.purpose.id]
        told = {*_asked_by(rules), *_TOLD} - fixed_facts(self._pack, moment.purpose).keys()
        context = ", ".join(f"{name}: {written(found[name])}" for name in found if name in told)
        refused = [
            f"{rule.id}/{item.name} ({why.rstrip('.')})"
            for rule in rules
            for item in rule.items
            if (item.kind in moment.kinds or item.kind in _ONCE)
            and (why := care.why_not(item, listener)) is not None
        ]
        wanted = "a close item" if moment.blocked else "an item that is said"
        over = " and the call may not go on" if moment.blocked else ""
        problems.error(
            rules[0].mark,
            "no-answer",
            f"nothing to say when {moment.event} is reported{over}, in {moment.purpose.id} at"
            f" {written(found[STAGE])} with {{{context}}}",
            f"{wanted} whatever the facts",
            hint=f"Not counted: {'; '.join(refused[:_NAMED])}." if refused else "",
        )


def _crowded(event: str, rules: Sequence[Rule], problems: Problems) -> None:
    problems.error(
        rules[0].mark,
        "no-answer",
        f"{len(rules)} rules that answer {event}, too many to prove that one of them always speaks",
        "one without a condition",
    )


class _Care:
    """Judges items at the highest care, knowing only what is so in every call of a purpose."""

    def __init__(self, pack: Pack, purpose: Purpose) -> None:
        stated = fixed_facts(pack, purpose)
        facts = Facts(unread(pack.catalogue), replace(call_of(purpose), stated=stated))
        locale = pack.settings.default_locale
        self._setting = Setting(
            purpose=purpose,
            tier=TrustTier.LOW,
            asks=0,
            locale=locale,
            facts=facts,
            renderer=Renderer(facts, purpose, locale),
            verdict_as=dict[LegalClass, Verdict]().__getitem__,
        )
        self._known: dict[tuple[int, CallState], Refusal | None] = {}

    def why_not(self, item: Item, listener: CallState) -> str | None:
        """Say why an item does not count before a listener; None where it does."""
        if item.kind in _ONCE:
            return "It is made once in a call, and not again"
        refusal = self.refusal(item, listener)
        return None if refusal is None else refusal.text

    def refusal(self, item: Item, listener: CallState) -> Refusal | None:
        """Return why an item might not be shown to a listener; None where it always is."""
        key = (id(item), listener)
        if key not in self._known:
            self._known[key] = self._judged(item, listener)
        return self._known[key]

    def _judged(self, item: Item, listener: CallState) -> Refusal | None:
        at = Progress.at(listener, self._setting.purpose, live=True)
        refusal = guards.refusal(item, at, self._setting)
        if refusal is not None:
            return refusal
        words = guards.words_of(item, at, self._setting)
        return words if isinstance(words, Refusal) else None


def _conditions(ways: Sequence[Demand]) -> int:
    """Count the conditions in the ways to miss an item; what has few is soon settled."""
    return sum(1 for way in ways for _ in groups_in(way.node))


def _asked(demands: Sequence[Demand], names: set[str]) -> tuple[Demand, ...]:
    """Return the demands on facts that some rule asks about; the others change nothing."""
    return tuple(
        demand for demand in demands for group in groups_in(demand.node) if group.fact in names
    )


def _asked_by(rules: Sequence[Rule]) -> set[str]:
    return {group.fact for rule in rules for node in nodes_of(rule) for group in groups_in(node)}


def _beside(rules: Sequence[Rule]) -> int:
    """Count what may be shown before what is said again, as if all rules spoke at once.

    Of a group one rule speaks. An ask that must be made keeps its room even where it is refused.
    """
    alone = 0
    most: dict[str, int] = {}
    for rule in rules:
        mute = sum(_takes_room(item) for item in rule.items)
        if rule.group is None:
            alone += mute
        else:
            most[rule.group] = max(most.get(rule.group, 0), mute)
    return alone + sum(most.values())


def _takes_room(item: Item) -> bool:
    if item.kind in tables.SPOKEN:
        return item.force is Force.MUST and guards.cost(item) > 0
    return True


def _may_outrank(other: Rule, rule: Rule) -> bool:
    """Tell whether a rule may speak in place of another of its group."""
    if rule.group is None or other.group != rule.group or other is rule:
        return False
    return other.number < rule.number or Priority.BY_DEADLINE in {other.priority, rule.priority}


def written(value: Value) -> str:
    """Write what a fact may be, much as a test of a pack states it."""
    if isinstance(value, Possible):
        return f"[{', '.join(map(written, value.values))}]"
    if isinstance(value, frozenset):
        return f"[{', '.join(map(written, sorted(value)))}]"
    if isinstance(value, Special):
        return value.value
    if isinstance(value, bool):
        return "yes" if value else "no"
    return '"anything else"' if value == OTHER else str(value)

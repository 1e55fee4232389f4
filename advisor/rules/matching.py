"""Which rules apply, strongest first, and which of them rest on what nobody knows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TypeVar

from advisor.facts.catalogue import Catalogue
from advisor.facts.values import UNKNOWN, Answer, FactType, Possible, Value
from advisor.facts.view import Facts
from advisor.facts.vocabulary import Decision
from advisor.rules.explain import Explanation, why_not
from advisor.rules.groups import Judge, grouped, nodes_of, scope_leaves
from advisor.rules.index.bits import mask, ones, positions
from advisor.rules.index.build import built
from advisor.rules.index.match import matched
from advisor.rules.operators import WITH_NEVER
from advisor.rules.pack import IfUnsure, Pack, Rule, Section

_Key = TypeVar("_Key")


class Matcher:
    """The indexed rules of a pack; made once, and never changed.

    Attributes:
        rules: In order of precedence; bit *n* of every bit set is ``rules[n]``.
        everything: The bits of all rules.
        sections: The bits of the rules of each section.
        events: By event: the bits of the reactions that answer it.
        decisions: By decision: the bits of the eligibility rules that rule so.
    """

    __slots__ = ("_index", "_replacers", "decisions", "events", "everything", "rules", "sections")

    def __init__(self, rules: Iterable[Rule], catalogue: Catalogue) -> None:
        """Index rules.

        Args:
            rules: In order of precedence, ``rules[n].number == n``.
            catalogue: Declares every fact that they name, and the built-in ones.

        Raises:
            UnknownFactError: A rule names a fact that is not declared.
            ValueError: Rules replace each other in a circle.
        """
        self._index = built(tuple(rules), catalogue)
        self.rules = self._index.rules
        self.everything = ones(len(self.rules))
        self.sections: Mapping[Section, int] = _masks((r.section, r) for r in self.rules)
        self.events: Mapping[str, int] = _masks((e, r) for r in self.rules for e in r.events)
        self.decisions: Mapping[Decision, int] = _masks(
            (rule.ruling.decision, rule) for rule in self.rules if rule.ruling is not None
        )
        self._replacers = MappingProxyType(
            {
                target: tuple(self.rules[number] for number, _, _ in by)
                for target, by in self._index.replacers.items()
            }
        )

    @classmethod
    def of(cls, pack: Pack) -> Matcher:
        """Index the rules of a pack."""
        return cls(pack.rules, pack.catalogue)

    def match(self, facts: Facts, among: int | None = None) -> Match:
        """Find the rules that apply.

        Args:
            facts: The facts of one situation.
            among: The bits of the rules that are asked about, such as ``sections[GUIDANCE]`` or
                ``events.get("customer_busy", 0)``; None asks about all.
        """
        wanted = self.everything if among is None else among
        return Match(self, facts, matched(self._index, facts, wanted))

    def asks(self, rule: Rule) -> tuple[str, ...]:
        """List the facts that a rule asks about, scope first."""
        return self._index.asks[rule.number]

    def replacers_of(self, rule: Rule) -> tuple[Rule, ...]:
        """List the rules that replace a rule within their scope and dates."""
        return self._replacers.get(rule.number, ())


class Match:
    """What applies in one situation.

    Attributes:
        bits: The rules that apply; the lowest bit is the strongest.
        facts: The facts that it was asked for.
    """

    __slots__ = ("_matcher", "bits", "facts")

    def __init__(self, matcher: Matcher, facts: Facts, bits: int) -> None:
        """Keep what was found; rules are looked up as they are asked for."""
        self._matcher = matcher
        self.facts = facts
        self.bits = bits

    def __contains__(self, rule: Rule) -> bool:
        """Tell whether a rule applies."""
        return bool(self.bits >> rule.number & 1)

    def __bool__(self) -> bool:
        """Tell whether any rule applies."""
        return self.bits != 0

    def rules(self, among: int | None = None) -> Iterator[Rule]:
        """Iterate over the rules that apply, strongest first; only those of a mask, if given."""
        bits = self.bits if among is None else self.bits & among
        return map(self._matcher.rules.__getitem__, positions(bits))

    def spoken(self, among: int | None = None) -> Iterator[Rule]:
        """Iterate like `rules`, but over only the strongest rule of each group."""
        groups: set[str] = set()
        for rule in self.rules(among):
            if rule.group not in groups:
                yield rule
            if rule.group is not None:
                groups.add(rule.group)

    def reasons(self, rule: Rule) -> tuple[tuple[str, Value], ...]:
        """List the facts that a rule asks about with what each may be, its scope first.

        This is what a reply shows of every item; `why` also says what each comparison came to.
        """
        value = self.facts.value
        return tuple([(name, value(name)) for name in self._matcher.asks(rule)])

    def unsure(self, rule: Rule) -> bool:
        """Tell whether a rule that applies does so only because nobody knows better."""
        replacers = self._matcher.replacers_of(rule)
        if not replacers and all(map(self._plain, self._matcher.asks(rule))):
            return False
        return is_unsure(rule, self.facts, replacers)

    def _plain(self, name: str) -> bool:
        """Tell whether every comparison of a fact has one answer, without asking any."""
        value = self.facts.value(name)
        if value is UNKNOWN or isinstance(value, Possible):
            return False
        type_ = self.facts.catalogue[name].type
        # A country may stand for its parts, and which day it is depends on the place.
        return type_ is not FactType.REGION and (
            type_ not in WITH_NEVER or len(self.facts.worlds) == 1
        )

    def why(self, rule: Rule) -> Explanation:
        """Explain why a rule applies, or not: what failed first, then what was unsure."""
        replacers = self._matcher.replacers_of(rule)
        everything = self._matcher.match(self.facts) if replacers else self
        speaking = {other.id for other in replacers if other in everything}
        return why_not(rule, self.facts, replacers, speaking)


def is_unsure(rule: Rule, facts: Facts, replacers: Iterable[Rule] = ()) -> bool:
    """Tell whether a rule that applies is not certain to: some world or value says otherwise.

    Args:
        rule: A rule that applies.
        facts: The facts of the situation.
        replacers: The rules that replace it.
    """
    if rule.if_unsure is IfUnsure.SKIP:
        return False
    nodes = nodes_of(rule)
    scopes = [list(map(grouped, scope_leaves(other.scope))) for other in replacers]
    return any(
        judge.every(nodes) is not Answer.YES
        or any(judge.every(scope) is not Answer.NO for scope in scopes)
        for judge in Judge.each(facts)
    )


def _masks(pairs: Iterable[tuple[_Key, Rule]]) -> Mapping[_Key, int]:
    numbers: dict[_Key, list[int]] = {}
    for key, rule in pairs:
        numbers.setdefault(key, []).append(rule.number)
    return MappingProxyType({key: mask(found) for key, found in numbers.items()})

"""Why the rules of a pack speak in one situation, and why one of them does not."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.facts.situation import Situation
from advisor.facts.view import Facts
from advisor.guidance.advise import advise, happened, react
from advisor.guidance.decision import Advice
from advisor.guidance.guide import Guide
from advisor.rules.explain import Explanation
from advisor.rules.pack import Rule, Section
from advisor.rules.problems import nearest


class UnknownRuleError(LookupError):
    """A rule that the pack does not hold.

    Attributes:
        nearest: The most similar id of the pack; empty where none is similar.
    """

    def __init__(self, name: str, guide: Guide) -> None:
        """Name the rule that is missing, and its nearest neighbour."""
        super().__init__(f"the pack has no rule {name}")
        self.nearest = nearest(name, [rule.id for rule in guide.pack.rules])


def explain(guide: Guide, situation: Situation, event: str | None = None) -> Iterator[Explanation]:
    """Explain every rule that applies, the strongest first.

    Args:
        guide: The pack, ready to be matched.
        situation: Everything known about one call at one instant.
        event: Explain the reactions to it, instead of what is advised before the call.
    """
    match = guide.matcher.match(Facts(guide.pack.catalogue, _after(situation, event)))
    for rule in match.rules():
        if _asked(rule, event):
            yield match.why(rule)


def why_not(
    guide: Guide, situation: Situation, name: str, event: str | None = None
) -> Iterator[str]:
    """Say why a rule, or an item given as ``rule/item``, is not shown.

    Args:
        guide: The pack, ready to be matched.
        situation: Everything known about one call at one instant.
        name: Of the rule or item.
        event: The event that the rule should have answered.

    Raises:
        UnknownRuleError: The pack has no such rule.
    """
    id_ = name.partition("/")[0]
    rule = next((rule for rule in guide.pack.rules if rule.id == id_), None)
    if rule is None:
        raise UnknownRuleError(id_, guide)
    match = guide.matcher.match(Facts(guide.pack.catalogue, _after(situation, event)))
    yield from match.why(rule).lines(guide.pack.catalogue)
    if rule.events and event not in rule.events:
        yield f"it answers {', '.join(sorted(rule.events))}, and nothing of the kind happened"
    elif rule in match:
        yield from _outcome(rule, name, advised(guide, situation, event))


def advised(guide: Guide, situation: Situation, event: str | None = None) -> Advice:
    """Advise before the call, or after an event of it."""
    if event is None:
        return advise(guide, situation)
    return react(guide, situation, event)


def _after(situation: Situation, event: str | None) -> Situation:
    return situation if event is None else happened(situation, event)


def _asked(rule: Rule, event: str | None) -> bool:
    if event is None:
        return rule.section in (Section.ELIGIBILITY, Section.GUIDANCE)
    return event in rule.events


def _outcome(rule: Rule, name: str, advice: Advice) -> Iterator[str]:
    """Say what became of the items of a rule that applies."""
    wanted = {name} if "/" in name else {f"{rule.id}/{item.name}" for item in rule.items}
    for item in (*advice.brief, *advice.items):
        if item.id in wanted:
            yield f"{item.id} is shown: {item.text}"
    for withheld in advice.suppressed:
        if withheld.id in wanted:
            yield f"{withheld.id} is withheld: {withheld.text}"

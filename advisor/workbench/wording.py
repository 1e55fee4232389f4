"""Facts and conditions in plain English, generated from the catalogue and the tree."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from typing import Final, cast

from advisor.engagement.limits import Span
from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.shown import shown
from advisor.facts.values import NEVER, FactType, Scalar, Special
from advisor.rules.conditions import All, AnyOf, Condition, Leaf, NoneOf, Operator

_LOCALE: Final = "en-GB"

#: What the first word of a fact's name is called, as the owner of the rest.
_OWNERS: Final = {
    "call": "the call's",
    "purpose": "the purpose's",
    "customer": "the customer's",
    "number": "the number's",
    "card": "the card's",
    "promise": "the promise's",
    "agent": "the agent's",
    "brand": "the brand's",
    "capacity": "the capacity for",
    "state": "the stored state's",
    "event": "the event's",
    "outcome": "the outcome's",
}

#: Names that do not read well word by word.
_SUBJECTS: Final = {
    "call.region": "the customer's region",
    "call.regions": "the list of the customer's possible regions",
    "call.time_zones": "the list of the customer's possible zones",
    "call.disclosure": "what has been said",
    "call.customer_verification": "what the customer has shown",
    "call.company_proof": "what the company has shown",
    "call.answered_by": "who answered",
    "call.asks_made": "the number of asks made",
    "call.asks_refused": "what the customer has refused in this call",
    "call.counts_as": "the class of law that the call counts as",
    "card.confidence": "our confidence in the card",
    "complaints.open": "the number of open complaints",
    "complaints.overdue": "the number of overdue complaints",
    "complaints.topic": "the topic of the latest complaint",
    "customer.suppressions": "the list of what keeps us from this call",
    "customer.reported_defects": "the list of defects the customer reported",
    "customer.care_needs": "the list of the customer's care needs",
    "customer.moratorium_ends": "the end of the moratorium",
    "customer.name_hint": "the hint how to say the name",
    "event.kind": "what happened",
    "event.reported_by": "who reported it",
    "event.scope": "how far the request to stop reaches",
    "event.window": "the hours that the customer named",
    "history.last_conversation.disposition": "how the last conversation came out",
    "history.last_conversation.ended_by": "who ended the last conversation",
    "history.last_inbound.topic": "what the customer last contacted us about",
    "history.asks_refused": "what the customer has refused before",
    "history.promises_missed.same_matter": "the number of promises missed in this matter",
    "now.date": "the customer's date",
    "now.local_time": "the customer's local time",
    "now.quiet_time_ends": "the end of the customer's quiet time",
    "now.weekday": "the customer's weekday",
    "number.registers": "the list of registers that hold the number",
    "number.registers_checked_at": "the last look into the registers",
    "outcome.disposition": "how the call came out",
    "outcome.ended_by": "who ended the call",
    "outcome.ended_at_stage": "the stage at which the call ended",
    "outcome.closed": "the agent's leave-taking",
    "outcome.conversation": "a conversation with the customer",
    "outcome.human": "a person reached",
    "outcome.opt_out": "a request for no more calls",
    "outcome.refusal": "a refusal",
    "card.forecast": "the number of points that the call is expected to earn",
    "customer.action_done.topic": "what we did about what the customer told us",
    "customer.action_open.overdue": "a late answer to what the customer told us",
    "customer.action_open.topic": "what the customer told us that nobody has acted on",
    "customer.participation": "the list of ways in which the customer has taken part",
    "customer.said_in_public": "what the customer said in public",
    "customer.signals": "the list of what was noticed about the customer",
    "customer.unreliable_facts": "the list of what must verify nobody",
    "history.campaign_due_at": "the next call of another campaign",
    "history.last_bad.at": "the last call that ended badly",
    "history.last_message.at": "the last letter or message",
    "history.unanswered": "the number of calls in a row that nobody answered",
    "signal.reported_by": "who noticed it",
    "signal.kind": "what was noticed",
    "proof.how": "the list of ways to prove who we are",
    "proof.reference": "the reference of the call",
    "promise.due_at": "the time the promise is due",
    "promise.other.due_at": "the time another promise is due",
    "promise.settled_as": "how the promise was settled",
    "promise.state": "how the promise stands",
    "state.age": "the age of the stored state",
    "capacity.callback": "the number of call-backs that can still be kept",
    "capacity.purpose": "the number of customers we can still do this for",
}

_COMPARED: Final = {
    Operator.MORE_THAN: ("is more than {}", "is not more than {}"),
    Operator.AT_LEAST: ("is at least {}", "is less than {}"),
    Operator.AT_MOST: ("is at most {}", "is more than {}"),
    Operator.LESS_THAN: ("is less than {}", "is at least {}"),
}
_COMPARED_IN_TIME: Final = {
    Operator.MORE_THAN: ("is after {}", "is not after {}"),
    Operator.AT_LEAST: ("is {} or later", "is before {}"),
    Operator.AT_MOST: ("is {} or earlier", "is after {}"),
    Operator.LESS_THAN: ("is before {}", "is {} or later"),
}
_COMPARED_IN_ORDER: Final = {
    Operator.MORE_THAN: ("is above {}", "is not above {}"),
    Operator.AT_LEAST: ("is {} or above", "is below {}"),
    Operator.AT_MOST: ("is {} or below", "is above {}"),
    Operator.LESS_THAN: ("is below {}", "is {} or above"),
}
_SPANNED: Final = {
    Operator.IN_THE_LAST: ("was within the last {}", "was not within the last {}"),
    Operator.IN_THE_NEXT: ("is within the next {}", "is not within the next {}"),
    Operator.LONGER_AGO_THAN: ("was longer ago than {}", "was not longer ago than {}"),
}
_IN_TIME = frozenset({FactType.CLOCK_TIME, FactType.DATE, FactType.INSTANT})


def words(name: str) -> str:
    """Write a name of the language as words: ``open_complaint`` is *open complaint*."""
    return name.replace("_", " ")


def either(parts: Iterable[str], joint: str = "or") -> str:
    """Join words: *a, b or c*."""
    *most, last = parts
    return f"{', '.join(most)} {joint} {last}" if most else last


def span(value: Span) -> str:
    """Write a length of time: *7 days*, *1 hour*."""
    unit = value.unit.removesuffix("s")
    return f"{value.amount} {unit}{'' if value.amount == 1 else 's'}"


def subject(fact: Fact) -> str:
    """Name a fact as the subject of a sentence: *the customer's relationship*."""
    if fact.name in _SUBJECTS:
        return _SUBJECTS[fact.name]
    group, _, rest = fact.name.partition(".")
    if group == "history":
        return f"the {words(rest.removesuffix('.at'))}"
    if group in ("weather", "slot"):
        return f"{words(group)} {words(rest).replace('.', ' ')}"
    if group == "customer" and rest.startswith("consent."):
        return f"the customer's consent to {words(rest.removeprefix('consent.'))}"
    owner = _OWNERS.get(group, f"the {words(group)}'s")
    return f"{owner} {words(rest).replace('.', ' ')}"


def day(at: date) -> str:
    """Write a day: *1 February 2026*."""
    return f"{at.day} {at:%B %Y}"


def value(fact: Fact, operand: object) -> str:
    """Write what a fact is compared with."""
    match operand:
        case Special():
            return words(operand.value)
        case datetime():
            return f"{day(operand)} {operand:%H:%M} UTC"
        case date():
            return day(operand)
        case str() if fact.type is FactType.TEXT:
            return f"“{operand}”"
        case str() if fact.type is FactType.CHOICES:
            return words(operand)
        case _:
            return shown(cast("Scalar", operand), fact, _LOCALE)


def condition(tree: Condition, catalogue: Catalogue) -> str:
    """Write a condition as a clause: *the card's tier is warm or above and ...*."""
    return _clause(tree, catalogue, negated=False, nested=False)


def _clause(tree: Condition, catalogue: Catalogue, *, negated: bool, nested: bool) -> str:
    if isinstance(tree, Leaf):
        return _leaf(tree, catalogue[tree.fact], negated=negated)
    # De Morgan, so that no sentence begins with "it is not so that".
    if isinstance(tree, NoneOf):
        tree, negated = AnyOf(tree.parts), not negated
    every = isinstance(tree, All) is not negated
    if not tree.parts:
        return "always" if every else "never"
    parts = [_clause(part, catalogue, negated=negated, nested=True) for part in tree.parts]
    if len(parts) == 1:
        return parts[0]
    joined = either(parts, "and" if every else "or")
    return f"({joined})" if nested else joined


def _leaf(leaf: Leaf, fact: Fact, *, negated: bool) -> str:
    if leaf.operator in (Operator.KNOWN, Operator.UNKNOWN):
        known = (leaf.operator is Operator.KNOWN) is bool(leaf.operand)
        return f"{_topic(fact)} is {'known' if known is not negated else 'not known'}"
    if fact.type is FactType.YES_NO and leaf.operator is Operator.IS:
        yes = bool(leaf.operand) is not negated
        return f"“{fact.about}” is answered {'yes' if yes else 'no'}"
    return f"{_topic(fact)} {_compared(leaf, fact)[negated]}"


def _topic(fact: Fact) -> str:
    return f"“{fact.about}”" if fact.type is FactType.YES_NO else subject(fact)


def _compared(leaf: Leaf, fact: Fact) -> tuple[str, str]:
    """Write a comparison, and its opposite."""
    operator, operand = leaf.operator, leaf.operand
    if operator in _SPANNED:
        return _filled(_SPANNED[operator], span(cast("Span", operand)))
    if operator in _COMPARED:
        return _filled(_table(fact.type)[operator], value(fact, operand))
    several = operand if isinstance(operand, tuple) else (operand,)
    listed = [value(fact, each) for each in several]
    match operator:
        case Operator.BETWEEN:
            phrases = ("is between {}", "is not between {}")
            listed = [either(listed, "and")]
        case Operator.CONTAINS | Operator.CONTAINS_ANY:
            phrases = ("includes {}", "does not include {}")
        case Operator.NOT_IN:
            phrases = ("is not {}", "is {}")
        case _ if operand is NEVER:
            phrases = ("never was", "was at some time")
        case _:
            phrases = ("is {}", "is not {}")
    return _filled(phrases, either(listed))


def _table(type_: FactType) -> dict[Operator, tuple[str, str]]:
    if type_ in _IN_TIME:
        return _COMPARED_IN_TIME
    return _COMPARED_IN_ORDER if type_ is FactType.ORDERED_CHOICE else _COMPARED


def _filled(phrases: tuple[str, str], words_: str) -> tuple[str, str]:
    return phrases[0].replace("{}", words_), phrases[1].replace("{}", words_)

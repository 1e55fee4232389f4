"""Schemas of scalars, and of what a fact may be compared with."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from types import MappingProxyType
from typing import Any, Final

from advisor.facts.catalogue import Fact
from advisor.facts.values import FactType, Tell
from advisor.rules.compile.shape import MAX_ID, word_of
from advisor.rules.conditions import Operator
from advisor.rules.operators import OPERATORS_OF, RELATIVE, WITH_NEVER

#: One JSON Schema, or a part of one.
Schema = dict[str, Any]

YES_NO: Final[Schema] = {"enum": ["yes", "no", "true", "false", True, False]}
#: Plain words; unquoted, 5 is a number to an editor and a text to a pack.
WORDS: Final[Schema] = {"type": ["string", "number", "boolean"]}
SPOKEN: Final[Schema] = {"type": "string", "minLength": 1}
ID: Final[Schema] = {
    "type": "string",
    "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
    "maxLength": MAX_ID,
}
REGION: Final[Schema] = {"type": "string", "pattern": "^[A-Z]{2}(-[A-Z0-9]{1,3})?$"}
CLOCK_TIME: Final[Schema] = {"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"}
DATE: Final[Schema] = {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
INSTANT: Final[Schema] = {
    "type": "string",
    "pattern": (
        "^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?"
        "(Z|[-+][0-9]{2}:[0-9]{2})?( [A-Za-z][A-Za-z0-9_+/-]*)?$"
    ),
}
SPAN: Final[Schema] = {
    "type": "string",
    "pattern": "^[0-9]{1,5} +(minute|hour|day|week)s?$",
    "description": "A length of time, such as 7 days, 2 hours or 90 minutes.",
}
_DAY: Final = (
    "(mon|tue|wed|thu|fri|sat|sun|monday|tuesday|wednesday|thursday|friday|saturday|sunday)"
)
DAYS_PATTERN: Final = f"^{_DAY}(-{_DAY})?$"
WEEKDAY: Final[Schema] = {"type": "string", "pattern": DAYS_PATTERN}

_VALUES: Final = MappingProxyType(
    {
        FactType.YES_NO: YES_NO,
        FactType.WHOLE_NUMBER: {"type": "integer"},
        FactType.DECIMAL: {"type": "number"},
        FactType.TEXT: WORDS,
        FactType.CHOICE: WORDS,
        FactType.ORDERED_CHOICE: WORDS,
        FactType.CHOICES: WORDS,
        FactType.REGION: REGION,
        FactType.CLOCK_TIME: CLOCK_TIME,
        FactType.WEEKDAY: WEEKDAY,
        FactType.DATE: DATE,
        FactType.INSTANT: INSTANT,
        FactType.DURATION: SPAN,
    }
)
_LISTS: Final = frozenset({Operator.IN, Operator.NOT_IN, Operator.CONTAINS_ANY})
_KNOWLEDGE: Final = frozenset({Operator.KNOWN, Operator.UNKNOWN})

#: What each operator says, for the editor's help.
_MEANS: Final = MappingProxyType(
    {
        Operator.IS: "The fact is this value.",
        Operator.IN: "The fact is one of these.",
        Operator.NOT_IN: "The fact is known and none of these.",
        Operator.MORE_THAN: "The fact is above this.",
        Operator.AT_LEAST: "The fact is this or above.",
        Operator.AT_MOST: "The fact is this or below.",
        Operator.LESS_THAN: "The fact is below this.",
        Operator.BETWEEN: "From the first to the last; a clock window excludes its end.",
        Operator.IN_THE_LAST: "Not longer ago than this.",
        Operator.IN_THE_NEXT: "Now or within this time.",
        Operator.LONGER_AGO_THAN: "Before this time, or never.",
        Operator.CONTAINS: "The set holds this word.",
        Operator.CONTAINS_ANY: "The set holds at least one of these.",
        Operator.UNKNOWN: "Whether nothing is known of the fact.",
        Operator.KNOWN: "Whether something is known of the fact.",
    }
)


def terms(members: Iterable[Enum], *, without: Iterable[Enum] = ()) -> Schema:
    """Write a closed list of the field's terms."""
    left_out = set(without)
    return {"enum": [word_of(member) for member in members if member not in left_out]}


def one_or_more(schema: Schema) -> Schema:
    """Write one value, or a list of such values."""
    return {"anyOf": [schema, several(schema)]}


def several(schema: Schema) -> Schema:
    """Write a list that is not empty."""
    return {"type": "array", "items": schema, "minItems": 1}


def mapping(
    properties: dict[str, Schema], *, required: Iterable[str] = (), about: str = ""
) -> Schema:
    """Write a mapping of known keys."""
    schema: Schema = {
        "type": "object",
        "properties": properties,
        "required": list(required),
        "additionalProperties": False,
    }
    return {**schema, "description": about} if about else schema


def of_names(schema: Schema, names: Schema = ID) -> Schema:
    """Write a mapping whose keys are the author's own names."""
    return {"type": "object", "propertyNames": names, "additionalProperties": schema}


def value(fact: Fact) -> Schema:
    """Write one value of a fact; of a set, one of its words."""
    plain: Schema = {"enum": list(fact.choices)} if fact.choices else _VALUES[fact.type]
    if fact.type in WITH_NEVER:
        return {"anyOf": [plain, {"const": "never"}]}
    return plain


def test(fact: Fact) -> Schema:
    """Write what may stand below a fact in a condition: a value, a list, or operators."""
    fitting = [operator for operator in Operator if operator in OPERATORS_OF[fact.type]]
    own = value(fact)
    forms: list[Schema] = []
    if Operator.IS in fitting:
        forms.append(own)
    if Operator.IN in fitting:
        forms.append(several(own))
    operators = {operator.value: _operand(operator, own) for operator in fitting}
    forms.append({**mapping(operators), "minProperties": 1})
    return {"anyOf": forms}


def _operand(operator: Operator, own: Schema) -> Schema:
    if operator in _KNOWLEDGE:
        schema = YES_NO
    elif operator in RELATIVE:
        schema = SPAN
    elif operator in _LISTS:
        schema = several(own)
    elif operator is Operator.BETWEEN:
        schema = {"type": "array", "items": own, "minItems": 2, "maxItems": 2}
    else:
        schema = own
    return {**schema, "description": _MEANS[operator]}


def stated(fact: Fact) -> Schema:
    """Write what a test may state of a fact: a value, several possible ones, or unknown."""
    if fact.type is FactType.CHOICES:
        return {"anyOf": [{"type": "array", "items": value(fact)}, {"const": "unknown"}]}
    own = value(fact)
    possible = {"type": "array", "items": own, "minItems": 2}
    return {"anyOf": [own, possible, {"const": "unknown"}]}


def help_of(fact: Fact) -> str:
    """Write what an editor shows about a fact."""
    unit = f", in {fact.unit}" if fact.unit else ""
    heard = {
        Tell.ANYONE: "Anyone may hear it.",
        Tell.NOBODY: "For the agent's eyes only.",
        Tell.NOBODY_AT_ALL: "Nobody sees it.",
    }.get(fact.tell, f"Told to a customer who is {fact.tell.name.lower()}.")
    return f"{fact.about} ({fact.type.value.replace('_', ' ')}{unit}) {heard}"

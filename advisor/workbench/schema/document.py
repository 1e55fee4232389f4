"""The whole schema of a pack's file."""

from __future__ import annotations

from typing import Final

from advisor.facts.builtin.catalogue import GROUPS
from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.vocabulary import Stage
from advisor.workbench.schema import sections
from advisor.workbench.schema.values import (
    DATE,
    ID,
    INSTANT,
    REGION,
    Schema,
    help_of,
    mapping,
    of_names,
    one_or_more,
    several,
    stated,
    terms,
    test,
)

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

#: Names of a company's own facts, and of the facts of an occasion, which the packs declare.
_OWN_FACTS: Final = f"^(?!({'|'.join(GROUPS)})\\.)[a-z][a-z0-9_]*(\\.[a-z][a-z0-9_]*)+$"
_OCCASION: Final = "^purpose\\.[a-z][a-z0-9_]*$"


def pack_schema(catalogue: Catalogue, *, closed: bool = False) -> Schema:
    """Write the JSON Schema (draft 2020-12) of one file of a pack.

    What it refuses, `advisor rules check` refuses too; the reverse is not so.

    Args:
        catalogue: The facts that conditions may speak of.
        closed: Whether the catalogue holds a pack's own facts as well, so that a name that it does
            not hold is a mistake; otherwise any name under a company's own prefix will do.
    """
    others: Schema = {} if closed else {"patternProperties": {_OWN_FACTS: {}, _OCCASION: {}}}
    shapes: dict[str, Schema] = {}
    tests: dict[str, Schema] = {}
    facts: dict[str, Schema] = {}
    for fact in catalogue:
        tests[fact.name] = _shared("test", test(fact), fact, shapes)
        facts[fact.name] = _shared("stated", stated(fact), fact, shapes)
    conditions: Schema = {"$ref": "#/$defs/conditions"}
    condition = mapping(
        {"all": conditions, "any": conditions, "not": conditions, "use": ID, **tests},
        about="Facts and what they must be; all entries must hold.",
    )
    given = mapping({"purpose": ID, "at": INSTANT, "brand": ID, "campaign": ID, **facts})
    return {
        "$schema": DIALECT,
        "title": "Advisor rule pack",
        "description": "One file of a pack: what the section inside it says.",
        **mapping(_sections()),
        "$defs": {
            "condition": {**condition, **others, "minProperties": 1},
            "conditions": several({"$ref": "#/$defs/condition"}),
            "given": {**given, **others},
            **shapes,
        },
    }


def _shared(what: str, schema: Schema, fact: Fact, shapes: dict[str, Schema]) -> Schema:
    """Keep a schema once, for all facts of its kind, and refer to it."""
    name = f"{what}_{fact.type.value}"
    if fact.choices:
        alike = (known for known, shape in shapes.items() if shape == schema)
        name = next(alike, f"{name}_{fact.name.replace('.', '_')}")
    shapes[name] = schema
    return {"$ref": f"#/$defs/{name}", "description": help_of(fact)}


def _sections() -> dict[str, Schema]:
    return {
        "pack": sections.settings(),
        "facts": of_names(sections.fact(), {"type": "string", "pattern": _OWN_FACTS}),
        "conditions": of_names({"$ref": "#/$defs/condition"}),
        "purposes": of_names(sections.purpose()),
        "openings": of_names(several(terms(Stage))),
        "calendars": several(sections.calendar()),
        "limits": several(sections.limit()),
        "eligibility": several(sections.eligibility()),
        "guidance": several(sections.guidance()),
        "reactions": several(sections.reaction()),
        "engagement": several(sections.engagement()),
        "tests": several(sections.case()),
        **_folder(),
    }


def _folder() -> dict[str, Schema]:
    """Write the keys of a `_for.yaml`, which binds everything in its folder."""
    only = "Only in _for.yaml: binds everything in its folder."
    where = {
        "brand": one_or_more(ID),
        "campaign": one_or_more(ID),
        "region": one_or_more(REGION),
    }
    return {
        "for": mapping(where, about=only),
        "from": {**DATE, "description": only},
        "through": {**DATE, "description": only},
    }

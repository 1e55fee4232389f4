"""Schemas of a pack's sections."""

from __future__ import annotations

from typing import Final

from advisor.engagement.basis import Basis, Certainty
from advisor.engagement.contacts import Disposition
from advisor.engagement.limits import Counts, Per
from advisor.facts.events import EVENTS
from advisor.facts.values import FactType, Tell
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    Channel,
    CompanyProofMethod,
    Decision,
    Disclosure,
    Establishes,
    EvaluationClass,
    Force,
    ItemKind,
    LegalClass,
    PurposeKind,
    ReasonCode,
    Sensitivity,
    Stage,
    Verification,
    VerificationMethod,
)
from advisor.rules.compile.calendars import MAX_COUNT
from advisor.rules.compile.items import MEMORABLE, REMEMBERED
from advisor.rules.compile.purposes import MAX_MINUTES
from advisor.rules.compile.settings import (
    CALLBACK_SPANS,
    MAX_ASKS,
    MAX_CAPACITY,
    MAX_ITEMS,
    MAX_OFFERS,
    SCALED,
    TIERS,
)
from advisor.rules.pack import IfUnsure, Priority
from advisor.workbench.schema.values import (
    DATE,
    DAYS_PATTERN,
    ID,
    INSTANT,
    REGION,
    SPAN,
    SPOKEN,
    WORDS,
    YES_NO,
    Schema,
    mapping,
    of_names,
    one_or_more,
    several,
    terms,
)

_CONDITION: Final[Schema] = {"$ref": "#/$defs/condition"}
_CONDITIONS: Final[Schema] = {"$ref": "#/$defs/conditions"}
_POINTS: Final[Schema] = {"type": "number", "minimum": 0}
_SNAKE: Final[Schema] = {"type": "string", "pattern": "^[a-z][a-z0-9_]*$"}
_FACT: Final[Schema] = {"type": "string", "pattern": "^[a-z][a-z0-9_]*(\\.[a-z0-9_]+)+$"}

_SCOPE: Final[dict[str, Schema]] = {
    "for": mapping(
        {
            "brand": one_or_more(ID),
            "campaign": one_or_more(ID),
            "region": one_or_more(REGION),
        },
        about="Where it holds.",
    ),
    "region": {**one_or_more(REGION), "description": "ISO 3166, and everything inside it."},
    "from": {**DATE, "description": "First day, from the customer's midnight."},
    "through": {**DATE, "description": "Last day, up to the customer's midnight."},
}
_GROUND: Final[dict[str, Schema]] = {
    **_SCOPE,
    "applies_to": {
        **one_or_more({"enum": [*terms(LegalClass)["enum"], *terms(PurposeKind)["enum"]]}),
        "description": "Classes of law or kinds of purpose; without it, all.",
    },
    "basis": {**terms(Basis), "description": "Whose will it carries out."},
    "source": mapping(
        {"cite": WORDS, "certainty": terms(Certainty), "verified_on": DATE},
        required=("cite", "certainty"),
        about="Where it is written, and how well that is known.",
    ),
}


def settings() -> Schema:
    """Write the `pack` section."""
    brand = mapping(
        {
            "name": WORDS,
            "number": {"type": "string", "pattern": "^\\+[1-9][0-9]{6,14}$"},
            "sensitive": YES_NO,
            "proof": one_or_more(terms(CompanyProofMethod)),
        },
        required=("name",),
    )
    share: Schema = {"type": "number", "minimum": 0, "maximum": 1}
    shares = {disposition.value: share for disposition in Disposition}
    asks = {tier: {"type": "integer", "minimum": 0, "maximum": MAX_ASKS} for tier in TIERS}
    return mapping(
        {
            "name": ID,
            "version": WORDS,
            "default_locale": {"type": "string"},
            "default_calendar": ID,
            "default_zone": {"type": "string"},
            "default_region": REGION,
            "card": mapping(
                {
                    "tiers": mapping({tier: {"type": "number"} for tier in SCALED}),
                    "evidence": {"type": "number", "exclusiveMinimum": 0},
                },
                about="Where tiers of the engagement card begin, in points; to be calibrated.",
            ),
            "forecast": mapping(
                {legal.value: mapping(shares) for legal in LegalClass},
                about="How calls are expected to come out, in shares of one; to be calibrated.",
            ),
            "callbacks": mapping(
                {
                    **dict.fromkeys(CALLBACK_SPANS, SPAN),
                    "capacity": {"type": "integer", "minimum": 0, "maximum": MAX_CAPACITY},
                    "offers": {"type": "integer", "minimum": 1, "maximum": MAX_OFFERS},
                    "team": ID,
                },
                about="How call-backs are promised and kept.",
            ),
            "budgets": mapping(
                {
                    "items": {"type": "integer", "minimum": 1, "maximum": MAX_ITEMS},
                    "asks": mapping(asks),
                }
            ),
            "stands_for": of_names(WORDS),
            "brands": of_names(brand),
        },
        required=("name", "version", "default_locale", "default_calendar"),
        about="Name, version, defaults and budgets of the pack, and what the company stands for.",
    )


def fact(required: tuple[str, ...] = ("type", "tell", "about")) -> Schema:
    """Write the declaration of a fact."""
    return mapping(
        {
            "type": terms(FactType),
            "tell": {**terms(Tell), "description": "Who may hear it."},
            "about": WORDS,
            "sent_by": WORDS,
            "absent_means": {"description": "unknown, never, or a value."},
            "choices": one_or_more(_SNAKE),
            "unit": WORDS,
        },
        required=required,
    )


def purpose() -> Schema:
    """Write one purpose."""
    rungs = ("topic", "headline", "bound", "statement", "account", "sensitive")
    overheard: Schema = {"enum": ["none", "topic", "headline", "bound"]}
    return mapping(
        {
            "kind": terms(PurposeKind),
            "legal_class": terms(LegalClass),
            "evaluation_class": terms(EvaluationClass),
            "sensitivity": terms(Sensitivity),
            "deadline": _FACT,
            "least_verification": terms(Verification),
            "minutes": {"type": "integer", "minimum": 1, "maximum": MAX_MINUTES},
            "occasion": of_names(fact(("type", "tell")), _SNAKE),
            "say": mapping(dict.fromkeys(rungs, SPOKEN), required=("topic",)),
            "benefit": SPOKEN,
            "voicemail": overheard,
            "third_party": overheard,
            "opening": ID,
            **_SCOPE,
        },
        required=("kind", "sensitivity", "least_verification", "say", "benefit"),
        about="Why we ring, and the ladder of words for it.",
    )


def calendar() -> Schema:
    """Write one calendar."""
    window: Schema = {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}-[0-9]{2}:[0-9]{2}$"}
    return mapping(
        {
            "id": ID,
            "because": WORDS,
            **_GROUND,
            "open": {
                **of_names(
                    {"type": "array", "items": window}, {"type": "string", "pattern": DAYS_PATTERN}
                ),
                "description": "Windows by day; a day that is not named is closed.",
            },
            "quiet_days": one_or_more({"anyOf": [{"const": "public_holidays"}, DATE]}),
        },
        required=("id", "open"),
    )


def limit() -> Schema:
    """Write one limit: so many in a span, or a waiting time."""
    after = [counts.value.removesuffix("s") for counts in Counts]
    shared = {"id": ID, "because": WORDS, **_GROUND, "per": terms(Per)}
    number: Schema = {"type": "integer", "minimum": 1, "maximum": MAX_COUNT}
    counting = {"at_most": number, "count": terms(Counts), "in": SPAN}
    waiting: dict[str, Schema] = {"wait": SPAN, "after": {"enum": after}}
    return {
        "type": "object",
        "if": {"required": ["wait"]},
        "then": mapping({**shared, **waiting}, required=("id", *waiting)),
        "else": mapping({**shared, **counting}, required=("id", *counting)),
    }


def rule(then: Schema, **own: Schema) -> Schema:
    """Write one rule; `own` are the keys that only its section has, `on` of them required."""
    return mapping(
        {
            "id": ID,
            "because": {**WORDS, "description": "Why, in one sentence that an agent may read."},
            "serves": one_or_more(WORDS),
            **{key: schema for key, schema in _GROUND.items() if key != "applies_to"},
            "priority": terms(Priority),
            "group": {**ID, "description": "Of rules in one group only the strongest speaks."},
            "replaces": one_or_more(ID),
            "when": _CONDITION,
            "unless": {**_CONDITIONS, "description": "A list, any one entry of which excuses."},
            "if_unsure": terms(IfUnsure),
            "then": then,
            **own,
        },
        required=("id", "because", "then", *(("on",) if "on" in own else ())),
    )


def eligibility() -> Schema:
    """Write an eligibility rule."""
    ruling = mapping(
        {
            "decision": terms(Decision, without=(Decision.ALLOW,)),
            "reason": terms(ReasonCode),
            "until": _FACT,
            "channel": terms(Channel),
        },
        required=("decision", "reason"),
    )
    return rule(ruling, applies_to=_GROUND["applies_to"])


def guidance() -> Schema:
    """Write a guidance rule."""
    return rule(several(_item(staged=True)))


def reaction() -> Schema:
    """Write a reaction."""
    return rule(several(_item(staged=False)), on=one_or_more({"enum": list(EVENTS)}))


def engagement() -> Schema:
    """Write an engagement rule."""
    return rule(_entry())


def _entry() -> Schema:
    properties = {"credit": _POINTS, "debit": _POINTS, "half_life": SPAN}
    one = [{"required": ["credit"]}, {"required": ["debit"]}]
    return {**mapping(properties), "oneOf": one}


def _item(*, staged: bool) -> Schema:
    """Write one entry below `then`: an item, or a consequence."""
    forms = [
        mapping({kind.value: _content(kind, staged=staged)}, required=(kind.value,))
        for kind in ItemKind
    ]
    names = ("name", "what", "at", "source")
    remember = mapping(
        {
            "name": ID,
            "what": {"enum": list(MEMORABLE)},
            "at": _FACT,
            "source": {"enum": list(REMEMBERED)},
            "around": {**SPAN, "description": "Where no hours are named: before and after now."},
            "expires_in": SPAN,
            "confidence": {"type": "number", "minimum": 0, "maximum": 1},
        },
        required=names,
    )
    raised = {"name": ID, "purpose": ID, "within": SPAN, "owner": WORDS}
    forms += [
        *(() if staged else (mapping({"remember": remember}, required=("remember",)),)),
        mapping({"raise": mapping(raised, required=tuple(raised))}, required=("raise",)),
        mapping({"opening": ID}, required=("opening",)),
        _entry(),
    ]
    return {"anyOf": forms}


def _content(kind: ItemKind, *, staged: bool) -> Schema:
    required = ["name", "force", "text"]
    properties: dict[str, Schema] = {
        "name": ID,
        "force": terms(Force),
        "text": SPOKEN,
        "short_text": SPOKEN,
        "or_say": {**SPOKEN, "description": "Words for when a fact of the text is unknown."},
        "benefit": terms(Benefit),
        "establishes": terms(Establishes),
        "discloses": terms(Disclosure),
        "cites": ID,
    }
    if staged:
        properties["stage"] = terms(Stage)
        required.append("stage")
    if kind is ItemKind.OFFER:
        properties |= {"what": ID, "counts_as": terms(LegalClass)}
    if kind is ItemKind.ASK:
        properties |= {"what": terms(Ask), "by": terms(VerificationMethod)}
    if "what" in properties:
        required.append("what")
    return mapping(properties, required=required)


def case() -> Schema:
    """Write one test."""
    given: Schema = {"$ref": "#/$defs/given"}
    expect = _expectation()
    step = mapping({"event": {"enum": list(EVENTS)}, "given": given, **expect}, required=("event",))
    # A row states facts and expectations side by side.
    row: Schema = {"type": "object", "properties": expect}
    return {
        **mapping(
            {
                "name": WORDS,
                "shows": one_or_more(WORDS),
                "given": given,
                "expect": mapping(expect),
                "table": several(row),
                "steps": several(step),
            },
            required=("name", "given"),
        ),
        "anyOf": [{"required": [key]} for key in ("expect", "table", "steps")],
    }


def _expectation() -> dict[str, Schema]:
    said: Schema = {"type": "string", "pattern": "^[a-z0-9-]+/[a-z0-9-]+$"}
    spoken: Schema = {"type": "string", "pattern": "^[a-z0-9-]+(/[a-z0-9-]+)?$"}
    return {
        "decision": terms(Decision),
        "reason": one_or_more(terms(ReasonCode)),
        "not_before": INSTANT,
        "says": {**one_or_more(said), "description": "Items in this order, others between them."},
        "first": said,
        "silent": {**one_or_more(spoken), "description": "Rules or items that do not speak."},
        "never_asks": one_or_more(terms(Ask)),
        "opening": ID,
        "earns": {
            **one_or_more(ID),
            "description": "The engagement rules that book what happened.",
        },
        "points": {"type": "number", "description": "What they come to."},
        "remembers": {
            "anyOf": [said, {"type": "array", "items": said}],
            "description": "All that the event teaches of the customer.",
        },
    }

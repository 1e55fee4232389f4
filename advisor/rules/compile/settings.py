"""The settings of a pack, the facts it adds, and its opening orders."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any, Final

from advisor.engagement.card import Scale
from advisor.engagement.contacts import Disposition
from advisor.engagement.slots import Callbacks
from advisor.facts.builtin.catalogue import GROUPS
from advisor.facts.catalogue import Fact
from advisor.facts.situation import Brand
from advisor.facts.values import UNKNOWN, FactType, Tell, Value
from advisor.facts.vocabulary import CompanyProofMethod, LegalClass, Stage
from advisor.rules import scalars
from advisor.rules.compile.context import Context
from advisor.rules.compile.shape import Fields, entries, ident, items, term, word_of
from advisor.rules.compile.texts import press
from advisor.rules.pack import Budgets, Opening, Settings
from advisor.rules.scalars import MisreadError
from advisor.rules.source import Node, ScalarNode, SequenceNode, shown

#: The most items of one moment, and asks of one call, that a pack may allow.
DEFAULT_ITEMS: Final = Budgets().items
MAX_ITEMS: Final = 9
MAX_ASKS: Final = 4

#: Tiers of the engagement card that begin at a number of points.
SCALED: Final = ("guarded", "neutral", "warm", "full")

#: Tiers of the engagement card, weakest first.
TIERS: Final = ("unknown", "low", "guarded", "neutral", "warm", "full")

#: Most call-backs of one slot, and most times offered at once.
MAX_CAPACITY: Final = 10_000
MAX_OFFERS: Final = 9

#: What a pack says of call-backs: lengths of time, and the rest.
CALLBACK_SPANS: Final = ("slot", "notice", "ahead", "grace", "patience", "lease", "retry")
CALLBACK_KEYS: Final = (*CALLBACK_SPANS, "capacity", "offers", "team")

_PACK_KEYS: Final = (
    "name",
    "version",
    "default_locale",
    "default_calendar",
    "default_zone",
    "default_region",
    "budgets",
    "card",
    "forecast",
    "callbacks",
    "stands_for",
    "brands",
)
_LATER: Final = ("built_on",)
_REQUIRED: Final = ("name", "version", "default_locale", "default_calendar")

_FACT_KEYS: Final = ("type", "tell", "about", "sent_by", "absent_means", "choices", "unit")
_FACT_NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_VERSION = re.compile(r"[0-9A-Za-z][0-9A-Za-z.+-]{0,31}")
_LOCALE = re.compile(r"[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*")
_E164 = re.compile(r"\+[1-9]\d{6,14}", re.ASCII)


def settings(node: Node, context: Context) -> Settings:
    """Compile the `pack` section."""
    fields = Fields(
        node, "the pack section", _PACK_KEYS, context.problems, required=_REQUIRED, later=_LATER
    )
    zone = fields.read("default_zone", scalars.zone)
    return Settings(
        name=fields.read("name", ident) or "",
        version=fields.read("version", _version) or "",
        default_locale=fields.read("default_locale", _locale) or "",
        default_calendar=fields.read("default_calendar", ident) or "",
        default_zone=None if zone is None else zone.key,
        default_region=fields.read("default_region", scalars.region),
        budgets=_budgets(fields, context),
        card=_card(fields, context),
        expects=_expects(fields, context),
        callbacks=_callbacks(fields, context),
        stands_for=_stands_for(fields, context),
        brands=_brands(fields, context),
    )


def _version(text: str) -> str:
    if not _VERSION.fullmatch(text):
        raise MisreadError('a version of at most 32 letters, digits and dots, such as "1.4"')
    return text


def _locale(text: str) -> str:
    if not _LOCALE.fullmatch(text):
        raise MisreadError("a language with its country, such as en-GB")
    return text


def _number(text: str) -> str:
    if not _E164.fullmatch(text):
        raise MisreadError('a telephone number with its country, such as "+442079460100"')
    return text


def _budgets(fields: Fields, context: Context) -> Budgets:
    node = fields.node("budgets")
    if node is None:
        return Budgets()
    budgets = Fields(node, "budgets", ("items", "asks"), context.problems)
    asks: dict[str, int] = {}
    by_tier = budgets.node("asks")
    if by_tier is not None:
        tiers = Fields(by_tier, "asks by tier", TIERS, context.problems)
        for tier in TIERS:
            number = tiers.read(tier, scalars.count(0, MAX_ASKS))
            if number is not None:
                asks[tier] = number
    most = budgets.read("items", scalars.count(1, MAX_ITEMS))
    return Budgets(items=DEFAULT_ITEMS if most is None else most, asks=asks)


def _card(fields: Fields, context: Context) -> Scale:
    """Read where tiers of the engagement card begin."""
    node = fields.node("card")
    if node is None:
        return Scale()
    card = Fields(node, "card", ("tiers", "evidence"), context.problems)
    usual = Scale()
    begins = {tier: getattr(usual, tier) for tier in SCALED}
    by_tier = card.node("tiers")
    if by_tier is not None:
        tiers = Fields(by_tier, "tiers", SCALED, context.problems)
        for tier in SCALED:
            number = tiers.read(tier, scalars.decimal)
            if number is not None:
                begins[tier] = number
    evidence = card.read("evidence", scalars.points)
    try:
        return Scale(**begins, evidence=usual.evidence if evidence is None else evidence)
    except ValueError as error:
        context.problems.error(node.mark, "card", str(error))
        return usual


def _expects(fields: Fields, context: Context) -> dict[LegalClass, dict[Disposition, float]]:
    """Read how calls are expected to come out; what is left of one is a call of no consequence."""
    found: dict[LegalClass, dict[Disposition, float]] = {}
    node = fields.node("forecast")
    if node is None:
        return found
    classes = Fields(node, "forecast", [each.value for each in LegalClass], context.problems)
    for legal in LegalClass:
        shares = classes.node(legal.value)
        if shares is None:
            continue
        words = [each.value for each in Disposition]
        outcomes = Fields(shares, f"forecast of {legal.value}", words, context.problems)
        found[legal] = {
            disposition: share
            for disposition in Disposition
            if (share := outcomes.read(disposition.value, scalars.share)) is not None
        }
        if sum(found[legal].values()) > 1:
            context.problems.error(
                shares.mark, "forecast", "shares that come to more than 1", "1 at most"
            )
    return found


def _callbacks(fields: Fields, context: Context) -> Callbacks:
    """Read how call-backs are promised and kept."""
    node = fields.node("callbacks")
    if node is None:
        return Callbacks()
    sent = Fields(node, "callbacks", CALLBACK_KEYS, context.problems)
    given: dict[str, Any] = {}
    for key in CALLBACK_SPANS:
        span = sent.read(key, scalars.span)
        if span is not None:
            given[key] = span.elapsed
    given["capacity"] = sent.read("capacity", scalars.count(0, MAX_CAPACITY))
    given["offers"] = sent.read("offers", scalars.count(1, MAX_OFFERS))
    given["team"] = sent.read("team", ident)
    try:
        return Callbacks(**{key: value for key, value in given.items() if value is not None})
    except ValueError as error:
        context.problems.error(node.mark, "callbacks", str(error))
        return Callbacks()


def _stands_for(fields: Fields, context: Context) -> dict[str, str]:
    promises: dict[str, str] = {}
    node = fields.node("stands_for")
    if node is not None:
        for key, value in entries(node, context.problems, "promises by their names"):
            name = scalars.read(key, ident, context.problems)
            text = scalars.read(value, scalars.text, context.problems)
            if name is not None and text is not None:
                press(text, value.mark, context)
                promises[name] = text
    return promises


def _brands(fields: Fields, context: Context) -> dict[str, Brand]:
    brands: dict[str, Brand] = {}
    node = fields.node("brands")
    if node is not None:
        for key, value in entries(node, context.problems, "brands by their ids"):
            id_ = scalars.read(key, ident, context.problems)
            brand = Fields(
                value,
                "a brand",
                ("name", "number", "sensitive", "proof"),
                context.problems,
                required=("name",),
            )
            name = brand.text("name")
            number = brand.read("number", _number)
            sensitive = brand.read("sensitive", scalars.yes_no)
            proof = brand.each("proof", term(CompanyProofMethod))
            if id_ is not None and name is not None:
                brands[id_] = Brand(
                    id=id_, name=name, number=number, sensitive=bool(sensitive), proof=proof or ()
                )
    return brands


def facts(nodes: Iterable[tuple[ScalarNode, Node]], context: Context) -> None:
    """Compile the facts that a pack adds, into the catalogue."""
    added: dict[str, Fact] = {}
    for key, node in nodes:
        name = scalars.read(key, _fact_name, context.problems)
        if name is None:
            continue
        group = name.partition(".")[0]
        if group in GROUPS:
            context.problems.error(
                key.mark,
                "fact-name",
                f"a fact of its own under {group}., which is the catalogue's",
                "the company's own prefix, such as bank.pin_used",
            )
            continue
        declared = fact(name, node, context, required=("type", "tell", "about"))
        if declared is not None:
            added[name] = declared
    context.catalogue = context.catalogue.extended(added.values())


def _fact_name(text: str) -> str:
    if not _FACT_NAME.fullmatch(text):
        raise MisreadError("a prefix, a dot and a lower_snake word, such as bank.pin_used")
    return text


def fact(name: str, node: Node, context: Context, *, required: tuple[str, ...]) -> Fact | None:
    """Compile the declaration of one fact; None where its type is missing or wrong."""
    fields = Fields(node, f"the fact {name}", _FACT_KEYS, context.problems, required=required)
    type_ = fields.read("type", term(FactType))
    tell = fields.read("tell", term(Tell))
    about = fields.text("about")
    sent_by = fields.text("sent_by")
    unit = fields.text("unit")
    choices = fields.each("choices", scalars.snake) or ()
    if type_ is None:
        return None
    if type_ in {FactType.CHOICE, FactType.ORDERED_CHOICE} and not choices:
        context.problems.error(
            fields.mark,
            "missing-key",
            f"the fact {name} of type {type_.value} without choices",
            "choices: [...]",
        )
    elif choices and type_ not in {FactType.CHOICE, FactType.ORDERED_CHOICE, FactType.CHOICES}:
        context.problems.error(
            fields.key_mark("choices"), "choices", f"choices of type {type_.value}", "none"
        )
    declared = Fact(
        name=name,
        type=type_,
        about=about or "",
        tell=Tell.NOBODY if tell is None else tell,
        sent_by=sent_by or "CRM",
        choices=choices,
        unit=unit,
    )
    absent = fields.node("absent_means")
    if absent is None:
        return declared
    return replace(declared, absent_means=_absent(absent, declared, context))


def _absent(node: Node, fact_: Fact, context: Context) -> Value:
    """Read what absence means: unknown, never, or a value."""
    word = UNKNOWN.value
    if isinstance(node, ScalarNode) and node.text == word and word not in fact_.choices:
        return UNKNOWN
    if fact_.type is FactType.CHOICES:
        return scalars.words_of(node, fact_, context.problems) or frozenset()
    value = scalars.value(node, fact_, context.problems)
    return UNKNOWN if value is None else value


def openings(nodes: Iterable[tuple[ScalarNode, Node]], context: Context) -> None:
    """Compile named orders of stages."""
    for key, node in nodes:
        id_ = scalars.read(key, ident, context.problems)
        stages: list[Stage] = []
        for item in items(node, context.problems, "a list of stages"):
            stage = scalars.read(item, term(Stage), context.problems)
            if stage in stages:
                context.problems.error(
                    item.mark, "twice", f"{shown(word_of(stage))} a second time", "each stage once"
                )
            elif stage is not None:
                stages.append(stage)
        if isinstance(node, SequenceNode) and not node.items:
            context.problems.error(node.mark, "empty", "an opening without stages", "a stage")
        if id_ is not None:
            context.openings[id_] = Opening(id=id_, stages=tuple(stages))

"""Purposes: why we ring, the ladder of words for it, and the facts of its occasion."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from advisor.facts.catalogue import Fact
from advisor.facts.values import FactType
from advisor.facts.vocabulary import (
    EVALUATION_CLASS,
    LEGAL_CLASS,
    Disclosure,
    EvaluationClass,
    LegalClass,
    PurposeKind,
    Sensitivity,
    Verification,
)
from advisor.rules import scalars
from advisor.rules.compile.context import Context
from advisor.rules.compile.scopes import SCOPE_KEYS, scope
from advisor.rules.compile.settings import fact
from advisor.rules.compile.shape import Fields, entries, ident, one_of, term
from advisor.rules.compile.texts import spoken
from advisor.rules.pack import Purpose, Scope
from advisor.rules.phrases import is_vague
from advisor.rules.source import MappingNode, Node, ScalarNode, shown
from advisor.rules.texts import RUNGS, Text

_KEYS: Final = (
    "kind",
    "legal_class",
    "evaluation_class",
    "sensitivity",
    "deadline",
    "least_verification",
    "minutes",
    "occasion",
    "say",
    "benefit",
    "voicemail",
    "third_party",
    "opening",
    *SCOPE_KEYS,
)
_REQUIRED: Final = ("kind", "sensitivity", "least_verification", "say", "benefit")
_LADDER: Final = ("topic", "headline", "bound", "statement", "account", "sensitive")

#: What a machine or a third party may hear of a purpose: D1, or the bound of a confidential one.
_D1: Final = {
    "none": Disclosure.NAME,
    "bound": Disclosure.BOUND,
    "topic": Disclosure.TOPIC,
    "headline": Disclosure.HEADLINE,
}

#: The classes of law, the laxest for a caller first.
_STRICTNESS: Final = (
    LegalClass.EMERGENCY,
    LegalClass.SERVICE,
    LegalClass.RESEARCH,
    LegalClass.COLLECTION,
    LegalClass.MARKETING,
)

#: The openings that kinds bring; others bring person-first if confidential, else standard.
_OPENINGS: Final = {
    PurposeKind.FRAUD_ALERT: "proof-first",
    PurposeKind.SECURITY_CHECK: "proof-first",
}

#: The most minutes that a call may announce.
MAX_MINUTES: Final = 120


def occasions(
    nodes: Iterable[tuple[ScalarNode, Node, Scope]], context: Context
) -> dict[str, dict[str, Fact]]:
    """Compile the facts that purposes declare for their occasions, into the catalogue.

    Returns:
        By the purpose's id, its facts by their full names.
    """
    built_in = context.catalogue
    shared: dict[str, Fact] = {}
    by_purpose: dict[str, dict[str, Fact]] = {}
    for key, node, _ in nodes:
        own = by_purpose.setdefault(key.text, {})
        occasion = node.get("occasion") if isinstance(node, MappingNode) else None
        if occasion is None:
            continue
        for name, declaration in entries(occasion, context.problems, "facts by their short names"):
            short = scalars.read(name, scalars.snake, context.problems)
            if short is None:
                continue
            full = f"purpose.{short}"
            declared = fact(full, declaration, context, required=("type", "tell"))
            if declared is None:
                continue
            own[full] = declared
            if full in built_in:
                context.problems.error(
                    name.mark, "fact-name", f"{full}, which the catalogue declares", "a new name"
                )
            elif _meaning(shared.setdefault(full, declared)) != _meaning(declared):
                context.problems.error(
                    name.mark,
                    "fact-name",
                    f"{full} with another meaning than in another purpose",
                    "the same type, tell and choices in every purpose, or another name",
                )
    context.catalogue = built_in.extended(shared.values())
    return by_purpose


def _meaning(declared: Fact) -> tuple[object, ...]:
    return (declared.type, declared.tell, declared.choices, declared.absent_means, declared.unit)


def purposes(
    nodes: Iterable[tuple[ScalarNode, Node, Scope]],
    facts: Mapping[str, Mapping[str, Fact]],
    context: Context,
) -> None:
    """Compile the purposes, after the facts of their occasions."""
    foreign = {name for own in facts.values() for name in own}
    for key, node, outer in nodes:
        own = facts[key.text]
        usable = [
            name
            for name in context.catalogue.facts
            if name not in RUNGS and (name not in foreign or name in own)
        ]
        id_ = scalars.read(key, ident, context.problems)
        compiled = _purpose(id_ or "", node, own, outer, _Words(context, usable))
        if id_ is not None:
            context.purposes[id_] = compiled


class _Words(NamedTuple):
    """Reads the words of one purpose: which facts they may use."""

    context: Context
    facts: Sequence[str]

    def read(self, fields: Fields, key: str) -> Text | None:
        return spoken(fields, key, self.context, facts=self.facts)


def _purpose(
    id_: str, node: Node, occasion: Mapping[str, Fact], outer: Scope, words: _Words
) -> Purpose:
    context = words.context
    fields = Fields(node, "a purpose", _KEYS, context.problems, required=_REQUIRED)
    kind = fields.read("kind", term(PurposeKind)) or PurposeKind.SERVICE_INFORMATION
    sensitivity = fields.read("sensitivity", term(Sensitivity))
    ladder = _ladder(fields, sensitivity, words)
    least = fields.read("least_verification", term(Verification))
    return Purpose(
        id=id_,
        kind=kind,
        legal_class=_legal_class(fields, kind),
        evaluation_class=(
            fields.read("evaluation_class", term(EvaluationClass))
            or EVALUATION_CLASS.get(kind, EvaluationClass.DEFAULT)
        ),
        sensitivity=Sensitivity.CONFIDENTIAL if sensitivity is None else sensitivity,
        least_verification=Verification.STRONG if least is None else least,
        topic=ladder.get("topic") or Text(()),
        headline=ladder.get("headline"),
        bound=ladder.get("bound"),
        statement=ladder.get("statement"),
        account=ladder.get("account"),
        sensitive=ladder.get("sensitive"),
        benefit=words.read(fields, "benefit") or Text(()),
        opening=_opening(fields, kind, sensitivity, context),
        mark=node.mark,
        minutes=fields.read("minutes", scalars.count(1, MAX_MINUTES)),
        deadline=fields.read("deadline", _deadline(occasion, context)),
        occasion=occasion,
        voicemail=_overheard(fields, "voicemail", sensitivity),
        third_party=_overheard(fields, "third_party", sensitivity),
        scope=scope(fields, outer, context),
    )


def _ladder(fields: Fields, sensitivity: Sensitivity | None, words: _Words) -> dict[str, Text]:
    """Read the rungs, and refuse a purpose whose words say nothing (004-05)."""
    node = fields.node("say")
    if node is None:
        return {}
    confidential = sensitivity is Sensitivity.CONFIDENTIAL
    first = "bound" if confidential else "headline"
    keys = [rung for rung in _LADDER if confidential or rung != "bound"]
    rungs = Fields(node, "say", keys, fields.problems, required=("topic", first))
    ladder = {rung: text for rung in keys if (text := words.read(rungs, rung)) is not None}
    opening_words = {rung: ladder[rung] for rung in ("topic", first) if rung in ladder}
    for rung, text in opening_words.items():
        if is_vague(str(text)):
            fields.problems.error(
                rungs.key_mark(rung),
                "vague",
                f"{shown(str(text))}, a label and not a purpose",
                "what it is about, so that the customer can tell whether it matters",
            )
    return ladder


def _legal_class(fields: Fields, kind: PurposeKind) -> LegalClass:
    """Read the class of law, which may only be stricter than the kind's own."""
    own = LEGAL_CLASS[kind]
    written = fields.read("legal_class", term(LegalClass))
    if written is None:
        return own
    if _STRICTNESS.index(written) < _STRICTNESS.index(own):
        fields.problems.error(
            fields.key_mark("legal_class"),
            "legal-class",
            f"legal_class: {written.value} for {kind.value}, which is {own.value}",
            "the class of its kind, or a stricter one",
        )
    return written


def _opening(
    fields: Fields, kind: PurposeKind, sensitivity: Sensitivity | None, context: Context
) -> str:
    """Read the opening, or take the one that the kind and the sensitivity bring."""
    known = one_of("an opening of this pack", context.openings)
    if "opening" in fields:
        return fields.read("opening", known) or ""
    confidential = sensitivity is Sensitivity.CONFIDENTIAL
    usual = _OPENINGS.get(kind, "person-first" if confidential else "standard")
    if usual not in context.openings:
        context.problems.error(
            fields.mark,
            "missing-key",
            f"a purpose without opening, in a pack whose openings do not hold {usual}",
            "opening",
        )
    return usual


def _deadline(occasion: Mapping[str, Fact], context: Context) -> Callable[[str], str]:
    names = [
        fact.name
        for fact in (*context.catalogue, *occasion.values())
        if fact.type in {FactType.DATE, FactType.INSTANT}
    ]
    return one_of("the name of a fact that is a date or an instant", names)


def _overheard(fields: Fields, key: str, sensitivity: Sensitivity | None) -> Disclosure | None:
    """Read what a machine or a third party may hear."""
    confidential = sensitivity is Sensitivity.CONFIDENTIAL
    allowed = ("none", "bound") if confidential else ("none", "topic", "headline")
    rung = fields.read(key, lambda text: scalars.word(text, allowed))
    return None if rung is None else _D1[rung]

"""Rules of all four sections: eligibility, guidance, reactions and engagement."""

from __future__ import annotations

from typing import Final

from advisor.engagement.basis import Basis, Certainty, Source
from advisor.facts.events import EVENTS
from advisor.facts.vocabulary import LegalClass, PurposeKind
from advisor.rules import scalars
from advisor.rules.compile.conditions import bounded_excuses, condition
from advisor.rules.compile.context import Context
from advisor.rules.compile.items import Yield, yielded
from advisor.rules.compile.scopes import SCOPE_KEYS, scope
from advisor.rules.compile.shape import Fields, ident, term
from advisor.rules.conditions import ALWAYS, All, AnyOf, Condition, Leaf, Operator
from advisor.rules.pack import IfUnsure, Priority, Rule, Scope, Section
from advisor.rules.problems import listed
from advisor.rules.scalars import MisreadError
from advisor.rules.source import Node

_RULE_KEYS: Final = (
    "id",
    "because",
    "serves",
    *SCOPE_KEYS,
    "source",
    "basis",
    "priority",
    "group",
    "replaces",
    "when",
    "unless",
    "if_unsure",
    "then",
)
_KEYS: Final = {
    Section.ELIGIBILITY: (*_RULE_KEYS, "applies_to"),
    Section.GUIDANCE: _RULE_KEYS,
    Section.REACTIONS: (*_RULE_KEYS, "on"),
    Section.ENGAGEMENT: _RULE_KEYS,
}
#: Keys of rules, calendars and limits that do not work yet.
LATER: Final = ("mode",)

_REQUIRED: Final = ("id", "because", "then")

_CLASSES: Final = frozenset(legal.value for legal in LegalClass)
_KINDS: Final = frozenset(kind.value for kind in PurposeKind)


def rule(node: Node, section: Section, outer: Scope, context: Context) -> Rule | None:
    """Compile one rule.

    Args:
        node: The entry of the section's list.
        section: Where it stands.
        outer: What its folder binds.
        context: The pack so far.

    Returns:
        The rule, without its number; None where it has no id.
    """
    required = (*_REQUIRED, "on") if section is Section.REACTIONS else _REQUIRED
    what = "an engagement rule" if section is Section.ENGAGEMENT else f"a rule of {section.value}"
    fields = Fields(node, what, _KEYS[section], context.problems, required=required, later=LATER)
    id_ = new_id(fields, context)
    because = fields.text("because")
    then = fields.node("then")
    result = Yield() if then is None else yielded(then, section, context)
    applies_to = applies(fields)
    basis, source = ground(fields, context)
    compiled = Rule(
        id=id_ or "",
        section=section,
        because=because or "",
        mark=node.mark,
        when=_when(fields, applies_to, context),
        unless=_unless(fields, context),
        if_unsure=_if_unsure(fields, result, context),
        scope=scope(fields, outer, context),
        basis=basis,
        priority=fields.read("priority", term(Priority)) or Priority.NORMAL,
        group=fields.read("group", ident),
        replaces=fields.each("replaces", ident) or (),
        serves=fields.each("serves", scalars.text) or (),
        source=source,
        applies_to=applies_to,
        events=frozenset(fields.each("on", _event) or ()),
        items=tuple(result.items),
        remembers=tuple(result.remembers),
        raises=tuple(result.raises),
        opening=result.opening,
        entry=result.entry,
        ruling=result.ruling,
    )
    return compiled if id_ else None


def new_id(fields: Fields, context: Context) -> str | None:
    """Read the id of a rule, calendar or limit, which no other of the pack may have."""
    id_ = fields.read("id", ident)
    if id_ is None:
        return None
    mark = fields.key_mark("id")
    first = context.ids.setdefault(id_, mark)
    if first != mark:
        context.problems.error(
            mark,
            "duplicate-id",
            f"the id {id_} a second time",
            f"a new id (the first is at {first})",
        )
    return id_


def applies(fields: Fields) -> frozenset[str]:
    """Read `applies_to`: classes of law or kinds of purpose."""
    return frozenset(fields.each("applies_to", _class_or_kind) or ())


def ground(fields: Fields, context: Context) -> tuple[Basis, Source | None]:
    """Read `basis` and `source`; what is called law must say where it is written."""
    written = fields.read("basis", term(Basis))
    basis = Basis.POLICY if written is None else written
    node = fields.node("source")
    if node is None:
        if basis is Basis.LAW:
            context.problems.error(
                fields.key_mark("basis"),
                "source",
                "basis: law without a source",
                "source: {cite: ...}",
            )
        return basis, None
    parts = Fields(
        node,
        "a source",
        ("cite", "certainty", "verified_on"),
        context.problems,
        required=("cite", "certainty"),
    )
    cite = parts.text("cite")
    certainty = parts.read("certainty", term(Certainty))
    verified_on = parts.read("verified_on", scalars.day)
    if cite is None or certainty is None:
        return basis, None
    return basis, Source(cite=cite, certainty=certainty, verified_on=verified_on)


def _class_or_kind(text: str) -> str:
    if text not in _CLASSES and text not in _KINDS:
        raise MisreadError(
            f"a class of law ({listed(sorted(_CLASSES))}) or a kind of purpose",
            (*_CLASSES, *_KINDS),
        )
    return text


def _event(text: str) -> str:
    if text not in EVENTS:
        raise MisreadError("an event of a call, such as customer_busy", EVENTS)
    return text


def _when(fields: Fields, applies_to: frozenset[str], context: Context) -> Condition:
    node = fields.node("when")
    when = ALWAYS if node is None else condition(node, context, "when")
    parts = tuple(
        Leaf(fact, Operator.IN, words)
        for fact, known in (("call.counts_as", _CLASSES), ("purpose.kind", _KINDS))
        if (words := tuple(sorted(applies_to & known)))
    )
    if not parts:
        return when
    applying = parts[0] if len(parts) == 1 else AnyOf(parts)
    return applying if node is None else All((applying, when))


def _unless(fields: Fields, context: Context) -> tuple[Condition, ...]:
    node = fields.node("unless")
    return () if node is None else bounded_excuses(node, context, "unless")


def _if_unsure(fields: Fields, result: Yield, context: Context) -> IfUnsure:
    written = fields.read("if_unsure", term(IfUnsure))
    if written is not None:
        return written
    if result.takes and result.gives and "if_unsure" not in fields:
        context.problems.error(
            fields.key_mark("then"),
            "if-unsure",
            "a rule that both gives and takes away, without if_unsure",
            "if_unsure: apply or if_unsure: skip",
            hint="Say what holds when a fact of the rule is not known.",
        )
    return IfUnsure.APPLY if result.takes else IfUnsure.SKIP

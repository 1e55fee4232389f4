"""What a rule yields: items for the agent, and consequences."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final, NamedTuple

from advisor.engagement.limits import Span
from advisor.facts.values import FactType
from advisor.facts.vocabulary import (
    Ask,
    Benefit,
    Channel,
    Decision,
    Disclosure,
    Establishes,
    Force,
    ItemKind,
    LegalClass,
    ReasonCode,
    Stage,
    VerificationMethod,
)
from advisor.rules import scalars
from advisor.rules.compile.context import Context
from advisor.rules.compile.shape import Fields, fact_name, ident, items, one_of, term, word_of
from advisor.rules.compile.texts import spoken
from advisor.rules.pack import Entry, Item, Raise, Remember, Ruling, Section
from advisor.rules.problems import listed
from advisor.rules.scalars import MisreadError
from advisor.rules.source import MappingNode, Node, ScalarNode, described, shown
from advisor.rules.texts import Text

_KINDS: Final = {kind.value: kind for kind in ItemKind}
_CONSEQUENCES: Final = ("remember", "raise", "opening", "credit", "debit")

#: Items that take something away; what holds by default where a rule is unsure.
TAKING: Final = frozenset({ItemKind.AVOID, ItemKind.STOP})

#: Items whose words the customer hears.
_HEARD: Final = frozenset({ItemKind.SAY, ItemKind.ASK, ItemKind.OFFER, ItemKind.CLOSE})

_ITEM_KEYS: Final = (
    "name",
    "stage",
    "force",
    "text",
    "short_text",
    "or_say",
    "what",
    "by",
    "benefit",
    "establishes",
    "discloses",
    "cites",
    "counts_as",
)

#: How a remembered fact came to be known.
REMEMBERED: Final = ("stated", "learned")

#: Of a quiet time, what its hours are read from.
QUIET_TIME: Final = "quiet_time"

#: What can be remembered: a quiet time, and fields of a profile that are a text.
MEMORABLE: Final = (QUIET_TIME, "goal", "name_hint", "preferred_name", "salutation")

#: The longest stretch before and after a moment.
_AROUND: Final = timedelta(hours=6)


class _Place(NamedTuple):
    """Where items stand: the section, the pack so far, and the names given in the rule."""

    section: Section
    context: Context
    names: set[str]


@dataclass(slots=True)
class Yield:
    """What stands below `then`."""

    items: list[Item] = field(default_factory=list)
    remembers: list[Remember] = field(default_factory=list)
    raises: list[Raise] = field(default_factory=list)
    opening: str | None = None
    entry: Entry | None = None
    ruling: Ruling | None = None

    @property
    def takes(self) -> bool:
        """Whether anything of it takes away."""
        return self.ruling is not None or any(item.kind in TAKING for item in self.items)

    @property
    def gives(self) -> bool:
        """Whether anything of it gives."""
        return bool(
            self.remembers
            or self.raises
            or self.opening
            or self.entry
            or any(item.kind not in TAKING for item in self.items)
        )


def yielded(node: Node, section: Section, context: Context) -> Yield:
    """Compile what stands below `then` in a rule of a section."""
    out = Yield()
    if section is Section.ELIGIBILITY:
        out.ruling = _ruling(node, context)
    elif section is Section.ENGAGEMENT:
        fields = Fields(node, "then", ("credit", "debit", "half_life"), context.problems)
        out.entry = _entry(fields)
    else:
        _items(node, section, context, out)
    return out


def _items(node: Node, section: Section, context: Context, out: Yield) -> None:
    names: set[str] = set()
    entry: Node | None = None
    for entry in items(node, context.problems, "a list of items below then"):
        if not isinstance(entry, MappingNode) or not entry.entries:
            context.problems.error(entry.mark, "shape", described(entry), "an item, such as say:")
            continue
        key, content = entry.entries[0]
        if key.text in {"credit", "debit"}:
            fields = Fields(entry, key.text, ("credit", "debit", "half_life"), context.problems)
            _once(out.entry, key, context)
            out.entry = _entry(fields)
            continue
        for other, _ in entry.entries[1:]:
            context.problems.error(
                other.mark,
                "shape",
                f"{shown(other.text)} beside {shown(key.text)}",
                "one item for each entry of the list",
                hint="Begin each item with a hyphen, and put what belongs to it in { }.",
            )
        _one(key, content, out, _Place(section, context, names))
    if entry is None:
        context.problems.error(node.mark, "empty", "nothing below then", "an item")


def _one(key: ScalarNode, content: Node, out: Yield, place: _Place) -> None:
    context = place.context
    if key.text in _KINDS:
        item = _item(content, _KINDS[key.text], place.section, context)
        if item is not None:
            _unique(item.name, content, place)
            out.items.append(item)
    elif key.text == "remember":
        remember = _remember(content, context)
        if place.section is not Section.REACTIONS:
            found = "remember where nothing has happened"
            context.problems.error(key.mark, "remember", found, "remember in a reaction")
        if remember is not None:
            _unique(remember.name, content, place)
            out.remembers.append(remember)
    elif key.text == "raise":
        raised = _raise(content, context)
        if raised is not None:
            _unique(raised.name, content, place)
            out.raises.append(raised)
    elif key.text == "opening":
        _once(out.opening, key, context)
        known_openings = one_of("an opening of this pack", context.openings)
        out.opening = scalars.read(content, known_openings, context.problems)
    else:
        known = (*_KINDS, *_CONSEQUENCES)
        found = f"the unknown item {shown(key.text)}"
        context.problems.error(
            key.mark, "unknown-key", found, listed(known), near=(key.text, known)
        )


def _once(earlier: object | None, key: ScalarNode, context: Context) -> None:
    if earlier is not None:
        context.problems.error(key.mark, "twice", f"a second {key.text} in one rule", "one")


def _unique(name: str, node: Node, place: _Place) -> None:
    if name in place.names:
        place.context.problems.error(
            node.mark, "duplicate-name", f"the name {name} a second time in one rule", "a new name"
        )
    place.names.add(name)


def _item(node: Node, kind: ItemKind, section: Section, context: Context) -> Item | None:
    required = ["name", "force", "text"]
    keys = [key for key in _ITEM_KEYS if key != "stage" or section is Section.GUIDANCE]
    if section is Section.GUIDANCE:
        required.append("stage")
    if kind in {ItemKind.OFFER, ItemKind.ASK}:
        required.append("what")
    else:
        keys.remove("what")
    if kind is not ItemKind.OFFER:
        keys.remove("counts_as")
    if kind is not ItemKind.ASK:
        keys.remove("by")
    article = "an" if kind.value[0] in "ao" else "a"
    fields = Fields(node, f"{article} {kind.value} item", keys, context.problems, required=required)
    name = fields.read("name", ident)
    force = fields.read("force", term(Force))
    heard = kind in _HEARD
    text = spoken(fields, "text", context, heard=heard)
    promises = {} if context.settings is None else context.settings.stands_for
    item = Item(
        name=name or "",
        kind=kind,
        force=force or Force.COULD,
        text=text or Text(()),
        mark=node.mark,
        stage=fields.read("stage", term(Stage)),
        short_text=spoken(fields, "short_text", context, heard=heard),
        or_say=spoken(fields, "or_say", context, heard=heard),
        benefit=fields.read("benefit", term(Benefit)),
        establishes=fields.read("establishes", term(Establishes)),
        what=fields.read("what", ident) if kind is ItemKind.OFFER else None,
        ask=fields.read("what", term(Ask)) if kind is ItemKind.ASK else None,
        by=fields.read("by", term(VerificationMethod)) if kind is ItemKind.ASK else None,
        discloses=fields.read("discloses", term(Disclosure)),
        cites=fields.read("cites", one_of("a promise that the pack section stands_for", promises)),
        counts_as=fields.read("counts_as", term(LegalClass)),
    )
    if item.by is not None and item.ask is not Ask.IDENTITY:
        context.problems.error(
            fields.key_mark("by"),
            "by",
            "by beside an ask that is not for identity",
            "what: identity",
        )
    return item if name else None


def _remember(node: Node, context: Context) -> Remember | None:
    fields = Fields(
        node,
        "remember",
        ("name", "what", "at", "source", "around", "expires_in", "confidence"),
        context.problems,
        required=("name", "what", "at", "source"),
    )
    name = fields.read("name", ident)
    what = fields.read("what", lambda text: scalars.word(text, MEMORABLE))
    at = fields.read("at", fact_name(context.catalogue, FactType.TEXT))
    source = fields.read("source", lambda text: scalars.word(text, REMEMBERED))
    around = fields.read("around", _around)
    if around is not None and what not in {None, QUIET_TIME}:
        context.problems.error(
            fields.key_mark("around"), "around", f"around beside {what}", f"what: {QUIET_TIME}"
        )
    expires_in = fields.read("expires_in", scalars.span)
    confidence = fields.read("confidence", scalars.share)
    if name is None or what is None or at is None or source is None:
        return None
    return Remember(
        name=name,
        what=what,
        at=at,
        source=source,
        around=around,
        expires_in=expires_in,
        confidence=confidence,
    )


def _around(text: str) -> Span:
    length = scalars.span(text)
    if length.elapsed > _AROUND:
        raise MisreadError("at most 6 hours before and after")
    return length


def _raise(node: Node, context: Context) -> Raise | None:
    keys = ("name", "purpose", "within", "owner")
    fields = Fields(node, "raise", keys, context.problems, required=keys)
    name = fields.read("name", ident)
    purpose = fields.read("purpose", one_of("a purpose of this pack", context.purposes))
    within = fields.read("within", scalars.span)
    owner = fields.text("owner")
    if name is None or purpose is None or within is None or owner is None:
        return None
    return Raise(name=name, purpose=purpose, within=within, owner=owner)


def _entry(fields: Fields) -> Entry | None:
    """Compile points: `credit` or `debit`, and how fast they fade."""
    kinds = [kind for kind in ("credit", "debit") if kind in fields]
    half_life: timedelta | None = fields.read("half_life", scalars.elapsed)
    if len(kinds) != 1:
        found = "both credit and debit" if kinds else "neither credit nor debit"
        fields.problems.error(fields.mark, "shape", found, "one of the two")
        return None
    points = fields.read(kinds[0], scalars.points)
    if points is None:
        return None
    return Entry(points=points if kinds[0] == "credit" else 0 - points, half_life=half_life)


def _ruling(node: Node, context: Context) -> Ruling | None:
    fields = Fields(
        node,
        "then of eligibility",
        ("decision", "reason", "until", "channel"),
        context.problems,
        required=("decision", "reason"),
    )
    decision = fields.read("decision", _decision)
    reason = fields.read("reason", term(ReasonCode))
    until = fields.read("until", fact_name(context.catalogue, FactType.INSTANT))
    channel = fields.read("channel", term(Channel))
    if channel is not None and decision not in {None, Decision.USE_OTHER_CHANNEL}:
        context.problems.error(
            fields.key_mark("channel"), "channel", "a channel", "decision: use_other_channel"
        )
    if decision is None or reason is None:
        return None
    return Ruling(decision=decision, reason=reason, until=until, channel=channel)


def _decision(text: str) -> Decision:
    if text == word_of(Decision.ALLOW):
        raise MisreadError(
            "a decision that keeps a call from being made as it is",
            hint="allow could do nothing: the strictest verdict wins. Use unless in that rule.",
        )
    return term(Decision)(text)

"""Building the index: from rules to tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final, TypeVar

from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.values import NEVER, UNKNOWN, Answer, FactType, Possible, Special, Value
from advisor.rules.groups import Group, Node, grouped, groups_in, judged, nodes_of, scope_leaves
from advisor.rules.index.bits import mask, ones
from advisor.rules.index.layout import Layout, Shaped, laid_out
from advisor.rules.index.shapes import Axis, axis_of, day_key, shape_of
from advisor.rules.index.tables import Frame, Lookup, finite, lookup
from advisor.rules.operators import ANY_CLOCK, Clock, rank
from advisor.rules.pack import IfUnsure, Rule, Scope

_T = TypeVar("_T")

_ADRIFT: Final = Clock(ANY_CLOCK.now)


@dataclass(frozen=True, slots=True)
class Column:
    """One fact along an axis that is measured from now.

    Attributes:
        fact: The fact.
        days: Whether days of the customer are counted, rather than elapsed time.
        look: The table.
        adrift: The entry where the fact is known but no world is; only days need one.
    """

    fact: Fact
    days: bool
    look: Lookup
    adrift: int

    def entry(self, value: Value, clock: Clock) -> int:
        """Return the wide integer for what the fact may be."""
        if isinstance(value, Special):
            return self.look(value)
        if self.days and clock.zone is None:
            return self.adrift
        if isinstance(value, Possible):
            return self.look(Possible(tuple(self._distance(one, clock) for one in value.values)))
        return self.look(self._distance(value, clock))

    def _distance(self, value: Any, clock: Clock) -> Any:  # noqa: ANN401 - a date, an instant, NEVER
        if value is NEVER:
            return value
        return day_key(value, clock) if self.days else value - clock.now


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The facts that some rules ask about, with their tables; no other need be looked at.

    Attributes:
        fixed: Facts that are the same in every world, with their tables.
        elapsed: Facts measured by how long ago or ahead they are, the same in every world.
        moving: Facts that move with the zone, with their tables.
        days: Facts measured from now that move with the zone, as whatever counts days does.
    """

    fixed: tuple[tuple[str, Lookup], ...]
    elapsed: tuple[Column, ...]
    moving: tuple[tuple[str, Lookup], ...]
    days: tuple[Column, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What matching works with.

    Attributes:
        rules: In order of precedence.
        frame: The layout of wide integers. A segment holds one bit for each rule, then one for
            each scope of a replacer that is certainly so, then one that may be so.
        start: What stands before any fact was looked at.
        fixed, elapsed, moving, days: As in `Asked`, each with the bits of the rules and scopes
            that ask about it.
        applies: Bits that one world is enough for: rules that apply if unsure, and scopes that
            may be so.
        left: By rule number: trees that must be judged for themselves.
        residual: The bits of those rules.
        asks: By rule number: the facts that the rule asks about, scope first.
        replacers: By rule number, replacers first: for each rule that replaces it, its number, and
            the bits of its scope being so, and perhaps being so.
        replaceable: The bits of the rules that are replaced.
        replacing: The bits of the rules that replace any.
    """

    rules: tuple[Rule, ...]
    frame: Frame
    start: int
    fixed: tuple[tuple[int, tuple[str, Lookup]], ...]
    elapsed: tuple[tuple[int, Column], ...]
    moving: tuple[tuple[int, tuple[str, Lookup]], ...]
    days: tuple[tuple[int, Column], ...]
    applies: int
    left: Mapping[int, tuple[Node, ...]]
    residual: int
    asks: tuple[tuple[str, ...], ...]
    replacers: Mapping[int, tuple[tuple[int, int, int], ...]]
    replaceable: int
    replacing: int
    _asked: dict[int, Asked] = field(default_factory=dict, repr=False, compare=False)

    def asked(self, among: int) -> Asked:
        """Return the facts to look at for some rules, which are chosen once for the same rules.

        Args:
            among: The bits of the rules that are asked about; what replaces one is looked at too.
        """
        found = self._asked.get(among)
        if found is None:
            count = len(self.rules)
            wanted = among | self.replacing | (ones(self.frame.width - count) << count)
            found = self._asked[among] = Asked(
                fixed=_for(self.fixed, wanted),
                elapsed=_for(self.elapsed, wanted),
                moving=_for(self.moving, wanted),
                days=_for(self.days, wanted),
            )
        return found


def _for(each: Iterable[tuple[int, _T]], wanted: int) -> tuple[_T, ...]:
    return tuple(one for bits, one in each if bits & wanted)


def built(rules: Sequence[Rule], catalogue: Catalogue) -> Built:
    """Build the index of rules.

    Args:
        rules: In order of precedence, ``rules[n].number == n``.
        catalogue: Declares every fact that they name, and those of scopes that they use:
            ``call.brand``, ``call.campaign``, ``call.region``, ``now.date``.

    Raises:
        UnknownFactError: A rule names a fact that is not declared.
        ValueError: Rules replace each other in a circle.
    """
    by_id = {rule.id: rule for rule in rules}
    scopes = list(dict.fromkeys(rule.scope for rule in rules if set(rule.replaces) & by_id.keys()))
    shapes = _Shapes(catalogue)
    layouts = [laid_out(nodes_of(rule), shapes.of) for rule in rules]
    of_scopes = [laid_out(_scope_nodes(scope), shapes.of) for scope in scopes]
    layouts += of_scopes * 2
    width = len(layouts)
    applies = mask([r.number for r in rules if r.if_unsure is IfUnsure.APPLY])
    applies |= ones(len(scopes)) << (len(rules) + len(scopes))
    segments = max((layout.segments for layout in layouts), default=1)
    widen = applies
    for segment in range(1, segments):
        widen |= (ones(width) ^ applies) << (segment * width)
    frame = Frame(width, segments, widen)
    tables = _Tables(frame, applies)
    fixed: list[tuple[int, tuple[str, Lookup]]] = []
    moving: list[tuple[int, tuple[str, Lookup]]] = []
    measured: dict[Axis, list[tuple[int, Column]]] = {Axis.ELAPSED: [], Axis.DAYS: []}
    for (name, axis, _), rows in _gathered(layouts, width).items():
        fact = catalogue[name]
        asking = mask({place % width for places in rows.values() for place in places})
        if axis is Axis.VALUE:
            to = moving if fact.moves_with_zone else fixed
            to.append((asking, (name, tables.look(fact, rows))))
        else:
            measured[axis].append((asking, tables.column(fact, rows, axis)))
    left = {n: tuple(layout.left) for n, layout in enumerate(layouts) if layout.left}
    replacers = _replacers(rules, by_id, scopes)
    return Built(
        rules=tuple(rules),
        frame=frame,
        start=_start(layouts, width),
        fixed=tuple(fixed),
        elapsed=tuple(c for c in measured[Axis.ELAPSED] if not c[1].fact.moves_with_zone),
        moving=tuple(moving),
        days=(
            *measured[Axis.DAYS],
            *(c for c in measured[Axis.ELAPSED] if c[1].fact.moves_with_zone),
        ),
        applies=applies,
        left=MappingProxyType(left),
        residual=mask(left),
        asks=tuple(_asks(layout) for layout in layouts[: len(rules)]),
        replacers=MappingProxyType(replacers),
        replaceable=mask(replacers),
        replacing=mask({number for by in replacers.values() for number, _, _ in by}),
    )


def _scope_nodes(scope: Scope) -> tuple[Node, ...]:
    return tuple(grouped(leaf) for leaf in scope_leaves(scope))


def _start(layouts: Sequence[Layout], width: int) -> int:
    """Set the bits of rules that are possible, and of the alternatives that they have."""
    standing = [n for n, layout in enumerate(layouts) if layout.possible]
    standing += {
        segment * width + number
        for number, layout in enumerate(layouts)
        for segment, _ in layout.placed
        if segment
    }
    return mask(standing)


def _asks(layout: Layout) -> tuple[str, ...]:
    names = [shaped.group.fact for _, shaped in layout.placed]
    names += [group.fact for node in layout.left for group in groups_in(node)]
    return tuple(dict.fromkeys(names))


class _Shapes:
    """The shapes of groups, each made once however many rules share it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self.catalogue = catalogue
        self._of: dict[Group, Shaped | None] = {}

    def of(self, group: Group) -> Shaped | None:
        try:
            return self._of[group]
        except KeyError:
            axis = axis_of(group)
            shape = None if axis is None else shape_of(group, self.catalogue[group.fact], axis)
            made = None if axis is None or shape is None else Shaped(group, axis, shape)
            self._of[group] = made
            return made


#: A fact, the axis, and which of several groups of one rule about that fact and axis it is.
_Key = tuple[str, Axis, int]

#: By group: where its answers stand.
_Rows = dict[Shaped, list[int]]


def _gathered(layouts: Sequence[Layout], width: int) -> dict[_Key, _Rows]:
    """Gather the groups of all rules by fact and axis.

    A second group of the same rule, fact and segment stands in a table of its own: what several
    possible values mean is decided group by group.
    """
    gathered: dict[_Key, _Rows] = {}
    for number, layout in enumerate(layouts):
        taken: set[tuple[_Key, int]] = set()
        for segment, shaped in layout.placed:
            key = (shaped.group.fact, shaped.axis, 0)
            while (key, segment) in taken:
                key = (*key[:2], key[2] + 1)
            taken.add((key, segment))
            rows = gathered.setdefault(key, {})
            rows.setdefault(shaped, []).append(segment * width + number)
    return gathered


class _Tables:
    """Builds the tables of one layout."""

    def __init__(self, frame: Frame, applies: int) -> None:
        self.frame = frame
        self._enough = [bit == "1" for bit in reversed(f"{applies:0{frame.width}b}")]

    def look(self, fact: Fact, rows: _Rows) -> Lookup:
        """Build the table of a fact."""
        unknown = self.unsure(fact, rows, UNKNOWN)
        shapes = [(shaped.shape, places) for shaped, places in rows.items()]
        look = lookup(shapes, self.frame, unknown, regions=fact.type is FactType.REGION)
        if fact.type is not FactType.ORDERED_CHOICE:
            return look
        entries: dict[Any, int] = {word: look(rank(fact, word)) for word in fact.choices}
        special = {UNKNOWN: unknown, NEVER: look(NEVER)}
        return finite({**entries, **special}, look(rank(fact, None)), self.frame)

    def column(self, fact: Fact, rows: _Rows, axis: Axis) -> Column:
        """Build the table of a fact that is measured from now."""
        days = axis is Axis.DAYS
        adrift = self.unsure(fact, rows, ANY_CLOCK.now) if days else 0
        return Column(fact, days, self.look(fact, rows), adrift)

    def unsure(self, fact: Fact, rows: _Rows, value: Value) -> int:
        """Make the entry of a value that is not known, or of which the day is not."""
        width = self.frame.width
        answers: list[tuple[bool, Sequence[int]]] = []
        for shaped, places in rows.items():
            answer = judged(shaped.group, fact, value, _ADRIFT)
            if answer is not Answer.UNSURE:
                answers.append((answer is Answer.YES, places))
                continue
            for counts in (True, False):
                some = [place for place in places if self._enough[place % width] is counts]
                answers.append((counts, some))
        return self.frame.entry(answers)


def _replacers(
    rules: Sequence[Rule], by_id: Mapping[str, Rule], scopes: Sequence[Scope]
) -> dict[int, tuple[tuple[int, int, int], ...]]:
    """List who replaces whom, so that a replacer comes before what it replaces."""
    certain = {scope: len(rules) + index for index, scope in enumerate(scopes)}
    of: dict[int, list[tuple[int, int, int]]] = {}
    for rule in rules:
        for target in rule.replaces:
            if target in by_id:
                bit = certain[rule.scope]
                of.setdefault(by_id[target].number, []).append(
                    (rule.number, 1 << bit, 1 << (bit + len(scopes)))
                )
    ordered: dict[int, tuple[tuple[int, int, int], ...]] = {}
    while len(ordered) < len(of):
        ready = [
            number
            for number, by in of.items()
            if number not in ordered and all(r not in of or r in ordered for r, _, _ in by)
        ]
        if not ready:
            circle = ", ".join(sorted(rules[number].id for number in of if number not in ordered))
            raise ValueError(f"rules replace each other in a circle: {circle}")
        ordered |= {number: tuple(of[number]) for number in ready}
    return ordered

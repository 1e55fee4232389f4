"""Building the index: from rules to tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from advisor.facts.catalogue import Catalogue, Fact
from advisor.facts.values import NEVER, UNKNOWN, Answer, FactType, Possible, Value
from advisor.rules.groups import Group, Node, grouped, judged, nodes_of, scope_leaves
from advisor.rules.index.bits import mask, ones
from advisor.rules.index.layout import Layout, laid_out
from advisor.rules.index.shapes import Axis, Shape, axis_of, day_key, key_of, shape_of
from advisor.rules.index.tables import Frame, Lookup, lookup
from advisor.rules.operators import ANY_CLOCK, Clock, days_from
from advisor.rules.pack import IfUnsure, Rule, Scope

_ADRIFT: Final = Clock(ANY_CLOCK.now)


@dataclass(frozen=True, slots=True)
class Column:
    """One fact along one axis: its table, and what is said where its value is not one value.

    Attributes:
        name: The fact.
        fact: Its declaration.
        axis: Along what it is looked up.
        at: The table.
        unknown: The entry where the fact is unknown.
        adrift: The entry where it is known but no world is, on the axis of days.
    """

    name: str
    fact: Fact
    axis: Axis
    at: Lookup
    frame: Frame
    unknown: int
    adrift: int

    @property
    def moves(self) -> bool:
        """Whether it may differ between worlds."""
        return self.fact.moves_with_zone or self.axis is Axis.DAYS

    def entry(self, value: Value, clock: Clock) -> int:
        """Return the wide integer for what the fact may be."""
        if value is UNKNOWN:
            return self.unknown
        if self.axis is Axis.DAYS and clock.zone is None and value is not NEVER:
            return self.adrift
        if isinstance(value, Possible):
            return self.frame.joined(self._one(one, clock) for one in value.values)
        return self._one(value, clock)

    def _one(self, value: Any, clock: Clock) -> int:  # noqa: ANN401 - any scalar, or NEVER
        if value is NEVER:
            return self.at(value)
        if self.axis is Axis.DAYS:
            return self.at(_days(value, self.fact, clock))
        if self.axis is Axis.ELAPSED:
            return self.at(value - clock.now)
        return self.at(key_of(value, self.fact))


def _days(value: date, fact: Fact, clock: Clock) -> int:
    days = days_from(value, clock)
    side = 0
    if fact.type is FactType.INSTANT:
        side = (days > 0) - (days < 0) or (value > clock.now) - (value < clock.now)
    return day_key(days, side, fact)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """What matching works with.

    Attributes:
        rules: In order of precedence.
        frame: The layout of wide integers. A segment holds one bit for each rule, then one for
            each scope of a replacer that is certainly so, then one that may be so.
        start: What stands before any fact was looked at.
        fixed: Columns that are the same in every world.
        moving: Columns looked up once for every world.
        applies: Bits that one world is enough for: rules that apply if unsure, and scopes that
            may be so.
        left: By rule number: trees that must be judged for themselves.
        residual: The bits of those rules.
        replacers: By rule number, replacers first: for each rule that replaces it, its number, and
            the bits of its scope being so, and perhaps being so.
        replaceable: The bits of the rules that are replaced.
    """

    rules: tuple[Rule, ...]
    frame: Frame
    start: int
    fixed: tuple[Column, ...]
    moving: tuple[Column, ...]
    applies: int
    left: Mapping[int, tuple[Node, ...]]
    residual: int
    replacers: Mapping[int, tuple[tuple[int, int, int], ...]]
    replaceable: int


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
    layouts = [laid_out(nodes_of(rule), shapes.fit) for rule in rules]
    of_scopes = [laid_out(_scope_nodes(scope), shapes.fit) for scope in scopes]
    layouts += of_scopes * 2
    width = len(layouts)
    applies = mask([r.number for r in rules if r.if_unsure is IfUnsure.APPLY])
    applies |= ones(len(scopes)) << (len(rules) + len(scopes))
    segments = max((layout.segments for layout in layouts), default=1)
    widen = applies
    for segment in range(1, segments):
        widen |= (ones(width) ^ applies) << (segment * width)
    frame = Frame(width, segments, widen)
    columns = _columns(layouts, shapes, frame, applies)
    left = {n: tuple(layout.left) for n, layout in enumerate(layouts) if layout.left}
    replacers = _replacers(rules, by_id, scopes)
    return Built(
        rules=tuple(rules),
        frame=frame,
        start=_start(layouts, width),
        fixed=tuple(column for column in columns if not column.moves),
        moving=tuple(column for column in columns if column.moves),
        applies=applies,
        left=MappingProxyType(left),
        residual=mask(left),
        replacers=MappingProxyType(replacers),
        replaceable=mask(replacers),
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


class _Shapes:
    """The shapes of groups, each made once however many rules share it."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._of: dict[Group, tuple[Axis, Shape] | None] = {}

    def fit(self, group: Group) -> bool:
        return self.of(group) is not None

    def of(self, group: Group) -> tuple[Axis, Shape] | None:
        if group not in self._of:
            axis = axis_of(group)
            shape = None if axis is None else shape_of(group, self._catalogue[group.fact], axis)
            self._of[group] = None if axis is None or shape is None else (axis, shape)
        return self._of[group]

    def fact(self, name: str) -> Fact:
        return self._catalogue[name]


#: A fact, the axis, and which of several groups of one rule about that fact and axis it is.
_Key = tuple[str, Axis, int]


@dataclass(slots=True)
class _Row:
    shape: Shape
    places: list[int] = field(default_factory=list)


def _columns(
    layouts: Sequence[Layout], shapes: _Shapes, frame: Frame, applies: int
) -> list[Column]:
    """Gather the groups of all rules by fact and axis.

    A second group of the same rule, fact and segment stands in a column of its own: what several
    possible values mean is decided group by group.
    """
    gathered: dict[_Key, dict[Group, _Row]] = {}
    for number, layout in enumerate(layouts):
        seen: Counter[tuple[str, Axis, int]] = Counter()
        for segment, group in layout.placed:
            found = shapes.of(group)
            if found is None:
                raise AssertionError("unreachable: only groups with a shape are placed")
            axis, shape = found
            layer = seen[group.fact, axis, segment]
            seen[group.fact, axis, segment] += 1
            rows = gathered.setdefault((group.fact, axis, layer), {})
            row = rows.setdefault(group, _Row(shape))
            row.places.append(segment * frame.width + number)
    return [
        _column(key, shapes.fact(key[0]), rows, frame, applies) for key, rows in gathered.items()
    ]


def _column(
    key: _Key, fact: Fact, rows: Mapping[Group, _Row], frame: Frame, applies: int
) -> Column:
    name, axis, _ = key
    table = lookup(
        [(row.shape, row.places) for row in rows.values()],
        frame,
        regions=fact.type is FactType.REGION,
    )
    unknown = _unsure(rows, fact, frame, applies, UNKNOWN)
    adrift = unknown
    if axis is Axis.DAYS:
        adrift = _unsure(rows, fact, frame, applies, ANY_CLOCK.now)
    return Column(name, fact, axis, table, frame, unknown, adrift)


def _unsure(
    rows: Mapping[Group, _Row], fact: Fact, frame: Frame, applies: int, value: Value
) -> int:
    answers: list[tuple[bool, list[int]]] = []
    for group, row in rows.items():
        answer = judged(group, fact, value, _ADRIFT)
        if answer is not Answer.UNSURE:
            answers.append((answer is Answer.YES, row.places))
            continue
        enough = [place for place in row.places if applies >> place % frame.width & 1]
        answers.append((True, enough))
        answers.append((False, list(set(row.places) - set(enough))))
    return frame.entry(answers)


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

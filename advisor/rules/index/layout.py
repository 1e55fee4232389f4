"""Where the conditions of a rule stand in the index: as clauses, each in its segment.

A rule is brought to clauses of which all must hold. A clause of one group stands in the base
segment; a clause of alternatives takes a fail segment of its own, so that alternatives add up and
never multiply. What has no shape, or would take too much room, is left over, to be judged by its
tree where everything else holds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Final

from advisor.rules.groups import Group, Node
from advisor.rules.index.shapes import Axis, Shape

#: Segments of a wide integer: the base, and one for each `any` that a rule may have.
MAX_SEGMENTS: Final = 4

#: Clauses that one tree may come to.
MAX_CLAUSES: Final = 12

#: Groups of which one must hold.
Clause = tuple[Group, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Shaped:
    """A group that has a shape; made once for all rules, so told apart by identity."""

    group: Group
    axis: Axis
    shape: Shape


@dataclass(frozen=True, slots=True)
class Layout:
    """One rule's part of the index.

    Attributes:
        placed: Groups with their segment, the base being 0.
        left: Trees that must be judged for themselves.
        possible: False for a rule that can never fire, such as one of an empty `any`.
    """

    placed: list[tuple[int, Shaped]] = field(default_factory=list)
    left: list[Node] = field(default_factory=list)
    possible: bool = True

    @property
    def segments(self) -> int:
        """How many segments it uses."""
        return 1 + max((segment for segment, _ in self.placed), default=0)


def laid_out(nodes: tuple[Node, ...], shaped: Callable[[Group], Shaped | None]) -> Layout:
    """Lay out a rule.

    Args:
        nodes: Trees that must all hold.
        shaped: Finds the shape of a group, None if the index cannot hold it.
    """
    layout = Layout()
    segment = 0
    for node in nodes:
        parts = node.parts if not isinstance(node, Group) and node.conjunction else (node,)
        for part in parts:
            found = _shaped_clauses(part, shaped)
            wide = sum(len(clause) > 1 for clause in found or ())
            if found is None or segment + wide >= MAX_SEGMENTS:
                layout.left.append(part)
                continue
            if () in found:
                return Layout(possible=False)
            for clause in found:
                segment += len(clause) > 1
                at = segment if len(clause) > 1 else 0
                layout.placed.extend([(at, group) for group in clause])
    return layout


def _shaped_clauses(
    part: Node, shaped: Callable[[Group], Shaped | None]
) -> list[tuple[Shaped, ...]] | None:
    if isinstance(part, Group):
        only = shaped(part)
        return None if only is None else [(only,)]
    found = clauses(part)
    if found is None:
        return None
    made: list[tuple[Shaped, ...]] = []
    for clause in found:
        groups: dict[Shaped, None] = {}
        for group in clause:
            one = shaped(group)
            if one is None:
                return None
            groups[one] = None
        made.append(tuple(groups))
    return made


def clauses(node: Node) -> list[Clause] | None:
    """Bring a tree to clauses of which all must hold; None if they would be too many.

    Kleene's logic distributes, so this changes no answer, unsure ones included.
    """
    if isinstance(node, Group):
        return [(node,)]
    each = [clauses(part) for part in node.parts]
    found: list[Clause] = []
    for clause in _all(each) if node.conjunction else _any(each):
        if clause is None or len(found) == MAX_CLAUSES:
            return None
        found.append(clause)
    return found


def _all(each: list[list[Clause] | None]) -> Iterator[Clause | None]:
    for one in each:
        yield from [None] if one is None else one


def _any(each: list[list[Clause] | None]) -> Iterator[Clause | None]:
    if None in each:
        yield None
    for choice in product(*(one or [] for one in each)):
        yield tuple(group for clause in choice for group in clause)

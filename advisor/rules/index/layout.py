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

#: Segments of a wide integer: the base, and one for each `any` that a rule may have.
MAX_SEGMENTS: Final = 4

#: Clauses that one tree may come to.
MAX_CLAUSES: Final = 12

#: Groups of which one must hold.
Clause = tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """One rule's part of the index.

    Attributes:
        placed: Groups with their segment, the base being 0.
        left: Trees that must be judged for themselves.
        possible: False for a rule that can never fire, such as one of an empty `any`.
    """

    placed: list[tuple[int, Group]] = field(default_factory=list)
    left: list[Node] = field(default_factory=list)
    possible: bool = True

    @property
    def segments(self) -> int:
        """How many segments it uses."""
        return 1 + max((segment for segment, _ in self.placed), default=0)


def laid_out(nodes: tuple[Node, ...], fits: Callable[[Group], bool]) -> Layout:
    """Lay out a rule.

    Args:
        nodes: Trees that must all hold.
        fits: Whether a group has a shape that the index can hold.
    """
    placed: list[tuple[int, Group]] = []
    left: list[Node] = []
    segment = 0
    for node in nodes:
        parts = node.parts if not isinstance(node, Group) and node.conjunction else (node,)
        for part in parts:
            found = clauses(part)
            if found is None or not all(fits(group) for clause in found for group in clause):
                left.append(part)
                continue
            if () in found:
                return Layout(possible=False)
            wide = [clause for clause in found if len(clause) > 1]
            if segment + len(wide) >= MAX_SEGMENTS:
                left.append(part)
                continue
            placed += [(0, clause[0]) for clause in found if len(clause) == 1]
            for clause in wide:
                segment += 1
                placed += [(segment, group) for group in clause]
    return Layout(placed, left)


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
        yield tuple(dict.fromkeys(group for clause in choice for group in clause))

"""Makes a customer of the contract from a row, as a mapping says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.cli.context import TreeReader
from advisor.cli.importing.mapping import is_source
from advisor.cli.importing.sources import Source, ValueRefused
from advisor.rules.problems import Problems
from advisor.rules.source import MappingNode, Mark, Node, ScalarNode, SequenceNode
from advisor.v1.customer_service_pb2 import ImportedCustomer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from advisor.cli.importing.mapping import Mapping
    from advisor.cli.importing.rows import Row


@dataclass(slots=True)
class Filled:
    """What became of a row.

    Attributes:
        customer: The customer; of no use where there are problems.
        problems: What is wrong with it, each a line of words.
    """

    customer: ImportedCustomer
    problems: list[str] = field(default_factory=list)


def fill(mapping: Mapping, row: Row) -> Filled:
    """Make a customer from a row."""
    filling = _Filling(mapping, row)
    node = filling.filled(mapping.row, root=True)
    problems = Problems()
    customer = ImportedCustomer()
    if node is not None and not filling.refused:
        TreeReader(problems).message(node, customer)
    found = [f"{filling.name(each.mark)}: {each.message}" for each in problems]
    return Filled(customer, filling.refused + found)


class _Filling:
    """Puts the values of one row in the place of their sources."""

    def __init__(self, mapping: Mapping, row: Row) -> None:
        self._sources = mapping.sources
        self._row = row
        self.refused: list[str] = []

    def name(self, mark: Mark) -> str:
        """Say which column the value at a place of the mapping comes from."""
        source = self._sources.get(mark)
        return source.name if source is not None else str(mark)

    def filled(self, node: Node, *, root: bool = False) -> Node | None:
        """Return a node with its values, or None where the row says nothing of it."""
        if isinstance(node, ScalarNode):
            return node
        if isinstance(node, SequenceNode):
            items = tuple(item for each in node if (item := self.filled(each)) is not None)
            return SequenceNode(items, node.mark) if items else None
        if is_source(node):
            return self._value(self._sources[node.mark])
        condition = node.get("if")
        if condition is not None and self.filled(condition) is None:
            return None
        entries = tuple(self._entries(node))
        if not root and condition is None and self._says_nothing(node, entries):
            return None
        return MappingNode(entries, node.mark) if entries else None

    def _says_nothing(
        self, node: MappingNode, entries: tuple[tuple[ScalarNode, Node], ...]
    ) -> bool:
        """Tell whether every column is empty: what is the same in every row then means nothing."""
        asked = any(is_source(value) for _key, value in node.entries)
        return asked and all(
            isinstance(value, ScalarNode) and value.mark not in self._sources
            for _key, value in entries
        )

    def _entries(self, node: MappingNode) -> Iterator[tuple[ScalarNode, Node]]:
        for key, value in node.entries:
            if key.text != "if":
                found = self.filled(value)
                if found is not None:
                    yield key, found

    def _value(self, source: Source) -> Node | None:
        try:
            return source.value(self._row, source.mark)
        except ValueRefused as refused:
            self.refused.append(f"{source.name}: {refused}")
            return None

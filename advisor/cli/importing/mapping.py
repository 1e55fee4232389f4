"""Reads a mapping: which column of a file becomes which field, and what is the same in every row.

`row` has the shape of `ImportedCustomer`, written as contexts are; in the place of a value may
stand where it comes from, such as `{column: name}`. Mistakes are reported at line and column.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from advisor.cli.context import TreeReader, instant_of
from advisor.cli.importing.sources import Source
from advisor.rules.problems import listed
from advisor.rules.reader import read
from advisor.rules.source import MappingNode, Mark, Node, ScalarNode, SequenceNode
from advisor.v1.customer_service_pb2 import ImportedCustomer

if TYPE_CHECKING:
    from collections.abc import Mapping as Map
    from collections.abc import Sequence

    from google.protobuf.descriptor import FieldDescriptor
    from google.protobuf.message import Message

    from advisor.rules.problems import Problems

_KINDS: Final = ("column", "line", "made_from")
_OPTIONS: Final[Map[str, tuple[str, ...]]] = {
    "column": ("words", "prefix", "dates", "zone", "days_before", "split", "as"),
    "line": (),
    "made_from": ("prefix",),
}
_FILE: Final = ("delimiter", "dates", "zone", "observed_at")


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapping:
    """What a row of a file means.

    Attributes:
        row: The shape of a row, its sources among the nodes.
        sources: The sources by the place where they stand.
        columns: Every column that is read, in order.
        delimiter: What stands between the columns of CSV.
        observed_at: When the file was made; None where the mapping does not say.
    """

    row: MappingNode
    sources: Map[Mark, Source]
    columns: Sequence[str]
    delimiter: str
    observed_at: datetime | None


def read_mapping(name: str, data: bytes, problems: Problems) -> Mapping | None:
    """Read a mapping; None where there is none to be read.

    Args:
        name: Its name, for messages.
        data: Its bytes, YAML in UTF-8.
        problems: Takes what is wrong; what is returned is only of use where that is nothing.
    """
    node = read(name, data, problems)
    if node is None:
        return None
    reader = _Reader(problems)
    if not isinstance(node, MappingNode) or not isinstance(row := node.get("row"), MappingNode):
        reader.refuse(node, "a mapping with row (a mapping), and file if need be")
        return None
    reader.only(node, ("file", "row"))
    file = node.get("file")
    reader.file(file)
    reader.message(row, ImportedCustomer())
    if row.get("customer_id") is None:
        problems.error(row.mark, "missing-key", "no customer_id", "where the customer's id stands")
    columns = dict.fromkeys(c for each in reader.sources.values() for c in each.columns)
    return Mapping(
        row=row,
        sources=reader.sources,
        columns=tuple(columns),
        delimiter=reader.delimiter,
        observed_at=reader.observed_at,
    )


class _Reader(TreeReader):
    """Checks the shape of a row, and takes note of its sources."""

    def __init__(self, problems: Problems) -> None:
        super().__init__(problems)
        self._dates = ""
        self._zone: ZoneInfo | None = None
        self.delimiter = ","
        self.observed_at: datetime | None = None
        self.sources: dict[Mark, Source] = {}

    def file(self, node: Node | None) -> None:
        """Read what holds for the whole file."""
        if node is None:
            return
        if not isinstance(node, MappingNode):
            self.refuse(node, f"a mapping with {listed(_FILE)}")
            return
        self.only(node, _FILE)
        self._dates = self._text(node, "dates")
        self._zone = self._zone_of(node)
        self.observed_at = self._instant(node, "observed_at")
        self.delimiter = self._text(node, "delimiter") or ","
        if len(self.delimiter) != 1 or self.delimiter in '"\r\n':
            self.refuse(node.get("delimiter") or node, "one character, not a quote")
            self.delimiter = ","

    def message(self, node: Node, message: Message) -> None:
        """Read a message, or note that it comes from a column."""
        if not is_source(node):
            super().message(self._without_condition(node), message)
            return
        name = message.DESCRIPTOR.full_name
        fact = name == "advisor.v1.FactValue"
        words = name == "advisor.v1.Words"
        instant = name == "google.protobuf.Timestamp"
        if not (fact or words or instant or name == "google.protobuf.Duration"):
            self.refuse(node, "a mapping of its fields: a column is one value")
            return
        source = self._source(node)
        source.instant = instant or (fact and any(f in source.dates for f in ("%H", "%I")))
        if instant and not source.dates:
            source.dates = self._dates
        if words and not source.split:
            self.problems.error(source.mark, "missing-key", "no split", "what stands between words")

    def scalar(self, node: Node, field: FieldDescriptor) -> str | float | None:
        """Read one value, or note that it comes from a column."""
        if not is_source(node):
            return super().scalar(node, field)
        source = self._source(node)
        if source.split or source.text:
            self.refuse(node, "no split and no `as` where the field is one value")
        return None

    def _without_condition(self, node: Node) -> Node:
        """Read the `if` of a mapping, which is no field."""
        condition = node.get("if") if isinstance(node, MappingNode) else None
        if condition is None or not isinstance(node, MappingNode):
            return node
        if is_source(condition):
            self._source(condition)
        else:
            self.refuse(condition, "a source such as {column: NAME}")
        return MappingNode(tuple(e for e in node.entries if e[0].text != "if"), node.mark)

    def _source(self, node: Node) -> Source:
        assert isinstance(node, MappingNode)  # noqa: S101 - is_source has looked
        kind = next(key.text for key, _value in node.entries if key.text in _KINDS)
        self.only(node, (kind, *_OPTIONS[kind]))
        value = node.get(kind)
        columns: tuple[str, ...] = ()
        if kind == "column":
            columns = (self._text(node, kind),)
        elif kind == "made_from":
            items = value if isinstance(value, SequenceNode) else ()
            columns = tuple(item.text for item in items if isinstance(item, ScalarNode))
        if kind != "line" and not any(columns):
            self.refuse(value or node, "the name of a column")
        words = node.get("words")
        source = Source(
            mark=node.mark,
            columns=columns,
            made=kind == "made_from",
            prefix=self._text(node, "line" if kind == "line" else "prefix"),
            words=self._words(words) if words is not None else {},
            dates=self._text(node, "dates"),
            zone=self._zone_of(node) or self._zone,
            days_before=self._instant(node, "days_before"),
            split=self._text(node, "split"),
            text=self._is_text(node),
        )
        self.sources[node.mark] = source
        return source

    def _is_text(self, node: MappingNode) -> bool:
        wanted = node.get("as")
        if wanted is not None and self._text(node, "as") != "text":
            self.refuse(wanted, "text")
        return wanted is not None

    def _words(self, node: Node) -> dict[str, str]:
        entries = node.entries if isinstance(node, MappingNode) else ()
        found = {k.text: v.text for k, v in entries if isinstance(v, ScalarNode)}
        if not found or len(found) != len(entries):
            self.refuse(node, "a mapping from a value of the file to another word")
        return found

    def _text(self, node: MappingNode, key: str) -> str:
        value = node.get(key)
        if value is None or isinstance(value, ScalarNode):
            return value.text if value is not None else ""
        self.refuse(value, "a text")
        return ""

    def _zone_of(self, node: MappingNode) -> ZoneInfo | None:
        name = self._text(node, "zone")
        try:
            return ZoneInfo(name) if name else None
        except (KeyError, ValueError, OSError):
            self.refuse(node.get("zone") or node, "a zone such as Europe/Lisbon")
            return None

    def _instant(self, node: MappingNode, key: str) -> datetime | None:
        text = self._text(node, key)
        at = instant_of(text)
        if text and at is None:
            self.refuse(node.get(key) or node, "an instant such as 2026-01-12T15:00:00Z")
        return at.astimezone(UTC) if at is not None else None


def is_source(node: Node) -> bool:
    """Tell whether something of a mapping says where a value comes from."""
    return isinstance(node, MappingNode) and any(key.text in _KINDS for key, _v in node.entries)

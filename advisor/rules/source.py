"""Places and pieces of a pack's text: marks, sources, and the tree the reader composes."""

from __future__ import annotations

import marshal
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

_LINE_BREAK = re.compile(r"\r\n|\r|\n")


class Mark(NamedTuple):
    """A place in a file; it sorts by file, line, column.

    Attributes:
        file: The file's name inside the pack, with forward slashes.
        line: Line number, from 1.
        column: Column in characters, from 1.
    """

    file: str
    line: int
    column: int

    def __str__(self) -> str:
        """Write it as ``file:line:column``."""
        return f"{self.file}:{self.line}:{self.column}"


class Source:
    """The text of one file, line by line, to show where a problem is."""

    __slots__ = ("lines", "name")

    def __init__(self, name: str, text: str) -> None:
        """Split the text where YAML breaks its lines."""
        self.name = name
        self.lines = tuple(_LINE_BREAK.split(text))

    @classmethod
    def of_bytes(cls, name: str, data: bytes) -> Source:
        """Decode as UTF-8; bytes that are not are shown as U+FFFD."""
        return cls(name, data.decode("utf-8", errors="replace"))

    def line(self, number: int) -> str:
        """Return a line by its number, from 1; empty where the file has no such line."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


# The nodes are not frozen, because a frozen dataclass takes three times as long to make and a pack
# of 10,000 rules makes half a million. Nothing changes one after the reader has returned it.


@dataclass(slots=True, eq=False)
class ScalarNode:
    """One scalar, still uninterpreted.

    Attributes:
        text: What stands there, unescaped.
        quoted: Whether it was quoted or a block text (``|`` or ``>``), so surely meant as text.
        mark: Where it begins.
    """

    text: str
    quoted: bool
    mark: Mark


@dataclass(slots=True, eq=False)
class SequenceNode:
    """A list.

    Attributes:
        items: Its items; those of a long list may be packed until they are looked at, one after
            the other: the trees of 10,000 rules take 120 MB, packed they take 10.
        mark: Where it begins.
    """

    items: tuple[Node | bytes, ...]
    mark: Mark

    def __iter__(self) -> Iterator[Node]:
        """Iterate over the items, unpacked."""
        for item in self.items:
            yield unpack(item, self.mark.file) if isinstance(item, bytes) else item


@dataclass(slots=True, eq=False)
class MappingNode:
    """Keys with their values in the order of the file, no key twice; ``mark`` is its beginning."""

    entries: tuple[tuple[ScalarNode, Node], ...]
    mark: Mark

    def get(self, key: str) -> Node | None:
        """Return the value of a key, or None."""
        for name, value in self.entries:
            if name.text == key:
                return value
        return None


Node = ScalarNode | SequenceNode | MappingNode

_SCALAR, _SEQUENCE, _MAPPING = range(3)


def pack(node: Node) -> bytes:
    """Make a tree small; `unpack` gives it back."""
    return marshal.dumps(_packed(node))


def unpack(packed: bytes, file: str) -> Node:
    """Give back a tree of the file that `pack` made small."""
    # The bytes were made by `pack` in this process: marshal reads nothing that came from outside.
    return _unpacked(marshal.loads(packed), file)  # noqa: S302


_Packed = tuple[int, int, int, Any, bool]


def _packed(node: Node) -> _Packed:
    _, line, column = node.mark
    if isinstance(node, ScalarNode):
        return (_SCALAR, line, column, node.text, node.quoted)
    if isinstance(node, MappingNode):
        entries = [(_packed(key), _packed(value)) for key, value in node.entries]
        return (_MAPPING, line, column, entries, False)
    return (_SEQUENCE, line, column, [_packed(item) for item in node], False)


def _unpacked(packed: _Packed, file: str) -> Node:
    kind, line, column, content, quoted = packed
    mark = tuple.__new__(Mark, (file, line, column))
    if kind == _SCALAR:
        return ScalarNode(content, quoted, mark)
    if kind == _MAPPING:
        new = tuple.__new__
        return MappingNode(
            tuple(
                [
                    (
                        ScalarNode(key[3], key[4], new(Mark, (file, key[1], key[2]))),
                        _unpacked(value, file),
                    )
                    for key, value in content
                ]
            ),
            mark,
        )
    return SequenceNode(tuple([_unpacked(item, file) for item in content]), mark)


def described(node: Node) -> str:
    """Name a node's shape and, for a scalar, its text, for messages to its author."""
    if isinstance(node, MappingNode):
        return "a mapping"
    if not isinstance(node, ScalarNode):
        return "a list"
    if is_empty(node):
        return "nothing"
    return shown(node.text)


def is_empty(node: Node) -> bool:
    """Tell whether nothing was written: an empty plain scalar, ``null`` or ``~``."""
    return isinstance(node, ScalarNode) and not node.quoted and node.text in _NULLS


_NULLS = frozenset({"", "~", "null", "Null", "NULL"})

#: Characters of the author's text that a message repeats.
SHOWN_LENGTH = 60


def shown(text: str) -> str:
    """Quote an author's words for a message: one line, printable, bounded."""
    flat = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return f'"{flat[: SHOWN_LENGTH - 1]}…"' if len(flat) > SHOWN_LENGTH else f'"{flat}"'

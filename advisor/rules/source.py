"""Places and pieces of a pack's text: marks, sources, and the tree the reader composes."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

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
    """A list; ``mark`` is where it begins."""

    items: tuple[Node, ...]
    mark: Mark


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


def described(node: Node) -> str:
    """Name a node's shape and, for a scalar, its text, for messages to its author."""
    if isinstance(node, SequenceNode):
        return "a list"
    if isinstance(node, MappingNode):
        return "a mapping"
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

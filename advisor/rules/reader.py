"""Reads one YAML file strictly, into nodes that keep their places.

libyaml's parser gives *events*, and the composer here is a loop, not a recursion: libyaml's own
node composer ends the process at 100,000 nested brackets. What is ambiguous is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, NoReturn

import yaml

from advisor.rules.decoding import REFUSED, decode
from advisor.rules.source import (
    MappingNode,
    Mark,
    Node,
    ScalarNode,
    SequenceNode,
    pack,
    shown,
)
from advisor.rules.syntax import report

try:
    from yaml._yaml import CParser
except ImportError as error:
    message = (
        "PyYAML was installed without libyaml, which reads the rules: install a binary wheel "
        "of PyYAML for this platform, or libyaml's headers before PyYAML is built"
    )
    raise ImportError(message) from error

if TYPE_CHECKING:
    from advisor.rules.problems import Problems

#: Nodes of one file, those repeated by aliases included.
MAX_NODES: Final = 2_000_000
#: Levels of nesting; the language itself needs about ten.
MAX_DEPTH: Final = 64
#: Aliases of one file.
MAX_ALIASES: Final = 1_000
#: Nodes that the aliases of one file may repeat.
MAX_REPEATED_NODES: Final = 100_000
#: Characters of one scalar.
MAX_SCALAR: Final = 20_000

_ODD_NUMBER = re.compile(r"[-+]?0[0-9_]+(\.[0-9_]*)?|[-+]?0[xXoObB][0-9a-fA-F_]+")
_INFINITE = re.compile(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)")
_NOT_TEXT = re.compile(
    r"|~|null|Null|NULL|true|True|TRUE|false|False|FALSE"
    r"|[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?"
)


def read(
    name: str, data: bytes, problems: Problems, *, packed: frozenset[str] = frozenset()
) -> Node | None:
    """Read one file of a pack.

    Args:
        name: The file's name inside the pack.
        data: Its bytes, UTF-8 without a byte order mark.
        problems: Takes what is wrong: at most one problem of syntax, any number of others.
        packed: Keys at the top whose items are given packed, to save memory.

    Returns:
        The tree, or None where the file cannot be read as YAML. A tree may come with problems
        (a key given twice keeps its first value), so that its meaning can be checked as well.
    """
    text = decode(name, data, problems)
    if text is None:
        return None
    composer = _Composer(name, text, problems, packed)
    try:
        return composer.document()
    except _StopError:
        return None
    except yaml.MarkedYAMLError as error:
        report(name, text, error, problems)
        return None


class _StopError(Exception):
    """The file cannot be read further; the reason has been reported."""


class _Anchor:
    """A node with a name: how many nodes and levels a repetition of it adds."""

    __slots__ = ("height", "node", "size")

    def __init__(self, node: Node, size: int, height: int) -> None:
        self.node = node
        self.size = size
        self.height = height


class _Frame:
    """A list or mapping that is still open."""

    __slots__ = (
        "anchor",
        "entries",
        "first",
        "height",
        "is_mapping",
        "items",
        "key",
        "mark",
        "packs",
    )

    def __init__(self, mark: Mark, anchor: str | None, first: int, *, is_mapping: bool) -> None:
        self.mark = mark
        self.anchor = anchor
        self.first = first
        self.is_mapping = is_mapping
        self.height = 1
        self.items: list[Node | bytes] = []
        self.packs = False
        self.key: ScalarNode | None = None
        self.entries: dict[str, tuple[ScalarNode, Node]] = {}


class _Composer:
    """Builds the tree of one file from libyaml's events."""

    def __init__(self, name: str, text: str, problems: Problems, packed: frozenset[str]) -> None:
        self.name = name
        self.packed = packed
        self.problems = problems
        self.parser = CParser(text)
        self.stack: list[_Frame] = []
        self.anchors: dict[str, _Anchor | None] = {}
        self.nodes = 0
        self.repeated = 0
        self.aliases = 0
        self.root: Node | None = None
        self.has_escapes = "\\" in text
        self.words: dict[str, str] = {}
        self.good_keys: set[str] = set()

    def document(self) -> Node | None:
        """Compose the one document of the file."""
        handlers: dict[type, Callable[[Any], None]] = {
            yaml.ScalarEvent: self.scalar,
            yaml.MappingStartEvent: self.begin,
            yaml.MappingEndEvent: self.end,
            yaml.SequenceStartEvent: self.begin,
            yaml.SequenceEndEvent: self.end,
            yaml.AliasEvent: self.alias,
            yaml.DocumentStartEvent: self.start_document,
        }
        next_event = self.parser.get_event
        while (event := next_event()) is not None:
            handle = handlers.get(type(event))
            if handle is not None:
                handle(event)
        if self.root is None:
            self.stop(Mark(self.name, 1, 1), "empty", "an empty file", "a section of a pack")
        return self.root

    def start_document(self, event: yaml.DocumentStartEvent) -> None:
        """Refuse a second document and the directives that change how YAML is read."""
        mark = self.mark(event)
        if self.root is not None:
            self.stop(
                mark,
                "documents",
                "a second document in the file",
                "one document a file",
            )
        if event.version not in {None, (1, 2)} or event.tags:
            self.stop(mark, "directive", "a YAML directive", "YAML 1.2 without directives")

    def scalar(self, event: yaml.ScalarEvent) -> None:
        """Take a scalar; what is rare is looked at apart, since most of a file is scalars."""
        text: str = event.value
        style = event.style
        node = ScalarNode(text, style != "", self.mark(event))
        self.nodes += 1
        if (
            event.tag is not None
            or event.anchor is not None
            or len(text) > MAX_SCALAR
            or self.nodes > MAX_NODES
        ):
            self.unusual(event, node)
        if style == "":
            if text and text[0] in "+-.0":
                self.number(node)
        elif self.has_escapes and style == '"':
            self.escapes(node)
        self.put(node, 0)

    def unusual(self, event: yaml.ScalarEvent, node: ScalarNode) -> None:
        """Refuse a tag, a text that is too long and too many values; note an anchor."""
        self.count(node.mark, 0)
        if len(node.text) > MAX_SCALAR:
            found = f"a text of {len(node.text):,} characters"
            self.stop(node.mark, "too-long", found, f"at most {MAX_SCALAR:,}")
        if event.tag is not None:
            self.tag(node.mark, event.tag)
        if event.anchor is not None:
            self.open_anchor(node.mark, event.anchor)
            self.anchors[event.anchor] = _Anchor(node, 1, 0)

    def number(self, node: ScalarNode) -> None:
        """Refuse numbers whose value depends on the reader, and those that are not finite."""
        if _ODD_NUMBER.fullmatch(node.text):
            self.problems.error(
                node.mark,
                "odd-number",
                f"{node.text}, a number that readers of YAML take differently",
                "a decimal number without leading zeros, or a quoted text",
            )
        elif _INFINITE.fullmatch(node.text):
            self.problems.error(node.mark, "not-finite", node.text, "a finite number")

    def escapes(self, node: ScalarNode) -> None:
        """Refuse characters that may not stand in a file when they come through an escape."""
        refused = REFUSED.search(node.text)
        if refused is not None:
            self.problems.error(
                node.mark,
                "character",
                f"an escape for the character U+{ord(refused.group()):04X}",
                "printable text, spaces and line ends",
            )

    def tag(self, mark: Mark, tag: str) -> None:
        """Refuse a tag: types come from the catalogue of facts, never from the file."""
        self.problems.error(mark, "tag", f"the tag {shown(tag)}", "a value without a tag")

    def begin(self, event: yaml.CollectionStartEvent) -> None:
        """Open a list or mapping."""
        is_mapping = type(event) is yaml.MappingStartEvent
        mark = self.mark(event)
        if len(self.stack) >= MAX_DEPTH:
            self.stop(
                mark,
                "too-deep",
                f"more than {MAX_DEPTH} lists or mappings inside each other",
                f"at most {MAX_DEPTH}",
            )
        if event.tag is not None:
            self.tag(mark, event.tag)
        if event.anchor is not None:
            self.open_anchor(mark, event.anchor)
        self.count(mark, 1)
        frame = _Frame(mark, event.anchor, self.nodes, is_mapping=is_mapping)
        if len(self.stack) == 1 and not is_mapping:
            key = self.stack[0].key
            if key is not None and key.text in self.packed:
                frame.packs = True
        self.stack.append(frame)

    def end(self, _: yaml.CollectionEndEvent) -> None:
        """Close the innermost list or mapping."""
        frame = self.stack.pop()
        node: Node
        if frame.is_mapping:
            node = MappingNode(tuple(frame.entries.values()), frame.mark)
        else:
            node = SequenceNode(tuple(frame.items), frame.mark)
        if frame.anchor is not None:
            size = self.nodes - frame.first + 1
            self.anchors[frame.anchor] = _Anchor(node, size, frame.height)
        self.put(node, frame.height)

    def alias(self, event: yaml.AliasEvent) -> None:
        """Repeat a named node, within bounds: what is small in the file may be large when read."""
        mark = self.mark(event)
        name = str(event.anchor)
        if name not in self.anchors:
            self.stop(
                mark,
                "alias",
                f"an alias of {shown(name)}",
                "a name anchored before (&name)",
            )
        anchor = self.anchors[name]
        if anchor is None:
            self.stop(
                mark,
                "alias",
                f"{shown(name)}, which refers to itself",
                "a finite value",
            )
        self.aliases += 1
        self.repeated += anchor.size
        if self.aliases > MAX_ALIASES or self.repeated > MAX_REPEATED_NODES:
            self.stop(
                mark,
                "alias",
                "aliases that repeat too much",
                f"at most {MAX_ALIASES:,} aliases repeating {MAX_REPEATED_NODES:,} values",
            )
        if len(self.stack) + anchor.height > MAX_DEPTH:
            self.stop(
                mark,
                "too-deep",
                f"more than {MAX_DEPTH} lists or mappings inside each other, aliases followed",
                f"at most {MAX_DEPTH}",
            )
        self.count(mark, anchor.size)
        self.put(anchor.node, anchor.height)

    def put(self, node: Node, height: int) -> None:
        """Place a finished node: into the innermost list, as a key, as a value, or as the root."""
        if not self.stack:
            self.root = node
            return
        frame = self.stack[-1]
        if height >= frame.height:
            frame.height = height + 1
        if not frame.is_mapping:
            frame.items.append(pack(node) if frame.packs else node)
        elif frame.key is None:
            frame.key = self.key(node)
        else:
            key, frame.key = frame.key, None
            first, _ = frame.entries.setdefault(key.text, (key, node))
            if first is not key:
                self.problems.error(
                    key.mark,
                    "duplicate-key",
                    f"{shown(key.text)} a second time in the same mapping",
                    f"each key once (the first is at line {first.mark.line}, "
                    f"column {first.mark.column})",
                )

    def key(self, node: Node) -> ScalarNode:
        """Check a key; after a problem with it, a quoted one stands in so that reading goes on."""
        if not isinstance(node, ScalarNode):
            shape = "mapping" if isinstance(node, MappingNode) else "list"
            self.problems.error(
                node.mark,
                "key",
                f"a {shape} as a key",
                "a word",
                hint="A text that begins with { or [ must be quoted.",
            )
            return ScalarNode(f"({shape} at {node.mark})", quoted=True, mark=node.mark)
        if node.quoted or node.text in self.good_keys:
            return node
        if node.text == "<<":
            self.problems.error(
                node.mark,
                "merge-key",
                "the merge key <<",
                "every key written out",
                hint="Use a named condition, or repeat the keys.",
            )
        elif _NOT_TEXT.fullmatch(node.text):
            what = f"{node.text} as a key" if node.text else "an empty key"
            self.problems.error(node.mark, "key", what, "a word; quote it if it is meant as text")
        return node

    def open_anchor(self, mark: Mark, name: str) -> None:
        """Note that a name is being given to a value that is not finished yet."""
        if name in self.anchors:
            self.stop(
                mark,
                "anchor",
                f"the anchor {shown(name)} a second time",
                "each name once",
            )
        self.anchors[name] = None

    def count(self, mark: Mark, nodes: int) -> None:
        """Count nodes against the bound of one file."""
        self.nodes += nodes
        if self.nodes > MAX_NODES:
            self.stop(
                mark,
                "too-large",
                f"more than {MAX_NODES:,} values in one file",
                "fewer",
            )

    def mark(self, event: yaml.Event) -> Mark:
        """Turn libyaml's place, from 0, into one from 1."""
        place: Any = event.start_mark
        # Half the time of Mark(...), half a million times.
        return tuple.__new__(Mark, (self.name, place.line + 1, place.column + 1))

    def stop(self, mark: Mark, code: str, found: str, expected: str) -> NoReturn:
        """Report what makes the rest of the file unreadable."""
        self.problems.error(mark, code, found, expected)
        raise _StopError

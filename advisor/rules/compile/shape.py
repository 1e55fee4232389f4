"""Walks mappings against tables of known keys; what is not known is refused, with the nearest."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from enum import Enum, IntEnum
from functools import cache
from types import MappingProxyType
from typing import Final, TypeVar, cast

from advisor.facts.catalogue import Catalogue
from advisor.facts.values import FactType
from advisor.rules import scalars
from advisor.rules.problems import Problems, listed
from advisor.rules.scalars import MisreadError
from advisor.rules.source import MappingNode, Mark, Node, ScalarNode, SequenceNode, described, shown
from advisor.rules.texts import Text, split, stray_brace

_T = TypeVar("_T")
_E = TypeVar("_E", bound=Enum)

_ID = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_NOT_ID = re.compile(r"[^a-z0-9]+")

#: Characters of an id; it appears in logs, metrics and messages.
MAX_ID: Final = 64


def ident(text: str) -> str:
    """Read an id: lower-case words joined by hyphens."""
    if not _ID.fullmatch(text) or len(text) > MAX_ID:
        right = _NOT_ID.sub("-", text.lower()).strip("-")[:MAX_ID].strip("-")
        raise MisreadError(
            f"an id: lower-case letters, digits and single hyphens, at most {MAX_ID}",
            [right] if right else [],
        )
    return text


def word_of(member: Enum) -> str:
    """Return the word by which packs name a term."""
    return member.name.lower() if isinstance(member, IntEnum) else str(member.value)


def term(terms: type[_E]) -> Callable[[str], _E]:
    """Return what reads one of the field's terms."""
    by_word = _by_word(terms)
    return lambda text: cast("_E", by_word[scalars.word(text, by_word)])


@cache
def _by_word(terms: type[Enum]) -> Mapping[str, Enum]:
    return MappingProxyType({word_of(member): member for member in terms})


def one_of(what: str, names: Collection[str]) -> Callable[[str], str]:
    """Return what reads the name of something in this pack, such as an opening."""

    def parse(text: str) -> str:
        if text not in names:
            raise MisreadError(what, names)
        return text

    return parse


def fact_name(catalogue: Catalogue, *types: FactType) -> Callable[[str], str]:
    """Return what reads the name of a fact, of one of some types where they are given."""
    what = " or ".join(f"the name of a fact of type {type_.value}" for type_ in types)
    names = [fact.name for fact in catalogue if not types or fact.type in types]
    return one_of(what or "the name of a fact", names)


class Fields:
    """The keys of one mapping.

    A key that is absent, or whose value is wrong, reads as None; what is wrong is reported once.
    """

    __slots__ = ("_entries", "mark", "problems", "what")

    def __init__(
        self,
        node: Node,
        what: str,
        keys: Collection[str],
        problems: Problems,
        *,
        required: Iterable[str] = (),
        later: Collection[str] = (),
    ) -> None:
        """Check the keys of a mapping.

        Args:
            node: What stands at the place; anything but a mapping is reported, and reads as empty.
            what: What the mapping is, with its article, for messages.
            keys: Keys it may have.
            problems: Takes what is wrong.
            required: Keys it must have.
            later: Keys that the language declares and that do not work yet.
        """
        self.what = what
        self.mark = node.mark
        self.problems = problems
        self._entries: dict[str, tuple[ScalarNode, Node]] = {}
        if not isinstance(node, MappingNode):
            problems.error(node.mark, "shape", described(node), f"{what}: a mapping of keys")
            return
        for key, value in node.entries:
            if key.text in keys:
                self._entries[key.text] = (key, value)
            elif key.text in later:
                found = f"{key.text}, which is not supported yet"
                problems.error(key.mark, "not-supported", found, f"{what} without it")
            else:
                found = f"the unknown key {shown(key.text)} in {what}"
                expected = listed(keys)
                problems.error(key.mark, "unknown-key", found, expected, near=(key.text, keys))
        for key_text in required:
            if key_text not in self._entries:
                problems.error(
                    node.mark, "missing-key", f"{what} without {key_text}", f"the key {key_text}"
                )

    def __contains__(self, key: str) -> bool:
        """Tell whether a key is there."""
        return key in self._entries

    def node(self, key: str) -> Node | None:
        """Return what stands at a key."""
        entry = self._entries.get(key)
        return None if entry is None else entry[1]

    def key_mark(self, key: str) -> Mark:
        """Return where a key stands; without it, where the mapping begins."""
        entry = self._entries.get(key)
        return self.mark if entry is None else entry[0].mark

    def read(self, key: str, parse: Callable[[str], _T]) -> _T | None:
        """Read the scalar at a key."""
        node = self.node(key)
        return None if node is None else scalars.read(node, parse, self.problems)

    def text(self, key: str) -> str | None:
        """Read plain words for people who work with the pack; they need no quotes."""
        return self.read(key, scalars.text)

    def spoken(self, key: str) -> Text | None:
        """Read a text with placeholders; it must be quoted."""
        node = self.node(key)
        return None if node is None else spoken(node, self.problems)

    def each(self, key: str, parse: Callable[[str], _T]) -> tuple[_T, ...] | None:
        """Read a list of scalars, or one scalar that stands for a list of one."""
        node = self.node(key)
        if node is None:
            return None
        if isinstance(node, ScalarNode):
            one = scalars.read(node, parse, self.problems)
            return None if one is None else (one,)
        read = [scalars.read(item, parse, self.problems) for item in items(node, self.problems)]
        return tuple(value for value in read if value is not None)


def items(node: Node, problems: Problems, what: str = "a list") -> Iterator[Node]:
    """Iterate over a list; anything else is reported, and reads as empty."""
    if isinstance(node, SequenceNode):
        yield from node
    else:
        problems.error(node.mark, "shape", described(node), what)


def entries(
    node: Node, problems: Problems, what: str = "a mapping of names"
) -> Iterator[tuple[ScalarNode, Node]]:
    """Iterate over a mapping of names; anything else is reported, and reads as empty."""
    if isinstance(node, MappingNode):
        yield from node.entries
    else:
        problems.error(node.mark, "shape", described(node), what)


def spoken(node: Node, problems: Problems) -> Text | None:
    """Read a text with placeholders.

    It must be quoted: unquoted, ``Press # to`` ends at ``Press``, and ``{a}`` is a mapping.
    """
    hint = "Unquoted, a # ends it and a { makes it a mapping."
    if isinstance(node, MappingNode):
        problems.error(node.mark, "unquoted-text", described(node), "a quoted text", hint=hint)
        return None
    written = scalars.read(node, scalars.text, problems)
    if written is None or not isinstance(node, ScalarNode):
        return None
    if not node.quoted:
        problems.error(node.mark, "unquoted-text", shown(written), "a quoted text", hint=hint)
    stray = stray_brace(written)
    if stray is not None:
        problems.error(
            node.mark,
            "stray-brace",
            f"a brace that belongs to no fact, at {shown(written[stray : stray + 20])}",
            "a fact's name in braces, such as {brand.name}",
        )
        return None
    return split(written)

"""Packs are read strictly, at once, and never at the cost of the process."""

from __future__ import annotations

import gc
import importlib.util
import re
import sys
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from advisor.rules import reader
from advisor.rules.decoding import MAX_BYTES
from advisor.rules.problems import Problem, Problems, render
from advisor.rules.reader import MAX_ALIASES, MAX_DEPTH, MAX_SCALAR, read
from advisor.rules.source import MappingNode, Mark, Node, ScalarNode, SequenceNode, Source

BAD = sorted(Path(__file__).parent.glob("bad/reading/*.yaml"))


def reading(data: bytes | str) -> tuple[Node | None, list[Problem]]:
    """Read one file called pack.yaml."""
    problems = Problems()
    node = read("pack.yaml", data.encode() if isinstance(data, str) else data, problems)
    return node, list(problems)


def plain(node: Node) -> object:
    """Turn a tree into dicts, lists and text."""
    if isinstance(node, ScalarNode):
        return node.text
    if isinstance(node, SequenceNode):
        return [plain(item) for item in node]
    return {key.text: plain(value) for key, value in node.entries}


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_bad_file(path: Path) -> None:
    """Every mistake of writing is reported at its place, with what was expected and a caret."""
    problems = Problems()
    data = path.read_bytes()
    read(path.name, data, problems)
    sources = {path.name: Source.of_bytes(path.name, data)}
    shown = "".join(f"{render(problem, sources)}\n" for problem in problems)
    assert shown == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("data", "mark", "found"),
    [
        (b"\xff\xfea\x00:\x00", Mark("pack.yaml", 1, 1), "a file in UTF-16 or UTF-32"),
        (b"\xef\xbb\xbfa: 1", Mark("pack.yaml", 1, 1), "a byte order mark"),
        (b"a: 1\r\nb: \xe9", Mark("pack.yaml", 2, 4), "a byte that is not UTF-8 (0xE9)"),
        (b"a: 1\rb: \x00", Mark("pack.yaml", 2, 4), "the character U+0000"),
        (b"\x7fELF\x02", Mark("pack.yaml", 1, 1), "the character U+007F"),
        (b"a: \xc2\x85", Mark("pack.yaml", 1, 4), "the character U+0085"),
        (b"a: \xe2\x80\xa9", Mark("pack.yaml", 1, 4), "the character U+2029"),
        (b"a: \xef\xbb\xbf", Mark("pack.yaml", 1, 4), "the character U+FEFF"),
        (b"", Mark("pack.yaml", 1, 1), "an empty file"),
        (b" " * (MAX_BYTES + 1), Mark("pack.yaml", 1, 1), f"a file of {MAX_BYTES + 1:,} bytes"),
    ],
)
def test_bytes_that_are_no_text(data: bytes, mark: Mark, found: str) -> None:
    """Binary files, other encodings and line breaks that only some readers know are refused."""
    node, problems = reading(data)
    assert node is None
    assert [(problem.mark, problem.found) for problem in problems] == [(mark, found)]


@pytest.mark.parametrize(
    "data",
    [
        b"[" * 100_000 + b"]" * 100_000,
        b"[" * 200_000,
        b'{"a":' * 40_000,
        b"- " * 100_000,
        b"".join(b" " * depth + b"a:\n" for depth in range(600)),
    ],
    ids=["brackets", "open brackets", "braces", "dashes", "indentation"],
)
def test_nesting_is_bounded(data: bytes) -> None:
    """200 kB of nesting (fault 23) is an error within 50 ms of work, not the end of the process."""
    # The tests' own garbage, collected in the midst of it, would be counted as the reader's work.
    gc.collect()
    gc.disable()
    try:
        began = time.process_time()
        node, problems = reading(data)
        spent = time.process_time() - began
    finally:
        gc.enable()
    assert node is None
    assert [problem.code for problem in problems] == ["too-deep"]
    assert spent < 0.05


def test_deepest_that_is_read() -> None:
    """Nesting up to the bound is read."""
    node, problems = reading("[" * MAX_DEPTH + "]" * MAX_DEPTH)
    assert isinstance(node, SequenceNode)
    assert problems == []


@pytest.mark.parametrize(
    "data",
    [
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(
            f"{new}: &{new} [{','.join([f'*{old}'] * 9)}]\n"
            for old, new in zip("abcdefgh", "bcdefghi", strict=True)
        ),
        "a: &a x\nb: [" + ",".join(["*a"] * (MAX_ALIASES + 1)) + "]",
    ],
    ids=["billion laughs", "many"],
)
def test_aliases_are_bounded(data: str) -> None:
    """A file that grows by repeating itself (fault 23) is refused before it grows."""
    began = time.process_time()
    node, problems = reading(data)
    spent = time.process_time() - began
    assert node is None
    assert [problem.found for problem in problems] == ["aliases that repeat too much"]
    assert spent < 0.05


def test_aliases_cannot_hide_depth() -> None:
    """Levels repeated through aliases count as if they had been written out."""
    half = MAX_DEPTH // 2
    nested = "[" * half
    data = f"a: &a {nested}{']' * half}\nb: {nested}*a{']' * half}\n"
    _, problems = reading(data)
    assert [problem.code for problem in problems] == ["too-deep"]


def test_alias_repeats_its_value() -> None:
    """An alias stands for the value that was given the name, scalar or not."""
    node, problems = reading("a: &a {b: &b c}\nd: [*a, *b]\ne: *b\n")
    assert node is not None
    assert plain(node) == {"a": {"b": "c"}, "d": [{"b": "c"}, "c"], "e": "c"}
    assert problems == []


def test_nodes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of more values than any pack needs is refused, by lists and by scalars."""
    monkeypatch.setattr(reader, "MAX_NODES", 3)
    assert [problem.code for problem in reading("[[], [], []]")[1]] == ["too-large"]
    assert [problem.code for problem in reading("[a, b, c]")[1]] == ["too-large"]
    assert reading("[a, b]")[1] == []


def test_long_scalar() -> None:
    """A text longer than anyone could say is refused."""
    _, problems = reading(f"a: {'x' * (MAX_SCALAR + 1)}")
    assert [(problem.mark, problem.code) for problem in problems] == [
        (Mark("pack.yaml", 1, 4), "too-long")
    ]


def test_core_scalars_stay_text() -> None:
    """No word is guessed at: NO is text, 21:30 is not 1290, and whether it was quoted is kept."""
    node, problems = reading("a: [NO, 21:30, 12:30:45, 1_000, yes, 0, 0.5, -.5, '010', .inf-like]")
    assert problems == []
    assert isinstance(node, MappingNode)
    items = node.get("a")
    assert isinstance(items, SequenceNode)
    assert [(item.text, item.quoted) for item in items if isinstance(item, ScalarNode)] == [
        ("NO", False),
        ("21:30", False),
        ("12:30:45", False),
        ("1_000", False),
        ("yes", False),
        ("0", False),
        ("0.5", False),
        ("-.5", False),
        ("010", True),
        (".inf-like", False),
    ]


def test_places_of_keys_and_values() -> None:
    """Every key and every value keeps its line and column, counted in characters."""
    node, _ = reading("é: 1\nb:\n  - 'x'\n  - {c: d}\n")
    assert isinstance(node, MappingNode)
    (first, one), (second, items) = node.entries
    assert [first.mark, one.mark, second.mark, items.mark] == [
        Mark("pack.yaml", 1, 1),
        Mark("pack.yaml", 1, 4),
        Mark("pack.yaml", 2, 1),
        Mark("pack.yaml", 3, 3),
    ]
    assert isinstance(items, SequenceNode)
    assert [item.mark.column for item in items] == [5, 5]
    assert node.get("c") is None


def test_first_of_a_double_key_is_kept() -> None:
    """Reading goes on after a double key, so that the other mistakes are found in the same run."""
    node, problems = reading("a: 1\na: 2\nb: !x 3\n")
    assert node is not None
    assert plain(node) == {"a": "1", "b": "3"}
    assert [problem.code for problem in problems] == ["duplicate-key", "tag"]


def test_tagged_list_and_wrong_keys() -> None:
    """Tags of lists are refused as well, and a key that is a list does not end the reading."""
    node, problems = reading("? [a]\n: 1\nb: !!set {c: d}\n")
    assert [problem.code for problem in problems] == ["key", "tag"]
    assert isinstance(node, MappingNode)
    assert [key.quoted for key, _ in node.entries] == [True, False]


def test_yaml_1_2_may_be_declared() -> None:
    """A file may say that it is YAML 1.2; other directives are refused."""
    assert reading("%YAML 1.2\n---\na: 1\n")[1] == []
    assert [p.code for p in reading("%TAG !x! tag:x\n---\na: 1\n")[1]] == ["directive"]


@given(st.binary(max_size=400))
def test_any_bytes(data: bytes) -> None:
    """Whatever the bytes, there is a tree or a problem, and never an exception."""
    node, problems = reading(data)
    assert (node is None) == any(problem.code in _NO_TREE for problem in problems)


_NO_TREE = {
    "encoding",
    "character",
    "syntax",
    "empty",
    "too-deep",
    "alias",
    "anchor",
    "documents",
} | {"directive"}


@given(
    st.lists(
        st.sampled_from(
            [
                "\n",
                "  ",
                ": ",
                "- ",
                "&a ",
                "*a",
                "!t ",
                "---\n",
                "\t",
                "\u2028",
                "<<",
                *"a1é[]{},'\"|>#?%\\",
            ]
        ),
        max_size=30,
    ).map("".join)
)
def test_any_likely_text(text: str) -> None:
    """Whatever is made of YAML's own signs, there is a tree or a problem at a place in the file."""
    node, problems = reading(text)
    assert node is not None or problems
    lines = Source("pack.yaml", text).lines
    for problem in problems:
        assert 1 <= problem.mark.line <= len(lines) + 1
        assert problem.mark.column >= 1


_WORD = st.text("abc xyzäöü:#-'\"{}[],&*!|>%@`?\n", min_size=1, max_size=12)


@given(
    st.recursive(
        _WORD | st.integers(1, 10**6).map(str),
        lambda inner: (
            st.lists(inner, max_size=4)
            | st.dictionaries(st.text("abcdef", min_size=1), inner, max_size=4)
        ),
    ),
    st.sampled_from([None, True, False]),
)
def test_agrees_with_the_library(tree: object, flow: bool | None) -> None:  # noqa: FBT001
    """On plain structures the composer builds what PyYAML builds, in any of YAML's styles."""
    written = yaml.safe_dump(tree, allow_unicode=True, default_flow_style=flow)
    node, problems = reading(written)
    assert problems == []
    assert node is not None
    assert plain(node) == tree


@given(st.lists(st.dictionaries(st.text("abc", min_size=1), _WORD | st.lists(_WORD)), max_size=5))
def test_packed_entries(entries: list[dict[str, object]]) -> None:
    """Entries that are kept packed are the same, place by place, when they are looked at."""
    data = yaml.safe_dump({"guidance": entries, "other": [["x"]]}).encode()
    problems = Problems()
    trees = [read("a.yaml", data, problems, packed=frozenset(keys)) for keys in ((), ("guidance",))]
    first, second = ([repr(node) for node in _walk(tree)] for tree in trees)
    assert first == second


def _walk(node: Node | None) -> list[tuple[str, Mark]]:
    assert node is not None
    if isinstance(node, ScalarNode):
        return [(f"{node.text} {node.quoted}", node.mark)]
    if isinstance(node, SequenceNode):
        return [("list", node.mark), *(pair for item in node for pair in _walk(item))]
    return [
        ("mapping", node.mark),
        *(pair for key, value in node.entries for pair in [*_walk(key), *_walk(value)]),
    ]


def test_ten_thousand_rules() -> None:
    """10,000 rules are read in some seconds even on a busy machine."""
    rule = '  - {id: rule-%d, because: So., when: {card.tier: low}, then: [{say: {text: "Hi"}}]}\n'
    data = ("guidance:\n" + "".join(rule % number for number in range(10_000))).encode()
    problems = Problems()
    began = time.process_time()
    node = read("a.yaml", data, problems, packed=frozenset({"guidance"}))
    spent = time.process_time() - began
    assert isinstance(node, MappingNode)
    guidance = node.get("guidance")
    assert isinstance(guidance, SequenceNode)
    assert len(guidance.items) == 10_000
    assert spent < 5


def test_library_without_libyaml(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where PyYAML was built without libyaml, the error says what to install."""
    monkeypatch.setitem(sys.modules, "yaml._yaml", None)
    spec = importlib.util.find_spec("advisor.rules.reader")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    with pytest.raises(ImportError, match=re.escape("binary wheel of PyYAML")):
        spec.loader.exec_module(module)

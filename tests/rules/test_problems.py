"""Problems are collected once, sorted, bounded, and shown where they are."""

from __future__ import annotations

import pytest

from advisor.rules import problems as module
from advisor.rules.problems import (
    EXCERPT_WIDTH,
    Problem,
    Problems,
    Severity,
    listed,
    nearest,
    render,
)
from advisor.rules.source import Mark, ScalarNode, SequenceNode, Source, described, shown


def test_sorted_and_once() -> None:
    """Problems come by file, line and column, each once, however they were found."""
    problems = Problems()
    marks = [Mark("b.yaml", 1, 1), Mark("a.yaml", 2, 3), Mark("a.yaml", 2, 1), Mark("b.yaml", 1, 1)]
    for mark in marks:
        problems.error(mark, "code", "this")
    assert [problem.mark for problem in problems] == sorted(set(marks))
    assert len(problems) == 3


def test_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond the bound problems are counted, not kept, and no similar word is searched for."""
    monkeypatch.setattr(module, "MAX_PROBLEMS", 1)
    problems = Problems()
    for line in (1, 1, 2, 3):
        problems.error(Mark("a.yaml", line, 1), "code", "this", near=("whem", ["when"]))
    assert [problem.nearest for problem in problems] == ["when"]
    assert problems.omitted == 2


def test_warnings_do_not_stop_a_pack() -> None:
    """Only an error keeps a pack from being used."""
    problems = Problems()
    assert not problems.has_errors
    problems.warning(Mark("a.yaml", 1, 1), "phrase", "pressure")
    assert not problems.has_errors
    problems.error(Mark("a.yaml", 1, 1), "code", "this")
    assert problems.has_errors


def test_plain_form() -> None:
    """A problem has a form for JSON that says all the text says."""
    problem = Problem(
        mark=Mark("a.yaml", 3, 5),
        code="unknown-key",
        found="whem",
        expected="a key of a rule",
        nearest="when",
        hint="Look.",
        severity=Severity.WARNING,
    )
    assert problem.as_dict() == {
        "file": "a.yaml",
        "line": 3,
        "column": 5,
        "severity": "warning",
        "code": "unknown-key",
        "found": "whem",
        "expected": "a key of a rule",
        "nearest": "when",
        "hint": "Look.",
    }


@pytest.mark.parametrize(
    ("line", "column", "excerpt"),
    [
        ("\ta: \x1b[31m", 2, "  1 |  a: �[31m\n    |  ^"),
        ("x" * 300, 200, f"  1 | {'x' * EXCERPT_WIDTH}\n    | {' ' * 48}^"),
        ("short", 6, "  1 | short\n    |      ^"),
        ("   ", 2, ""),
    ],
    ids=["unprintable", "long", "at the end", "blank"],
)
def test_caret(line: str, column: int, excerpt: str) -> None:
    """The caret stands under the place, and nothing a file holds can reach a terminal raw."""
    problem = Problem(mark=Mark("a.yaml", 1, column), code="code", found="this")
    first, *rest = render(problem, {"a.yaml": Source("a.yaml", line)}).split("\n")
    assert first == f"a.yaml:1:{column}: error: this"
    assert "\n".join(rest) == excerpt


def test_without_its_source() -> None:
    """A problem can be shown without the file, and beyond its end."""
    problem = Problem(mark=Mark("a.yaml", 9, 1), code="code", found="this", hint="Do that.")
    shown_bare = "a.yaml:9:1: error: this\n  Do that."
    assert render(problem, {}) == shown_bare
    assert render(problem, {"a.yaml": Source("a.yaml", "one line")}) == shown_bare


def test_nearest() -> None:
    """The most similar word is found, also where only the case differs."""
    assert nearest("preferrred_name", ["preferred_name", "name_hint"]) == "preferred_name"
    assert nearest("US-FL", ["us-fl"]) == "us-fl"
    assert nearest("zzz", ["when", "unless"]) == ""


def test_nearest_of_very_many() -> None:
    """Among very many words only those that could be meant are compared."""
    rules = [f"rule-{number}" for number in range(5_000)]
    assert nearest("other-rule", rules) == ""
    assert nearest("headlime", [*rules, "headline"]) == "headline"


def test_words_for_messages() -> None:
    """What an author wrote is repeated on one line, printable and bounded."""
    assert listed(["a"]) == "a"
    assert listed(["a", "b", "c"]) == "a, b or c"
    assert shown("a\nb\x1b") == '"a�b�"'
    assert shown("x" * 100) == f'"{"x" * 59}…"'
    mark = Mark("a.yaml", 1, 1)
    assert str(mark) == "a.yaml:1:1"
    assert described(ScalarNode("~", False, mark)) == "nothing"  # noqa: FBT003
    assert described(ScalarNode("~", True, mark)) == '"~"'  # noqa: FBT003
    assert described(SequenceNode((), mark)) == "a list"

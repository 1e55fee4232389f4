"""What the documentation lists is all there is, and as it is now."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from advisor.cli.main import COMMANDS
from advisor.cli.rules.group import COMMANDS as RULES_COMMANDS
from advisor.rules.conditions import Operator
from advisor.server.errors import ErrorReason
from advisor.server.logs import FIELDS
from advisor.server.metrics import Metrics
from advisor.store.errors import Reason
from docs.generate import pages
from tests.docs.service import ROOT

_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def page(name: str) -> str:
    """Return the text of a page."""
    return (ROOT / name).read_text("utf-8")


def not_in(text: str, words: list[str]) -> list[str]:
    """Return the words that do not stand in a text as code."""
    return [word for word in words if f"`{word}`" not in text]


def test_generated_pages_are_current() -> None:
    """Settings, terms, messages and facts are those of the code (004-34, 000-02)."""
    written = pages()
    stale = [path.name for path, text in written.items() if path.read_text("utf-8") != text]
    assert not stale, "run: python -m docs.generate"


def test_every_command_is_in_the_readme() -> None:
    """The table of commands leaves none out."""
    names = [f"advisor {name}" for name in COMMANDS if name != "rules"]
    names += [f"advisor rules {name}" for name in RULES_COMMANDS]
    assert not [name for name in names if f"`{name}" not in page("README.md")]


def test_every_operator_is_explained_to_authors() -> None:
    """The table of operators leaves none out."""
    assert not not_in(page("docs/rule-authors.md"), [operator.value for operator in Operator])


def test_every_reason_of_an_error_is_explained_to_integrators() -> None:
    """A program can look up each stable reason."""
    assert not not_in(page("docs/integrators.md"), [reason.value for reason in ErrorReason])


def test_every_failure_of_the_store_is_explained_to_operators() -> None:
    """The word in a log line or an answer says what to do."""
    assert not not_in(page("docs/operators.md"), [reason.value for reason in Reason])


def test_every_metric_is_explained_to_operators() -> None:
    """What Prometheus reads is listed, by the name under which it is read."""
    registry = CollectorRegistry()
    Metrics(registry)
    names = [
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in registry.collect()
    ]
    assert not not_in(page("docs/operators.md"), names)


def test_every_field_of_the_log_is_explained_to_operators() -> None:
    """What a line may hold is listed."""
    assert not not_in(page("docs/operators.md"), sorted(FIELDS))


@pytest.mark.parametrize(
    "path", [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")], ids=lambda path: path.name
)
def test_links_lead_somewhere(path: Path) -> None:
    """A link inside the project leads to a file, and to a heading where it names one."""
    lost: list[str] = []
    for link in _LINK.findall(path.read_text("utf-8")):
        if "://" in link:
            continue
        name, _, heading = link.partition("#")
        target = path if not name else (path.parent / name).resolve()
        if not target.exists() or (heading and heading not in headings(target)):
            lost.append(link)
    assert not lost


def headings(path: Path) -> set[str]:
    """Return the anchors of a page."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.startswith("#")]
    return {
        re.sub(r"[^\w -]", "", line.lstrip("#").strip().lower()).replace(" ", "-") for line in lines
    }

"""The JSON Schema for editors: what it accepts, and what it refuses with the compiler."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.rules.compile.pack import compile_pack
from advisor.rules.problems import Problems
from advisor.rules.reader import read
from advisor.rules.source import MappingNode, Node, ScalarNode, SequenceNode
from advisor.workbench.schema.document import pack_schema

ROOT = Path(__file__).parents[2]
BASE = ROOT / "tests" / "rules" / "bad" / "base.yaml"
SCHEMA = pack_schema(BUILT_IN)
PACK_FILES = sorted(p for p in (ROOT / "rules").rglob("*.yaml"))


def _plain(node: Node | None) -> Any:  # noqa: ANN401 - a JSON value
    """Read a tree as an editor does: YAML 1.2, core."""
    if isinstance(node, MappingNode):
        return {key.text: _plain(value) for key, value in node.entries}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node]
    assert isinstance(node, ScalarNode)
    if not node.quoted and node.text in ("true", "false", "null", "~", ""):
        return {"true": True, "false": False}.get(node.text)
    if not node.quoted and re.fullmatch(r"[-+]?[0-9]+(\.[0-9]+)?", node.text):
        return float(node.text) if "." in node.text else int(node.text)
    return node.text


def _loaded(data: bytes) -> Any:  # noqa: ANN401 - a JSON value
    problems = Problems()
    tree = read("a.yaml", data, problems)
    assert list(problems) == []
    return _plain(tree)


def _complaints(data: bytes, schema: dict[str, Any] = SCHEMA) -> list[str]:
    return [error.message for error in Draft202012Validator(schema).iter_errors(_loaded(data))]


def test_the_schema_is_one() -> None:
    """What is generated is a valid schema of draft 2020-12, and plain JSON."""
    Draft202012Validator.check_schema(SCHEMA)
    assert json.loads(json.dumps(SCHEMA)) == SCHEMA


@pytest.mark.parametrize(
    "file", [BASE, *PACK_FILES], ids=lambda file: f"{file.parent.name}-{file.stem}"
)
def test_what_the_compiler_accepts_the_schema_accepts(file: Path) -> None:
    """An editor finds nothing wrong with a pack that is right."""
    assert _complaints(file.read_bytes()) == []


def test_every_fact_can_be_completed_and_explains_itself() -> None:
    """An editor offers every fact of the live catalogue, with its help."""
    properties = SCHEMA["$defs"]["condition"]["properties"]
    assert {name for name in properties if "." in name} == set(BUILT_IN.facts)
    assert properties["complaints.open"]["description"] == (
        "How many complaints of the customer are open. (whole number, in complaints) "
        "Told to a customer who is verified."
    )


RULE = """
guidance:
  - id: a-rule
    because: Because.
    when: {WHEN}
    then:
      - say: {name: words, stage: headline, force: must, text: "Words."}
"""
SAY = "      - say:"

#: What both refuse: the text of a file that is added to a good pack.
WRONG = {
    "an unknown section": "rulez: []",
    "an unknown key": "eligibility: [{id: a, because: B., then: {decision: block}, colour: red}]",
    "an id with capitals": RULE.replace("a-rule", "A_Rule").replace("WHEN", "card.tier: low"),
    "a misspelt fact": RULE.replace("WHEN", "card.tear: low"),
    "an operator of another type": RULE.replace("WHEN", "card.tier: {contains: low}"),
    "an unknown operator": RULE.replace("WHEN", "card.tier: {above: low}"),
    "a word that is no choice": RULE.replace("WHEN", "card.tier: lowish"),
    "a number in words": RULE.replace("WHEN", "complaints.open: {at_least: two}"),
    "a between of three": RULE.replace("WHEN", "complaints.open: {between: [1, 2, 3]}"),
    "a month": RULE.replace("WHEN", "history.last_refusal.at: {in_the_last: 1 month}"),
    "a time without a zero": RULE.replace("WHEN", "now.local_time: {at_least: 9:00}"),
    "an excuse as a mapping": RULE.replace(
        "when: {WHEN}", "unless: {card.tier: low, card.balance: 1}"
    ),
    "allow": ("eligibility: [{id: a, because: B., then: {decision: allow, reason: no_relevance}}]"),
    "a ruling without a reason": "eligibility: [{id: a, because: B., then: {decision: block}}]",
    "a reaction without its event": (
        "reactions: [{id: a, because: B., then: [{say: {name: n, force: must, text: 'Hi.'}}]}]"
    ),
    "a stage in a reaction": (
        "reactions: [{id: a, because: B., on: customer_busy, "
        "then: [{say: {name: n, stage: body, force: must, text: 'Hi.'}}]}]"
    ),
    "a limit that counts and waits": (
        "limits: [{id: a, at_most: 1, count: attempts, in: 1 day, wait: 1 day, after: refusal}]"
    ),
    "a calendar of no day": "calendars: [{id: a, open: {someday: ['08:00-20:00']}}]",
    "a credit and a debit": ("engagement: [{id: a, because: B., then: {credit: 1, debit: 1}}]"),
    "a test that expects nothing": (
        "tests: [{name: a, given: {purpose: pin-migration, at: '2026-01-12 15:00 Europe/London'}}]"
    ),
    "two items in one entry": RULE.replace("WHEN", "card.tier: low")
    + "        ask: {name: who, what: person, stage: headline, force: must, text: 'You?'}\n",
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_the_schema_refuses_the_compiler_refuses(wrong: str) -> None:
    """A mistake of shape is shown while typing, and none that is shown is right."""
    files = {"base.yaml": BASE.read_bytes(), "wrong.yaml": wrong.encode()}
    pack, _ = compile_pack(files, BUILT_IN)
    assert pack is None
    assert _complaints(wrong.encode()) != []


OWN = RULE.replace("WHEN", "bank.pin_uzed: no")


def test_a_companys_own_facts_are_checked_against_its_own_catalogue() -> None:
    """The schema of one pack knows its own facts; the general one lets any prefix pass."""
    pack, _ = compile_pack({"base.yaml": BASE.read_bytes()}, BUILT_IN)
    assert pack is not None
    closed = pack_schema(pack.catalogue, closed=True)
    assert _complaints(OWN.encode()) == []
    assert _complaints(OWN.replace("uzed", "used").encode(), closed) == []
    assert _complaints(OWN.encode(), closed) != []


def test_the_scope_of_a_folder_is_accepted() -> None:
    """A `_for.yaml` binds a brand, regions and dates."""
    folder = "for: {brand: acme, region: [US, CA]}\nfrom: 2026-01-01\nthrough: 2026-02-01\n"
    assert _complaints(folder.encode()) == []

"""The commands on packs: what they print, and their exit codes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from advisor.cli.main import main

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "tests" / "workbench" / "small.yaml"
SHE = "she never used her PIN"
CONTEXT = """
call: {call_id: c-1, brand: acme, time_zones: [Europe/London]}
purpose: {id: pin-migration, occasion: {starts_on: 2026-02-01}}
attributes: {bank.pin_used: no}
"""


def _run(*args: str) -> Result:
    return CliRunner().invoke(main, ["rules", *args], catch_exceptions=False)


@pytest.fixture
def wrong(tmp_path: Path) -> Path:
    """A pack with one mistake."""
    text = SMALL.read_text(encoding="utf-8")
    (tmp_path / "small.yaml").write_text(text.replace("card.tier: full", "card.tear: full"))
    return tmp_path


@pytest.fixture
def failing(tmp_path: Path) -> Path:
    """A pack with a test that fails."""
    text = SMALL.read_text(encoding="utf-8")
    (tmp_path / "small.yaml").write_text(
        text.replace("opening: standard,", "opening: proof-first,")
    )
    return tmp_path


def test_a_right_pack_is_checked_in_one_line() -> None:
    """Nothing wrong is one line, and exit code 0."""
    result = _run("check", str(SMALL))
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0].startswith(
        f"{SMALL}: 0 errors, 0 warnings; 16 rules, 3 purposes, version "
    )


def test_a_mistake_is_shown_at_its_place_with_a_caret(wrong: Path) -> None:
    """File, line, column, what was found, the line itself and the nearest right name."""
    result = _run("check", str(wrong))
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        (
            'small.yaml:139:12: error: the unknown fact "card.tear"; expected the name of a fact, '
            "or all, any, not or use"
        ),
        "  139 |     when: {card.tear: full}",
        "      |            ^",
        "  did you mean card.tier?",
        f"{wrong}: 1 error, 0 warnings",
    ]


def test_problems_are_json_for_machines(wrong: Path) -> None:
    """An editor or a pipeline reads the same problems as data."""
    result = _run("check", str(wrong), "--json")
    assert result.exit_code == 1
    found = json.loads(result.stdout)
    assert (found["errors"], found["warnings"]) == (1, 0)
    assert [(p["file"], p["line"], p["nearest"]) for p in found["problems"]] == [
        ("small.yaml", 139, "card.tier")
    ]


def test_problems_beyond_the_bound_are_counted(tmp_path: Path) -> None:
    """A pack with a thousand mistakes shows the first of them, and counts the rest."""
    (tmp_path / "a.yaml").write_text("".join(f"section{n}: 1\n" for n in range(600)))
    result = _run("check", str(tmp_path))
    assert result.exit_code == 1
    assert "and " in result.stdout.splitlines()[-2]
    assert result.stdout.splitlines()[-1].endswith("errors, 0 warnings")


@pytest.mark.parametrize("command", ["test", "read", "schema", "facts"])
def test_a_wrong_pack_shows_its_mistakes_whatever_was_asked(wrong: Path, command: str) -> None:
    """Nothing else is done with a pack that is wrong."""
    result = _run(command, str(wrong))
    assert result.exit_code == 1
    assert "did you mean card.tier?" in result.stderr
    assert result.stdout == ""


def test_the_tests_of_a_pack_pass() -> None:
    """A pack whose tests pass says so, and which rules no test makes speak."""
    result = _run("test", str(SMALL))
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first == "3 tests passed"
    assert second.startswith("never speak in a test: all-collection, ")


def test_a_test_that_fails_is_shown_at_its_place(failing: Path) -> None:
    """What was expected and what was found, with exit code 1."""
    result = _run("test", str(failing))
    assert result.exit_code == 1
    assert result.stdout.splitlines()[:2] == [
        f"FAIL {SHE}",
        "     small.yaml:191:5: the opening should be proof-first, and is standard",
    ]
    found = json.loads(_run("test", str(failing), "--json").stdout)
    assert (found["passed"], found["tests"][0]["shows"]) == (False, ["004-23"])
    assert found["tests"][0]["failures"] == [
        {
            "place": "small.yaml:191:5",
            "failure": "the opening should be proof-first, and is standard",
        }
    ]


def test_some_tests_can_be_chosen() -> None:
    """Only tests with these words in their name are run; none at all is a misuse."""
    result = _run("test", str(SMALL), "--only", "sales", "--verbose")
    assert result.stdout.splitlines() == [
        "ok   sales hours (row 1)",
        "ok   sales hours (row 2)",
        "2 tests passed",
    ]
    none = _run("test", str(SMALL), "--only", "nonsense")
    assert none.exit_code == 2
    assert "has a name with “nonsense” in it" in none.stderr


def test_a_pack_is_read_aloud() -> None:
    """One rule or one section can be read by itself."""
    assert _run("read", str(SMALL), "--only", "any-time").stdout.splitlines() == [
        "",
        "calendars",
        "",
        "any-time  Call at any time. This is the company's policy. Why: We are always there.",
    ]
    found = json.loads(_run("read", str(SMALL), "--only", "limits", "--json").stdout)
    assert [each["id"] for each in found] == ["one-a-day", "peace"]
    assert _run("read", str(SMALL), "--only", "nonsense").exit_code == 1
    assert len(_run("read", str(SMALL)).stdout.splitlines()) > 20


def test_the_rules_that_speak_are_explained() -> None:
    """The verdict, then each rule with the facts that made it apply."""
    result = _run("explain", str(SMALL), SHE)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[0] == "ALLOW"
    assert "    bank.pin_used is no: yes (it is no)" in result.stdout.splitlines()


def test_a_call_that_is_put_off_says_why_and_until_when() -> None:
    """Reasons and the next time are part of the explanation."""
    lines = _run("explain", str(SMALL), "sales hours (row 1)").stdout.splitlines()
    assert lines[0] == "DEFER"
    assert lines[1].startswith("  outside_legal_window (sales-hours): ")
    assert "  not before 2026-01-12 13:00 UTC" in lines


def test_a_context_file_is_explained_like_a_request(tmp_path: Path) -> None:
    """The file that `advisor advise` takes is explained at a stated instant, or now."""
    context = tmp_path / "call.yaml"
    context.write_text(CONTEXT)
    at = ("--at", "2026-01-12 15:00 Europe/London")
    result = _run("why-not", str(SMALL), str(context), "pin-never-used", *at)
    assert result.stdout.splitlines()[-1] == (
        "pin-never-used/reminder is shown: Shall I have a reminder sent?"
    )
    assert _run("explain", str(SMALL), str(context)).exit_code == 0
    context.write_text(CONTEXT.replace("pin-migration", "nonsense"))
    refused = _run("explain", str(SMALL), str(context))
    assert refused.exit_code == 1
    assert "nonsense" in refused.stderr
    context.write_text(CONTEXT.replace("pin_used: no", "pin_used: 3"))
    assert _run("explain", str(SMALL), str(context)).exit_code == 1


def test_a_reaction_is_asked_after_its_event() -> None:
    """Why-not of a reaction names the event that it waits for."""
    waiting = _run("why-not", str(SMALL), SHE, "busy")
    assert waiting.stdout.splitlines()[-1].endswith("nothing of the kind happened")
    answered = _run("why-not", str(SMALL), SHE, "busy/sorry", "--event", "customer_busy")
    assert answered.stdout.splitlines()[-1] == "busy/sorry is shown: Of course."


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (("why-not", str(SMALL), SHE, "gret"), "did you mean greet?"),
        (("why-not", str(SMALL), SHE, "qqqqqq"), "the pack has no rule qqqqqq\n"),
        (("explain", str(SMALL), "she never used the PIN"), f"did you mean “{SHE}”?"),
        (("explain", str(SMALL), "zzz"), "no file and no test of the pack is called “zzz”\n"),
        (("explain", str(SMALL), str(SMALL), "--at", "yesterday"), "--at is yesterday; expected"),
        (("check", "no-such-folder"), "does not exist"),
        (("chek",), "No such command"),
    ],
)
def test_what_is_used_wrongly_says_how_to_use_it(args: tuple[str, ...], message: str) -> None:
    """A misspelt name or a wrong instant is a misuse, with what was meant."""
    result = _run(*args)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_folder_without_a_pack_is_said_to_be_one(tmp_path: Path) -> None:
    """A folder that holds no YAML is the thing that is wrong."""
    result = _run("check", str(tmp_path))
    assert result.exit_code == 1
    assert "holds no .yaml file" in result.stderr


def test_what_is_kept_and_never_used_is_listed(tmp_path: Path) -> None:
    """004-29: a fact that a pack declares and nothing of it uses is named, and only such."""
    folder = tmp_path / "pack"
    folder.mkdir()
    (folder / "small.yaml").write_bytes(SMALL.read_bytes())
    before = _run("facts", str(folder), "--unused").stdout
    (folder / "more.yaml").write_text(
        "facts:\n  shop.hobby: {type: text, tell: nobody, about: 'What they like.'}\n"
    )
    after = _run("facts", str(folder), "--unused", "--json").stdout
    assert "shop.hobby" not in before
    assert "shop.hobby" in {row["name"] for row in json.loads(after)}
    assert _run("facts", "--unused").exit_code == 2


def test_facts_are_listed_for_people_and_machines() -> None:
    """The built-in facts, and those of a pack, in three forms."""
    assert _run("facts", "--only", "card.tier").stdout.splitlines() == [
        "card.tier  ordered choice",
        "    How full the engagement card is, by our estimate; unknown counts as neutral.",
        "    One of: low, guarded, unknown, neutral, warm, full",
        "    Heard by the agent only. Sent by advisor. Absence means unknown.",
    ]
    own = json.loads(_run("facts", str(SMALL), "--only", "bank.", "--json").stdout)
    assert [fact["name"] for fact in own] == ["bank.pin_used"]
    assert _run("facts", "--only", "slot.", "--markdown").stdout.startswith("| fact | type |")
    assert "call-back" in _run("facts", "--only", "capacity.callback").stdout
    assert _run("facts", "--only", "nonsense").exit_code == 1


def test_the_schema_is_printed_for_one_pack_or_all() -> None:
    """The schema of a pack knows its own facts, and no others."""
    general = json.loads(_run("schema").stdout)
    own = json.loads(_run("schema", str(SMALL)).stdout)
    Draft202012Validator.check_schema(own)
    assert "bank.pin_used" not in general["$defs"]["condition"]["properties"]
    assert "bank.pin_used" in own["$defs"]["condition"]["properties"]


def test_the_committed_schema_is_current() -> None:
    """What editors load is what the catalogue says now: `advisor rules schema` writes it."""
    committed = (ROOT / "schema" / "pack.schema.json").read_text(encoding="utf-8")
    assert committed == _run("schema").stdout


def test_the_default_pack_is_right_and_passes_its_tests() -> None:
    """What is shipped is without a mistake, and does what its tests say."""
    assert _run("check", str(ROOT / "rules")).exit_code == 0
    assert _run("test", str(ROOT / "rules")).exit_code == 0


def _exit_code(*args: str, cwd: Path = ROOT) -> int:
    done = subprocess.run(
        [sys.executable, "-m", "advisor.cli", *args],
        cwd=cwd,
        capture_output=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    return done.returncode


def test_exit_codes_of_the_real_program(wrong: Path, tmp_path: Path) -> None:
    """0 is fine, 1 the thing checked is wrong, 2 used wrongly."""
    assert _exit_code("rules", "check", str(SMALL)) == 0
    assert _exit_code("rules", "check", str(wrong)) == 1
    assert _exit_code("rules", "check", "--nonsense") == 2
    assert _exit_code("rules", "check", cwd=tmp_path) == 2

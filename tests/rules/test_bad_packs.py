"""Every mistake of meaning has its own message, at its own place, and all come in one run."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.rules.compile.pack import compile_pack
from advisor.rules.problems import render
from advisor.rules.source import Source

BAD = Path(__file__).parent / "bad"
#: Files, and folders of files, that are added to a good pack; but alone-... is a pack of its own.
CASES = sorted(path for path in (BAD / "meaning").iterdir() if path.suffix != ".txt")


def shown(case: Path) -> str:
    """Show all problems of the pack that a case makes of the good one."""
    files = {"base.yaml": (BAD / "base.yaml").read_bytes()}
    if case.is_dir():
        inside = {p.relative_to(case).as_posix(): p.read_bytes() for p in case.rglob("*.yaml")}
        files = inside if case.name.startswith("alone-") else files | inside
    else:
        files[case.name] = case.read_bytes()
    _, problems = compile_pack(files, BUILT_IN)
    sources = {name: Source.of_bytes(name, data) for name, data in files.items()}
    return "\n".join(f"{render(problem, sources)}\n" for problem in problems)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_bad_pack(case: Path) -> None:
    """A mistake is reported at its line and column, with what was found, expected and nearest."""
    assert shown(case) == case.with_suffix(".txt").read_text(encoding="utf-8")


def test_good_pack() -> None:
    """The pack that the bad files are added to has nothing wrong."""
    pack, problems = compile_pack({"base.yaml": (BAD / "base.yaml").read_bytes()}, BUILT_IN)
    assert list(problems) == []
    assert pack is not None

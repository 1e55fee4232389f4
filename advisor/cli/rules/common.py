"""What the commands on packs share: their arguments, how they load, and how they report."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click
from rich.console import Console
from rich.text import Text

from advisor.guidance.guide import Guide
from advisor.rules.problems import Problem, Problems, Severity, render
from advisor.rules.source import Source
from advisor.store.pack_files import PackUnreadable, read_pack_files
from advisor.workbench.preparing import Prepared, prepare

#: Exit code where the thing checked is wrong; click's own, 2, says that it was used wrongly.
WRONG: Final = 1

_STYLES: Final = {Severity.ERROR: "bold red", Severity.WARNING: "bold yellow"}

path_argument = click.argument(
    "path", default="rules", type=click.Path(path_type=Path, exists=True, readable=True)
)
pack_argument = click.argument("pack", type=click.Path(path_type=Path, exists=True, readable=True))
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON.")


def console(*, stderr: bool = False) -> Console:
    """Return where commands print: in colour on a terminal, plain and unwrapped elsewhere."""
    return Console(highlight=False, soft_wrap=True, emoji=False, markup=False, stderr=stderr)


def load(path: Path, *, tested: bool = False) -> tuple[Prepared, dict[str, Source]]:
    """Read a pack and make it ready, or end the program in words where it cannot be read.

    Args:
        path: A folder, or one file.
        tested: Whether a failed test of the pack is a problem.

    Returns:
        What became of it, and its files to show where something is.
    """
    try:
        files = read_pack_files(path)
    except PackUnreadable as error:
        click.echo(f"Error: {error}", err=True)
        raise SystemExit(WRONG) from None
    sources = {name: Source.of_bytes(name, data) for name, data in files.items()}
    return prepare(files, tested=tested), sources


def load_right(path: Path) -> Guide:
    """Read a pack that must be right; where it is not, show its problems and end the program."""
    prepared, sources = load(path)
    if prepared.guide is None:
        show(prepared.problems, sources, console(stderr=True))
        raise SystemExit(WRONG)
    return prepared.guide


def show(problems: Problems, sources: dict[str, Source], where: Console) -> None:
    """Print problems, each with its place, its source line and a caret."""
    for problem in problems:
        where.print(_styled(problem, sources))
    if problems.omitted:
        where.print(f"and {problems.omitted} more")


def _styled(problem: Problem, sources: dict[str, Source]) -> Text:
    text = Text(render(problem, sources))
    style = _STYLES[problem.severity]
    text.highlight_regex(rf"(?<=: ){problem.severity.value}(?=: )", style)
    text.highlight_regex(r"(?m)^ +\| +\^$", style)
    text.highlight_regex(r"(?m)^  did you mean .*$", "green")
    text.stylize("bold", 0, len(str(problem.mark)))
    return text


def counted(number: int, what: str) -> str:
    """Write a number of things: ``1 error``, ``2 errors``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def print_json(value: object) -> None:
    """Print a value as JSON."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))

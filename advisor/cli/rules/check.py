"""`advisor rules check`: every mistake of a pack, at its line and column, in one run."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.rules.common import (
    WRONG,
    console,
    counted,
    json_option,
    load,
    path_argument,
    print_json,
    show,
)
from advisor.rules.problems import Severity


@click.command()
@path_argument
@json_option
def check(path: Path, *, as_json: bool) -> None:
    """Report every mistake in the pack at PATH, at its line and column.

    Warnings do not keep a pack from being used. Exits with 1 where there is an error.
    """
    prepared, sources = load(path)
    problems = prepared.problems
    errors = sum(problem.severity is Severity.ERROR for problem in problems) + problems.omitted
    warnings = len(problems) + problems.omitted - errors
    if as_json:
        print_json(
            {
                "errors": errors,
                "warnings": warnings,
                "problems": [problem.as_dict() for problem in problems],
            }
        )
    else:
        out = console()
        show(problems, sources, out)
        found = f"{counted(errors, 'error')}, {counted(warnings, 'warning')}"
        if prepared.guide is None:
            out.print(f"{path}: {found}", style="bold red")
        else:
            pack = prepared.guide.pack
            size = f"{counted(len(pack.rules), 'rule')}, {counted(len(pack.purposes), 'purpose')}"
            out.print(f"{path}: {found}; {size}, version {pack.version}", style="bold green")
    if prepared.guide is None:
        raise SystemExit(WRONG)

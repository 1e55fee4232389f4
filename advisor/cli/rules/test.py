"""`advisor rules test`: the tests that a pack carries."""

from __future__ import annotations

from pathlib import Path

import click

from advisor.cli.rules.common import (
    WRONG,
    console,
    json_option,
    load_right,
    path_argument,
    print_json,
)
from advisor.workbench.cases import Report, run
from advisor.workbench.report import lines


@click.command()
@path_argument
@click.option("-k", "--only", metavar="WORDS", help="Run only tests whose name holds WORDS.")
@click.option("-v", "--verbose", is_flag=True, help="List the tests that pass as well.")
@json_option
def test(path: Path, *, only: str | None, verbose: bool, as_json: bool) -> None:
    """Run the tests of the pack at PATH.

    Exits with 1 where one fails, or the pack is wrong.
    """
    guide = load_right(path)
    cases = [case for case in guide.pack.cases if only is None or only in case.name]
    if only is not None and not cases:
        raise click.UsageError(f"no test of {path} has a name with “{only}” in it")
    report = run(guide, cases)
    if only is not None:
        # What a few tests leave out says nothing about the pack.
        report = Report(results=report.results)
    if as_json:
        print_json(_plain(report))
    else:
        out = console()
        for line in lines(report, verbose=verbose):
            style = "bold red" if line.startswith("FAIL") else None
            out.print(line, style=style)
    if not report.passed:
        raise SystemExit(WRONG)


def _plain(report: Report) -> dict[str, object]:
    return {
        "passed": report.passed,
        "tests": [
            {
                "name": result.case.name,
                "passed": result.passed,
                "shows": list(result.case.shows),
                "failures": [
                    {"place": str(mark), "failure": failure} for mark, failure in result.failures
                ],
            }
            for result in report.results
        ],
        "never_speak": sorted(report.silent),
    }

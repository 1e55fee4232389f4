"""The report of a pack's tests, as lines of text."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.workbench.cases import Report

#: Rules without a test that are listed; the rest are counted.
MAX_SILENT = 20


def lines(report: Report, *, verbose: bool = False) -> Iterator[str]:
    """Write how the tests came out: failures with their places, then one line of sums.

    Args:
        report: What came out.
        verbose: Whether cases that passed are listed too.
    """
    for result in report.results:
        if verbose or not result.passed:
            yield f"{'ok  ' if result.passed else 'FAIL'} {result.case.name}"
        for mark, failure in result.failures:
            yield f"     {mark}: {failure}"
    failed = sum(not result.passed for result in report.results)
    if not report.results:
        yield "no tests"
    elif failed:
        yield f"{failed} of {_cases(len(report.results))} failed"
    else:
        yield f"{_cases(len(report.results))} passed"
    if report.silent:
        names = sorted(report.silent)
        more = f" and {len(names) - MAX_SILENT} more" if len(names) > MAX_SILENT else ""
        yield f"never speak in a test: {', '.join(names[:MAX_SILENT])}{more}"


def _cases(number: int) -> str:
    return f"{number} {'test' if number == 1 else 'tests'}"

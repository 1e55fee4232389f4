"""From the files of a pack to a guide: read, checked, indexed, and tested by its own tests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.guidance.guide import Guide
from advisor.rules.compile.pack import Check, compile_pack
from advisor.rules.problems import Problems
from advisor.workbench.cases import Report, run
from advisor.workbench.checks.answers import check_answers
from advisor.workbench.checks.disclosure import check_disclosure
from advisor.workbench.checks.together import check_together

#: What is proven of every pack before it may be used.
CHECKS: Final[tuple[Check, ...]] = (check_disclosure, check_together, check_answers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What became of the files of a pack.

    Attributes:
        problems: All that is wrong with it; a failed test of its own is a problem too, where
            the tests were run.
        guide: The pack, ready to be matched; None where it may not be used.
        report: How its own tests came out; None where they were not run.
    """

    problems: Problems
    guide: Guide | None = None
    report: Report | None = None


def prepare(files: Mapping[str, bytes], *, tested: bool = True) -> Prepared:
    """Make a pack of its files: all or nothing.

    Args:
        files: By name inside the pack, with forward slashes.
        tested: Whether the pack's own tests are run; one that fails keeps the pack from being
            used.
    """
    pack, problems = compile_pack(files, BUILT_IN, CHECKS)
    if pack is None or problems.has_errors:
        return Prepared(problems=problems)
    guide = Guide.of(pack)
    if not tested:
        return Prepared(problems=problems, guide=guide)
    report = run(guide)
    for result in report.results:
        for mark, failure in result.failures:
            found = f"the test “{result.case.name}” fails: {failure}"
            problems.error(mark, "test", found, hint="advisor rules test shows them all.")
    if not report.passed:
        return Prepared(problems=problems, report=report)
    return Prepared(problems=problems, guide=guide, report=report)

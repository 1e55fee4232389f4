"""Running the tests that a pack carries."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.guidance.guide import Guide
from advisor.workbench.cases import Report, run
from advisor.workbench.preparing import prepare
from advisor.workbench.report import lines

CASE = """
tests:
  - name: a case
    given: {purpose: pin-migration, at: "2026-01-12 15:00 Europe/London", GIVEN}
    expect: {EXPECT}
"""


def _report(small: Path, given: str, expect: str, steps: str = "") -> Report:
    """Run one case on the small pack, whose own tests are left out."""
    text = small.read_text(encoding="utf-8").partition("\ntests:")[0]
    case = CASE.replace("GIVEN", given).replace("EXPECT", expect) + steps
    prepared = prepare({"small.yaml": text.encode(), "case.yaml": case.encode()}, tested=False)
    assert list(prepared.problems) == []
    assert prepared.guide is not None
    return run(prepared.guide)


def _failures(small: Path, expect: str, given: str = "bank.pin_used: no") -> list[str]:
    return [f for result in _report(small, given, expect).results for _, f in result.failures]


def test_the_packs_own_tests_pass(guide: Guide) -> None:
    """What a pack expects of itself is found, step by step."""
    report = run(guide)
    assert [result.failures for result in report.results] == [(), (), ()]
    assert report.passed
    assert [moment.event for moment in report.results[0].moments] == [None, "customer_busy"]


def test_rules_that_no_test_makes_speak_are_named(guide: Guide) -> None:
    """An author sees what nothing shows, the rules that book points as well."""
    report = run(guide)
    assert set(report.silent) == {
        "all-collection",
        "moratorium",
        "never-said",
        "old-later",
        "open-complaint",
        "promise-kept",
        "scam",
        "write-instead",
    }


def test_an_opening_that_was_chosen_counts_as_spoken(small: Path) -> None:
    """A rule that only chooses the opening speaks by it."""
    report = _report(small, "weather.scam_wave.active: yes", "opening: proof-first")
    assert report.passed
    assert "scam" not in report.silent


@pytest.mark.parametrize(
    ("expect", "failure"),
    [
        (
            "decision: block",
            "the decision should be block, and is allow, without a reason",
        ),
        (
            "reason: frequency_cap",
            "the reason frequency_cap is missing; the decision is allow, without a reason",
        ),
        (
            'not_before: "2026-01-12 16:00 Europe/London"',
            (
                "the call should be put off until 2026-01-12 16:00 UTC, and is put off until no "
                "known time"
            ),
        ),
        (
            "says: [never-said/bye]",
            (
                "never-said/bye is not shown (its rule does not apply); shown: greet/hello, "
                "headline-first/headline, headline-first/no-details, timing/now, "
                "pin-never-used/reminder"
            ),
        ),
        (
            "says: [timing/now, greet/hello]",
            (
                "greet/hello comes too early: greet/hello, headline-first/headline, "
                "headline-first/no-details, timing/now, pin-never-used/reminder"
            ),
        ),
        (
            "first: timing/now",
            "timing/now should come first, and greet/hello does",
        ),
        (
            "silent: [greet]",
            "greet should be silent, and greet/hello is shown",
        ),
        (
            "silent: [timing/now]",
            "timing/now should be silent, and timing/now is shown",
        ),
        (
            "never_asks: [time]",
            "time should never be asked, and timing/now asks for it",
        ),
        (
            "opening: person-first",
            "the opening should be person-first, and is standard",
        ),
    ],
)
def test_what_was_not_as_expected_is_said_in_words(small: Path, expect: str, failure: str) -> None:
    """Each expectation that is not met has its own sentence."""
    assert _failures(small, expect) == [failure]


def test_what_a_case_earns_is_booked_by_the_packs_rules(small: Path) -> None:
    """A case of a kept promise names its rule and its points, and the rule has spoken (004-25)."""
    report = _report(
        small, "promise.settled_as: kept", "earns: [promise-kept], points: 6, decision: allow"
    )
    assert report.passed
    assert "promise-kept" not in report.silent


@pytest.mark.parametrize(
    ("given", "expect", "failure"),
    [
        (
            "outcome.disposition: no_answer",
            "earns: [promise-kept]",
            "it should be booked by promise-kept, and is by no rule",
        ),
        (
            "promise.settled_as: kept",
            "earns: []",
            "it should be booked by no rule, and is by promise-kept",
        ),
        (
            "promise.settled_as: kept",
            "points: 2.5",
            "it should earn 2.5 points, and earns 6, by promise-kept",
        ),
    ],
)
def test_what_was_booked_otherwise_is_said_in_words(
    small: Path, given: str, expect: str, failure: str
) -> None:
    """Which rules booked what happened, and how much, are said when they are not as expected."""
    assert _failures(small, expect, given) == [failure]


@pytest.mark.parametrize(
    ("given", "expect", "failures"),
    [
        ('given: {event.window: "18:00-20:00"}', "[busy/hours]", []),
        ("", "[]", []),
        (
            "",
            "busy/hours",
            ["after customer_busy: it should teach busy/hours, and teaches nothing"],
        ),
        (
            'given: {event.window: "18:00-20:00"}',
            "[]",
            ["after customer_busy: it should teach nothing, and teaches busy/hours"],
        ),
    ],
)
def test_what_an_event_teaches_can_be_expected(
    small: Path, given: str, expect: str, failures: list[str]
) -> None:
    """004-20: a pack's tests show what is remembered of a customer, and what is not."""
    text = small.read_text(encoding="utf-8").partition("\ntests:")[0]
    more = f"{given}, " if given else ""
    steps = f"steps: [{{event: customer_busy, {more}remembers: {expect}}}]"
    case = CASE.replace(", GIVEN", "").replace("expect: {EXPECT}", steps)
    files = {"small.yaml": text, "case.yaml": case}
    prepared = prepare({name: text.encode() for name, text in files.items()}, tested=False)
    assert list(prepared.problems) == []
    assert prepared.guide is not None
    (result,) = run(prepared.guide).results
    assert [failure for _mark, failure in result.failures] == failures


def test_what_an_outcome_says_of_the_call_needs_no_stating(small: Path) -> None:
    """A case states the disposition; that a person was reached follows from it (004-13)."""
    text = small.read_text(encoding="utf-8").partition("\ntests:")[0]
    rule = "{id: reached, because: We spoke., when: {outcome.human: yes}, then: {credit: 0}}"
    case = CASE.replace("GIVEN", "outcome.disposition: sale").replace("EXPECT", "earns: reached")
    files = {"small.yaml": text, "case.yaml": case, "more.yaml": f"engagement: [{rule}]"}
    prepared = prepare({name: text.encode() for name, text in files.items()}, tested=False)
    assert list(prepared.problems) == []
    assert prepared.guide is not None
    assert run(prepared.guide).passed


def test_a_withheld_item_says_why(small: Path) -> None:
    """An item that a guard or a missing fact took away is not just missing."""
    (failure,) = _failures(small, "says: [name-said/name]")
    assert failure.startswith("name-said/name is not shown (withheld: ")


def test_reasons_that_nobody_expected_are_named(small: Path) -> None:
    """An expectation of no reason fails with the reasons and the rules that gave them."""
    given = "customer.preferred_channel: sms"
    assert _failures(small, "reason: []", given) == [
        (
            "there should be no reason, and the decision is use_other_channel, because of "
            "prefers_other_channel (write-instead)"
        )
    ]
    assert _failures(small, "first: greet/hello", given) == [
        "greet/hello should come first, and nothing does"
    ]


def test_what_is_never_asked_is_asked_in_no_step(small: Path) -> None:
    """An ask that the whole case forbids fails in the step that makes it."""
    steps = "    steps:\n      - {event: driving_cue, says: [busy/sorry]}\n"
    steps += "      - {event: customer_busy, says: [later/when]}\n"
    report = _report(small, "call.stage: body", "never_asks: [time]", steps)
    assert [failure for _, failure in report.results[0].failures] == [
        "after customer_busy: time should never be asked, and later/when asks for it"
    ]


def test_the_report_lists_failures_with_their_places(small: Path) -> None:
    """What failed is listed with its place, then summed up."""
    report = _report(small, "bank.pin_used: no", "decision: block")
    assert list(lines(report))[:3] == [
        "FAIL a case",
        "     case.yaml:3:5: the decision should be block, and is allow, without a reason",
        "1 of 1 test failed",
    ]


def test_the_report_of_a_pack_that_passes_is_short(guide: Guide) -> None:
    """Passing tests are one line, and are listed when asked for."""
    report = run(guide)
    assert next(iter(lines(report))) == "3 tests passed"
    assert next(iter(lines(report, verbose=True))) == "ok   she never used her PIN"
    assert list(lines(Report(results=()))) == ["no tests"]


def test_many_rules_without_a_test_are_counted(guide: Guide) -> None:
    """The list of rules that never speak is bounded."""
    mark = guide.pack.rules[0].mark
    report = Report(results=(), silent={f"r{n:02}": mark for n in range(25)})
    assert list(lines(report))[1].endswith("r19 and 5 more")


def test_a_pack_whose_test_fails_is_not_used(small: Path) -> None:
    """A failed test of its own keeps a pack from being used, and stands at its place."""
    broken = small.read_text(encoding="utf-8").replace("opening: standard", "opening: person-first")
    prepared = prepare({"small.yaml": broken.encode()})
    assert prepared.guide is None
    assert [problem.code for problem in prepared.problems] == ["test"]
    assert prepared.report is not None


def test_a_pack_whose_tests_pass_is_used(small: Path) -> None:
    """A right pack is ready, with the report of its tests."""
    prepared = prepare({"small.yaml": small.read_bytes()})
    assert prepared.guide is not None
    assert prepared.report is not None
    assert prepared.report.passed


def test_a_pack_with_a_mistake_is_not_indexed() -> None:
    """A pack that cannot be compiled has problems and nothing else."""
    prepared = prepare({"small.yaml": b"rulez: []\n"})
    assert (prepared.guide, prepared.report) == (None, None)
    assert prepared.problems.has_errors

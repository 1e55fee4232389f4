"""Runs the tests that a pack carries, and says in words what was not as expected."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from advisor.engagement.contacts import Contact, Disposition
from advisor.facts.situation import Situation
from advisor.facts.vocabulary import Ask
from advisor.guidance.advise import advise, happened, react
from advisor.guidance.decision import Advice, Guidance
from advisor.guidance.earning import Happening, heard, outcome_facts
from advisor.guidance.guide import Guide
from advisor.guidance.learning import Lesson, lessons
from advisor.rules.pack import Case, Expectation, Pack, Rule, Section
from advisor.rules.problems import listed
from advisor.rules.source import Mark
from advisor.workbench.scenes import scene


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """What was advised at one moment of a case, and what was not as expected.

    Attributes:
        event: The event of the step; None at the start of the call.
        mark: Where the case or step stands.
        failures: One sentence for each expectation that was not met.
        earned: The engagement rules that booked what happened, where that was looked at.
        taught: What the event teaches of the customer.
    """

    event: str | None
    mark: Mark
    advice: Advice
    failures: tuple[str, ...]
    earned: tuple[Rule, ...] = ()
    taught: tuple[Lesson, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How one case came out, moment by moment."""

    case: Case
    moments: tuple[Moment, ...]

    @property
    def passed(self) -> bool:
        """Whether everything was as expected."""
        return not any(moment.failures for moment in self.moments)

    @property
    def failures(self) -> tuple[tuple[Mark, str], ...]:
        """What was not as expected, with the place where it was expected."""
        return tuple(
            (moment.mark, f"after {moment.event}: {failure}" if moment.event else failure)
            for moment in self.moments
            for failure in moment.failures
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """How the tests of a pack came out.

    Attributes:
        silent: Rules that no case ever made speak, by id; a rule whose items were all withheld
            has spoken.
    """

    results: tuple[Result, ...]
    silent: Mapping[str, Mark] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether every case passed."""
        return all(result.passed for result in self.results)


def run(guide: Guide, cases: Iterable[Case] | None = None) -> Report:
    """Run the tests of a pack.

    Args:
        guide: The pack, ready to be matched.
        cases: Which of its cases; all by default.
    """
    pack = guide.pack
    results = tuple(run_case(guide, case) for case in (pack.cases if cases is None else cases))
    spoke = {name for result in results for name in _spoke(result, pack)}
    silent = {rule.id: rule.mark for rule in pack.rules if rule.id not in spoke and _speaks(rule)}
    return Report(results=results, silent=silent)


def run_case(guide: Guide, case: Case) -> Result:
    """Run one case: the start of its call, then each of its steps."""
    situation = scene(guide.pack, case)
    advice = advise(guide, situation)
    expect = case.expect
    booked = _booked(guide, case, situation)
    failures = [
        *_failures(expect, advice),
        *_misbooked(expect, booked),
        *_mislearned(expect, ()),
    ]
    moments = [
        Moment(event=None, mark=case.mark, advice=advice, failures=tuple(failures), earned=booked)
    ]
    for step in case.steps:
        advice = react(guide, situation, step.event, step.given)
        situation = happened(situation, step.event, step.given)
        taught = lessons(guide, situation, step.event, step.given, case.name)
        failures = [
            *_failures(step.expect, advice),
            *_asked(expect.never_asks, advice),
            *_mislearned(step.expect, taught),
        ]
        moments.append(
            Moment(
                event=step.event,
                mark=step.mark,
                advice=advice,
                failures=tuple(dict.fromkeys(failures)),
                taught=taught,
            )
        )
    return Result(case=case, moments=tuple(moments))


def _booked(guide: Guide, case: Case, situation: Situation) -> tuple[Rule, ...]:
    """Ask the engagement rules about what the case states, as it happened now."""
    if case.expect.earns is None and case.expect.points is None:
        return ()
    word = case.given.get("outcome.disposition")
    came = next((each for each in Disposition if each.value == word), None)
    told = {} if came is None else outcome_facts(Contact(at=case.at, disposition=came))
    stated = {**told, **case.given}
    return heard(guide, Happening(at=case.at, cause=case.name, known=situation, stated=stated))


def _misbooked(expect: Expectation, booked: tuple[Rule, ...]) -> Iterator[str]:
    ids = sorted(rule.id for rule in booked)
    said = listed(ids) if ids else "no rule"
    if expect.earns is not None and sorted(expect.earns) != ids:
        wanted = listed(sorted(expect.earns)) if expect.earns else "no rule"
        yield f"it should be booked by {wanted}, and is by {said}"
    points = sum(rule.entry.points for rule in booked if rule.entry is not None)
    if expect.points is not None and points != expect.points:
        yield f"it should earn {expect.points:g} points, and earns {points:g}, by {said}"


def _mislearned(expect: Expectation, taught: tuple[Lesson, ...]) -> Iterator[str]:
    ids = sorted(lesson.id for lesson in taught)
    if expect.remembers is not None and sorted(expect.remembers) != ids:
        wanted = listed(sorted(expect.remembers)) if expect.remembers else "nothing"
        yield f"it should teach {wanted}, and teaches {listed(ids) if ids else 'nothing'}"


def _failures(expect: Expectation, advice: Advice) -> Iterator[str]:
    yield from _wrong_verdict(expect, advice)
    shown = (*advice.brief, *advice.items)
    yield from _unsaid(expect.says, shown, advice)
    if expect.first is not None:
        first = advice.items[0].id if advice.items else "nothing"
        if first != expect.first:
            yield f"{expect.first} should come first, and {first} does"
    for name in expect.silent:
        heard = [item.id for item in shown if name in (item.id, item.rule)]
        if heard:
            yield f"{name} should be silent, and {listed(heard)} is shown"
    yield from _asked(expect.never_asks, advice)
    if expect.opening is not None and advice.opening != expect.opening:
        yield f"the opening should be {expect.opening}, and is {advice.opening}"


def _wrong_verdict(expect: Expectation, advice: Advice) -> Iterator[str]:
    verdict = advice.verdict
    said = [f"{reason.code.value} ({reason.rule})" for reason in verdict.reasons]
    because = f", because of {', '.join(said)}" if said else ", without a reason"
    if expect.decision is not None and verdict.decision is not expect.decision:
        yield (
            f"the decision should be {expect.decision.word}, and is "
            f"{verdict.decision.word}{because}"
        )
    codes = {reason.code for reason in verdict.reasons}
    if expect.reasons == () and codes:
        yield f"there should be no reason, and the decision is {verdict.decision.word}{because}"
    for code in expect.reasons or ():
        if code not in codes:
            yield (
                f"the reason {code.value} is missing; the decision is "
                f"{verdict.decision.word}{because}"
            )
    if expect.not_before is not None and verdict.not_before != expect.not_before:
        yield (
            f"the call should be put off until {_instant(expect.not_before)}, and is put off "
            f"until {_instant(verdict.not_before)}"
        )


def _unsaid(says: tuple[str, ...], shown: tuple[Guidance, ...], advice: Advice) -> Iterator[str]:
    """Compare what is said, in its order; other items may stand between."""
    ids = [item.id for item in shown]
    place = 0
    for name in says:
        if name in ids[place:]:
            place = ids.index(name, place) + 1
        elif name in ids:
            yield f"{name} comes too early: {', '.join(ids)}"
        else:
            yield f"{name} is not shown{_why(name, advice)}; shown: {', '.join(ids) or 'nothing'}"


def _why(name: str, advice: Advice) -> str:
    """Say why an item was withheld; a rule that did not apply has nothing to withhold."""
    for withheld in advice.suppressed:
        if withheld.id == name:
            return f" (withheld: {withheld.text.rstrip('.')})"
    return " (its rule does not apply)"


def _asked(never: tuple[Ask, ...], advice: Advice) -> Iterator[str]:
    for item in (*advice.brief, *advice.items):
        if item.ask in never:
            yield f"{item.ask.value} should never be asked, and {item.id} asks for it"


def _instant(at: datetime | None) -> str:
    return "no known time" if at is None else f"{at:%Y-%m-%d %H:%M} UTC"


def _spoke(result: Result, pack: Pack) -> Iterator[str]:
    for moment in result.moments:
        advice = moment.advice
        yield from (reason.rule for reason in advice.verdict.reasons)
        yield from (item.rule for item in (*advice.brief, *advice.items))
        yield from (withheld.rule for withheld in advice.suppressed)
        yield from (rule.id for rule in pack.rules if rule.opening == advice.opening)
        yield from (rule.id for rule in moment.earned)
        yield from (lesson.id.partition("/")[0] for lesson in moment.taught)


def _speaks(rule: Rule) -> bool:
    """Tell whether a case can show what a rule does."""
    shown = rule.ruling or rule.items or rule.opening or rule.remembers
    return bool(shown) or rule.section is Section.ENGAGEMENT

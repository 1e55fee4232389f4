"""Matching alone: this project's index against other engines, all agreeing on what matches.

Run by ``python -m bench.matching [rules ...]``. Rounds are interleaved, so that a slow moment of
the machine falls on all; what is printed are medians and how far the rounds spread.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from statistics import median
from typing import Any, Final

from advisor.facts.view import Facts
from advisor.rules.matching import Matcher
from advisor.rules.pack import Rule
from bench import ours
from bench.rule_sets import rule_set, situations

ROUNDS: Final = 9
SITUATIONS: Final = 20
#: How many of our passes make one round: one alone is over before the clock has ticked much.
PASSES: Final = 50
SHOWN: Final = 6

_HERE = Path(__file__).parent
_PYTHON = _HERE.parent / ".venv-bench" / "bin" / "python"


class Rivals:
    """The other engines, in a process and an environment of their own."""

    def __init__(self, rules: list[dict[str, Any]], asked: list[dict[str, Any]]) -> None:
        """Start them and have them compile the rules."""
        self._process = subprocess.Popen(  # noqa: S603 - our own script, our own environment
            [_PYTHON, _HERE / "rivals.py"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.names: list[str] = self._ask(json.dumps({"rules": rules, "situations": asked}))

    def run(self, name: str) -> tuple[float, list[list[int]]]:
        """Return microseconds a situation, and which rules matched."""
        answer = self._ask(name)
        return answer["us"], answer["matched"]

    def _ask(self, line: str) -> Any:  # noqa: ANN401 - whatever JSON says
        if self._process.stdin is None or self._process.stdout is None:
            raise AssertionError("unreachable: both are pipes")
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return json.loads(self._process.stdout.readline())

    def stop(self) -> None:
        """Let them end."""
        self._process.communicate(timeout=60)


def timed(work: Callable[[Facts], object], asked: list[Facts]) -> float:
    """Return microseconds a situation, its facts being at hand as the other engines' are."""
    begun = time.perf_counter()
    for _ in range(PASSES):
        for facts in asked:
            work(facts)
    return (time.perf_counter() - begun) / (PASSES * len(asked)) * 1e6


def shown(matcher: Matcher, facts: Facts) -> list[tuple[Rule, Any]]:
    """Take the strongest rules with the reasons of each, as a reply shows them."""
    match = matcher.match(facts)
    return [(rule, match.reasons(rule)) for rule in islice(match.rules(), SHOWN)]


def explained(matcher: Matcher, facts: Facts) -> object:
    """Explain the strongest rule in full, comparison by comparison."""
    match = matcher.match(facts)
    return [match.why(rule) for rule in islice(match.rules(), 1)]


def built(rules: tuple[Rule, ...]) -> tuple[Matcher, float, float]:
    """Build the index; return it with seconds (the median of three) and megabytes."""
    taken = []
    for _ in range(3):
        gc.collect()
        begun = time.perf_counter()
        Matcher(rules, ours.CATALOGUE)
        taken.append(time.perf_counter() - begun)
    tracemalloc.start()
    matcher = Matcher(rules, ours.CATALOGUE)
    gc.collect()
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return matcher, median(taken), size / 1e6


def line(name: str, rounds: list[float]) -> str:
    """Write one result: median, fastest and slowest round."""
    return f"  {name:34}{median(rounds):12.1f} us   ({min(rounds):.1f} to {max(rounds):.1f})"


def compare(count: int) -> dict[str, float]:
    """Compare at one number of rules; return the median of each candidate in microseconds."""
    data = rule_set(count)
    asked = situations(SITUATIONS)
    matcher, seconds, megabytes = built(ours.rules(data))
    calls = [ours.facts(situation) for situation in asked]
    expected = [[rule.number for rule in matcher.match(facts).rules()] for facts in calls]
    candidates: dict[str, Callable[[Facts], object]] = {
        "ours: which match": matcher.match,
        "ours: which match, reading facts": lambda facts: matcher.match(_again(facts)),
        "ours: the six shown, with reasons": lambda facts: shown(matcher, facts),
        "ours: all listed": lambda facts: list(matcher.match(facts).rules()),
        "ours: one explained in full": lambda facts: explained(matcher, facts),
    }
    rivals = Rivals(data, asked)
    taken: dict[str, list[float]] = {name: [] for name in (*candidates, *rivals.names)}
    for _ in range(ROUNDS):
        for name, work in candidates.items():
            taken[name].append(timed(work, calls))
        for name in rivals.names:
            microseconds, matched = rivals.run(name)
            if matched != expected:
                sys.exit(f"{name} does not agree on which rules match")
            taken[name].append(microseconds)
    rivals.stop()
    hits = sum(map(len, expected)) / len(expected)
    print(f"{count} rules, {hits:.0f} of them match; built in {seconds:.2f} s, {megabytes:.1f} MB")
    for name, rounds in taken.items():
        print(line(name, rounds))
    medians = {name: median(rounds) for name, rounds in taken.items()}
    best = min(rivals.names, key=medians.__getitem__)
    for name in candidates:
        print(f"  {best} takes {medians[best] / medians[name]:.1f} times as long as {name}")
    return medians


def _again(facts: Facts) -> Facts:
    return Facts(facts.catalogue, facts.situation)


def main() -> None:
    """Compare at the numbers of rules that were asked for."""
    counts = [int(count) for count in sys.argv[1:]] or [100, 1_000, 10_000]
    medians = {count: compare(count) for count in counts}
    first, last = counts[0], counts[-1]
    growth = medians[last]["ours: which match"] / medians[first]["ours: which match"]
    print(f"{last} rules take {growth:.1f} times as long as {first}")


if __name__ == "__main__":
    main()

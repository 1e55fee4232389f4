"""Matching: one AND for each fact, once for every world, and what is left over by its tree."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from advisor.facts.values import Value
from advisor.facts.view import Facts
from advisor.facts.worlds import World
from advisor.rules.groups import Judge, enough
from advisor.rules.index.bits import ones, positions
from advisor.rules.index.build import Asked, Built
from advisor.rules.operators import Clock
from advisor.rules.pack import IfUnsure


def matched(built: Built, facts: Facts, among: int) -> int:
    """Return the bits of the rules that apply.

    Args:
        built: The index.
        facts: The facts of one situation.
        among: The bits of the rules that are asked about; others are left out.
    """
    wide = built.start
    value = facts.value
    asked = built.asked(among)
    for name, look in asked.fixed:
        wide &= look(value(name))
    if asked.elapsed:
        anywhere = Clock(facts.situation.now)
        for column in asked.elapsed:
            wide &= column.entry(value(column.fact.name), anywhere)
    per_world = _per_world(built, asked, facts, wide)
    if built.residual:
        _settle(built, facts, per_world, among | built.replacing)
    some = every = per_world[0]
    for bits in per_world[1:]:
        some |= bits
        every &= bits
    fired = some if some == every else (every | (some & built.applies))
    fired &= ones(len(built.rules))
    if fired & built.replaceable:
        fired = _without_replaced(built, per_world, fired)
    return fired & among


def _per_world(built: Built, asked: Asked, facts: Facts, wide: int) -> list[int]:
    if not asked.moving and not asked.days:
        return [_narrow(built, wide)]
    worlds: Sequence[World | None] = facts.worlds or (None,)
    return [_narrow(built, wide & _in_world(asked, facts, world)) for world in worlds]


def _in_world(asked: Asked, facts: Facts, world: World | None) -> int:
    value = facts.value if world is None else partial(_value_in, facts, world)
    wide = -1
    for name, look in asked.moving:
        wide &= look(value(name))
    if asked.days:
        clock = Clock.of(facts.situation.now, world)
        for column in asked.days:
            wide &= column.entry(value(column.fact.name), clock)
    return wide


def _value_in(facts: Facts, world: World, name: str) -> Value:
    return facts.value_in(name, world)


def _narrow(built: Built, wide: int) -> int:
    """Take away the rules of which all alternatives fail."""
    width = built.frame.width
    bits = wide & ones(width)
    for segment in range(1, built.frame.segments):
        bits &= ~(wide >> (segment * width))
    return bits


def _settle(built: Built, facts: Facts, per_world: list[int], among: int) -> None:
    """Judge by their trees the rules that are left over, where everything else of them holds."""
    judges: Sequence[Judge] = Judge.each(facts)
    if len(judges) > len(per_world):
        per_world *= len(judges)
    for index, judge in enumerate(judges):
        for number in positions(per_world[index] & built.residual & among):
            least = enough(built.rules[number].if_unsure)
            if judge.every(built.left[number]) < least:
                per_world[index] ^= 1 << number


def _without_replaced(built: Built, per_world: Sequence[int], fired: int) -> int:
    """Take away what is replaced; replacers come first, so that their own fate is known."""
    for number, by in built.replacers.items():
        if not fired >> number & 1:
            continue
        skips = built.rules[number].if_unsure is IfUnsure.SKIP
        stands = [
            bool(bits >> number & 1)
            and not any(
                bits & certain or (skips and bits & perhaps and fired >> replacer & 1)
                for replacer, certain, perhaps in by
            )
            for bits in per_world
        ]
        if not (all(stands) if skips else any(stands)):
            fired ^= 1 << number
    return fired

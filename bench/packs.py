"""Packs of any size: the default pack, its own rules and words, and as many generated rules.

Generated rules are YAML and come in through the same door as anybody's. Each asks four to seven
of twelve facts, and every third has alternatives. Those that would speak on the bench's own call
are drawn again, and a fixed few that do are put in their place: whatever the number of rules, the
same items are shown, so that what two packs differ in is matching alone.
"""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

DEFAULT_PACK: Final = Path(__file__).parent.parent / "rules"

#: Generated rules that speak on the bench's call.
SPEAKING: Final = 4
#: Rules of one generated file.
_PER_FILE: Final = 500

_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "shop.product": tuple(f"product_{n}" for n in range(40)),
    "shop.segment": tuple(f"segment_{n}" for n in range(12)),
    "shop.tariff": tuple(f"tariff_{n}" for n in range(20)),
    "shop.channel": ("branch", "web", "phone", "partner"),
    "card.tier": ("low", "guarded", "unknown", "neutral", "warm", "full"),
    "customer.relationship": ("prospect", "first_contact", "customer", "former"),
    "purpose.id": ("pin-migration", "callback-kept", "complaint-follow-up", "fraud-alert"),
}
_NUMBERS: Final[dict[str, int]] = {
    "shop.tenure_months": 240,
    "shop.visits": 60,
    "shop.spend": 5_000,
    "shop.days_since_order": 400,
    "call.attempt": 9,
}

#: What the bench's call says of those facts.
CALL: Final[dict[str, str | int]] = {
    "shop.product": "product_7",
    "shop.segment": "segment_3",
    "shop.tariff": "tariff_11",
    "shop.channel": "web",
    "card.tier": "warm",
    "customer.relationship": "customer",
    "purpose.id": "pin-migration",
    "shop.tenure_months": 61,
    "shop.visits": 14,
    "shop.spend": 830,
    "shop.days_since_order": 45,
    "call.attempt": 1,
}

_Test = tuple[str, str, Any]


def write_pack(folder: Path, rules: int, *, seed: int = 7) -> Path:
    """Write the default pack with generated rules beside it.

    Args:
        folder: Where; it must not exist.
        rules: How many generated rules, at least `SPEAKING`.
        seed: The same seed gives the same rules.

    Returns:
        The folder.
    """
    shutil.copytree(DEFAULT_PACK, folder)
    generated = folder / "generated"
    generated.mkdir()
    (generated / "facts.yaml").write_text(_facts(), "utf-8")
    texts = list(_rules(rules, random.Random(seed)))  # noqa: S311 - the same rules in every run
    for first in range(0, len(texts), _PER_FILE):
        whole = "guidance:\n" + "\n".join(texts[first : first + _PER_FILE])
        (generated / f"rules-{first // _PER_FILE:03}.yaml").write_text(whole, "utf-8")
    return folder


def _facts() -> str:
    lines = ["facts:"]
    for name, choices in _CHOICES.items():
        if name.startswith("shop."):
            words = ", ".join(choices)
            lines.append(
                f'  {name}: {{type: choice, choices: [{words}], tell: verified, about: "{name} of'
                f' the customer, as the shop has it.", sent_by: CRM, absent_means: unknown}}'
            )
    lines += [
        f'  {name}: {{type: whole_number, tell: verified, about: "{name} of the customer, as the'
        f' shop has it.", sent_by: CRM, absent_means: unknown}}'
        for name in _NUMBERS
        if name.startswith("shop.")
    ]
    return "\n".join(lines) + "\n"


def _rules(count: int, dice: random.Random) -> Iterator[str]:
    for number in range(count):
        if number < SPEAKING:
            yield _rule(number, _speaking(number), [])
            continue
        tests, either = _drawn(dice, number)
        while all(map(_holds, tests)) and (not either or any(map(_holds, either))):
            tests, either = _drawn(dice, number)
        yield _rule(number, tests, either)


def _speaking(number: int) -> list[_Test]:
    return [
        ("shop.product", "in", ["product_7", f"product_{number + 8}"]),
        ("shop.tenure_months", "at_least", 12 + number),
        ("shop.visits", "between", [number, 40]),
    ]


def _drawn(dice: random.Random, number: int) -> tuple[list[_Test], list[_Test]]:
    names = dice.sample([*_CHOICES, *_NUMBERS], dice.randint(4, 7))
    split = 2 if number % 3 == 0 else 0
    return [_test(dice, name) for name in names[split:]], [
        _test(dice, name) for name in names[:split]
    ]


def _test(dice: random.Random, name: str) -> _Test:
    if name in _CHOICES:
        words = _CHOICES[name]
        return (name, "in", sorted(dice.sample(words, dice.choice((1, 1, 2)))))
    top = _NUMBERS[name]
    low = dice.randrange(top)
    operator = dice.choice(("at_least", "less_than", "between"))
    if operator == "between":
        return (name, operator, [low, min(top, low + top // 3 + 1)])
    return (name, operator, low)


def _holds(test: _Test) -> bool:
    name, operator, operand = test
    value: Any = CALL[name]
    holds: bool
    match operator:
        case "in":
            holds = value in operand
        case "at_least":
            holds = value >= operand
        case "less_than":
            holds = value < operand
        case _:
            holds = operand[0] <= value <= operand[1]
    return holds


def _rule(number: int, tests: list[_Test], either: list[_Test]) -> str:
    entries = [_entry(test) for test in tests]
    if either:
        entries.append(f"any: [{', '.join(f'{{{_entry(test)}}}' for test in either)}]")
    stage = ("body", "commitment", "recap")[number % 3]
    force = ("should", "could")[number % 2]
    return (
        f"  - id: generated-{number:05}\n"
        f"    because: What customers like this one asked most, number {number}.\n"
        f"    when: {{{', '.join(entries)}}}\n"
        f"    if_unsure: skip\n"
        f"    then:\n"
        f"      - say: {{name: hint, stage: {stage}, force: {force}, benefit: customer,"
        f' text: "By the way, {{brand.name}} has an answer to question {number}."}}'
    )


def _entry(test: _Test) -> str:
    name, operator, operand = test
    if operator == "in":
        words = ", ".join(operand)
        return f"{name}: {words}" if len(operand) == 1 else f"{name}: [{words}]"
    shown = f"[{operand[0]}, {operand[1]}]" if operator == "between" else operand
    return f"{name}: {{{operator}: {shown}}}"

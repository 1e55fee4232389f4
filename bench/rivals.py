"""The other engines, in an environment of their own: asked by lines of JSON, answering by lines.

First line in: ``{"rules": [...], "situations": [...]}``; out: the names of the engines. Then a name
in; out: microseconds a situation, and which rules matched in each.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import cel
import rule_engine
import zen
from cel_expr_python import cel as cel_cpp

Engine = Callable[[dict[str, Any]], list[int]]


def expression(rule: dict[str, Any], *, both: str, either: str, among: str) -> str:
    """Write a rule in the syntax that these languages share."""

    def one(test: list[Any]) -> str:
        fact, operator, operand = test
        if operator == "is":
            return f'{fact} == "{operand}"'
        if operator == "in":
            return among.format(fact=fact, words=", ".join(f'"{word}"' for word in operand))
        if operator == "between":
            return f"({fact} >= {operand[0]} {both} {fact} <= {operand[1]})"
        return f"{fact} {'>=' if operator == 'at_least' else '<'} {operand}"

    parts = [one(test) for test in rule["all"]]
    parts += [f"({f' {either} '.join(map(one, tests))})" for tests in rule["any"]]
    return f" {both} ".join(parts)


def with_zen(rules: list[dict[str, Any]]) -> Engine:
    """zen-engine: one decision table that collects every row that fits."""
    facts = sorted({test[0] for rule in rules for test in _tests(rule)})
    inputs = [{"id": fact, "name": fact, "field": fact} for fact in facts]
    inputs.append({"id": "any", "name": "any", "field": ""})
    rows = []
    for number, rule in enumerate(rules):
        row = {"_id": str(number), "out": str(number)}
        row |= {test[0]: _cell(test) for test in rule["all"]}
        if rule["any"]:
            alternatives = {"all": [], "any": rule["any"]}
            row["any"] = expression(
                alternatives, both="and", either="or", among="({fact} in [{words}])"
            )
        rows.append(row)
    content = {
        "hitPolicy": "collect",
        "inputs": inputs,
        "outputs": [{"id": "out", "name": "out", "field": "out"}],
        "rules": rows,
    }
    graph = {
        "nodes": [
            {"id": "in", "type": "inputNode", "name": "in"},
            {"id": "table", "type": "decisionTableNode", "name": "table", "content": content},
            {"id": "end", "type": "outputNode", "name": "end"},
        ],
        "edges": [
            {"id": "1", "type": "edge", "sourceId": "in", "targetId": "table"},
            {"id": "2", "type": "edge", "sourceId": "table", "targetId": "end"},
        ],
    }
    decision = zen.ZenEngine().create_decision(json.dumps(graph))

    def match(situation: dict[str, Any]) -> list[int]:
        found: Any = decision.evaluate(situation)["result"]
        return [int(row["out"]) for row in found]

    return match


def _cell(test: list[Any]) -> str:
    _, operator, operand = test
    if operator == "is":
        return f'"{operand}"'
    if operator == "in":
        return ", ".join(f'"{word}"' for word in operand)
    if operator == "between":
        return f"[{operand[0]}..{operand[1]}]"
    return f"{'>=' if operator == 'at_least' else '<'} {operand}"


def _tests(rule: dict[str, Any]) -> list[list[Any]]:
    return [*rule["all"], *(test for tests in rule["any"] for test in tests)]


def with_cel_rust(rules: list[dict[str, Any]]) -> Engine:
    """common-expression-language: one compiled program a rule, one context a situation."""
    written = [expression(r, both="&&", either="||", among="{fact} in [{words}]") for r in rules]
    programs = [cel.compile(text) for text in written]

    def match(situation: dict[str, Any]) -> list[int]:
        context = cel.Context(variables=situation)
        return [n for n, program in enumerate(programs) if program.execute(context)]

    return match


def with_cel_cpp(rules: list[dict[str, Any]]) -> Engine:
    """cel-expr-python: one compiled expression a rule, one activation a situation."""
    facts = {test[0]: test for rule in rules for test in _tests(rule)}
    types = {
        fact: cel_cpp.Type.STRING if test[1] in ("is", "in") else cel_cpp.Type.INT
        for fact, test in facts.items()
    }
    env = cel_cpp.NewEnv(variables=types)
    written = [expression(r, both="&&", either="||", among="{fact} in [{words}]") for r in rules]
    compiled = [env.compile(text) for text in written]

    def match(situation: dict[str, Any]) -> list[int]:
        activation = env.Activation({fact: situation[fact] for fact in facts})
        return [n for n, one in enumerate(compiled) if one.eval(activation).value()]

    return match


def with_rule_engine(rules: list[dict[str, Any]]) -> Engine:
    """rule-engine: one compiled rule a rule."""
    written = [expression(r, both="and", either="or", among="{fact} in [{words}]") for r in rules]
    compiled = [rule_engine.Rule(text) for text in written]

    def match(situation: dict[str, Any]) -> list[int]:
        return [n for n, rule in enumerate(compiled) if rule.matches(situation)]

    return match


ENGINES = {
    "zen-engine": with_zen,
    "common-expression-language": with_cel_rust,
    "cel-expr-python": with_cel_cpp,
    "rule-engine": with_rule_engine,
}


def main() -> None:
    """Answer until nothing more is asked."""
    given = json.loads(sys.stdin.readline())
    engines = {name: make(given["rules"]) for name, make in ENGINES.items()}
    print(json.dumps(list(engines)), flush=True)
    for line in sys.stdin:
        match = engines[line.strip()]
        begun = time.perf_counter()
        matched = [match(situation) for situation in given["situations"]]
        taken = (time.perf_counter() - begun) / len(matched)
        print(json.dumps({"us": taken * 1e6, "matched": matched}), flush=True)


if __name__ == "__main__":
    main()

"""What rules of a valid pack can do together is no more than a moment or a group allows."""

from __future__ import annotations

from functools import partial

import pytest

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.rules.compile.pack import compile_pack
from advisor.workbench.checks.together import check_together
from advisor.workbench.checks.tries import LIMIT

_PACK = """
pack:
  {name: small, version: "1", default_locale: en-GB, default_calendar: always, budgets: {items: 2}}
calendars:
  - {id: always, open: {mon-sun: ["00:00-24:00"]}}
openings:
  standard: [greeting, person_check, headline, company_proof, customer_verification, body, close]
purposes:
  news:
    kind: service_information
    sensitivity: open
    least_verification: none
    opening: standard
    say: {topic: "your card", headline: "It's about your card; nothing is wrong."}
    benefit: "You can go on paying."
  visit:
    kind: appointment_reminder
    sensitivity: personal
    least_verification: verified
    opening: standard
    say: {topic: "your visit", headline: "It's about your visit to us in May."}
    benefit: "You come on the right day."
"""


def _problems(*rules: str, section: str = "guidance", limit: int = LIMIT) -> list[str]:
    text = "\n".join(f"  - {rule}" for rule in rules)
    files = {"pack.yaml": _PACK.encode(), "rules.yaml": f"{section}:\n{text}\n".encode()}
    _, problems = compile_pack(files, BUILT_IN, [partial(check_together, limit=limit)])
    return [f"{problem.mark}: {problem.message}" for problem in problems]


def _rule(
    id_: str, more: str = "", *, items: int = 1, force: str = "must", at: str = "body"
) -> str:
    said = ", ".join(
        f'{{say: {{name: i{n}, stage: {at}, force: {force}, text: "Hello."}}}}'
        for n in range(items)
    )
    return f'{{id: {id_}, because: "b", {more}then: [{said}]}}'


def _answer(id_: str, event: str, more: str = "", items: int = 1) -> str:
    said = ", ".join(f'{{say: {{name: i{n}, force: must, text: "Yes."}}}}' for n in range(items))
    return f'{{id: {id_}, on: {event}, because: "b", {more}then: [{said}]}}'


def test_more_musts_than_a_moment_shows_are_refused() -> None:
    """Three MUSTs that may all speak in a moment of two are an error that names them."""
    (found,) = _problems(_rule("a"), _rule("b", items=2), _rule("c", force="should"))
    assert found == (
        "rules.yaml:2:5: 3 items that are all must in the body of news: b/i0, b/i1, a/i0;"
        " expected at most 2, the budget of a moment"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("when: {card.tier: low}, ", "when: {card.tier: [warm, full]}, "),
        ("when: {purpose.id: news}, ", "when: {purpose.kind: appointment_reminder}, "),
        ("when: {purpose.sensitivity: open}, ", "when: {purpose.least_verification: verified}, "),
        ("group: one, priority: high, ", "group: one, "),
    ],
    ids=["conditions", "purposes", "attributes of purposes", "a group"],
)
def test_musts_that_never_meet_need_no_room_together(first: str, second: str) -> None:
    """Rules that exclude each other, in one purpose or by their group, share no moment."""
    assert _problems(_rule("a", first, items=2), _rule("b", second, items=2)) == []


def test_the_weaker_of_a_group_counts_where_the_stronger_is_silent() -> None:
    """A weaker rule of a group speaks, with others, wherever the stronger one does not."""
    strong = _rule("a", "group: one, priority: high, when: {card.tier: full}, ", items=1)
    weak = _rule("b", "group: one, ", items=2)
    always_full = "when: {card.tier: full}, "
    assert _problems(strong, weak, _rule("c", always_full)) == []
    (found,) = _problems(strong, weak, _rule("c", "when: {card.tier: low}, "))
    assert "b/i0, b/i1, c/i0" in found


@pytest.mark.parametrize(
    "more", ["priority: by_deadline, ", "priority: by_deadline, when: {card.tier: full}, "]
)
def test_who_is_stronger_by_deadline_is_not_settled(more: str) -> None:
    """A rule whose priority follows a deadline may speak for its group before any other."""
    strong = _rule("a", "group: one, priority: high, when: {card.tier: full}, ")
    other = _rule("c", "when: {card.tier: full}, ")
    (found,) = _problems(strong, _rule("b", f"group: one, {more}", items=2), other)
    assert "b/i0, b/i1, c/i0" in found
    lawful = (
        "group: one, basis: law, source: {cite: Act, certainty: primary}, when: {card.tier: full}, "
    )
    assert _problems(_rule("a", lawful), _rule("b", f"group: one, {more}", items=2), other) == []


def test_a_stronger_rule_that_may_be_replaced_silences_nobody() -> None:
    """Within a replacer's scope the strongest of a group does not exist, and the next speaks."""
    strong = _rule("a", "group: one, priority: high, ")
    instead = _rule("r", "for: {campaign: x}, replaces: [a], ", force="should")
    (found,) = _problems(strong, instead, _rule("b", "group: one, ", items=3))
    assert "b/i0, b/i1, b/i2" in found
    assert _problems(strong, _rule("b", "group: one, ", items=3)) == []


def test_the_brief_has_a_budget_of_its_own() -> None:
    """The brief holds three things to know, whatever the pack's budget."""
    known = [
        f'{{id: k{n}, because: "b", then: [{{know: {{name: i, stage: pre_call, force: must, '
        f'text: "x"}}}}]}}'
        for n in range(4)
    ]
    assert _problems(*known[:3]) == []
    (found,) = _problems(*known)
    assert "4 items that are all must in the brief of news" in found


def test_a_reaction_is_a_moment_for_each_event() -> None:
    """What answers different events never competes; what answers one event does."""
    apart = [_answer("a", "customer_busy", items=2), _answer("b", "mealtime_cue", items=2)]
    assert _problems(*apart, section="reactions") == []
    both = _answer("c", "[customer_busy, mealtime_cue]")
    found = _problems(*apart, both, section="reactions")
    assert [each.partition(" all must in ")[2].partition("; ")[0] for each in found] == [
        "the answer to customer_busy of news: a/i0, a/i1, c/i0",
        "the answer to mealtime_cue of news: b/i0, b/i1, c/i0",
    ]


def test_equals_of_a_group_must_exclude_each_other() -> None:
    """Two rules of a group with the same basis and priority that may both apply are an error."""
    (found,) = _problems(_rule("a", "group: one, "), _rule("b", "group: one, "))
    assert found == (
        "rules.yaml:3:5: b in the group one with the basis and priority of a, and both can apply in"
        " one call; expected another priority or basis for one of them, or conditions that exclude"
        " each other"
    )


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("", "priority: high, "),
        ("", "basis: customer, "),
        ("when: {card.tier: low}, ", "when: {card.tier: full}, "),
        ("when: {purpose.id: news}, ", "when: {purpose.kind: appointment_reminder}, "),
        ("", "replaces: [a], when: {card.tier: full}, "),
        ("", "replaces: [a], if_unsure: apply, region: GB, "),
        ("if_unsure: apply, ", "replaces: [a], if_unsure: apply, for: {brand: x}, "),
        ("if_unsure: apply, for: {brand: x}, ", "if_unsure: apply, for: {brand: y}, "),
    ],
    ids=["priority", "basis", "conditions", "purposes", "replaced", "region", "brand", "brands"],
)
def test_a_group_whose_rules_are_told_apart_is_fine(first: str, second: str) -> None:
    """Another rank, conditions that exclude each other, or a replacement settle who speaks."""
    assert _problems(_rule("a", f"group: one, {first}"), _rule("b", f"group: one, {second}")) == []


@pytest.mark.parametrize("scope", ["region: GB, ", "from: 2026-01-01, ", "through: 2026-01-01, "])
def test_where_a_replacement_is_unsure_both_may_speak(scope: str) -> None:
    """An apply rule stands beside an apply rule in its place where nobody knows the scope."""
    old = _rule("a", "group: one, if_unsure: apply, ")
    (found,) = _problems(old, _rule("b", f"group: one, if_unsure: apply, replaces: [a], {scope}"))
    assert "b in the group one with the basis and priority of a" in found


def test_equals_of_different_events_never_meet() -> None:
    """In reactions, a group is a group for each event."""
    first = _answer("a", "customer_busy", "group: one, ")
    assert _problems(first, _answer("b", "mealtime_cue", "group: one, "), section="reactions") == []
    assert len(_problems(first, _answer("b", "customer_busy", "group: one, "), section="reactions"))


def test_what_cannot_be_proven_in_time_is_refused() -> None:
    """A pack with more combinations than may be tried is an error in words, not a long wait."""
    apart = [
        _rule(f"r{n}", f"when: {{call.attempt: {{between: [{n}0, {n}5]}}}}, {group}", items=2)
        for n, group in enumerate(["group: one, ", "group: one, ", "", ""], start=1)
    ]
    assert _problems(*apart) == []
    found = _problems(*apart, limit=1)
    alike, many = "with the same basis and priority", ", too many to prove that no"
    assert [each.partition("; ")[0] for each in found] == [
        f"rules.yaml:2:5: 4 rules with a must in the body of news{many} more than 2 speak at once",
    ]
    (*_, last) = _problems(*apart, limit=0)
    assert f"2 rules of the group one {alike}{many} two can speak at once" in last


@pytest.mark.parametrize("group", ["group: one, ", ""])
def test_rules_for_one_value_each_are_told_apart_whatever_their_number(group: str) -> None:
    """Hundreds of rules of one group and moment need no more trying than a few."""
    one_each = [
        _rule(f"r{n}", f"{group}when: {{call.attempt: {n}, card.tier: full}}, ", items=2)
        for n in range(300)
    ]
    assert _problems(*one_each, limit=50) == []
    again = _rule("again", f"{group}when: {{call.attempt: [7, 400], card.tier: [full, low]}}, ")
    (found,) = _problems(*one_each, again, limit=50)
    assert "r7" in found


def test_two_rules_that_meet_at_two_values_are_reported_once() -> None:
    """A pair that shares more than one value is one mistake."""
    attempts = ("[1, 2]", "[1, 2]", "3", "4", "5", "6")
    rules = [
        _rule(f"r{n}", f"group: one, when: {{call.attempt: {attempt}}}, ")
        for n, attempt in enumerate(attempts)
    ]
    (found,) = _problems(*rules)
    assert "r1 in the group one" in found


def test_musts_that_meet_at_two_values_are_held_against_each_purpose_once() -> None:
    """Rules that share more than one value and yet exclude each other are fine in a moment."""
    rules = [
        _rule(f"r{n}", f"when: {{call.attempt: {attempt}, card.tier: {tier}}}, ", items=2)
        for n, (attempt, tier) in enumerate(
            [("[1, 2]", "low"), ("[1, 2]", "full"), *((f"{n}", "[low, full]") for n in range(3, 7))]
        )
    ]
    assert _problems(*rules) == []


def test_many_alternatives_are_tried_one_after_the_other() -> None:
    """Hundreds of choices end in an answer, as deep as they may be."""
    choices = ", ".join(
        f"{{any: [{{call.attempt: {n}}}, {{card.tier: full}}]}}" for n in range(120)
    )
    rules = [_rule(f"r{n}", f"when: {{all: [{choices}]}}, ") for n in range(4)]
    (found,) = _problems(*rules)
    assert found.partition(" speak")[0].startswith("rules.yaml:")

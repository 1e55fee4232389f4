"""A pack that answers events of a call leaves nobody without words, whatever is known."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache, partial
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.facts.builtin.catalogue import BUILT_IN
from advisor.facts.events import ENDS, EVENTS, UNNOTICED
from advisor.facts.situation import Call, Profile, Suppressed
from advisor.facts.values import NEVER, UNKNOWN, Possible, Value
from advisor.facts.vocabulary import Decision, Stage, Suppression
from advisor.guidance import tables
from advisor.guidance.advise import react
from advisor.guidance.guide import Guide
from advisor.guidance.situations import situation_of
from advisor.rules.compile.pack import compile_pack
from advisor.rules.domains import OTHER
from advisor.rules.pack import Pack, Rule
from advisor.rules.problems import Problems, Severity
from advisor.workbench.checks.answers import check_answers, written
from advisor.workbench.checks.tries import LIMIT

ROOT = Path(__file__).parents[3] / "rules"

_PACK = """
pack:
  name: small
  version: "1"
  default_locale: en-GB
  default_calendar: always
  budgets: {items: 2}
  brands: {acme: {name: "Acme"}}
calendars:
  - {id: always, open: {mon-sun: ["00:00-24:00"]}}
openings:
  standard: [greeting, person_check, headline, company_proof, customer_verification, body, close]
purposes:
  news:
    kind: service_information
    sensitivity: open
    least_verification: none
    occasion: {day: {type: date, tell: anyone, about: "When."}}
    say:
      topic: "your card"
      headline: "It's about your card; nothing is wrong."
      statement: "From {purpose.day} it is new."
    benefit: "You can go on paying."
    third_party: topic
  offer:
    kind: marketing_new
    sensitivity: open
    least_verification: none
    say: {topic: "savings", headline: "This is a sales call about a savings account."}
    benefit: "More."
"""

_BYE = 'close: {name: bye, force: should, text: "Goodbye."}'
_SORRY = 'say: {name: sorry, force: must, text: "I am sorry."}'


def _rule(id_: str, *items: str, on: str = "unscripted", more: str = "") -> str:
    then = ", ".join(f"{{{item}}}" for item in items)
    return f'{{id: {id_}, on: {on}, because: "b", {more}then: [{then}]}}'


def _rest(*but: str) -> str:
    return _rule("rest", _BYE, on=f"[{', '.join(e for e in EVENTS if e not in but)}]")


def _check(*rules: str, limit: int = LIMIT) -> tuple[Pack | None, Problems]:
    text = "\n".join(f"  - {rule}" for rule in rules)
    files = {"pack.yaml": _PACK.encode(), "rules.yaml": f"reactions:\n{text}\n".encode()}
    return compile_pack(files, BUILT_IN, [partial(check_answers, limit=limit)])


def _problems(*rules: str, limit: int = LIMIT) -> list[str]:
    _, problems = _check(*rules, _rest("unscripted"), limit=limit)
    assert all(problem.code == "no-answer" for problem in problems)
    return [problem.message for problem in problems]


@cache
def _default() -> Pack:
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in ROOT.rglob("*.yaml")}
    pack, problems = compile_pack(files, BUILT_IN)
    assert pack is not None, list(problems)
    return pack


def test_the_default_pack_leaves_nobody_without_words() -> None:
    """In the pack we ship, every event has something to say, whatever is known (004-11)."""
    problems = Problems()
    check_answers(_default(), problems)
    assert list(problems) == []


#: Reactions without which another one answers: what suits fewer calls, or adds to an answer.
_NOT_MISSED = frozenset(
    {
        "on-brand-stated-to-them",
        "on-callback-requested-nobody-free",
        "on-challenge-no-demand",
        "on-data-not-needed",
        "on-identity-asked-for-nothing",
        "on-identity-asked-too-early",
        "on-machine-no-message",
        "on-objection-to-selling",
        "on-stop-this",
        "on-who",
        "on-who-by-name",
    }
)


@pytest.mark.parametrize(
    "removed",
    [rule for rule in _default().rules if rule.events and rule.events.isdisjoint(UNNOTICED)],
    ids=lambda rule: rule.id,
)
def test_one_reaction_less_is_noticed(removed: Rule) -> None:
    """A pack without one of its reactions is refused, with the event and a call named (004-11)."""
    pack = _default()
    few = {id_: pack.purposes[id_] for id_ in ("pin-migration", "early-collections")}
    rules = tuple(rule for rule in pack.rules if rule is not removed)
    problems = Problems()
    check_answers(replace(pack, rules=rules, purposes=few), problems)
    found = " ".join(problem.message for problem in problems)
    if removed.id in _NOT_MISSED:
        assert not found
    else:
        assert all(event in found for event in removed.events)
        assert any(f"in {purpose} at " in found for purpose in few)


def test_a_pack_without_reactions_is_warned() -> None:
    """A pack that answers no event at all can be used, and its author is told what that means."""
    files = {"pack.yaml": _PACK.encode()}
    pack, problems = compile_pack(files, BUILT_IN, [check_answers])
    assert pack is not None
    (problem,) = problems
    assert problem.severity is Severity.WARNING
    assert "no reactions" in problem.message


def test_a_pack_without_purposes_has_no_calls_to_answer_in() -> None:
    """Where there is no purpose to ring for, nothing is missing."""
    pack, _ = _check(_rest())
    assert pack is not None
    for rules in (pack.rules, ()):
        problems = Problems()
        check_answers(replace(pack, purposes={}, rules=rules), problems)
        assert list(problems) == []


def test_events_that_nobody_answers_are_named() -> None:
    """Whoever answers one event is told, once, of all that have no answer, and in which call."""
    _, problems = _check(_rest("unscripted", "objection", "customer_hung_up", "guidance_shown"))
    (problem,) = problems
    assert problem.message == (
        "nothing to say when objection, customer_hung_up or unscripted is reported, in news at"
        " pre_call or anywhere else; expected a reaction to it"
    )
    assert "default pack" in problem.hint


def test_an_answer_to_everything_is_enough() -> None:
    """One rule without a condition that speaks and closes answers whatever happens (004-12)."""
    assert _problems(_rule("any", _SORRY, _BYE)) == []


@pytest.mark.parametrize(
    ("rules", "context"),
    [
        ([_rule("a", _BYE, more="when: {card.tier: low}, ")], "card.tier: guarded"),
        (
            [_rule("a", _BYE, more="when: {call.stage: {at_least: body}}, ")],
            "call.stage: pre_call",
        ),
        (
            [
                _rule("a", _BYE, more="when: {complaints.open: 0}, "),
                _rule("b", _BYE, more="when: {complaints.open: {not_in: [0]}}, "),
            ],
            "complaints.open: unknown",
        ),
        (
            [
                _rule("a", _BYE, more="when: {complaints.open: {known: yes, at_most: 0}}, "),
                _rule("b", _BYE, more="when: {complaints.open: {known: yes, at_least: 1}}, "),
                _rule("c", _BYE, more="when: {complaints.open: {unknown: yes}}, "),
            ],
            "complaints.open: [",
        ),
        ([_rule("a", _BYE, more="when: {purpose.id: offer}, ")], "in news at"),
        (
            [_rule("a", _BYE, more="when: {call.customer_verification: {at_least: claimed}}, ")],
            "call.customer_verification: none",
        ),
        ([_rule("a", _BYE, more="unless: [{call.answered_by: machine}], ")], "by: unknown"),
    ],
)
def test_a_condition_that_may_not_hold_is_shown_by_a_call(rules: list[str], context: str) -> None:
    """Where conditions leave a gap, the message holds a call that falls into it (004-11)."""
    (message,) = _problems(*rules)
    assert message.startswith("nothing to say when unscripted is reported")
    assert context in message


def test_conditions_that_leave_no_gap_are_enough() -> None:
    """Two rules of which one always holds answer together what neither answers alone."""
    low = _rule("a", _SORRY, _BYE, more="if_unsure: apply, when: {card.tier: low}, ")
    high = _rule("b", _SORRY, _BYE, more="if_unsure: skip, when: {card.tier: {not_in: [low]}}, ")
    assert _problems(low, high) == []


def test_reports_come_late() -> None:
    """Somebody else may be on the line by the time it is told that the customer was (004-11)."""
    more = "when: {call.customer_verification: {at_least: claimed}}, "
    _, problems = _check(
        _rule("a", _BYE, on="person_confirmed", more=more), _rest("person_confirmed")
    )
    (problem,) = problems
    assert "call.customer_verification: none" in problem.message


@pytest.mark.parametrize(
    ("item", "why"),
    [
        (
            'ask: {name: q, what: feedback, force: must, text: "How was it?"}',
            "It is made once in a call",
        ),
        (
            'say: {name: q, force: must, text: "Buy now.", benefit: company}',
            "serves only the company",
        ),
        (
            'offer: {name: q, what: savings, force: must, text: "Would you like it?"}',
            "It is made once in a call",
        ),
        (
            'say: {name: q, force: must, text: "It is {customer.preferred_name}."}',
            "A fact in its words is unknown",
        ),
        ('say: {name: q, force: must, text: "{purpose.say}"}', "may not hear this"),
    ],
)
def test_what_a_guard_may_remove_does_not_count(item: str, why: str) -> None:
    """Words that some customer or listener would not get answer nobody, and the reason is told."""
    _, problems = _check(_rule("a", item), _rest("unscripted"))
    (problem,) = problems
    assert problem.message.startswith("nothing to say when unscripted is reported, in ")
    assert why in problem.hint
    assert "a/q" in problem.hint


def test_other_words_for_what_is_unknown_count() -> None:
    """A text that falls back on words without facts is always there."""
    item = 'say: {name: q, force: must, text: "{purpose.say}", or_say: "I may not say."}'
    assert _problems(_rule("a", item, _BYE)) == []


def test_what_is_made_once_is_no_answer_by_itself() -> None:
    """An ask or an offer is not made again when they come back to it; something else is said."""
    for item in (
        'offer: {name: q, what: letter, force: must, text: "Shall I write?"}',
        'ask: {name: q, what: time, force: must, text: "When shall I ring?"}',
    ):
        (message,) = _problems(_rule("a", item))
        assert "in news" in message
        assert _problems(_rule("a", item, _BYE)) == []


def test_a_call_that_may_not_go_on_needs_an_end() -> None:
    """Where all but the end of a call is withheld, the end has to be there (004-12)."""
    (message,) = _problems(_rule("a", _SORRY))
    assert "and the call may not go on" in message
    assert message.endswith("expected a close item whatever the facts")


def test_a_stronger_rule_of_the_group_may_leave_nothing() -> None:
    """A rule that silences its group and is itself withheld, or says nothing, leaves a gap."""
    ask = 'ask: {name: q, what: consent, force: must, text: "May we?"}'
    base = _rule("base", _SORRY, _BYE, more="group: g, ")
    for loud in (ask, "remember: {name: m, what: quiet_time, at: event.window, source: stated}"):
        strong = _rule("a", loud, more="group: g, priority: high, when: {card.tier: full}, ")
        (message,) = _problems(strong, base)
        assert "card.tier: full" in message
    strong = _rule("a", _BYE, more="group: g, priority: high, when: {card.tier: full}, ")
    assert _problems(strong, base) == []
    weak = _rule("a", ask, more="group: g, priority: low, when: {card.tier: full}, ")
    assert _problems(weak, base) == []


def test_a_rule_that_grows_urgent_may_outrank_its_group() -> None:
    """Of equals by day, any may speak in place of the other."""
    ask = 'ask: {name: q, what: consent, force: must, text: "May we?"}'
    base = _rule("base", _BYE, more="group: g, ")
    late = _rule("z", ask, more="group: g, priority: by_deadline, when: {card.tier: full}, ")
    assert len(_problems(base, late)) == 1


def test_a_rule_that_is_replaced_somewhere_does_not_answer_there() -> None:
    """What a campaign replaces with something that may be withheld leaves a gap there."""
    ask = 'ask: {name: q, what: consent, force: must, text: "May we?"}'
    base = _rule("base", _BYE)
    spring = _rule("spring", ask, more="for: {campaign: spring}, replaces: [base], ")
    (message,) = _problems(base, spring)
    assert "call.campaign: spring" in message


def test_much_that_is_not_said_may_leave_no_room_for_what_is() -> None:
    """Words that need not be said do not count beside as much as a moment shows."""
    notes = [f'do: {{name: n{n}, force: should, text: "Note it."}}' for n in range(2)]
    could = 'say: {name: s, force: could, text: "Yes."}'
    (message,) = _problems(_rule("a", *notes, could, _BYE.replace("should", "could")))
    assert "an item that is said" in message
    assert _problems(_rule("a", *notes, _SORRY, _BYE)) == [message]
    assert _problems(_rule("a", notes[0], _SORRY, _BYE)) == []
    ask = 'ask: {name: q, what: consent, force: must, text: "May we?"}'
    (message,) = _problems(_rule("a", notes[0], ask, _BYE))
    assert "an item that is said" in message
    one_of_two = [
        _rule(f"a{n}", notes[0], _SORRY, _BYE, more=f"group: g, priority: {priority}, {when}")
        for n, (priority, when) in enumerate([("high", "when: {card.tier: low}, "), ("low", "")])
    ]
    assert _problems(*(rule.replace("must", "should") for rule in one_of_two)) == []


@pytest.mark.parametrize("event", sorted(ENDS))
def test_where_nobody_listens_something_to_do_is_enough(event: str) -> None:
    """After the line has gone, or before a machine, no word need be said."""
    do = 'do: {name: note, force: should, text: "Note it."}'
    _, problems = _check(_rule("a", do, on=event), _rest(event))
    assert list(problems) == []
    _, problems = _check(_rule("a", do, on=event, more="when: {card.tier: low}, "), _rest(event))
    (problem,) = problems
    assert event in problem.message


def test_too_many_rules_to_prove_are_told() -> None:
    """A crowd of rules ends in advice, not in a wait."""
    facts = ("complaints.open", "complaints.overdue", "history.unanswered")
    rules = [
        _rule(f"r{n}", _BYE, more=f"when: {{{', '.join(f'{f}: {n}' for f in facts)}}}, ")
        for n in range(4)
    ]
    (message,) = _problems(*rules, limit=3)
    assert "4 rules that answer unscripted, too many to prove" in message
    assert len(_problems(*rules)) == 1


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Possible((1, 2)), "[1, 2]"),
        (frozenset({"b", "a"}), "[a, b]"),
        (UNKNOWN, "unknown"),
        (NEVER, "never"),
        (True, "yes"),
        (False, "no"),
        (OTHER, '"anything else"'),
        (1.5, "1.5"),
    ],
)
def test_a_fact_is_written_as_its_author_would(value: Value, text: str) -> None:
    """What a counterexample states can be read as a test of the pack."""
    assert written(value) == text


_TIERS: list[Value] = ["low", "warm"]
_LISTENERS = (None, "person", "machine", "third_party")
_CAPACITIES: list[Value] = [UNKNOWN, -1, 0, 1]
_STAGES = [Stage.PRE_CALL, Stage.BODY]
_WHENS = [
    "card.tier: low",
    "card.tier: {not_in: [low]}",
    "card.tier: {known: yes}",
    "capacity.callback: 0",
    "capacity.callback: {at_least: 1}",
    "call.stage: {at_least: body}",
    "call.stage: {less_than: body}",
    "call.answered_by: third_party",
    "purpose.id: offer",
]
_ITEMS = [
    _BYE,
    _SORRY,
    'say: {name: what, force: should, text: "{purpose.say}"}',
    'offer: {name: again, what: callback, force: should, text: "Shall I ring later?"}',
    'ask: {name: q, what: consent, force: should, text: "May we?"}',
]


@st.composite
def _rules(draw: st.DrawFn) -> list[str]:
    """Generate up to three reactions to one event."""
    rules = []
    grouped = draw(st.booleans())
    for number, priority in enumerate(("high", "normal", "low")[: draw(st.integers(1, 3))]):
        items = draw(st.lists(st.sampled_from(_ITEMS), min_size=1, max_size=2, unique=True))
        more = f"group: g, priority: {priority}, " if grouped else ""
        more += f"if_unsure: {draw(st.sampled_from(['apply', 'skip']))}, "
        if draw(st.booleans()):
            more += f"when: {{{draw(st.sampled_from(_WHENS))}}}, "
        rules.append(_rule(f"r{number}", *items, more=more))
    return rules


@given(_rules())
def test_a_gap_is_found_where_there_is_one_and_nowhere_else(rules: list[str]) -> None:
    """The proof agrees with trying every call: only what is silent somewhere is refused."""
    text = "\n".join(f"  - {rule}" for rule in [*rules, _rest("unscripted")])
    files = {"pack.yaml": _PACK.encode(), "rules.yaml": f"reactions:\n{text}\n".encode()}
    pack, problems = compile_pack(files, BUILT_IN)
    assert pack is not None
    check_answers(pack, problems)
    guide = Guide.of(pack)
    silent = any(_is_silent(guide, *call) for call in _calls())
    assert bool(list(problems)) is silent


def _calls() -> Iterator[tuple[str, Profile, Mapping[str, Value]]]:
    """Iterate over calls that differ in all that the rules may ask about."""
    for purpose, tier, capacity, stage, blocked, who in product(
        ("news", "offer"), _TIERS, _CAPACITIES, _STAGES, (False, True), _LISTENERS
    ):
        stated: dict[str, Value] = {"card.tier": tier, "call.stage": stage.word}
        stated["capacity.callback"] = capacity
        if who is not None:
            stated["call.answered_by"] = who
        suppressions = (Suppressed(source=Suppression.DECEASED),) if blocked else ()
        yield purpose, Profile(suppressions=suppressions), stated


def _is_silent(guide: Guide, purpose: str, profile: Profile, stated: Mapping[str, Value]) -> bool:
    every = frozenset(f"{rule.id}/{item.name}" for rule in guide.pack.rules for item in rule.items)
    return any(
        _says_nothing(guide, purpose, profile, stated, said) for said in (frozenset[str](), every)
    )


def _says_nothing(
    guide: Guide,
    purpose: str,
    profile: Profile,
    stated: Mapping[str, Value],
    said: frozenset[str],
) -> bool:
    situation = situation_of(
        guide.pack,
        Call(id="c", brand="acme", dialled=True, said=said),
        purpose,
        datetime(2026, 1, 12, 15, tzinfo=UTC),
        profile=profile,
        stated=stated,
    )
    advice = react(guide, situation, "unscripted", explain=False)
    assert (advice.verdict.decision is Decision.BLOCK) is bool(profile.suppressions)
    return not any(item.kind in tables.SPOKEN for item in advice.items)

"""Whatever happens in a call, the default pack has an answer that keeps to what was agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from advisor.engagement.card import Card, TrustTier
from advisor.facts.events import EVENTS
from advisor.facts.situation import Agent, Call, Profile, Situation, Suppressed
from advisor.facts.values import UNKNOWN, Possible, Value
from advisor.facts.vocabulary import (
    Ask,
    CompanyProof,
    Decision,
    Disclosure,
    ItemKind,
    Suppression,
    Verification,
)
from advisor.guidance import tables
from advisor.guidance.advise import happened, react
from advisor.guidance.decision import Advice
from advisor.guidance.guide import Guide
from advisor.guidance.situations import situation_of
from advisor.workbench.preparing import prepare

AT = datetime(2026, 1, 12, 15, tzinfo=UTC)
ROOT = Path(__file__).parents[2] / "rules"

#: Nobody is on the line, or nothing happened that they notice.
_DESK = frozenset(
    {
        "agent_assigned",
        "call_placed",
        "customer_hung_up",
        "agent_hung_up",
        "call_dropped",
        "guidance_shown",
        "guidance_used",
        "guidance_dismissed",
        "guidance_overridden",
    }
)
#: What the agent may be shown again when they come back to it.
_AGAIN = frozenset({ItemKind.SAY, ItemKind.LISTEN, ItemKind.CLOSE})


@cache
def _guide() -> Guide:
    files = {path.relative_to(ROOT).as_posix(): path.read_bytes() for path in ROOT.rglob("*.yaml")}
    guide = prepare(files, tested=False).guide
    assert guide is not None
    return guide


@dataclass(frozen=True)
class _Told:
    """An event, facts of it, and whether the agent said what was then shown."""

    event: str
    given: Mapping[str, Value]
    said: bool


_SCOPES = st.sampled_from([UNKNOWN, "this_purpose", "this_number", "all"])
_TELLING = st.builds(
    _Told,
    event=st.sampled_from(EVENTS),
    given=st.fixed_dictionaries({}, optional={"event.scope": _SCOPES}),
    said=st.booleans(),
)


@st.composite
def _situations(draw: st.DrawFn) -> Situation:
    """Generate a call of any purpose with anything known of the customer."""
    guide = _guide()
    optional: dict[str, st.SearchStrategy[Value]] = {
        "capacity.callback": st.sampled_from([UNKNOWN, 0, 1, Possible((0, 1))]),
        "call.answered_by": st.sampled_from(["person", "machine", "third_party"]),
        "proof.how": st.frozensets(
            st.sampled_from(["app_call_status", "number_on_card", "web_reference", "code_word"])
        ),
        "brand.sensitivity": st.sampled_from([UNKNOWN, Possible(("none", "sensitive"))]),
        "complaints.open": st.sampled_from([UNKNOWN, 0, 1]),
    }
    blocked = draw(st.booleans())
    tier = draw(st.sampled_from([None, *TrustTier]))
    profile = Profile(
        preferred_name=draw(st.sampled_from([None, "Ms Kirkby"])),
        name_hint=draw(st.sampled_from([None, "KURK-bee"])),
        card=None if tier is None else Card(tier=tier),
        suppressions=(Suppressed(source=Suppression.DECEASED),) if blocked else (),
    )
    call = Call(
        id="c",
        brand=draw(st.sampled_from([*guide.pack.settings.brands, "", "unknown"])),
        agent=Agent(name=draw(st.sampled_from([None, "Sam"]))),
        regions=draw(st.sampled_from([(), ("GB",), ("US-NY", "US-CA")])),
        disclosure=draw(st.sampled_from(Disclosure)),
        verification=draw(st.sampled_from(Verification)),
        company_proof=draw(st.sampled_from(CompanyProof)),
        asks_refused=draw(st.frozensets(st.sampled_from(["identity", "data", "feedback"]))),
        dialled=True,
    )
    told: dict[str, Value] = {"starts_on": date(2026, 2, 1), "about_what": "the app"}
    return situation_of(
        guide.pack,
        call,
        draw(st.sampled_from(sorted(guide.pack.purposes))),
        AT,
        occasion=told if draw(st.booleans()) else {},
        profile=profile,
        stated=draw(st.fixed_dictionaries({}, optional=optional)),
        state_missing=draw(st.sampled_from([None, "store_unavailable"])),
    )


def _refusals() -> list[_Told]:
    events = ["headline_stated", "company_proof_accepted", "identity_refused"]
    return [_Told(event, {}, said=True) for event in [*events, "company_proof_accepted"]]


def _fraud() -> Situation:
    call = Call(id="c", brand="acme-bank", dialled=True)
    return situation_of(_guide().pack, call, "fraud-alert", AT)


@given(_situations(), st.lists(_TELLING, min_size=1, max_size=8))
@example(_fraud(), _refusals())
def test_whatever_happens_the_default_pack_answers_it(
    situation: Situation, told: Sequence[_Told]
) -> None:
    """There is no silence, no ask too early, and none after a no (004-07, 004-10, 004-11)."""
    for each in told:
        advice = react(_guide(), situation, each.event, each.given, explain=False)
        situation = happened(situation, each.event, each.given)
        call = situation.call
        assert _is_answered(each.event, advice, call), each.event
        assert _can_be_closed(each.event, advice, call), each.event
        assert _may_be_asked(advice, call)
        _not_repeated(advice, call.said)
        if each.said:
            said = call.said | {item.id for item in advice.items}
            situation = replace(situation, call=replace(call, said=said))


def _is_answered(event: str, advice: Advice, call: Call) -> bool:
    """Tell whether there is something to say, or to do once the line has gone."""
    if event not in _DESK:
        return any(item.kind in tables.SPOKEN for item in advice.items)
    ended = event in {"customer_hung_up", "agent_hung_up", "call_dropped"}
    blocked = advice.verdict.decision is Decision.BLOCK
    return bool(advice.items) or not ended or blocked or bool(call.said)


def _can_be_closed(event: str, advice: Advice, call: Call) -> bool:
    """Tell whether there is a way out (004-12), unless the agent has said it already."""
    ways_out = [item for item in advice.items if item.kind is ItemKind.CLOSE]
    return event in _DESK or bool(ways_out) or bool(call.said)


def _may_be_asked(advice: Advice, call: Call) -> bool:
    """Tell whether what is asked may be: in order, of the customer, and not after a no."""
    asked = {item.ask for item in advice.items if item.ask is not None}
    if Ask.IDENTITY in asked and (
        call.disclosure < tables.ENOUGH_TO_ASK
        or call.company_proof not in {CompanyProof.OFFERED, CompanyProof.ACCEPTED}
        or call.answered_by in {tables.MACHINE, tables.THIRD_PARTY}
    ):
        return False
    return not any(ask.value in call.asks_refused for ask in asked)


def _not_repeated(advice: Advice, said: frozenset[str]) -> None:
    """Check that what has been said comes again only where nothing else can be said."""
    again = [item for item in advice.items if item.id in said]
    anew = [item for item in advice.items if item.id not in said and item.kind in tables.SPOKEN]
    assert not (again and anew)
    assert all(item.kind in _AGAIN for item in again)


@given(_situations(), st.lists(_TELLING, max_size=4))
def test_what_is_it_about_is_answered_and_never_asked_back(
    situation: Situation, told: Sequence[_Told]
) -> None:
    """Whoever asks what it is about hears it at once, and is asked nothing (004-06)."""
    for each in told:
        situation = happened(situation, each.event, each.given)
    advice = react(_guide(), situation, "customer_asked_purpose", explain=False)
    kinds = [item.kind for item in advice.items]
    assert ItemKind.ASK not in kinds
    expected = ItemKind.CLOSE if advice.verdict.decision is Decision.BLOCK else ItemKind.SAY
    assert kinds[0] is expected
    assert not advice.items[0].text.rstrip().endswith("?") or _asks_for_help(situation)


def _asks_for_help(situation: Situation) -> bool:
    """Tell whether the purpose itself is a question: an invitation, or a payment to look at."""
    return situation.occasion.id in {"co-creation-invitation", "fraud-alert"}


@given(_situations())
def test_another_time_comes_first_where_the_moment_is_bad(situation: Situation) -> None:
    """A bad moment is met with another time first, if anybody is free (004-01, 004-20)."""
    for event in ("customer_busy", "mealtime_cue", "driving_cue", "annoyance_cue"):
        advice = react(_guide(), situation, event, explain=False)
        if advice.verdict.decision is Decision.BLOCK:
            continue
        offered = advice.items[0].what == "callback"
        assert offered is not (situation.stated.get("capacity.callback") == 0)


@given(_situations())
def test_whoever_doubts_us_gets_our_proof_first(situation: Situation) -> None:
    """A challenge is met with proof of the company, and with no demand (004-09)."""
    for event in ("customer_challenged_caller", "customer_asked_who"):
        advice = react(_guide(), situation, event, explain=False)
        assert all(item.ask is None for item in advice.items)
        if advice.verdict.decision is not Decision.BLOCK:
            assert advice.items[0].id.endswith("/proof")
            assert advice.items[0].rule.startswith("on-doubt-proof-by-")

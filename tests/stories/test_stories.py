"""The golden calls, played over real gRPC against a real service and a real Redis."""

from __future__ import annotations

import asyncio
import io
import re
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry

from advisor.cli.play import Player
from advisor.cli.story import Promised, Story, read_story
from advisor.desk.words import SPOKEN, word
from advisor.guidance.tables import GUARDED_ASKS
from advisor.rules.problems import Problems
from advisor.server.app import Surroundings, service
from advisor.server.logs import logger
from advisor.server.settings import LogFormat, Settings
from advisor.v1 import vocabulary_call_pb2
from advisor.v1.advisor_service_pb2 import AdviseResponse, RecordOutcomeResponse
from advisor.v1.event_pb2 import CallGuidance

#: Seconds in which the service must have seen that the time of a promise has passed.
_PATIENCE = 20.0

_HERE = Path(__file__).parent
_RULES = _HERE.parents[1] / "rules"
#: What a customer guards: asked late, once, and never after a refusal.
_GUARDED = frozenset(ask.value for ask in GUARDED_ASKS)


def _stories() -> Iterator[Any]:
    for path in sorted(_HERE.glob("K*.yaml")):
        problems = Problems()
        story = read_story(path.name, path.read_bytes(), problems)
        assert [f"{problem.mark}: {problem.message}" for problem in problems] == []
        yield pytest.param(story, id=path.stem)


@pytest.mark.parametrize("story", list(_stories()))
async def test_a_golden_story(story: Story, redis_url: str, tmp_path: Path) -> None:
    """Each call of a story is decided, guided and settled as the story says, one after another."""
    now = [story.calls[0].at]
    settings = Settings.model_validate(
        {
            "listen": "127.0.0.1:0",
            "metrics_listen": "",
            "rules": _RULES,
            "redis_url": redis_url,
            "namespace": re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-"),
            "data": tmp_path,
            "hmac_key": "a secret of the stories",
            "advise_deadline_ms": 5_000,
            "deadline_ms": 10_000,
            "store_budget_ms": 1_000,
        }
    )
    given = Surroundings(
        clock=lambda: now[0],
        log=logger(io.StringIO(), LogFormat.JSON),
        registry=CollectorRegistry(),
        new_id=lambda: "decision",
    )
    async with service(settings, given) as running:
        await asyncio.to_thread(_played, story, running.address, now)


def _played(story: Story, address: str, now: list[datetime]) -> None:
    with grpc.insecure_channel(address) as channel:
        player = Player(channel)
        for told in story.calls:
            now[0] = told.at
            until = time.monotonic() + _PATIENCE
            while not player.is_time_for(told):
                assert time.monotonic() < until, f"{told.title}: its time has not come"
            answer = player.begin(told)
            _check(_seen(answer, told.expect), told.expect, told.title)
            for step in told.steps:
                now[0] += timedelta(seconds=5)
                reported = player.report(step)
                assert reported.stored
                seen = _seen_then(reported.guidance, step.expect)
                _check(seen, step.expect, f"{told.title}: {word(step.event, 'kind')}")
            if told.promise is not None:
                promised = _promised(player, told.promise)
                _check(promised, told.promise.expect, f"{told.title}: promise")
            if told.ending is not None:
                outcome = player.end(told.ending)
                seen = _came_of_it(outcome, player, told.ending.expect)
                _check(seen, told.ending.expect, f"{told.title}: outcome")


def _check(seen: dict[str, Any], expect: dict[str, Any], where: str) -> None:
    assert seen == expect, where


def _seen_then(guidance: CallGuidance, expect: dict[str, Any]) -> dict[str, Any]:
    """Read from guidance what a step expects of it, in the story's own shape."""
    items = [*guidance.reactions, *guidance.items]
    text = "\n".join(item.text for item in items)
    now = "\n".join(item.text for item in guidance.reactions)
    spoken = [item for item in guidance.reactions if word(item, "kind") in SPOKEN]
    said = {
        "answered": "yes" if spoken and not guidance.uncovered else "no",
        "first": next((_word(item, "kind") for item in spoken), ""),
        "texts": [each for each in expect.get("texts", ()) if each in text],
        "never_texts": [each for each in expect.get("never_texts", ()) if each not in now],
        # What the customer guards may not be asked again, nor too early; courtesies may.
        "asks": sorted(_GUARDED & {_word(item, "ask") for item in guidance.reactions}),
        "asks_at_all": sorted(_GUARDED & {_word(item, "ask") for item in items}),
        "offers": sorted({item.what for item in guidance.reactions if item.what}),
        "can_close": "yes" if any(_word(item, "kind") == "close" for item in items) else "no",
        "refused": [_ask(ask) for ask in guidance.progress.asks_refused],
        "ended": "yes" if guidance.ended else "no",
        "asked": "yes" if guidance.progress.asks_made else "no",
    }
    return {key: said[key] for key in expect}


def _promised(player: Player, promise: Promised) -> dict[str, Any]:
    proposed, made = player.promise(promise)
    said = {
        "proposed": [slot.spoken for slot in proposed.slots],
        "refused": [reason.rule_id for reason in proposed.refused],
        "spoken": "" if made is None else made.spoken,
        "state": "" if made is None else _word(made.promise, "state"),
        "zone": "" if made is None else made.promise.zone,
    }
    return {key: said[key] for key in promise.expect}


def _came_of_it(
    outcome: RecordOutcomeResponse, player: Player, expect: dict[str, Any]
) -> dict[str, Any]:
    card = player.card()
    lines = [] if card is None else card.lines
    said = {
        "human": outcome.human,
        "refusal": outcome.refusal,
        "opt_out": outcome.opt_out,
        "loses": outcome.balance_after < outcome.balance_before,
        "earns": outcome.balance_after > outcome.balance_before,
        "statement_loses": any(line.entry.points < 0 for line in lines),
    }
    seen: dict[str, Any] = {key: "yes" if value else "no" for key, value in said.items()}
    seen["promises"] = [_word(each, "state") for each in player.promises()]
    seen["statement"] = [line.entry.rule_id for line in lines]
    return {key: seen[key] for key in expect}


def _ask(number: int) -> str:
    return vocabulary_call_pb2.AskKind.Name(number).removeprefix("ASK_KIND_").lower()  # type: ignore[arg-type]


def _seen(answer: AdviseResponse, expect: dict[str, Any]) -> dict[str, Any]:
    """Read from an answer what a story expects of it, in the story's own shape."""
    everything = [*answer.brief, *answer.items]
    ids = [item.id for item in everything]
    asks = {word(item, "ask").replace(" ", "_") for item in answer.items}
    verdict = answer.verdict
    lists: dict[str, list[str]] = {
        "reasons": [_word(reason, "code") for reason in verdict.reasons],
        "brief": [item.id for item in answer.brief],
        "says": ids,
        "do_not_ask": list(answer.do_not_ask),
    }
    all_text = "\n".join(
        f"{item.text} {' '.join(fact.name for fact in item.facts_used)}" for item in everything
    )
    not_before = verdict.not_before.ToDatetime() if verdict.HasField("not_before") else None
    seen: dict[str, Any] = {
        "decision": _word(verdict, "decision"),
        "not_before": None if not_before is None else f"{not_before.isoformat()}Z",
        "silent": [id_ for id_ in expect.get("silent", ()) if id_ not in ids],
        "texts": [text for text in expect.get("texts", ()) if text in all_text],
        "never_texts": [text for text in expect.get("never_texts", ()) if text not in all_text],
        "never_asks": [ask for ask in expect.get("never_asks", ()) if ask not in asks],
        "never_offers": str("offer" not in {word(item, "kind") for item in answer.items}).lower(),
        "silent_call": str(not everything).lower(),
    }
    for key, values in lists.items():
        wanted = expect.get(key, ())
        seen[key] = [value for value in values if value in wanted]
    return {key: seen[key] for key in expect}


def _word(message: Any, field: str) -> str:  # noqa: ANN401 - any message with an enumeration
    return word(message, field).replace(" ", "_")

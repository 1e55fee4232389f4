"""The golden calls, played over real gRPC against a real service and a real Redis."""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import grpc
import pytest
from prometheus_client import CollectorRegistry

from advisor.cli.context import context_of
from advisor.cli.words import word
from advisor.rules.problems import Problems
from advisor.rules.reader import read
from advisor.rules.source import MappingNode, Node, ScalarNode, SequenceNode
from advisor.server.app import Surroundings, service
from advisor.server.logs import logger
from advisor.server.settings import LogFormat, Settings
from advisor.v1.advisor_service_pb2 import AdviseRequest, AdviseResponse
from advisor.v1.advisor_service_pb2_grpc import AdvisorServiceStub

_HERE = Path(__file__).parent
_RULES = _HERE.parents[1] / "rules"
_EXPECTED = frozenset(
    {
        "decision",
        "reasons",
        "not_before",
        "brief",
        "says",
        "silent",
        "texts",
        "never_asks",
        "never_offers",
        "do_not_ask",
        "silent_call",
    }
)


@dataclass(frozen=True, slots=True)
class _Call:
    title: str
    at: datetime
    request: AdviseRequest
    expect: dict[str, Any]


def _plain(node: Node) -> Any:  # noqa: ANN401 - a JSON value
    if isinstance(node, MappingNode):
        return {key.text: _plain(value) for key, value in node.entries}
    if isinstance(node, SequenceNode):
        return [_plain(item) for item in node]
    return node.text


def _text(node: MappingNode, key: str) -> str | None:
    value = node.get(key)
    return value.text if isinstance(value, ScalarNode) else None


def _calls(path: Path) -> Iterator[_Call]:
    problems = Problems()
    story = read(path.name, path.read_bytes(), problems)
    assert isinstance(story, MappingNode)
    calls = story.get("calls")
    assert isinstance(calls, SequenceNode)
    for node in calls:
        assert isinstance(node, MappingNode)
        context, expect = node.get("context"), node.get("expect")
        assert context is not None
        assert expect is not None
        at = _text(node, "at") or _text(story, "clock") or ""
        yield _Call(
            _text(node, "title") or "",
            datetime.fromisoformat(at),
            context_of(context, problems),
            _plain(expect),
        )
    assert [f"{problem.mark}: {problem.message}" for problem in problems] == []


def _all() -> Iterator[Any]:
    for path in sorted(_HERE.glob("K*.yaml")):
        for call in _calls(path):
            yield pytest.param(call, id=f"{path.stem}: {call.title}")


@pytest.mark.parametrize("call", list(_all()))
async def test_a_golden_call(call: _Call, redis_url: str, tmp_path: Path) -> None:
    """Each call of a story is decided, opened and guarded as the story says."""
    settings = Settings.model_validate(
        {
            "listen": "127.0.0.1:0",
            "metrics_listen": "",
            "rules": _RULES,
            "redis_url": redis_url,
            "data": tmp_path,
            "hmac_key": "a secret of the stories",
            "advise_deadline_ms": 5_000,
            "store_budget_ms": 1_000,
        }
    )
    given = Surroundings(
        clock=lambda: call.at,
        log=logger(io.StringIO(), LogFormat.JSON),
        registry=CollectorRegistry(),
        new_id=lambda: "decision",
    )
    async with (
        service(settings, given) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        answer = await AdvisorServiceStub(channel).Advise(call.request, timeout=10)
    unknown = set(call.expect) - _EXPECTED
    assert unknown == set()
    assert _seen(answer, call.expect) == call.expect


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

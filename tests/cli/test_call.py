"""`advisor call`: stories are read with every mistake at its place, and played."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import grpc
import pytest
from click.testing import CliRunner
from rich.console import Console

from advisor.cli.call import call, play, story_from
from advisor.cli.story import read_story
from advisor.rules.problems import Problems
from tests.server.running import running, settings_for

_STORY = """\
story: small
clock: 2026-01-12T15:00:00Z
calls:
  - title: she asks
    context:
      call: {call_id: c-1, time_zones: [Europe/London], stage: ringing}
      purpose: {id: pin-migration, occasion: {starts_on: 2026-02-01}}
      customer: {customer_id: k-1}
    events:
      - {event: guidance_used, item_id: next, agent: "It's about your card."}
      - {event: customer_asked_purpose, customer: "What about it?"}
    outcome: {call: {disposition: completed_service, ended_by: customer}}
"""

_WRONG = {
    "a mistyped key": ("title:", "heading:", 'unknown key "heading"'),
    "a mistyped event": ("customer_asked_purpose", "customer_asked_porpoise", "customer_asked"),
    "no event": ("event: guidance_used, ", "", "a step with its event"),
    "no context": ("context:", "events:", "a call with its context"),
    "an instant without offset words": ("2026-01-12T15:00:00Z", "soon", "an instant"),
    "calls that are no list": ("calls:\n", "calls: none\nx:\n", "a list"),
}


@pytest.mark.parametrize("wrong", list(_WRONG))
def test_a_mistake_is_named_at_its_place(tmp_path: Path, wrong: str) -> None:
    """A story with a mistake is not played; the mistake is shown with line and column."""
    old, new, message = _WRONG[wrong]
    path = tmp_path / "wrong.yaml"
    path.write_text(_STORY.replace(old, new, 1))
    result = CliRunner().invoke(call, [str(path)])
    assert result.exit_code == 1
    assert message in result.output
    assert "wrong.yaml:" in result.output


def test_an_empty_story_has_no_calls() -> None:
    """An empty file is a mistake, not a crash."""
    problems = Problems()
    assert read_story("empty.yaml", b"", problems).calls == ()


def test_no_service_is_said_in_words(tmp_path: Path) -> None:
    """Without a service the command ends with 3 and says what to start."""
    path = tmp_path / "story.yaml"
    path.write_text(_STORY)
    result = CliRunner().invoke(call, [str(path), "--address", "127.0.0.1:1", "--speed", "full"])
    assert result.exit_code == 3
    assert "advisor serve" in result.output


async def test_a_story_is_played_at_the_pace_of_people(tmp_path: Path, redis_url: str) -> None:
    """Both sides are shown, pauses are as long as what is said, and the outcome is recorded."""
    path = tmp_path / "story.yaml"
    path.write_text(_STORY)
    out, pauses = io.StringIO(), list[float]()
    settings = settings_for(tmp_path, redis_url=redis_url, namespace="played")
    async with running(settings) as client:

        def played() -> None:
            with grpc.insecure_channel(client.running.address) as channel:
                console = Console(file=out, width=100, highlight=False)
                play(story_from(path), channel, console, pauses.append)

        await asyncio.to_thread(played)
    shown = out.getvalue()
    assert "Agent: It's about your card." in shown
    assert "Customer: What about it?" in shown
    assert "customer asked purpose" in shown
    assert "Thank you for telling me. I'm listening." in shown
    assert "counted for its authors" in shown
    assert "What came of it" in shown
    assert sum(pauses) > 3

"""`advisor promises`: what is owed in words, watched, planned for and given up."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from advisor.cli.main import main
from advisor.v1 import callback_service_pb2 as wire
from advisor.v1.call_pb2 import Agent, Call, Purpose
from advisor.v1.callback_service_pb2_grpc import CallbackServiceStub
from tests.server.running import NOW, Client, Hands, running, settings_for

_FOUR = NOW + timedelta(days=1, hours=1)


class _Operator:
    """Runs commands against a service, and makes promises in it."""

    def __init__(self, client: Client, hands: Hands) -> None:
        self.client = client
        self.hands = hands

    async def run(self, *words: str) -> Result:
        """Run `advisor promises` with some words, in a thread."""
        environment = {"ADVISOR_ADDRESS": self.client.running.address}
        runner = CliRunner(env=environment)
        return await asyncio.to_thread(runner.invoke, main, ["promises", *words])

    async def put_off(self, until: datetime) -> None:
        """Claim what is due, and give it back for later."""
        stub: Any = CallbackServiceStub(self.client.channel)
        claiming = wire.ClaimDuePromisesRequest(worker_id="w", most=1)
        [claim] = (await stub.ClaimDuePromises(claiming)).claimed
        request = wire.ReleaseClaimRequest(
            promise_id=claim.promise.id, claim_token=claim.claim_token
        )
        request.not_before.FromDatetime(until)
        await stub.ReleaseClaim(request)

    async def promise(
        self,
        number: int = 1,
        due_at: datetime = _FOUR,
        *,
        agent: str = "sam",
        topic: str = "your PIN",
    ) -> str:
        """Make a promise; return its id."""
        stub: Any = CallbackServiceStub(self.client.channel)
        request = wire.MakePromiseRequest(
            request_id=f"r-{number}",
            topic=topic,
            context=wire.CallbackContext(
                customer_id=f"k-{number}",
                call=Call(
                    call_id=f"c-{number}",
                    brand="acme",
                    time_zones=["Europe/London"],
                    agent=Agent(agent_id=agent),
                ),
                purpose=Purpose(id="pin-migration"),
            ),
        )
        request.due_at.FromDatetime(due_at)
        made: wire.MakePromiseResponse = await stub.MakePromise(request)
        return made.promise.id


@pytest.fixture(name="operator")
async def _operator(tmp_path: Path, redis_url: str) -> AsyncIterator[_Operator]:
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    hands = Hands()
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=name)
    async with running(settings, hands) as client:
        yield _Operator(client, hands)


async def test_what_is_owed_is_a_table_in_words(operator: _Operator) -> None:
    """The one due first first, each with time, state, owner, customer and topic, and a sum."""
    late = await operator.promise(1, _FOUR + timedelta(hours=1), agent="kim")
    soon = await operator.promise(2)
    operator.hands.now = _FOUR
    result = await operator.run()

    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "WHEN                                 STATE    OWNER  CUSTOMER  ABOUT",
        "Tue 13 Jan 2026 16:00 Europe/London  due      sam    k-2       your PIN",
        f"    {soon}",
        "Tue 13 Jan 2026 17:00 Europe/London  to come  kim    k-1       your PIN",
        f"    {late}",
        "2 promises: 1 due, 1 to come.",
    ]


@pytest.mark.parametrize(
    ("words", "customers"),
    [
        (["--due"], ["k-2"]),
        (["--owner", "kim"], ["k-1"]),
        (["--owner", "kim", "--owner", "sam"], ["k-2", "k-1"]),
        (["--customer", "k-1"], ["k-1"]),
        (["--customer", "k-1", "--due"], []),
        (["--missed"], []),
    ],
)
async def test_what_is_owed_is_narrowed(
    operator: _Operator, words: list[str], customers: list[str]
) -> None:
    """By state, by owner and by customer; as JSON for programs."""
    await operator.promise(1, _FOUR + timedelta(hours=1), agent="kim")
    await operator.promise(2)
    operator.hands.now = _FOUR
    result = await operator.run(*words, "--json")

    assert result.exit_code == 0
    listed = json.loads(result.output).get("promises", [])
    assert [each["customer_id"] for each in listed] == customers


async def test_all_pages_are_followed(operator: _Operator, monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not go on one page is listed all the same, once each."""
    monkeypatch.setattr("advisor.cli.promises.reading._PAGE", 2)
    made = [await operator.promise(n, _FOUR + timedelta(hours=n % 2)) for n in range(5)]
    result = await operator.run("--json")

    listed = [each["id"] for each in json.loads(result.output)["promises"]]
    assert sorted(listed) == sorted(made)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ([], "Nothing is owed."),
        (["--due"], "Nothing is due now."),
        (["--missed"], "Nothing was missed in the last seven days."),
        (["--customer", "k-9"], "Nothing that is remembered was promised."),
        (["--customer", "k-9", "--missed"], "Nothing was missed."),
    ],
)
async def test_nothing_is_said_in_words(operator: _Operator, words: list[str], says: str) -> None:
    """An empty list is a sentence, and fine."""
    result = await operator.run(*words)
    assert (result.exit_code, result.output) == (0, f"{says}\n")


async def test_words_of_others_do_not_steer_the_terminal(operator: _Operator) -> None:
    """What was typed as a topic is shown, and obeyed by no terminal."""
    await operator.promise(topic="a \x1b[31mred\x1b[0m thing")
    result = await operator.run()
    assert "\x1b" not in result.output
    assert "red" in result.output


async def test_watched_as_it_becomes_due(operator: _Operator) -> None:
    """What is due is written each time it becomes so, a line each, until the program is ended."""
    promise_id = await operator.promise()
    code = "from advisor.cli.main import main; main()"
    command = ["-c", code, "promises", "watch", "--address", operator.client.running.address]
    watcher = await asyncio.create_subprocess_exec(
        sys.executable, *command, stdout=asyncio.subprocess.PIPE
    )
    assert watcher.stdout is not None
    try:
        operator.hands.now = _FOUR
        async with asyncio.timeout(30):
            first = await watcher.stdout.readline()
            await operator.put_off(_FOUR + timedelta(minutes=10))
            operator.hands.now = _FOUR + timedelta(minutes=10)
            again = await watcher.stdout.readline()
    finally:
        watcher.terminate()
        await watcher.wait()
    when = "Tue 13 Jan 2026 16:00 Europe/London"
    line = f"due: {when}, sam rings k-1 about your PIN ({promise_id})\n"
    assert (first.decode(), again.decode()) == (line, line)


async def test_capacity_is_stated(operator: _Operator) -> None:
    """Slots that are stated have the room that is stated, and too many promises are told."""
    await operator.promise()
    result = await operator.run("capacity", "2026-01-13T16:00Z=0", "2026-01-13T18:30+02:00=3")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        "2 slots set for the pack's own team.",
        "1 slot of them with more promises than can be kept: see to them.",
    ]


async def test_capacity_is_read_from_a_file(operator: _Operator, tmp_path: Path) -> None:
    """A file of a thousand slots and more, of several teams, is sent in as many requests."""
    path = tmp_path / "plan.csv"
    rows = [f"{_FOUR + timedelta(minutes=30 * n):%Y-%m-%dT%H:%MZ},{n % 5}," for n in range(1_001)]
    path.write_text(
        "\n".join(["starts_at,capacity,team", *rows, "2026-01-13T16:00Z,2,evenings", ""])
    )
    result = await operator.run("capacity", str(path), "--team", "cards")
    assert (result.exit_code, result.output) == (0, "1002 slots set for cards, evenings.\n")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("starts_at,capacity\nsoon,1\n", ":2: starts_at is no instant with its offset"),
        ("starts_at,capacity\n2026-01-13T16:00,1\n", ":2: starts_at is no instant"),
        ("starts_at,capacity\n2026-01-13T16:00Z,many\n", ":2: capacity is no whole number"),
        ("starts_at,capacity\n2026-01-13T16:00Z\n", ":2: capacity is no whole number"),
        ("", "no slots; the first line names starts_at and capacity"),
    ],
)
def test_a_wrong_file_is_not_sent(tmp_path: Path, content: str, says: str) -> None:
    """Every mistake of a file is told with its line, and nothing of it is sent."""
    path = tmp_path / "plan.csv"
    path.write_text(content)
    words = ["promises", "capacity", str(path), "--address", "127.0.0.1:1"]
    result = CliRunner().invoke(main, words)
    assert result.exit_code == 1
    assert says in result.output


async def test_a_slot_that_is_none_of_the_packs_is_refused(operator: _Operator) -> None:
    """A beginning that no slot has is named by the service, and nothing is set."""
    result = await operator.run("capacity", "2026-01-13T16:07Z=1")
    assert result.exit_code == 1
    assert "slots[0].starts_at: is no beginning of the pack's slots" in result.output


async def test_cancelled_once(operator: _Operator) -> None:
    """A promise that is given up is owed no more; again changes nothing and says so."""
    promise_id = await operator.promise()
    first = await operator.run("cancel", promise_id)
    again = await operator.run("cancel", promise_id)

    assert first.exit_code == again.exit_code == 0
    assert first.output.startswith("released: Tue 13 Jan 2026 16:00 Europe/London, sam rings k-1")
    assert again.output == f"{first.output}It had been released before.\n"
    assert (await operator.run()).output == "Nothing is owed.\n"


async def test_what_is_no_promise_is_not_cancelled(operator: _Operator) -> None:
    """An id of no promise ends with 1 and a sentence."""
    result = await operator.run("cancel", "no-such-promise")
    assert result.exit_code == 1
    assert "no such promise" in result.output


@pytest.mark.parametrize(
    "words", [[], ["watch"], ["cancel", "x"], ["capacity", "2026-01-13T16:00Z=1"]]
)
def test_no_service_ends_with_three(words: list[str]) -> None:
    """A service out of reach is 3, as for every command."""
    result = CliRunner(env={"ADVISOR_ADDRESS": "127.0.0.1:1"}).invoke(main, ["promises", *words])
    assert result.exit_code == 3
    assert "no service answers" in result.output


@pytest.mark.parametrize(
    "words",
    [
        ["--due", "--missed"],
        ["--due", "watch"],
        ["--owner", "with space"],
        ["capacity"],
        ["capacity", "soon=1"],
        ["capacity", "2026-01-13T16:00Z=-1"],
        ["capacity", "a.csv", "b.csv"],
        ["capacity", "no-such-file.csv"],
        ["cancel"],
    ],
)
def test_used_wrongly_ends_with_two(words: list[str]) -> None:
    """What cannot be meant is said before anything is asked of a service."""
    result = CliRunner(env={"ADVISOR_ADDRESS": "127.0.0.1:1"}).invoke(main, ["promises", *words])
    assert result.exit_code == 2

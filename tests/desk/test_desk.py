"""The agent's page over a whole service: what it shows, reports, and never does."""

from __future__ import annotations

import asyncio
import re
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import click
import httpx
import pytest
from click.testing import CliRunner

from advisor.cli.desk import desk as desk_command
from advisor.cli.desk import listening
from advisor.cli.serve import serve
from advisor.desk.buttons import GROUPS, REPORTABLE
from advisor.v1 import advisor_service_pb2 as wire
from advisor.v1 import customer_service_pb2 as customers
from advisor.v1.vocabulary_call_pb2 import CallEventKind
from tests.desk.serving import served
from tests.server.reactions import REACTIONS
from tests.server.running import Client, pin_call, running, settings_for

_HERE = {"sec-fetch-site": "same-origin"}
_NASTY = "<script>alert(1)</script>"


@dataclass(slots=True)
class Desk:
    """A desk on a free port, the service behind it, and a browser's client."""

    service: Client
    web: httpx.AsyncClient
    url: str


@pytest.fixture(name="open_desk")
async def _open_desk(tmp_path: Path, redis_url: str) -> AsyncIterator[Desk]:
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=name)
    (settings.rules / "reactions.yaml").write_text(REACTIONS)
    async with (
        running(settings) as client,
        served(client.running.address) as url,
        httpx.AsyncClient(base_url=url, timeout=10) as web,
    ):
        yield Desk(client, web, url)


async def _shown(lines: AsyncIterator[str], event: str) -> str:
    """Read the data of the next event of a kind from a stream."""
    async with asyncio.timeout(15):
        async for line in lines:
            if line != f"event: {event}":
                continue
            data: list[str] = []
            async for more in lines:
                if not more:
                    return "\n".join(data)
                data.append(more.removeprefix("data:").strip())
    raise AssertionError("the stream ended")


async def _report(desk_: Desk, kind: str, **fields: str) -> httpx.Response:
    return await desk_.web.post(
        "/events/c-1",
        data={"kind": kind, "event_id": f"e-{kind}", **fields},
        headers={**_HERE, "x-desk": "1"},
    )


async def test_the_next_thing_to_say_is_shown(open_desk: Desk) -> None:
    """The page has what to say now, what not to ask, and the proof's reference (001-07)."""
    answer = await open_desk.service.advise(pin_call(customer_id="k-1"))
    async with open_desk.web.stream("GET", "/stream/call/c-1") as stream:
        page = await _shown(stream.aiter_lines(), "guidance")
    assert re.search('class="next"[^>]*>It&#39;s about a change to how your card works', page)
    assert "security code" in page
    assert answer.proof.reference in page


async def test_a_report_changes_what_is_shown_whoever_made_it(open_desk: Desk) -> None:
    """What another client reports arrives by itself; what the page reports does too (004-11)."""
    await open_desk.service.advise(pin_call(customer_id="k-1"))
    async with open_desk.web.stream("GET", "/stream/call/c-1") as stream:
        lines = stream.aiter_lines()
        await _shown(lines, "guidance")
        assert (await _report(open_desk, "CUSTOMER_BUSY")).status_code == 204
        assert "after: customer busy" in await _shown(lines, "guidance")
        event = wire.ReportCallEventRequest(call_id="c-1")
        event.event.event_id, event.event.kind = "e-9", CallEventKind.CALL_EVENT_KIND_DRIVING_CUE
        await open_desk.service.raw("AdvisorService/ReportCallEvent", event.SerializeToString())
        assert "after: driving cue" in await _shown(lines, "guidance")


async def test_hours_and_a_name_are_reported_as_they_were_typed(open_desk: Desk) -> None:
    """000-07, 004-02: what is to be remembered can be written down where it is heard."""
    await open_desk.service.advise(pin_call(customer_id="k-1"))
    async with open_desk.web.stream("GET", "/stream/call/c-1") as stream:
        page = await _shown(stream.aiter_lines(), "guidance")
    assert re.search('<input id="hours" name="window"', page)
    assert re.search('<input id="hint" name="text"', page)
    await _report(open_desk, "TIME_DESIGNATED_INCONVENIENT", window="before 10:00")
    await _report(open_desk, "NAME_CORRECTED", text="KURK-bee")
    request = customers.ExportCustomerRequest(customer_id="k-1").SerializeToString()
    raw = await open_desk.service.raw("CustomerService/ExportCustomer", request)
    learned = customers.ExportCustomerResponse.FromString(raw).learned
    assert {fact.name: fact.value for fact in learned} == {
        "quiet_times": "00:00-10:00",
        "name_hint": "KURK-bee",
    }


async def test_a_click_twice_is_one_event(open_desk: Desk) -> None:
    """The page gives each report its id, so that the same again changes nothing."""
    await open_desk.service.advise(pin_call(customer_id="k-1"))
    await _report(open_desk, "AGENT_ASKED_IDENTITY")
    await _report(open_desk, "AGENT_ASKED_IDENTITY")
    request = wire.ReportCallEventRequest(call_id="c-1")
    request.event.event_id, request.event.kind = "x", CallEventKind.CALL_EVENT_KIND_CONNECTED
    raw = await open_desk.service.raw("AdvisorService/ReportCallEvent", request.SerializeToString())
    assert wire.ReportCallEventResponse.FromString(raw).guidance.progress.asks_made == 1


async def test_an_agent_is_waited_for_and_followed(open_desk: Desk) -> None:
    """Who follows an agent sees their call once it is assigned."""
    async with open_desk.web.stream("GET", "/stream/agent/a-7") as stream:
        lines = stream.aiter_lines()
        assert await _shown(lines, "line") == "open"
        request = pin_call(customer_id="k-1")
        request.call.agent.agent_id = "a-7"
        request.call.agent.name = _NASTY
        await open_desk.service.advise(request)
        page = await _shown(lines, "guidance")
    assert "<script" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


@pytest.mark.parametrize("call_id", ["2026/01/12-7", "a/stream", "c?1", "c%2F1"])
async def test_an_id_of_another_system_is_followed_whatever_is_in_it(
    open_desk: Desk, call_id: str
) -> None:
    """Every id that the contract allows has its page, and what is reported there arrives."""
    request = pin_call(customer_id="k-1")
    request.call.call_id = call_id
    await open_desk.service.advise(request)
    led = await open_desk.web.get("/", params={"call": call_id}, follow_redirects=True)
    stream_at = re.search('data-stream="([^"]+)"', led.text)
    assert stream_at
    async with open_desk.web.stream("GET", stream_at[1]) as stream:
        lines = stream.aiter_lines()
        action = re.search('action="([^"]+)"', await _shown(lines, "guidance"))
        assert action
        sent = {"kind": "CUSTOMER_BUSY", "event_id": "e-1"}
        assert (await open_desk.web.post(action[1], data=sent, headers=_HERE)).status_code == 303
        assert "after: customer busy" in await _shown(lines, "guidance")


async def test_a_service_that_was_long_away_is_found_within_seconds(
    tmp_path: Path, redis_url: str
) -> None:
    """However often nobody answered, the page is asked for again every second."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = f"127.0.0.1:{free.getsockname()[1]}"
    settings = settings_for(tmp_path, redis_url=redis_url, namespace="away", listen=address)
    async with (
        served(address) as url,
        httpx.AsyncClient(base_url=url, timeout=10) as web,
        web.stream("GET", "/stream/agent/a-7") as stream,
    ):
        lines = stream.aiter_lines()
        for _second in range(6):
            assert "does not answer" in await _shown(lines, "line")
        async with running(settings), asyncio.timeout(3):
            while await _shown(lines, "line") != "open":
                pass


async def test_live_calls_are_listed(open_desk: Desk) -> None:
    """A supervisor sees where calls stand, and no score of anybody (004-12)."""
    await open_desk.service.advise(pin_call(customer_id="k-1"))
    assert "No call is going on" in (await open_desk.web.get("/calls")).text
    await _report(open_desk, "AGENT_ASKED_IDENTITY")
    page = (await open_desk.web.get("/calls")).text
    assert 'href="/call/c-1"' in page
    assert "asked early" in page


async def test_the_page_trusts_nothing_but_itself(open_desk: Desk) -> None:
    """No inline script, no frame, no other host's page, and ids are inert."""
    page = await open_desk.web.get("/call/%3Cscript%3E")
    assert "&lt;script&gt;" in page.text
    assert "<script>" not in page.text
    policy = page.headers["content-security-policy"]
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    elsewhere = await open_desk.web.get("/", headers={"host": "evil.example"})
    assert elsewhere.status_code == 400


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://evil.example"},
        {},
    ],
)
async def test_another_site_reports_nothing(open_desk: Desk, headers: dict[str, str]) -> None:
    """A report that another site's page sends is refused."""
    sent = {"kind": "CUSTOMER_BUSY", "event_id": "e-1"}
    answer = await open_desk.web.post("/events/c-1", data=sent, headers=headers)
    assert answer.status_code == 403


async def test_an_old_browser_may_report_too(open_desk: Desk) -> None:
    """Without fetch metadata the origin decides; without scripts the page comes back."""
    await open_desk.service.advise(pin_call(customer_id="k-1"))
    answer = await open_desk.web.post(
        "/events/c-1",
        data={"kind": "CUSTOMER_BUSY", "event_id": "e-1"},
        headers={"origin": open_desk.url},
    )
    assert (answer.status_code, answer.headers["location"]) == (303, "/call/c-1")


@pytest.mark.parametrize(
    "sent",
    [
        {"kind": "NO_SUCH_THING"},
        {"kind": "GUIDANCE_USED", "item_id": "with space"},
        {"kind": "CUSTOMER_BUSY", "event_id": "é"},
    ],
)
async def test_what_is_no_report_is_refused(open_desk: Desk, sent: dict[str, str]) -> None:
    """Kinds and ids that the contract does not know are refused before they are sent on."""
    answer = await open_desk.web.post("/events/c-1", data=sent, headers=_HERE)
    assert answer.status_code == 400


async def test_a_call_nobody_knows_is_said_in_words(open_desk: Desk) -> None:
    """A report of an unknown call says what to do."""
    answer = await _report(open_desk, "CUSTOMER_BUSY")
    assert answer.status_code == 503
    assert "There is no such call" in answer.text


async def test_the_page_says_that_the_service_is_away() -> None:
    """Without a service the page tells so, and asks again."""
    async with (
        served("127.0.0.1:1") as url,
        httpx.AsyncClient(base_url=url, timeout=10) as web,
    ):
        async with web.stream("GET", "/stream/call/c-1") as stream:
            assert "does not answer" in await _shown(stream.aiter_lines(), "line")
        assert (await web.get("/calls")).status_code == 503
        answer = await web.post(
            "/events/c-1", data={"kind": "CUSTOMER_BUSY", "event_id": "e"}, headers=_HERE
        )
        assert answer.status_code == 503


@pytest.mark.parametrize(("name", "kind"), [("desk.js", "javascript"), ("desk.css", "css")])
async def test_the_page_finds_its_script_and_style(open_desk: Desk, name: str, kind: str) -> None:
    """What the page needs is served beside it, as what it is."""
    answer = await open_desk.web.get(f"/static/{name}")
    assert answer.status_code == 200
    assert kind in answer.headers["content-type"]


async def test_where_to_begin(open_desk: Desk) -> None:
    """The first page leads to an agent's calls or to one call; other pages do not exist."""
    assert "Your agent id" in (await open_desk.web.get("/")).text
    led = await open_desk.web.get("/", params={"agent": "a/7"})
    assert (led.status_code, led.headers["location"]) == (303, "/agent/a%2F7")
    assert (await open_desk.web.get("/customer/k-1")).status_code == 404
    assert (await open_desk.web.get("/stream/customer/k-1")).status_code == 404


def test_every_button_is_an_event_and_every_key_is_one_button() -> None:
    """What can be reported is of the contract, and no key presses two buttons."""
    assert {f"CALL_EVENT_KIND_{kind}" for kind in REPORTABLE} <= set(CallEventKind.keys())
    keys = [button.key for group in GROUPS for button in group.buttons if button.key]
    assert sorted(keys) == sorted(set(keys))


@pytest.mark.parametrize(
    ("listen", "found"),
    [
        ("127.0.0.1:8080", ("127.0.0.1", 8080)),
        ("localhost:0", ("localhost", 0)),
        ("[::1]:9", ("::1", 9)),
    ],
)
def test_the_page_listens_on_this_machine(listen: str, found: tuple[str, int]) -> None:
    """Addresses of loopback are taken."""
    assert listening(listen) == found


@pytest.mark.parametrize(
    "listen", ["0.0.0.0:8080", "10.0.0.1:80", "example.org:80", "127.0.0.1", ":x"]
)
def test_the_page_listens_nowhere_else(listen: str) -> None:
    """There is no log-in, so nobody else may reach it."""
    with pytest.raises(click.BadParameter) as refused:
        listening(listen)
    assert "no log-in" in " ".join(str(refused.value).split())


def test_an_address_that_is_taken_is_said_in_words() -> None:
    """Nobody is told of a page that is not there."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        listen = f"127.0.0.1:{taken.getsockname()[1]}"
        result = CliRunner().invoke(desk_command, ["--listen", listen])
    assert result.exit_code == 1
    assert "ADVISOR_DESK_LISTEN" in result.output
    assert "The desk:" not in result.output


def test_a_service_does_not_start_without_its_desk(tmp_path: Path) -> None:
    """`advisor serve --desk` says what is wrong with the page's address before it serves."""
    environment = {"ADVISOR_DESK_LISTEN": "192.0.2.1:80", "ADVISOR_DATA": str(tmp_path)}
    result = CliRunner(env=environment).invoke(serve, ["--desk"])
    assert result.exit_code == 2
    assert "no log-in" in " ".join(result.output.split())

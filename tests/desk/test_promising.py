"""Ringing back at the desk: times in words, one press books one, and what an agent owes."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from advisor.desk.buttons import GROUPS, SLOT_KEYS
from advisor.v1 import advisor_service_pb2 as advisor
from advisor.v1 import callback_service_pb2 as wire
from advisor.v1.history_pb2 import Promise
from advisor.v1.vocabulary_call_pb2 import CallEventKind
from advisor.v1.vocabulary_customer_pb2 import (
    PROMISE_STATE_MADE,
    PROMISE_STATE_RELEASED,
    PROMISE_STATE_RESCHEDULED_BY_CUSTOMER,
)
from tests.desk.serving import served
from tests.server.running import NOW, Client, pin_call, running, settings_for

_HERE = {"sec-fetch-site": "same-origin"}
_PART = {**_HERE, "x-desk": "1"}
_NASTY = "<script>alert(1)</script>"


class _Desk:
    """A browser's client of the desk, and the service behind it."""

    def __init__(self, web: httpx.AsyncClient, service: Client) -> None:
        self.web = web
        self.service = service

    async def times(self, call_id: str = "c-1", **query: str) -> str:
        """Read the part of the page about ringing back."""
        answer = await self.web.get(f"/times/{call_id}", params=query, headers=_PART)
        assert answer.status_code == 200
        return answer.text

    async def book(self, **form: str) -> str:
        """Send a form of that part."""
        answer = await self.web.post("/book/c-1", data={"turn": "0", **form}, headers=_PART)
        assert answer.status_code == 200
        return answer.text

    async def promised(self) -> list[Promise]:
        """List what was promised in the call."""
        request = wire.ListPromisesRequest(call_id="c-1").SerializeToString()
        raw = await self.service.raw("CallbackService/ListPromises", request)
        return list(wire.ListPromisesResponse.FromString(raw).promises)

    async def answered(self) -> int:
        """Say which event of the call was the last."""
        raw = await self.service.raw(
            "AdvisorService/ListLiveCalls", advisor.ListLiveCallsRequest().SerializeToString()
        )
        [call] = advisor.ListLiveCallsResponse.FromString(raw).calls
        return call.last_event


@pytest.fixture(name="desk")
async def _desk(tmp_path: Path, redis_url: str) -> AsyncIterator[_Desk]:
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=name)
    async with (
        running(settings) as client,
        served(client.running.address) as url,
        httpx.AsyncClient(base_url=url, timeout=10) as web,
    ):
        request = pin_call(customer_id="k-1")
        request.call.agent.agent_id = "sam"
        await client.advise(request)
        yield _Desk(web, client)


def _dues(page: str) -> list[str]:
    return re.findall(r'name="due_at" value="([^"]+)"', page)


async def test_times_are_shown_in_words_each_with_its_key(desk: _Desk) -> None:
    """004-21: the agent sees what can be promised, as it is said, and the key that books it."""
    page = await desk.times()

    assert re.findall(r'data-key="(.)"[^>]*>([^<]+?) <kbd>', page) == [
        ("1", "today at half past three"),
        ("2", "today at five o&#39;clock"),
        ("3", "tomorrow at nine o&#39;clock in the morning"),
    ]


async def test_why_no_time_can_be_promised_is_said(desk: _Desk) -> None:
    """Of somebody who may be anywhere nothing is offered, and the agent reads why."""
    request = pin_call(customer_id="k-2")
    request.call.call_id = "c-2"
    del request.call.time_zones[:]
    request.call.dialled_number = ""
    await desk.service.advise(request)
    page = await desk.times("c-2")

    assert _dues(page) == []
    assert "Nobody knows where the customer is" in page
    assert "nobody is free" not in page


async def test_one_press_books_once_and_says_it_back(desk: _Desk) -> None:
    """A press, a press again and the form sent once more are one promise, said back, reported."""
    due_at = _dues(await desk.times())[1]
    pages = [await desk.book(due_at=due_at, topic="your PIN") for _press in range(3)]
    [promise] = await desk.promised()

    assert all("Booked: today at five o&#39;clock" in page for page in pages)
    assert (promise.owner, promise.topic, promise.customer_id) == ("sam", "your PIN", "k-1")
    assert promise.due_at.ToDatetime() == (NOW + timedelta(hours=2)).replace(tzinfo=None)
    assert await desk.answered() == CallEventKind.CALL_EVENT_KIND_CALLBACK_ACCEPTED
    assert "data-key" not in pages[0]


async def test_the_same_press_with_other_words_books_nothing_more(desk: _Desk) -> None:
    """Words that are typed after the press do not make a second promise."""
    due_at = _dues(await desk.times())[0]
    await desk.book(due_at=due_at)
    page = await desk.book(due_at=due_at, topic="your PIN")

    assert "booked already" in page
    assert len(await desk.promised()) == 1


async def test_a_time_the_customer_names(desk: _Desk) -> None:
    """A time by the customer's clock that can be kept is said to be, alone, with one key."""
    page = await desk.times(at="2026-01-13T16:00", zone="Europe/London")

    assert "Yes: tomorrow at four o&#39;clock" in page
    assert _dues(page) == ["2026-01-13T16:00:00Z"]


async def test_a_named_time_that_cannot_be_kept(desk: _Desk) -> None:
    """004-21: the reason, in words, and the nearest times that can be kept."""
    page = await desk.times(at="2026-01-12T21:30", zone="Europe/London")

    assert "Nobody likes to be rung at night." in page
    assert "today at half past five" in page
    assert "2026-01-12T21:30:00Z" not in _dues(page)


async def test_a_time_that_is_gone_when_it_is_pressed(desk: _Desk) -> None:
    """What cannot be kept any more is not booked; the page says why and what can be."""
    page = await desk.book(due_at="2026-01-12T21:30:00Z")

    assert "nothing was promised" in page
    assert "Nobody likes to be rung at night." in page
    assert _dues(page)
    assert await desk.promised() == []


async def test_another_time_moves_the_promise(desk: _Desk) -> None:
    """Who chooses another time is owed one call, not two."""
    due_at, *_others, later = _dues(await desk.times())
    [promise_id] = re.findall(r'name="promise_id" value="([^"]+)"', await desk.book(due_at=due_at))[
        :1
    ]
    page = await desk.book(due_at=later, turn="1", promise_id=promise_id)

    assert "Moved to tomorrow at nine o&#39;clock in the morning" in page
    assert {each.state for each in await desk.promised()} == {
        PROMISE_STATE_RESCHEDULED_BY_CUSTOMER,
        PROMISE_STATE_MADE,
    }


async def test_given_up_and_promised_once_more(desk: _Desk) -> None:
    """A promise that is given up is nobody's any more, and the same time can be booked again."""
    due_at = _dues(await desk.times())[0]
    first = await desk.book(due_at=due_at)
    promise_id = re.findall(r'name="promise_id" value="([^"]+)"', first)[0]
    page = await desk.book(turn="1", promise_id=promise_id, give_up="1")
    assert "Given up" in page
    assert await desk.answered() == CallEventKind.CALL_EVENT_KIND_CALLBACK_DECLINED
    again = await desk.book(due_at=due_at, turn="1")

    assert "Booked: today at half past three" in again
    assert sorted(each.state for each in await desk.promised()) == sorted(
        [PROMISE_STATE_RELEASED, PROMISE_STATE_MADE]
    )


async def test_what_an_agent_owes_today(desk: _Desk) -> None:
    """Their own promises of the day, each with time, topic and state; not another day's."""
    soon, _later, tomorrow = _dues(await desk.times())
    assert "Nothing is promised" in (await desk.web.get("/promises/sam", headers=_PART)).text
    await desk.book(due_at=soon, topic=_NASTY)
    await desk.book(due_at=tomorrow, topic="not today")
    page = (await desk.web.get("/promises/sam", headers=_PART)).text
    other = (await desk.web.get("/promises/kim", headers=_PART)).text

    assert "today 15:30\u201316:00 (Europe/London)" in page
    assert "to come" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "not today" not in page
    assert "Nothing is promised" in other


async def test_it_is_done_without_scripts(desk: _Desk) -> None:
    """Without scripts each part is a page of its own, with forms that work and a way back."""
    page = (await desk.web.get("/times/c-1")).text
    assert page.startswith("<!doctype html>")
    assert 'action="/book/c-1"' in page
    form = {"turn": "0", "due_at": _dues(page)[0]}
    booked = await desk.web.post("/book/c-1", data=form, headers=_HERE)

    assert booked.text.startswith("<!doctype html>")
    assert "Booked: today at half past three" in booked.text
    assert 'href="/call/c-1"' in booked.text
    owed = (await desk.web.get("/promises/sam")).text
    assert owed.startswith("<!doctype html>")
    assert 'href="/agent/sam"' in owed


@pytest.mark.parametrize(
    ("customer_id", "call_id", "words"),
    [("", "c-2", "nobody knows who the customer is"), ("k-2", "c-3", "nothing is known")],
)
async def test_what_cannot_be_promised_is_said_in_words(
    desk: _Desk, customer_id: str, call_id: str, words: str
) -> None:
    """A call about nobody in particular, or one that nobody knows, has no times and a reason."""
    request = pin_call(customer_id=customer_id)
    request.call.call_id = "c-2"
    await desk.service.advise(request)

    assert words in await desk.times(call_id)


@pytest.mark.parametrize(
    "form",
    [
        {"turn": "0", "due_at": "soon"},
        {"turn": "x", "due_at": "2026-01-13T16:00:00Z"},
        {"turn": "0", "give_up": "1"},
        {"turn": "0", "due_at": "2026-01-13T16:00:00Z", "promise_id": "with space"},
        {},
    ],
)
async def test_what_is_no_booking_is_refused(desk: _Desk, form: dict[str, str]) -> None:
    """Forms that no page of ours sends are refused before anything is asked of the service."""
    assert (await desk.web.post("/book/c-1", data=form, headers=_PART)).status_code == 400
    assert await desk.promised() == []


@pytest.mark.parametrize(
    ("at", "zone"),
    [("soon", "Europe/London"), ("2026-01-13T16:00", "Europe"), ("0001-01-01T00:00", "Asia/Tokyo")],
)
async def test_what_is_no_time_is_refused(desk: _Desk, at: str, zone: str) -> None:
    """A time or a zone that does not exist is refused in words."""
    answer = await desk.web.get("/times/c-1", params={"at": at, "zone": zone}, headers=_PART)
    assert (answer.status_code, answer.text) == (400, "That is no time.")


async def test_another_site_books_nothing(desk: _Desk) -> None:
    """A booking that another site's page sends is refused."""
    form = {"turn": "0", "due_at": _dues(await desk.times())[0]}
    answer = await desk.web.post("/book/c-1", data=form, headers={"sec-fetch-site": "cross-site"})
    assert answer.status_code == 403
    assert await desk.promised() == []


async def test_pages_of_nothing_do_not_exist(desk: _Desk) -> None:
    """An id that the contract does not allow has no page."""
    assert (await desk.web.get("/times/a b")).status_code == 404
    assert (await desk.web.get("/promises/a b")).status_code == 404


async def test_the_page_says_that_the_service_is_away() -> None:
    """Without a service nothing is booked, and the page says that it is not yet."""
    async with (
        served("127.0.0.1:1") as url,
        httpx.AsyncClient(base_url=url, timeout=10) as web,
    ):
        for path in ("/times/c-1", "/promises/sam"):
            answer = await web.get(path, headers=_PART)
            assert answer.status_code == 503
            assert "does not answer" in answer.text
        form = {"turn": "0", "due_at": "2026-01-13T16:00:00Z"}
        answer = await web.post("/book/c-1", data=form, headers=_PART)
        assert answer.status_code == 503
        assert "Not booked yet" in answer.text


async def test_no_key_does_two_things(desk: _Desk) -> None:
    """A key of ringing back is no other button's, nor twice its own."""
    keys = re.findall('data-key="(.)"', await desk.times())
    others = {button.key for group in GROUPS for button in group.buttons}
    assert keys == ["1", "2", "3", "n"]
    assert others.isdisjoint({*keys, *SLOT_KEYS})

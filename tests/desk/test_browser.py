"""The agent's page in a real browser: keyboard, focus, broken lines, narrow screens."""

from __future__ import annotations

import importlib.util
import re
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from advisor.v1 import advisor_service_pb2 as wire
from advisor.v1 import callback_service_pb2 as callbacks
from advisor.v1.history_pb2 import Promise
from advisor.v1.vocabulary_call_pb2 import CallEventKind
from tests.desk.serving import served
from tests.server.running import Client, pin_call, running, settings_for

if TYPE_CHECKING:
    from playwright.async_api import Browser, Page

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = pytest.mark.skipif(
    _CHROMIUM is None or importlib.util.find_spec("playwright") is None,
    reason="NOT TESTED: the page in a real browser. Install Chromium (apt-get install chromium).",
)
_SOON = 15_000


@pytest.fixture(name="browser")
async def _browser() -> AsyncIterator[Browser]:
    from playwright.async_api import async_playwright  # noqa: PLC0415 - may not be installed

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield browser
        await browser.close()


@pytest.fixture(name="client")
async def _client(tmp_path: Path, redis_url: str) -> AsyncIterator[Client]:
    name = re.sub("[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    settings = settings_for(tmp_path, redis_url=redis_url, namespace=name)
    async with running(settings) as client:
        request = pin_call(customer_id="k-1")
        request.call.agent.agent_id = "kim"
        await client.advise(request)
        yield client


async def _open(browser: Browser, url: str, width: int = 1280) -> Page:
    page = await browser.new_page(viewport={"width": width, "height": 800})
    await page.goto(f"{url}/call/c-1")
    await page.wait_for_selector("#next", timeout=_SOON)
    await page.wait_for_selector("#ring", timeout=_SOON)
    return page


async def _promised(client: Client) -> list[Promise]:
    request = callbacks.ListPromisesRequest(call_id="c-1").SerializeToString()
    raw = await client.raw("CallbackService/ListPromises", request)
    return list(callbacks.ListPromisesResponse.FromString(raw).promises)


async def test_a_call_is_handled_by_keyboard_alone(browser: Browser, client: Client) -> None:
    """Enter says the next line, a letter reports what happened, and the page answers (004-11)."""
    async with served(client.running.address) as url:
        page = await _open(browser, url)
        headline = await page.text_content("#next")
        assert headline is not None
        assert "a change to how your card works" in headline
        await page.keyboard.press("Enter")
        await page.wait_for_selector(f"#next:not(:has-text('{headline[10:30]}'))", timeout=_SOON)
        await page.keyboard.press("b")
        await page.wait_for_selector("text=after: customer busy", timeout=_SOON)
        await page.uncheck("#keys")
        await page.keyboard.press("m")
        assert await page.locator("text=after: mealtime cue").count() == 0


async def test_the_next_line_is_the_largest_thing_and_is_read_out(
    browser: Browser, client: Client
) -> None:
    """Nothing on the page is larger than what to say next, and screen readers hear it."""
    async with served(client.running.address) as url:
        page = await _open(browser, url)
        sizes = await page.evaluate(
            "[...document.querySelectorAll('body *')].map(e => [e.id,"
            " parseFloat(getComputedStyle(e).fontSize)])"
        )
        largest = max(size for _id, size in sizes)
        assert [name for name, size in sizes if size == largest] == ["next"]
        assert await page.text_content("#spoken") == await page.text_content("#next")


async def test_what_another_reports_keeps_focus_and_words(browser: Browser, client: Client) -> None:
    """A change does not take away the field in which the agent writes, nor what stands in it."""
    async with served(client.running.address) as url:
        page = await _open(browser, url)
        await page.fill("#words", "she asked for her sis")
        request = wire.ReportCallEventRequest(call_id="c-1")
        request.event.event_id = "e-1"
        request.event.kind = CallEventKind.CALL_EVENT_KIND_DRIVING_CUE
        await client.raw("AdvisorService/ReportCallEvent", request.SerializeToString())
        await page.wait_for_selector("text=after: driving cue", timeout=_SOON)
        assert await page.evaluate("document.activeElement.id") == "words"
        assert await page.input_value("#words") == "she asked for her sis"


async def test_a_reason_that_was_told_keeps_focus(browser: Browser, client: Client) -> None:
    """Who tells why by keyboard stays at the button that was pressed."""
    async with served(client.running.address) as url:
        page = await _open(browser, url)
        await page.fill("#over", "she had just asked for her sister")
        await page.focus("text=Tell why")
        await page.keyboard.press("Space")
        await page.wait_for_selector("text=after: guidance overridden", timeout=_SOON)
        assert await page.evaluate("document.activeElement.textContent") == "Tell why"


async def test_a_broken_line_is_shown_and_mended(browser: Browser, client: Client) -> None:
    """The page says that it reconnects, and goes on by itself when the desk is back."""
    async with served(client.running.address) as url:
        page = await _open(browser, url)
        await page.wait_for_selector("#line:has-text('Connected')", timeout=_SOON)
        port = int(url.rpartition(":")[2])
    await page.wait_for_selector("#line.lost", timeout=_SOON)
    assert await page.text_content("#next")
    async with served(client.running.address, port):
        await page.wait_for_selector("#line:not(.lost)", timeout=2 * _SOON)


async def test_one_key_books_once_and_the_words_to_say_back_stay(
    browser: Browser, client: Client
) -> None:
    """Pressed twice, a key books one time; its words are read out, and stay as guidance goes on."""
    async with served(client.running.address) as url:
        page = await _open(browser, url)
        await page.fill("#topic", "your PIN")
        await page.evaluate("document.activeElement.blur()")
        await page.keyboard.press("2")
        await page.keyboard.press("2")
        await page.wait_for_selector("#told", timeout=_SOON)
        await page.wait_for_selector("text=after: callback accepted", timeout=_SOON)
        await page.keyboard.press("2")
        words = "Booked: today at five o'clock"
        assert await page.text_content("#answer") == words
        await page.wait_for_selector("#owed:has-text('your PIN')", state="attached", timeout=_SOON)
        assert await page.text_content("#told") == words
        [promise] = await _promised(client)
        assert promise.topic == "your PIN"


async def test_a_time_they_name_is_tried_by_keyboard(browser: Browser, client: Client) -> None:
    """The answer is read out with its reason, and Enter is then again for what is said next."""
    async with served(client.running.address) as url:
        page = await _open(browser, url)
        await page.keyboard.press("n")
        assert await page.evaluate("document.activeElement.id") == "at"
        await page.fill("#at", "2026-01-12T21:30")
        await page.keyboard.press("Enter")
        await page.wait_for_selector(".refused", timeout=_SOON)
        told = await page.text_content("#answer")
        assert told == "That time cannot be promised. Nobody likes to be rung at night."
        await page.keyboard.press("Enter")
        await page.wait_for_selector("text=after: guidance used", timeout=_SOON)
        assert await _promised(client) == []
        await page.keyboard.press("1")
        await page.wait_for_selector("#told:has-text('Booked')", timeout=_SOON)
        assert len(await _promised(client)) == 1


async def test_a_named_time_is_not_taken_from_under_the_hands(
    browser: Browser, client: Client
) -> None:
    """What happens meanwhile changes neither the field nor the times beside it."""
    async with served(client.running.address) as url:
        page = await _open(browser, url)
        await page.fill("#at", "2026-01-13T16:00")
        request = wire.ReportCallEventRequest(call_id="c-1")
        request.event.event_id = "e-1"
        request.event.kind = CallEventKind.CALL_EVENT_KIND_DRIVING_CUE
        await client.raw("AdvisorService/ReportCallEvent", request.SerializeToString())
        await page.wait_for_selector("text=after: driving cue", timeout=_SOON)
        assert await page.evaluate("document.activeElement.id") == "at"
        assert await page.input_value("#at") == "2026-01-13T16:00"


async def test_what_was_typed_in_one_call_stays_out_of_the_next(
    browser: Browser, client: Client
) -> None:
    """Whoever is followed from call to call finds empty fields and times of the new call."""
    async with served(client.running.address) as url:
        page = await browser.new_page()
        await page.goto(f"{url}/agent/kim")
        await page.wait_for_selector("#slot-1", timeout=_SOON)
        await page.fill("#words", "she has asked for her sister")
        await page.fill("#topic", "her sister's card")
        request = pin_call(customer_id="k-2")
        request.call.call_id, request.call.agent.agent_id = "c-2", "kim"
        await client.advise(request)
        await page.wait_for_selector("#back form[action='/book/c-2']", timeout=_SOON)
        assert await page.input_value("#words") == ""
        assert await page.input_value("#topic") == ""


async def test_who_waits_sees_what_they_owe(browser: Browser, client: Client) -> None:
    """An agent without a call reads on the page what they promised for today."""
    async with served(client.running.address) as url:
        page = await browser.new_page()
        await page.goto(f"{url}/agent/sam")
        await page.wait_for_selector("#owed:has-text('Nothing is promised')", timeout=_SOON)
        assert await page.is_visible("text=Waiting for a call")


@pytest.mark.parametrize("width", [320, 640])
async def test_a_narrow_screen_needs_no_scrolling_sideways(
    browser: Browser, client: Client, width: int
) -> None:
    """At 320 pixels (1280 at 400 %) and 640 (at 200 %) all fits, what not to ask before buttons."""
    async with served(client.running.address) as url:
        page = await _open(browser, url, width)
        assert await page.evaluate("document.documentElement.scrollWidth") <= width
        forbidden = await page.locator(".never").bounding_box()
        buttons = await page.locator(".happened").bounding_box()
        assert forbidden is not None
        assert buttons is not None
        assert forbidden["y"] < buttons["y"]

"""One line an event, readable by people or machines, with nothing in it that is not allowed."""

from __future__ import annotations

import io
import json

import pytest

from advisor.server.logs import frames, logger
from advisor.server.settings import LogFormat


class Terminal(io.StringIO):
    """A stream that is a terminal."""

    def isatty(self) -> bool:
        """Say that it is."""
        return True


def test_lines_are_json_where_nobody_looks() -> None:
    """Elsewhere than on a terminal a line is one JSON object."""
    stream = io.StringIO()
    logger(stream).info("advisor.started", address="127.0.0.1:1", customer_id="c-1")
    [line] = stream.getvalue().splitlines()
    fields = json.loads(line)
    assert (fields["event"], fields["address"]) == ("advisor.started", "127.0.0.1:1")
    assert "customer_id" not in fields


def test_lines_are_for_people_on_a_terminal() -> None:
    """On a terminal a line is coloured text."""
    stream = Terminal()
    logger(stream).info("advisor.started", address="127.0.0.1:1")
    written = stream.getvalue()
    assert "advisor.started" in written
    assert "\x1b[" in written


def test_a_setting_chooses_the_format() -> None:
    """A setting can ask for either format anywhere."""
    json_stream, console_stream = Terminal(), io.StringIO()
    logger(json_stream, LogFormat.JSON).info("advisor.started")
    logger(console_stream, LogFormat.CONSOLE).info("advisor.started")
    assert json_stream.getvalue().startswith("{")
    assert not console_stream.getvalue().startswith("{")


def test_a_value_cannot_forge_a_line() -> None:
    """Line breaks and control characters in a value stay inside its field."""
    stream = io.StringIO()
    logger(stream, LogFormat.JSON).info(
        "advisor.started", why='\n{"event": "forged"}\x1b[31m\u2028\x00'
    )
    assert len(stream.getvalue().splitlines()) == 1


def test_the_frames_of_an_exception_hold_no_text_of_it() -> None:
    """Where an exception was raised is said; what it said is not."""
    with pytest.raises(ValueError, match="Kirkby") as raised:
        int("Jane Kirkby")
    shown = frames(raised.value)
    assert len(shown) == 1
    assert shown[0].startswith("test_logs.py:")
    assert "Kirkby" not in shown[0]

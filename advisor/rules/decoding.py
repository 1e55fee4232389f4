"""From the bytes of a file to its text: UTF-8 that every reader of YAML takes the same way."""

from __future__ import annotations

import re
from typing import Final

from advisor.rules.problems import Problems
from advisor.rules.source import Mark

#: Bytes of one file; 10,000 rules take about 6 MB.
MAX_BYTES: Final = 16 * 1024 * 1024

_BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
#: All but what YAML calls printable, without the line breaks of YAML 1.1 (U+0085, U+2028, U+2029).
REFUSED: Final = re.compile(
    "[^\t\n\r\x20-\x7e\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)


def decode(name: str, data: bytes, problems: Problems) -> str | None:
    """Decode the bytes, or report why they are not the text of a pack."""
    start = Mark(name, 1, 1)
    if len(data) > MAX_BYTES:
        problems.error(
            start,
            "too-large",
            f"a file of {len(data):,} bytes",
            f"at most {MAX_BYTES:,}",
            hint="Split it into several files: a pack is a folder.",
        )
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problems.error(start, "encoding", "a file in UTF-16 or UTF-32", "UTF-8")
        return None
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        problems.error(
            _mark_at(name, before),
            "encoding",
            f"a byte that is not UTF-8 (0x{data[error.start]:02X})",
            "text in UTF-8",
        )
        return None
    refused = REFUSED.search(text)
    if refused is not None:
        found = refused.group()
        if found == _BOM and refused.start() == 0:
            problems.error(start, "encoding", "a byte order mark", "UTF-8 without one")
        else:
            problems.error(
                _mark_at(name, text[: refused.start()]),
                "character",
                f"the character U+{ord(found):04X}",
                "printable text, spaces and line ends",
            )
        return None
    return text


def _mark_at(name: str, before: str) -> Mark:
    """Place the character that follows some text."""
    lines = before.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return Mark(name, len(lines), len(lines[-1]) + 1)

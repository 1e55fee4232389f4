"""Everything that README and docs show is true of the program as it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.blocks import Block, Command, blocks, commands, matches
from tests.docs.pages import Page
from tests.docs.service import ROOT, running
from tests.docs.shell import wrong_in_shell, wrong_in_unit

PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")))


@pytest.fixture(scope="module", name="address")
def _address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a service on the default pack."""
    with running(tmp_path_factory.mktemp("service")) as address:
        yield address


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_block_of_a_page_does_what_the_page_says(
    page: Path, tmp_path: Path, address: str
) -> None:
    """Packs compile, programs run, commands print what is printed, and no block goes unchecked."""
    wrong = Page(page, tmp_path, address).wrong()
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize(
    ("block", "says"),
    [
        ("```", "nobody knows how to check"),
        ("```perl", "nobody knows how to check"),
        ("```yaml pack lenient=yes", "unknown settings"),
        ("```yaml rules\nguidance: [{id: x}]", "without because"),
        ("```yaml pack\npack: {name: x}", "without default_calendar"),
        ("```yaml context\ncall: {call: x}", "unknown key"),
        ("```yaml context\ncall: {call_id: x}", "the service refuses it"),
        ("```python\nraise SystemExit(1)", "the program fails"),
        ("```python file=x.py\n1", "no command runs x.py"),
        ("```console\n$ advisor --version\nsomething else", "prints"),
        ("```console exit=1\n$ advisor --version\n...", "ends with 0, not 1"),
        ("```sh\nmake tea", "make tea"),
        ('```json log\n{"customer": "c-1"}', "no field customer"),
        ("```text\n$ make run", "holds a command"),
    ],
)
def test_a_block_that_is_not_so_is_found(
    block: str, says: str, tmp_path: Path, address: str
) -> None:
    """A wrong block of any kind fails its page."""
    fence = block.splitlines()[0].partition(" ")[0][:3]
    page = tmp_path / "page.md"
    page.write_text(f"{block}\n{fence}\n", "utf-8")
    folder = tmp_path / "work"
    folder.mkdir()
    (wrong, *_) = Page(page, folder, address).wrong()
    assert says in wrong


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("advisor serve", []),
        ("ADVISOR_LISTEN=127.0.0.1:0 advisor serve  # a comment", []),
        ("advisor rules facts --markdown", []),
        ("advisor rules bless", ["bless"]),
        ("advisor serve --loud", ["--loud"]),
        ("ADVISOR_PORT=1 advisor serve", ["ADVISOR_PORT is no setting"]),
        ("export ADVISOR_PORT=1", ["ADVISOR_PORT is no setting"]),
        ("rm -r data", ["no program"]),
    ],
)
def test_commands_that_are_not_run_exist_all_the_same(line: str, says: list[str]) -> None:
    """Programs, options and settings of a command are known."""
    wrong = wrong_in_shell(line)
    assert len(wrong) == len(says)
    assert all(words in found for words, found in zip(says, wrong, strict=True))


def test_a_unit_with_an_unknown_setting_is_found() -> None:
    """A unit of systemd names settings that there are."""
    unit = "[Service]\nExecStart=/opt/bin/advisor serve\nEnvironment=ADVISOR_PORT=1\n"
    assert wrong_in_unit(unit) == ["ADVISOR_PORT is no setting"]


def test_blocks_are_found_with_their_words_and_places(tmp_path: Path) -> None:
    """A block knows where it stands, what it is, and what it holds, inside a list as well."""
    page = tmp_path / "page.md"
    page.write_text("Words.\n\n- One:\n\n  ```yaml file=a/b.yaml\n  a: 1\n    b\n  ```\n", "utf-8")
    expected = [Block("page.md:5", "yaml", (), {"file": "a/b.yaml"}, "a: 1\n  b\n")]
    assert blocks(page) == expected


def test_a_block_that_is_never_closed_is_found(tmp_path: Path) -> None:
    """The rest of a page is not swallowed silently."""
    page = tmp_path / "page.md"
    page.write_text("```text\nwords\n", "utf-8")
    with pytest.raises(ValueError, match=r"page\.md:1"):
        blocks(page)


def test_a_console_block_is_its_commands_and_their_output() -> None:
    """A prompt begins a command; a backslash carries it on; the rest is what it prints."""
    text = "$ one \\\n  --more\nout\nput\n$ two\n"
    found = commands(Block("page.md:1", "console", (), {}, text))
    assert found == [Command("one   --more", "out\nput\n"), Command("two", "")]


@pytest.mark.parametrize("text", ["one\n", "out\n$ one\n", ""])
def test_a_console_block_without_a_prompt_is_refused(text: str) -> None:
    """Output that no command prints cannot be compared with anything."""
    with pytest.raises(ValueError, match=r"page\.md:1"):
        commands(Block("page.md:1", "console", (), {}, text))


@pytest.mark.parametrize(
    ("written", "actual", "same"),
    [
        ("a\n", "a\n", True),
        ("a\n", "a   \n\n", True),
        ("a\n", "b\n", False),
        ("a\n", "a\nb\n", False),
        ("a ... c\n", "a b c\n", True),
        ("a\n...\nd\n", "a\nb\nc\nd\n", True),
        ("a\n...\n", "a\n", True),
        ("pack 55b4b503b4b241f9\n", "pack 00b4b503b4b241f0\n", True),
        ("valid until 2026-01-12 15:05 UTC\n", "valid until 2026-01-12 15:06 UTC\n", True),
        ("not before 2026-01-12 15:05 UTC\n", "not before 2026-01-12 15:06 UTC\n", False),
    ],
)
def test_output_is_compared_but_for_what_differs_from_run_to_run(
    written: str, actual: str, *, same: bool
) -> None:
    """Ids, versions and `...` match anything; all else is compared to the letter."""
    assert matches(written, actual) is same

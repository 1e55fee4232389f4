"""The bench's own tools, on a small size."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.store.pack_files import read_pack_files
from advisor.workbench.preparing import prepare
from bench import load
from bench.packs import CALL, SPEAKING, write_pack

REPORT = """
finished in 1.00s, 1234.50 req/s, 4.49MB/s
requests: 1200 total, 1200 started, 1200 done, 1200 succeeded, 0 failed, 0 errored, 0 timeout
traffic: 4.50MB (4718592) total, 64.00KB (65536) headers (space savings 80.00%), 4.40MB (9) data
"""


def test_a_generated_pack_is_a_right_pack(tmp_path: Path) -> None:
    """Generated rules come through the same door as anybody's, and nothing is wrong with them."""
    prepared = prepare(read_pack_files(write_pack(tmp_path / "pack", 12)), tested=False)
    guide = prepared.guide
    found = (
        [each for each in prepared.problems if each.mark.file.startswith("generated/")],
        guide is not None and sum(rule.id.startswith("generated-") for rule in guide.pack.rules),
    )
    assert found == ([], 12)


def test_the_same_generated_rules_are_written_again(tmp_path: Path) -> None:
    """Two runs of the bench measure the same pack."""
    one, other = (read_pack_files(write_pack(tmp_path / name, 8)) for name in ("a", "b"))
    assert one == other


def test_a_larger_pack_shows_no_more(tmp_path: Path) -> None:
    """The rules that speak on the bench's call are the same few, whatever the size of the pack."""
    text = "".join(
        path.read_text("utf-8")
        for path in sorted((write_pack(tmp_path / "pack", 40) / "generated").glob("rules-*"))
    )
    assert text.count(f"[{CALL['shop.product']}, ") == SPEAKING


def test_what_h2load_prints_is_read() -> None:
    """Calls a second, calls answered, and the bytes of their answers."""
    assert load.read(REPORT) == (1234.5, 1200, 9)


def test_a_missing_load_client_ends_the_bench_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without h2load nothing is measured, the exit code is 2, and the message says what to do."""
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SystemExit) as ended:
        load.require_h2load()
    assert (ended.value.code, "apt install nghttp2-client" in capsys.readouterr().err) == (2, True)

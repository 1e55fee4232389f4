"""From the files of a pack to a service that answers: how long it takes, and how much memory.

Run by ``python -m bench.loading [rules ...]``; each round is a fresh process. Parts are timed by
calling the same functions that the service calls, one after the other.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.packs import DEFAULT_PACK, write_pack
from bench.processes import advisor, memory
from bench.report import line

ROUNDS: Final = 3
COUNTS: Final = (100, 10_000)


def parts(folder: Path) -> dict[str, float]:
    """Make a pack ready in this process, and time each part.

    Returns:
        Seconds of each part, and megabytes: `imports` before anything is read, `peak` at most,
        `kept` at the end.
    """
    begun = time.perf_counter()
    # Importing is a part.
    from advisor.facts.builtin.catalogue import BUILT_IN  # noqa: PLC0415
    from advisor.guidance.guide import Guide  # noqa: PLC0415
    from advisor.rules.compile.pack import compile_pack  # noqa: PLC0415
    from advisor.rules.problems import Problems  # noqa: PLC0415
    from advisor.store.pack_files import read_pack_files  # noqa: PLC0415
    from advisor.workbench.cases import run  # noqa: PLC0415
    from advisor.workbench.preparing import CHECKS  # noqa: PLC0415

    marks = {"import": time.perf_counter() - begun}
    before = memory()

    def mark(name: str) -> None:
        nonlocal begun
        marks[name] = time.perf_counter() - begun
        begun = time.perf_counter()

    begun = time.perf_counter()
    files = read_pack_files(folder)
    mark("files")
    pack, problems = compile_pack(files, BUILT_IN)
    if pack is None:
        sys.exit(f"the pack has mistakes: {list(problems)[:3]}")
    mark("read")
    for check in CHECKS:
        found = Problems()
        check(pack, found)
    mark("checks")
    guide = Guide.of(pack)
    mark("index")
    report = run(guide)
    mark("tests")
    marks["ready"] = sum(marks.values()) - marks["import"]
    peak = memory(peak=True)
    gc.collect()
    return marks | {
        "rules": len(pack.rules),
        "tested": len(report.results),
        "imports_mb": before,
        "peak_mb": peak,
        "kept_mb": memory(),
    }


def started(folder: Path) -> tuple[float, float]:
    """Start the service; return seconds until it answers, and megabytes once it is idle."""
    begun = time.perf_counter()
    with advisor(folder) as service:
        taken = time.perf_counter() - begun
        return taken, memory(service.pid)


def main() -> None:
    """Measure packs of the numbers of rules that were asked for, and the default pack."""
    counts = [int(count) for count in sys.argv[1:]] or list(COUNTS)
    with tempfile.TemporaryDirectory(prefix="advisor-bench-") as scratch:
        folders = {"default pack": DEFAULT_PACK}
        for count in counts:
            folders[f"{count} rules more"] = write_pack(Path(scratch) / str(count), count)
        for name, folder in folders.items():
            _report(name, folder)


def _report(name: str, folder: Path) -> None:
    rounds = [_in_fresh_process(folder) for _ in range(ROUNDS)]
    service = [started(folder) for _ in range(ROUNDS)]
    first = rounds[0]
    print(f"{name}: {first['rules']:.0f} rules, {first['tested']:.0f} tests of its own")
    for part in ("import", "files", "read", "checks", "index", "tests", "ready"):
        print(line(part, [each[part] for each in rounds], "s", 2))
    for part in ("imports_mb", "peak_mb", "kept_mb"):
        name = part.removesuffix("_mb") + " memory"
        print(line(name, [each[part] for each in rounds], "MB"))
    print(line("service start to ready", [taken for taken, _ in service], "s", 2))
    print(line("service idle memory", [idle for _, idle in service], "MB"))


def _in_fresh_process(folder: Path) -> dict[str, float]:
    code = (
        "import json, pathlib, sys; from bench.loading import parts;"
        " print(json.dumps(parts(pathlib.Path(sys.argv[1]))))"
    )
    done = subprocess.run(  # noqa: S603 - this very interpreter, our own function
        [sys.executable, "-c", code, folder], check=True, stdout=subprocess.PIPE, text=True
    )
    answer: dict[str, float] = json.loads(done.stdout)
    return answer


if __name__ == "__main__":
    main()

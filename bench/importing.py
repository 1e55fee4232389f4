"""How fast `advisor import` loads a file, and what memory it and the service take at most.

Run by ``python -m bench.importing [rows ...]``. Each size is a fresh service with its embedded
server, every write synced; every customer has a profile and one past call.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

from bench.packs import DEFAULT_PACK
from bench.processes import advisor, memory, processor_seconds

ROWS: Final = (10_000,)
#: Seconds between two looks at the memory.
_LOOK: Final = 0.2
_MAPPING: Final = """\
file: {observed_at: 2026-01-11T22:00:00Z}
row:
  customer_id: {column: id, prefix: crm-}
  profile:
    preferred_name: {column: name}
    relationship: customer
    stated_zone: Europe/London
    attributes:
      bank.pin_used: {column: pin, words: {"Y": yes, "N": no}}
  contacts:
    - call_id: {made_from: [id, called], prefix: old-}
      at: {column: called}
      disposition: {column: result, words: {sold: sale, nobody: no_answer}}
"""


def write(path: Path, rows: int) -> None:
    """Write a file of so many customers."""
    with path.open("w", encoding="utf-8") as file:
        file.write("id,name,pin,called,result\n")
        for number in range(rows):
            called = f"2026-01-{number % 9 + 1:02}T{number % 8 + 9:02}:{number % 60:02}:00Z"
            result = "sold" if number % 10 == 0 else "nobody"
            file.write(f"{number},Customer {number},{'YN'[number % 2]},{called},{result}\n")


def measure(rows: int, *options: str) -> None:
    """Load so many rows into a new service, and print what it took."""
    with (
        tempfile.TemporaryDirectory(prefix="advisor-bench-") as scratch,
        advisor(DEFAULT_PACK) as service,
    ):
        folder = Path(scratch)
        write(folder / "customers.csv", rows)
        (folder / "map.yaml").write_text(_MAPPING, "utf-8")
        command = [str(Path(sys.executable).with_name("advisor")), "import"]
        command += [str(folder / "customers.csv"), "--mapping", str(folder / "map.yaml")]
        command += ["--address", service.address, *options]
        idle, begun = memory(service.pid), time.monotonic()
        client = subprocess.Popen(command, stderr=subprocess.DEVNULL)  # noqa: S603 - our own
        highest, used = 0.0, 0.0
        while client.poll() is None:
            try:
                highest = max(highest, memory(client.pid, peak=True))
                used = processor_seconds(client.pid)
            except (OSError, StopIteration):
                # It has ended since we looked.
                break
            time.sleep(_LOOK)
        if client.wait() != 0:
            sys.exit(f"the import ended with {client.returncode}")
        took = time.monotonic() - begun
        print(
            f"{rows} rows{''.join(f' {each}' for each in options)}: {took:.1f} s,"
            f" {rows / took:.0f} rows/s; client {highest:.0f} MB at most, {used:.0f} s of"
            f" processor; service {idle:.0f} MB before, {memory(service.pid, peak=True):.0f} MB"
            f" at most; load of the machine {os.getloadavg()[0]:.1f}",
            flush=True,
        )


def main() -> None:
    """Measure every size: read and checked alone, then loaded."""
    for rows in [int(each) for each in sys.argv[1:]] or ROWS:
        measure(rows, "--dry-run")
        measure(rows)


if __name__ == "__main__":
    main()

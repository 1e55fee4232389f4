"""What is committed in advisor/v1 is what the contract generates."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_generated_code_is_current(tmp_path: Path) -> None:
    """Generating again gives the same files, byte for byte."""
    subprocess.run(
        ["/bin/sh", ROOT / "proto" / "generate.sh", tmp_path],
        env={**os.environ, "PYTHON": sys.executable},
        check=True,
    )
    assert _generated(tmp_path) == _generated(ROOT)


def _generated(root: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in root.glob("advisor/v1/*_pb2*.py*")}

"""The small pack that the workbench is shown by."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.guidance.guide import Guide
from advisor.workbench.preparing import prepare

SMALL = Path(__file__).parent / "small.yaml"


@pytest.fixture
def small() -> Path:
    """The file of the small pack."""
    return SMALL


@pytest.fixture
def guide() -> Guide:
    """The small pack, ready to be matched."""
    prepared = prepare({SMALL.name: SMALL.read_bytes()}, tested=False)
    assert list(prepared.problems) == []
    assert prepared.guide is not None
    return prepared.guide

"""How a figure is written: the median of its rounds, and how far they spread."""

from __future__ import annotations

from statistics import median


def line(name: str, rounds: list[float], unit: str, digits: int = 0) -> str:
    """Write one result: median, lowest and highest round."""
    low, high = min(rounds), max(rounds)
    return f"  {name:44}{median(rounds):9.{digits}f} {unit} ({low:.{digits}f} to {high:.{digits}f})"

"""Every bench in turn, or those that are named: ``python -m bench service loading``."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Final

from bench import history, importing, live, loading, matching, promises, service, store
from bench.load import require_h2load

BENCHES: Final[dict[str, Callable[[], None]]] = {
    "service": service.main,
    "loading": loading.main,
    "store": store.main,
    "history": history.main,
    "promises": promises.main,
    "importing": importing.main,
    "live": live.main,
    "matching": matching.main,
}


def main() -> None:
    """Run the benches; a missing load client is said before anything is measured."""
    names = sys.argv[1:] or list(BENCHES)
    unknown = [name for name in names if name not in BENCHES]
    if unknown:
        print(f"bench: no bench is called {unknown[0]}; there are {', '.join(BENCHES)}")
        raise SystemExit(2)
    if "service" in names:
        require_h2load()
    # The benches read further arguments when they are run by themselves.
    del sys.argv[1:]
    for name in names:
        print(f"\n== {name}")
        BENCHES[name]()


if __name__ == "__main__":
    main()

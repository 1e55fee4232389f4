"""What the compiler of every section is given: the catalogue, the names, and where to report."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.facts.catalogue import Catalogue
from advisor.rules.conditions import Condition
from advisor.rules.pack import Opening, Purpose, Scope, Settings
from advisor.rules.problems import Problems
from advisor.rules.source import Mark


@dataclass(slots=True, kw_only=True)
class Context:
    """The pack as far as it is known; sections are compiled in the order of their needs.

    Attributes:
        problems: Takes what is wrong.
        catalogue: Built-in facts, then those of the pack and of its purposes as well.
        scopes: What the ``_for.yaml`` of a folder binds, by folder; the pack's root is "".
        settings: The `pack` section, once it is compiled.
        conditions: Named conditions, once they are compiled; None for one that is wrong.
        openings, purposes: By id, once they are compiled.
        ids: Where each id of a rule, calendar or limit was given.
    """

    problems: Problems
    catalogue: Catalogue
    scopes: Mapping[str, Scope] = field(default_factory=dict)
    settings: Settings | None = None
    conditions: dict[str, Condition | None] = field(default_factory=dict)
    openings: dict[str, Opening] = field(default_factory=dict)
    purposes: dict[str, Purpose] = field(default_factory=dict)
    ids: dict[str, Mark] = field(default_factory=dict)

"""Scopes: where and when something holds, and the `_for.yaml` of a folder that binds all below."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from posixpath import basename, dirname
from typing import Final

from advisor.engagement.places import region_within
from advisor.rules import scalars
from advisor.rules.compile.context import Context
from advisor.rules.compile.shape import Fields, ident, one_of
from advisor.rules.pack import Scope
from advisor.rules.problems import Problems, listed
from advisor.rules.source import Mark, Node

#: The file of a folder that binds everything below it.
FOR_FILE: Final = "_for.yaml"

#: Keys by which a rule, calendar, limit or purpose says where and when it holds.
SCOPE_KEYS: Final = ("for", "region", "from", "through")


def folder_scopes(files: Mapping[str, Node], context: Context) -> dict[str, Scope]:
    """Compile what each folder binds, its parents' included.

    Args:
        files: The trees of the ``_for.yaml`` files, by file name.
        context: The pack so far; a folder may only narrow what its parents allow.

    Returns:
        The scope of each folder that has such a file.
    """
    scopes: dict[str, Scope] = {}
    for name in sorted(files, key=lambda name: name.count("/")):
        keys = ("for", "from", "through")
        fields = Fields(files[name], "the scope of a folder", keys, context.problems)
        outer = scope_of(name, scopes, inside=False)
        scopes[dirname(name)] = scope(fields, outer, context)
    return scopes


def scope_of(file: str, scopes: Mapping[str, Scope], *, inside: bool = True) -> Scope:
    """Return what the folders above a file bind; ``inside``: its own folder as well."""
    folder = dirname(file)
    if not inside:
        if not folder:
            return Scope()
        folder = dirname(folder)
    while folder and folder not in scopes:
        folder = dirname(folder)
    return scopes.get(folder, Scope())


def is_folder_scope(file: str) -> bool:
    """Tell whether a file binds its folder rather than holding sections."""
    return basename(file) == FOR_FILE


def scope(fields: Fields, outer: Scope, context: Context) -> Scope:
    """Compile the scope of one thing inside what its folder binds.

    Args:
        fields: The mapping with the keys `for`, `region`, `from` and `through`, where it has them.
        outer: What the folder binds.
        context: The pack so far; a scope may only narrow.
    """
    problems = context.problems
    own = outer
    node = fields.node("for")
    if node is not None:
        where = Fields(node, "for", ("brand", "campaign", "region"), problems)
        own = replace(
            own,
            brands=_words(where, "brand", outer.brands, problems, _brand(context)),
            campaigns=_words(where, "campaign", outer.campaigns, problems, ident),
            regions=_regions(where, outer.regions, problems),
        )
    if "region" in fields:
        own = replace(own, regions=_regions(fields, own.regions, problems))
    begin = _day(fields, "from")
    end = _day(fields, "through")
    if begin is not None:
        if outer.from_ is not None and begin < outer.from_:
            _widens(fields.key_mark("from"), f"from {outer.from_}", problems)
        own = replace(own, from_=begin)
    if end is not None:
        if outer.through is not None and end > outer.through:
            _widens(fields.key_mark("through"), f"through {outer.through}", problems)
        own = replace(own, through=end)
    if own.from_ is not None and own.through is not None and own.from_ > own.through:
        problems.error(
            fields.key_mark("through" if end is not None else "from"),
            "dates",
            f"from {own.from_} through {own.through}, which is never",
            "a last day that is not before the first",
        )
    return own


def _day(fields: Fields, key: str) -> date | None:
    return fields.read(key, scalars.day)


def _brand(context: Context) -> Callable[[str], str]:
    """Return what reads a brand: one of the pack's, where it declares any."""
    brands = {} if context.settings is None else context.settings.brands
    return one_of("a brand of the pack section", brands) if brands else ident


def _words(
    where: Fields,
    key: str,
    outer: frozenset[str],
    problems: Problems,
    parse: Callable[[str], str],
) -> frozenset[str]:
    given = where.each(key, parse)
    if given is None:
        return outer
    if outer and not outer.issuperset(given):
        _widens(where.key_mark(key), f"{key} {listed(sorted(outer))}", problems)
    return frozenset(given)


def _regions(where: Fields, outer: frozenset[str], problems: Problems) -> frozenset[str]:
    given = where.each("region", scalars.region)
    if given is None:
        return outer
    if outer and not all(any(region_within(region, wider) for wider in outer) for region in given):
        _widens(where.key_mark("region"), f"region {listed(sorted(outer))}", problems)
    return frozenset(given)


def _widens(mark: Mark, bound: str, problems: Problems) -> None:
    problems.error(
        mark,
        "scope",
        "a scope wider than that of the folder",
        f"something within {bound}",
        hint=f"{FOR_FILE} binds everything in its folder; what is inside may only narrow it.",
    )

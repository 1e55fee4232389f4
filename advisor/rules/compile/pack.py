"""A whole pack: from the bytes of its files to a compiled pack, or to all that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from graphlib import CycleError, TopologicalSorter
from hashlib import sha256
from typing import Final

from advisor.engagement.basis import Basis
from advisor.facts.catalogue import Catalogue
from advisor.rules import scalars
from advisor.rules.compile import conditions, purposes, settings
from advisor.rules.compile.calendars import calendar, limit
from advisor.rules.compile.cases import Names, cases
from advisor.rules.compile.context import Context
from advisor.rules.compile.rules import rule
from advisor.rules.compile.scopes import folder_scopes, is_folder_scope, scope_of
from advisor.rules.compile.shape import entries, items, one_of
from advisor.rules.pack import Pack, Priority, Rule, Scope, Section
from advisor.rules.problems import Problems, listed
from advisor.rules.reader import read
from advisor.rules.source import MappingNode, Mark, Node, ScalarNode, described, shown

#: A check of a whole pack that has no mistake of its own; it reports what it finds.
Check = Callable[[Pack, Problems], None]

#: Characters of a pack's version: enough to tell any two packs apart.
VERSION_LENGTH: Final = 16

_RULES: Final = tuple(section.value for section in Section)
#: Sections that are mappings of names.
_NAMED: Final = ("facts", "conditions", "purposes", "openings")
_LISTED: Final = ("calendars", "limits", *_RULES, "tests")
_LATER: Final = ("words", "adjusts")
SECTIONS: Final = ("pack", *_NAMED, *_LISTED)

#: Lists that may be long: their entries are kept packed until they are compiled.
_LONG: Final = frozenset({*_RULES, "tests"})


@dataclass(slots=True)
class _Sections:
    """What stands in the files of a pack, by section.

    Attributes:
        unread: Whether a file could not be read, so that what is missing may stand in it.
        packs: The `pack` sections; there must be one.
        named: By section and name, the key and the entry.
        lists: By section, its lists with the scope of their folder.
        folders: What the ``_for.yaml`` of folders say, by file.
        scopes: What they bind, by folder.
    """

    unread: bool = False
    packs: list[tuple[ScalarNode, Node]] = field(default_factory=list)
    named: dict[str, dict[str, tuple[ScalarNode, Node]]] = field(
        default_factory=lambda: {section: {} for section in _NAMED}
    )
    lists: dict[str, list[Node]] = field(
        default_factory=lambda: {section: [] for section in _LISTED}
    )
    folders: dict[str, Node] = field(default_factory=dict)
    scopes: dict[str, Scope] = field(default_factory=dict)

    def scope_at(self, mark: Mark) -> Scope:
        """Return what the folders above a place bind."""
        return scope_of(mark.file, self.scopes)

    def entries(self, section: str, problems: Problems) -> Iterator[tuple[Node, Scope]]:
        """Iterate over the entries of a listed section, and drop each list once it is done."""
        lists = self.lists[section]
        while lists:
            node = lists.pop(0)
            outer = self.scope_at(node.mark)
            for entry in items(node, problems, f"a list below {section}"):
                yield entry, outer


def compile_pack(
    files: Mapping[str, bytes], catalogue: Catalogue, checks: Iterable[Check] = ()
) -> tuple[Pack | None, Problems]:
    """Compile a pack, and report all that is wrong with it in one run.

    Args:
        files: The files of the pack by name inside it, with forward slashes.
        catalogue: The built-in facts.
        checks: Checks of the whole pack, made once nothing else is wrong.

    Returns:
        The pack, or None where there is an error; and the problems, warnings included.
    """
    problems = Problems()
    context = Context(problems=problems, catalogue=catalogue)
    sections = _read(files, problems)
    _definitions(sections, context)
    calendars = [calendar(*entry, context) for entry in sections.entries("calendars", problems)]
    limits = [limit(*entry, context) for entry in sections.entries("limits", problems)]
    rules = tuple(_rules(sections, context))
    _replacements(rules, context)
    names = Names.of(rules)
    tests = [
        case
        for node, _ in sections.entries("tests", problems)
        for case in cases(node, names, context)
    ]
    own = context.settings
    _default_calendar(sections, {one.id for one in calendars if one is not None}, context)
    if problems.has_errors or own is None:
        return None, problems
    pack = Pack(
        version=version_of(files),
        settings=own,
        catalogue=context.catalogue,
        purposes=context.purposes,
        openings=context.openings,
        conditions={name: c for name, c in context.conditions.items() if c is not None},
        calendars=tuple(c for c in calendars if c is not None),
        limits=tuple(one for one in limits if one is not None),
        rules=rules,
        cases=tuple(tests),
    )
    return _checked(pack, checks, problems), problems


def _checked(pack: Pack, checks: Iterable[Check], problems: Problems) -> Pack | None:
    for check in checks:
        check(pack, problems)
    return None if problems.has_errors else pack


def version_of(files: Mapping[str, bytes]) -> str:
    """Return the named version of a pack: a hash of its files, whatever their order."""
    digest = sha256()
    for name in sorted(files):
        for part in (name.encode(), files[name]):
            digest.update(len(part).to_bytes(8, "big"))
            digest.update(part)
    return digest.hexdigest()[:VERSION_LENGTH]


def _read(files: Mapping[str, bytes], problems: Problems) -> _Sections:
    """Read all files, and sort what stands in them by section."""
    sections = _Sections()
    for name in sorted(files):
        root = read(name, files[name], problems, packed=_LONG)
        if root is None:
            sections.unread = True
        elif is_folder_scope(name):
            sections.folders[name] = root
        elif isinstance(root, MappingNode):
            for key, node in root.entries:
                _section(key, node, sections, problems)
        else:
            problems.error(root.mark, "shape", described(root), f"a section: {listed(SECTIONS)}")
    return sections


def _section(key: ScalarNode, node: Node, sections: _Sections, problems: Problems) -> None:
    section = key.text
    if section == "pack":
        sections.packs.append((key, node))
    elif section in _LISTED:
        sections.lists[section].append(node)
    elif section in _NAMED:
        known = sections.named[section]
        for name, entry in entries(node, problems, f"names below {section}"):
            first = known.setdefault(name.text, (name, entry))[0]
            if first is not name:
                found = f"{shown(name.text)} a second time in {section}"
                expected = f"each name once in a pack (the first is at {first.mark})"
                problems.error(name.mark, "duplicate-name", found, expected)
    elif section in _LATER:
        found = f"the section {section}, which is not supported yet"
        problems.error(key.mark, "not-supported", found, "a pack without it")
    else:
        found = f"the unknown section {shown(section)}"
        problems.error(
            key.mark, "unknown-key", found, listed(SECTIONS), near=(section, (*SECTIONS, *_LATER))
        )


def _definitions(sections: _Sections, context: Context) -> None:
    """Compile what rules refer to, each kind after those it needs."""
    problems = context.problems
    for key, node in sections.packs:
        if context.settings is None:
            context.settings = settings.settings(node, context)
        else:
            problems.error(key.mark, "duplicate-name", "a second pack section", "one in a pack")
    sections.scopes = folder_scopes(sections.folders, context)
    named = sections.named
    settings.facts(named["facts"].values(), context)
    aims = [(key, node, sections.scope_at(key.mark)) for key, node in named["purposes"].values()]
    occasions = purposes.occasions(aims, context)
    conditions.named(named["conditions"], context)
    settings.openings(named["openings"].values(), context)
    purposes.purposes(aims, occasions, context)
    if context.settings is None and not sections.unread:
        problems.error(_START, "missing-section", "a pack without the section pack", "pack:")


#: Where a pack is wrong as a whole.
_START: Final = Mark("pack.yaml", 1, 1)


def _rules(sections: _Sections, context: Context) -> Iterator[Rule]:
    """Compile all rules, in the order of their precedence: basis, priority, id."""
    compiled = [
        done
        for section in Section
        for node, outer in sections.entries(section.value, context.problems)
        if (done := rule(node, section, outer, context)) is not None
    ]
    compiled.sort(key=lambda done: (-done.basis, _PRIORITIES.index(done.priority), done.id))
    for number, done in enumerate(compiled):
        yield replace(done, number=number)


_PRIORITIES: Final = tuple(Priority)


def _replacements(rules: Iterable[Rule], context: Context) -> None:
    """Check what rules replace: it must exist, be of the same section, and be no stronger."""
    by_id = {one.id: one for one in rules}
    for one in by_id.values():
        for id_ in one.replaces:
            old = by_id.get(id_)
            if old is None:
                context.problems.error(
                    one.mark,
                    "unknown-name",
                    f"{one.id} replaces {shown(id_)}, which no rule is called",
                    "the id of a rule",
                    near=(id_, by_id),
                )
            elif old.section is not one.section:
                context.problems.error(
                    one.mark,
                    "replaces",
                    f"{one.id} of {one.section.value} replaces {id_} of {old.section.value}",
                    "a rule of the same section",
                )
            elif old.basis > one.basis and old.basis >= Basis.SAFETY:
                context.problems.error(
                    one.mark,
                    "replaces",
                    f"{one.id}, whose basis is {one.basis.word}, replaces {id_}, whose basis is "
                    f"{old.basis.word}",
                    "a rule of the same basis",
                    hint="What the law or safety asks may be tightened, never loosened.",
                )
    graph = {one.id: set(one.replaces) & by_id.keys() for one in by_id.values() if one.replaces}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        circle: list[str] = error.args[1]
        context.problems.error(
            by_id[circle[0]].mark,
            "cycle",
            f"rules that replace each other: {' → '.join(circle[::-1])}",
            "a last one that is replaced by none",
        )


def _default_calendar(sections: _Sections, ids: Collection[str], context: Context) -> None:
    """Check that the default calendar exists, so that no match never means open."""
    root = sections.packs[0][1] if sections.packs else None
    node = root.get("default_calendar") if isinstance(root, MappingNode) else None
    if node is not None:
        scalars.read(node, one_of("the id of a calendar of this pack", ids), context.problems)

"""A reference taxonomy from a file: SKOS, CSV or JSON.

Conventions: the result is a tree as in `worker.evaluation.taxonomy`, by the names (or ids) that the file gives;
surrounding blanks are dropped. Which concepts of a catalogue these are is asked by `matched`: an id that is equal, else
a name that is, regardless of case.

    *.ttl *.rdf *.xml *.nt *.jsonld   SKOS: skos:prefLabel (else the end of the address), skos:broader, skos:narrower;
                                      skos:notation and skos:altLabel are further names
    *.csv                             columns `name` (or `id`, `concept`, `child`) and `parent`; a row for each parent
    *.json                            {"name": "parent" | ["parent", ...] | null}, or a list of {"name", "parent"}, or
                                      that list under "concepts"
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from worker.evaluation.errors import ReferenceUnreadable
from worker.evaluation.taxonomy import Tree, parents_of, shape

SKOS_FORMATS = {".ttl": "turtle", ".rdf": "xml", ".xml": "xml", ".nt": "nt", ".jsonld": "json-ld"}
NAMES = ("name", "id", "concept", "child")
MOST_BYTES = 64 << 20

Pairs = Iterable[tuple[str, str | None]]


@dataclass(frozen=True, slots=True)
class Entry:
    """One concept of a taxonomy, as its file has it."""

    names: tuple[str, ...]
    """What it is called: its label first, then notations, other labels, the end of its address."""
    parents: tuple[str, ...]
    """Keys of entries."""


def read_entries(path: Path) -> dict[str, Entry]:
    """Read a taxonomy with all its concepts are called: entries by address, or by name where they have none.

    Raises:
        ReferenceUnreadable: it is missing, too large, of another form, or empty.
        CyclicTree: a concept is its own ancestor.
    """
    if not path.is_file():
        raise ReferenceUnreadable(str(path), "there is no such file")
    if path.stat().st_size > MOST_BYTES:
        raise ReferenceUnreadable(str(path), f"it is larger than {MOST_BYTES >> 20} MB")
    ending = path.suffix.lower()
    try:
        if ending in SKOS_FORMATS:
            entries = _skos(path, SKOS_FORMATS[ending])
        elif ending == ".csv":
            entries = _named(_csv(path))
        elif ending == ".json":
            entries = _named(_json(json.loads(path.read_text("utf-8-sig"))))
        else:
            raise ReferenceUnreadable(str(path), f"its name should end in .csv, .json or {', '.join(SKOS_FORMATS)}")
    except (ValueError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise ReferenceUnreadable(str(path), str(error) or type(error).__name__) from error
    if not entries:
        raise ReferenceUnreadable(str(path), "it names no concept")
    shape({key: entry.parents for key, entry in entries.items()})  # refuses circles
    return entries


def read_reference(path: Path) -> Tree:
    """Read a taxonomy as a tree of labels; concepts of one label are one.

    Raises:
        ReferenceUnreadable: it is missing, too large, of another form, or empty.
        CyclicTree: a concept is its own ancestor.
    """
    entries = read_entries(path)
    tree = _tree(
        (entry.names[0], None if parent is None else entries[parent].names[0])
        for entry in entries.values()
        for parent in (None, *entry.parents)
    )
    shape(tree)
    return tree


def matched(reference: Tree, names: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """The same taxonomy by concept ids; what the catalogue does not know keeps its name, so that ways run through it.

    Args:
        reference: as `read_reference` gives it.
        names: name by concept id.

    Example:
        >>> matched({"Violin": "Strings"}, {"violin-2": "violin"})
        {'violin-2': ('Strings',), 'Strings': ()}
    """
    parents = parents_of(reference)
    by_name: dict[str, str] = {}
    for concept, name in sorted(names.items(), reverse=True):
        by_name[name.strip().casefold()] = concept
    found = {key: key if key in names else by_name.get(key.casefold(), key) for key in parents}
    tree: dict[str, set[str]] = {}
    for key, above in parents.items():
        tree.setdefault(found[key], set()).update(found[upper] for upper in above)
    return {concept: tuple(sorted(above - {concept})) for concept, above in tree.items()}


def _tree(pairs: Pairs) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for child, parent in pairs:
        above = found.setdefault(child.strip(), set())
        if parent is not None and parent.strip():
            above.add(parent.strip())
    return {concept: tuple(sorted(above)) for concept, above in found.items() if concept}


def _named(pairs: Pairs) -> dict[str, Entry]:
    """Entries that are called as their key is, and nothing else; parents without a line of their own among them."""
    tree = _tree(pairs)
    every = tree.keys() | {parent for above in tree.values() for parent in above}
    return {key: Entry((key,), tree.get(key, ())) for key in sorted(every)}


def _csv(path: Path) -> Pairs:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        column = next((name for name in NAMES if name in (rows.fieldnames or ())), None)
        if column is None or "parent" not in (rows.fieldnames or ()):
            raise ValueError(f"it needs columns `name` and `parent`, not {', '.join(rows.fieldnames or ['nothing'])}")
        for row in rows:
            yield row[column] or "", row["parent"]


def _json(read: Any) -> Pairs:
    if isinstance(read, Mapping) and isinstance(read.get("concepts"), list):
        read = read["concepts"]
    if isinstance(read, Mapping):
        items = [(str(child), parent) for child, parent in read.items()]
    elif isinstance(read, list):
        items = [(str(next(one[name] for name in NAMES if name in one)), one.get("parent")) for one in read]
    else:
        raise TypeError("it is neither an object nor a list")
    for child, parent in items:
        for above in parent if isinstance(parent, list) and parent else [parent]:
            if above is not None and not isinstance(above, str):
                raise TypeError(f"the parent of {child} is no name")
            yield child, above


def _skos(path: Path, form: str) -> dict[str, Entry]:
    from rdflib import Graph
    from rdflib.namespace import RDF, SKOS
    from rdflib.plugins.parsers.notation3 import BadSyntax

    if form == "json-ld":
        _refuse_remote(json.loads(path.read_text("utf-8-sig")))
    graph = Graph()
    try:
        graph.parse(data=path.read_bytes(), format=form)
    except (BadSyntax, SyntaxError) as error:
        raise ValueError(str(error)) from error
    except Exception as error:  # the XML parser's own errors have no common root but this
        if type(error).__module__.startswith(("xml.", "rdflib.")):
            raise ValueError(str(error)) from error
        raise

    def names(node: Any) -> tuple[str, ...]:
        labels, notations, others = (
            sorted(map(str, graph.objects(node, what))) for what in (SKOS.prefLabel, SKOS.notation, SKOS.altLabel)
        )
        end = unquote(str(node).rstrip("/#").replace("#", "/").rsplit("/", 1)[-1])
        ordered = [*(labels[:1] or [end]), *notations, *labels[1:], *others, end]
        return tuple(dict.fromkeys(name.strip() for name in ordered if name.strip())) or (str(node),)

    above: dict[Any, set[str]] = {node: set() for node in graph.subjects(RDF.type, SKOS.Concept)}
    pairs = [*graph.subject_objects(SKOS.broader)]
    pairs += [(child, parent) for parent, child in graph.subject_objects(SKOS.narrower)]
    for child, parent in pairs:
        above.setdefault(parent, set())
        above.setdefault(child, set()).add(str(parent))
    return {str(node): Entry(names(node), tuple(sorted(above[node]))) for node in sorted(above, key=str)}


def _refuse_remote(read: Any) -> None:
    """A context given by its address would be fetched from there; a file that is judged must not make requests."""
    parts = list(read.values()) if isinstance(read, Mapping) else read if isinstance(read, list) else []
    context = read.get("@context") if isinstance(read, Mapping) else None
    for one in context if isinstance(context, list) else [context]:
        if isinstance(one, str):
            raise ValueError(f"its context lies at {one}; write the context into the file")  # noqa: TRY004
    for part in parts:
        _refuse_remote(part)

"""SKOS: a hierarchy as a concept scheme, in Turtle and in JSON-LD.

Conventions: a child that is of its parent's kind is `skos:broader` its parent; across kinds (a mood below a genre) the
edge is `skos:related`, because the one is no kind of the other. Every concept without a broader one is a top concept.

A concept with several parents has several broader ones, or is related to several.

Why the integrity conditions hold: broader stays within a kind and related runs across kinds, so what is related is
never broader transitively (S27); each concept has one preferred label, without a language (S14); schemes and
concepts are named by different addresses (S9, S37). Source: W3C, SKOS Reference, 2009.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from webapi.exports.selection import Selection, pieces

PREFIXES = "@prefix skos: <http://www.w3.org/2004/02/skos/core#> .\n@prefix dct: <http://purl.org/dc/terms/> .\n\n"
CONTEXT = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
    **{
        name: {"@id": f"skos:{name}", "@type": "@id"}
        for name in ("broader", "narrower", "related", "inScheme", "topConceptOf", "hasTopConcept")
    },
    "prefLabel": "skos:prefLabel",
    "notation": "skos:notation",
    "title": "dct:title",
    "type": "dct:type",
}


def turtle(selection: Selection) -> Iterator[bytes]:
    """As Turtle."""
    return pieces(_turtle(selection))


def json_ld(selection: Selection) -> Iterator[bytes]:
    """As JSON-LD, one node a line."""
    return pieces(_json_ld(selection))


def _turtle(selection: Selection) -> Iterator[str]:
    yield PREFIXES
    scheme = selection.scheme
    yield f"<{scheme}> a skos:ConceptScheme ;\n    dct:title {_literal(selection.copy.collection.name)} .\n"
    for node in _nodes(selection):
        yield f"\n<{node['@id']}> a skos:Concept ;\n    skos:prefLabel {_literal(node['prefLabel'])} ;\n"
        yield f"    skos:notation {_literal(node['notation'])} ;\n    dct:type {_literal(node['type'])} ;\n"
        for name in ("broader", "related"):
            if name in node:
                ends = [node[name]] if isinstance(node[name], str) else node[name]
                yield f"    skos:{name} {', '.join(f'<{end}>' for end in ends)} ;\n"
        if "topConceptOf" in node:
            yield f"    skos:topConceptOf <{scheme}> ;\n"
        yield f"    skos:inScheme <{scheme}> .\n"


def _json_ld(selection: Selection) -> Iterator[str]:
    yield f'{{"@context": {json.dumps(CONTEXT)},\n"@graph": [\n'
    scheme = {
        "@id": selection.scheme,
        "@type": "skos:ConceptScheme",
        "title": selection.copy.collection.name,
    }
    yield json.dumps(scheme)
    for node in _nodes(selection):
        yield ",\n" + json.dumps({**node, "inScheme": selection.scheme})
    yield "\n]}\n"


def _nodes(selection: Selection) -> Iterator[dict[str, Any]]:
    copy = selection.copy
    for concept, _, parent in selection:
        node: dict[str, Any] = {
            "@id": selection.address(concept.id),
            "@type": "skos:Concept",
            "prefLabel": concept.name,
            "notation": concept.id,
            "type": concept.kind,
        }
        parents = [one for one in (parent, *(edge.parent for edge in selection.further(concept.id))) if one is not None]
        broader = [selection.address(one) for one in parents if copy.concepts[one].kind == concept.kind]
        related = [selection.address(one) for one in parents if copy.concepts[one].kind != concept.kind]
        if broader:
            node["broader"] = _one_or_all(broader)
        else:
            node["topConceptOf"] = selection.scheme
        if related:
            node["related"] = _one_or_all(related)
        yield node


def _one_or_all(addresses: list[str]) -> str | list[str]:
    return addresses[0] if len(addresses) == 1 else addresses


def _literal(text: str) -> str:
    """A Turtle string: JSON's escapes are Turtle's too, but for astral letters, which are left as they are."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007F")

"""GraphML: nodes with what is known of them, edges from parent to child with similarity, margin and trust.

An edge to a parent beside the one in the tree says `further`; the key is declared where there are any.

Characters that XML 1.0 cannot hold are replaced by U+FFFD. Source: http://graphml.graphdrawing.org.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from cypher.model import Edge
from webapi.exports.selection import Selection, pieces

UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NODE_KEYS = {
    "name": "string", "kind": "string", "tracks": "long", "depth": "long", "betweenness": "double", "auc": "double",
}  # fmt: skip
EDGE_KEYS = dict.fromkeys(("similarity", "margin", "margin_error", "support", "direction"), "double")


def write(selection: Selection) -> Iterator[bytes]:
    """As GraphML."""
    return pieces(_lines(selection))


def _lines(selection: Selection) -> Iterator[str]:
    yield '<?xml version="1.0" encoding="UTF-8"?>\n<graphml xmlns="http://graphml.graphdrawing.org/xmlns">\n'
    several = {"further": "boolean"} if selection.copy.further else {}
    for what, keys in (("node", NODE_KEYS), ("edge", EDGE_KEYS | several)):
        for name, kind in keys.items():
            yield f'<key id="{name}" for="{what}" attr.name="{name}" attr.type="{kind}"/>\n'
    yield f'<graph id={quoteattr(_fit(selection.copy.collection.id))} edgedefault="directed">\n'
    for concept, edge, parent in selection:
        quality = concept.quality
        yield _element("node", {"id": concept.id}, {
            "name": concept.name,
            "kind": concept.kind,
            "tracks": concept.tracks,
            "depth": selection.copy.depth[concept.id],
            "betweenness": concept.betweenness,
            "auc": quality.auc if quality is not None else None,
        })  # fmt: skip
        if parent is not None:
            yield _edge(edge, {})
    for concept_id in selection.concept_ids:
        yield from (_edge(edge, {"further": "true"}) for edge in selection.further(concept_id))
    yield "</graph>\n</graphml>\n"


def _edge(edge: Edge, said: dict[str, object]) -> str:
    ends = {"source": edge.parent or "", "target": edge.child}
    return _element("edge", ends, {name: getattr(edge, name) for name in EDGE_KEYS} | said)


def _element(tag: str, attributes: dict[str, str], data: dict[str, object]) -> str:
    stated = "".join(f" {name}={quoteattr(_fit(value))}" for name, value in attributes.items())
    held = "".join(
        f'<data key="{name}">{escape(_fit(str(value)))}</data>' for name, value in data.items() if value is not None
    )
    return f"<{tag}{stated}>{held}</{tag}>\n"


def _fit(text: str) -> str:
    return UNFIT.sub("\ufffd", text)

"""The tree of a rebuild, grown around what curators decided.

The stage `hierarchy` grows it; `publish` grows it again when somebody decided something in between. A concept that was
hidden or merged since the scan is not placed, and is reported as left out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np

from cypher.model import Edge
from worker.hierarchy.builders import ParentOf
from worker.jobs.builds import Builds
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.context import StageContext
from worker.jobs.curated import contradicted, places, set_aside
from worker.jobs.growing import grower
from worker.jobs.kept import Kept, kept, kept_separation, kept_similarity

NOTHING: Mapping[str, str | None] = {}


@dataclass(frozen=True, slots=True)
class Grown:
    """A tree, and what of the curators' decisions is in it."""

    edges: tuple[Edge, ...]
    """Sorted by child, then parent."""
    aside: dict[str, tuple[str, str]]
    """Concepts that curators took out, before the scan or since: id -> code and sentence."""
    curations: int
    """Decisions that were looked at."""
    waiting: tuple[str, ...]
    """Concepts whose pin could not be kept to."""
    contradicted: tuple[str, ...]
    """Concepts whose pin their sound speaks strongly against."""

    def save(self, builds: Builds) -> str:
        """Write it; returns the file's name."""
        return builds.place_json(asdict(self))

    @classmethod
    def load(cls, builds: Builds, name: str) -> Grown:
        """Read what `save` wrote.

        Raises:
            BuildMissing: it is gone.
        """
        read = builds.read_json(name, written_by="hierarchy")
        return cls(
            edges=tuple(Edge(**edge) for edge in read["edges"]),
            aside={concept_id: (code, why) for concept_id, (code, why) in read["aside"].items()},
            curations=read["curations"],
            waiting=tuple(read["waiting"]),
            contradicted=tuple(read["contradicted"]),
        )

    def counted(self) -> dict[str, object]:
        """What a job's result says of it."""
        roots = sum(edge.parent is None for edge in self.edges)
        return {
            "edges": len(self.edges) - roots,
            "further": sum(edge.further for edge in self.edges),
            "roots": roots,
            "pins": sum(edge.pinned for edge in self.edges),
            "pins_waiting": list(self.waiting),
            "pins_contradicted": list(self.contradicted),
        }


def grow(context: StageContext, stay: Mapping[str, str | None] = NOTHING) -> Grown:
    """Build the tree of the kept concepts by the rule that the settings name, around the pins that stand.

    Args:
        context: of the stage.
        stay: further edges to grow around, parent by child; a curator's pin goes before, and an edge of a concept that
            a curator took out is none.
    """
    standing = context.graph.curation.standing(context.collection)
    copy = CatalogueCopy.load(context.builds, context.result("scan")["catalogue"])
    aside = {**copy.aside, **set_aside(standing, copy.names)}
    chosen = without(kept(context), aside)
    central: dict[str, float] = context.builds.read_json(
        context.result("centrality")["centrality"], written_by="centrality"
    )
    pinned = places(standing, chosen.concept_ids)
    betweenness = np.array([central[concept_id] for concept_id in chosen.concept_ids], dtype=np.float64)
    place = {concept_id: position for position, concept_id in enumerate(chosen.concept_ids)}
    held = {
        place[child]: None if parent is None else place[parent]
        for child, parent in stay.items()
        if child in place and (parent is None or parent in place)
    }
    tree = grower(context.settings, betweenness, pinned.pins, held)(
        kept_similarity(context, chosen), kept_separation(context, chosen)
    )
    edges = tuple(
        sorted((_edge(one, chosen.concept_ids) for one in tree), key=lambda one: (one.child, one.parent or ""))
    )
    return Grown(edges, aside, standing.seen, pinned.waiting, tuple(contradicted(edges)))


def without(chosen: Kept, aside: dict[str, tuple[str, str]]) -> Kept:
    """The concepts that curators did not take out."""
    stays = [position for position, concept_id in enumerate(chosen.concept_ids) if concept_id not in aside]
    return Kept([chosen.concept_ids[position] for position in stays], chosen.columns[stays])


def _edge(one: ParentOf, ids: Sequence[str]) -> Edge:
    return Edge(
        child=ids[one.child],
        parent=None if one.parent is None else ids[one.parent],
        similarity=one.similarity,
        margin=one.margin,
        runner_up=None if one.runner_up is None else ids[one.runner_up],
        pinned=one.pinned,
        further=one.further,
    )

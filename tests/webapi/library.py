"""A small library that the fake stores and the real ones both hold, and how the real ones come to hold it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from cypher.bias import Bias, Confounding, Spread
from cypher.model import Assessment, Concept, Edge, Example, NewConcept, NewStep, Publication, Quality, Track

HOSTILE = "<script>alert(1)</script>"
QUALITY = Quality(auc=0.9, auc_low=0.85, auc_high=0.95, accuracy=0.8, average_precision=0.7)


BIAS = Bias(
    Spread(3, 2, 1.8, "Somebody", 2 / 3, 0.04, -0.01, 0.09),
    None,
    (Confounding("loudness", 5, 3, 0.93, 0.85, 1.0, 1e-9, 0.9, 0.52, 0.4, 0.64, 3, 0.6, "loudness alone tells it"),),
)


@dataclass(frozen=True)
class Library:
    """What the stores hold, in their own nouns; ids are those the stores gave."""

    collections: dict[str, str]
    """id -> name, the default first."""
    concepts: dict[str, list[Concept]]
    """Collection -> its concepts."""
    edges: dict[str, list[Edge]]
    """Published collections -> edges."""
    similar: list[tuple[str, str, float]]
    """(concept whose tracks, concept whose vector, S)."""
    tracks: list[Track]
    links: list[tuple[str, str, float, int]]
    """(track, concept, score, rank)."""
    examples: set[tuple[str, str]]
    """(track, concept)."""


def make_library() -> Library:
    """Two published collections and one that was never built; a hostile name, equal scores, a concept left out."""

    def kept(one: str, name: str, collection: str, depth: int) -> Concept:
        return Concept(
            id=one,
            name=name,
            collection=collection,
            kind="genre" if collection == "genres" else "mood",
            source_key=f"{collection}/{name}",
            status="kept",
            quality=QUALITY,
            betweenness=0.25,
            depth=depth,
        )

    genres = [
        kept("rock", "Rock", "genres", depth=1),
        kept("metal", "metal", "genres", depth=2),
        kept("death-metal", "death metal", "genres", depth=3),
        kept("punk", "Punk", "genres", depth=2),
        kept("jazz", "Jazz", "genres", depth=1),
        kept("script-alert-1-script", HOSTILE, "genres", depth=2),
        Concept(
            id="tiny",
            name="tiny",
            collection="genres",
            kind="genre",
            source_key="genres/tiny",
            status="left_out",
            reason="too_few_tracks: 3 tracks, 10 are needed",
        ),
    ]
    sad = replace(kept("sad", "sad", "moods", depth=2), bias=BIAS)
    moods = [kept("calm", "calm", "moods", depth=1), sad]
    fresh = [Concept(id="new-one", name="new one", collection="fresh", source_key="fresh/new one")]
    examples = {("track-0", "rock"), ("track-1", "rock"), ("track-2", "jazz")}

    def counted(members: list[Concept]) -> list[Concept]:
        return [replace(one, tracks=sum(concept == one.id for _, concept in examples)) for one in members]

    return Library(
        collections={"genres": "Genres", "moods": "Moods", "fresh": "Fresh"},
        concepts={"genres": counted(genres), "moods": counted(moods), "fresh": counted(fresh)},
        edges={
            "genres": [
                Edge("rock", None),
                Edge("metal", "rock", 0.8, 0.1),
                Edge("death-metal", "metal", 0.9, 0.2),
                Edge("punk", "rock", 0.7, 0.05),
                Edge("jazz", None),
                Edge("script-alert-1-script", "jazz", 0.6, None),
            ],
            "moods": [Edge("calm", None), Edge("sad", "calm", 0.75, 0.3)],
        },
        similar=[("rock", "metal", 0.8), ("metal", "rock", 0.6), ("rock", "punk", 0.7), ("jazz", "rock", 0.55)],
        tracks=[Track(id=f"track-{n}", title=f"Song {n}", artist="Somebody", duration_s=30.0) for n in range(5)],
        links=[
            ("track-0", "rock", 0.9, 1),
            ("track-1", "rock", 0.8, 1),
            ("track-2", "rock", 0.8, 2),
            ("track-3", "rock", 0.8, 1),
            ("track-2", "jazz", 0.95, 1),
            ("track-0", "calm", 0.6, 1),
        ],
        examples=examples,
    )


def fill(graph, library) -> None:
    """Write the library through the real stores, as an import and two rebuilds would."""
    graph.migrate()
    for collection, name in library.collections.items():
        graph.catalogue.save_collection(collection, name)
    graph.catalogue.save_tracks(library.tracks, [])
    for collection, concepts in library.concepts.items():
        new = [NewConcept(one.source_key, one.name, one.kind, one.source) for one in concepts]
        ids = graph.catalogue.save_concepts(collection, new)
        assert [ids[one.source_key] for one in concepts] == [one.id for one in concepts]
    by_concept = {}
    for track, concept in sorted(library.examples):
        by_concept.setdefault(concept, []).append(Example(track))
    graph.catalogue.replace_examples(by_concept)
    for collection in library.edges:
        publish(graph, library, collection)


def publish(graph, library, collection: str) -> None:
    job, _ = graph.ledger.request("rebuild", collection, {}, steps=[NewStep("all", 1, "cpu")])
    lease = graph.ledger.lease(job.steps[0].id, "test", 60.0)
    concepts = [one for one in library.concepts[collection] if one.status == "kept"]
    ids = [one.id for one in concepts]
    tracks = [one.id for one in library.tracks]
    similar = [one for one in library.similar if one[0] in ids]
    graph.hierarchy.stage_similarities(
        lease,
        collection,
        1,
        concept_ids=ids,
        source=np.array([ids.index(one[0]) for one in similar], dtype=np.int64),
        target=np.array([ids.index(one[1]) for one in similar], dtype=np.int64),
        weight=np.array([one[2] for one in similar], dtype=np.float64),
        standard_error=np.full(len(similar), 0.01),
    )
    links = [one for one in library.links if one[1] in ids]
    graph.hierarchy.stage_links(
        lease,
        collection,
        1,
        concept_ids=ids,
        track_ids=tracks,
        concept_index=np.array([ids.index(one[1]) for one in links], dtype=np.int64),
        track_index=np.array([tracks.index(one[0]) for one in links], dtype=np.int64),
        score=np.array([one[2] for one in links], dtype=np.float64),
        rank=np.array([one[3] for one in links], dtype=np.int64),
    )
    graph.hierarchy.publish(
        lease,
        Publication(
            collection=collection,
            staging=1,
            edges=tuple(library.edges[collection]),
            assessments=tuple(
                Assessment(
                    one.id, one.status, one.reason, one.tracks, one.quality, one.betweenness, one.depth, bias=one.bias
                )
                for one in library.concepts[collection]
            ),
            parameters={"preset": "poster"},
            fingerprint="fake",
            measures={"kept": float(len(library.edges[collection]))},
        ),
    )
    graph.ledger.finish(lease, {"version": 1})

"""The catalogue in the graph: collections, tracks and their files, concepts and their example tracks.

Conventions: every method is one or a few transactions, and may be repeated with the same result; what travels in bulk
goes in batches. Ids of tracks come from the caller (derived from the sound); ids of concepts are made here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from typing import Any, TypeVar

from cypher.bias import bias_of
from cypher.errors import UnknownCollection, UnknownConcept, UnknownTrack
from cypher.loader import load_query
from cypher.model import AudioFile, Collection, Concept, Example, NewConcept, Quality, Track
from cypher.naming import free_id, qualified_key, slug, unqualified_key
from cypher.runner import Row, Runner, Transaction
from cypher.traits import TrackTraits

T = TypeVar("T")

BATCH = 1000
"""Rows that travel in one transaction."""


class CatalogueStore:
    """What was given: read and written by import, read by everything else."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    # --- collections -------------------------------------------------------------------------------------------------

    def save_collection(self, collection_id: str, name: str) -> Collection:
        """Make the collection, or rename it; the first one ever made is the default."""

        def work(tx: Transaction) -> None:
            tx.run(load_query("take_lock"), name="collections")
            tx.run(load_query("save_collection"), id=collection_id, name=name)

        self._runner.write(work)
        return self.collection(collection_id)

    def collections(self) -> list[Collection]:
        """All of them, the default first, then by id."""
        return [Collection(**row) for row in self._runner.run(load_query("list_collections"))]

    def collection(self, collection_id: str | None = None) -> Collection:
        """One collection; None means the default.

        Raises:
            UnknownCollection: there is none of that id, or none at all.
        """
        rows = self._runner.run(load_query("find_collection"), id=collection_id)
        if not rows:
            raise UnknownCollection(collection_id)
        return Collection(**rows[0])

    # --- tracks ------------------------------------------------------------------------------------------------------

    def known_files(self, sha256s: Iterable[str]) -> dict[str, str]:
        """File hash -> track id, for those hashes that were imported before."""
        found: dict[str, str] = {}
        for batch in batches(sha256s):
            rows = self._runner.run(load_query("find_files"), sha256s=batch)
            found.update((row["sha256"], row["track"]) for row in rows)
        return found

    def save_tracks(self, tracks: Sequence[Track], files: Sequence[AudioFile]) -> None:
        """Make or update tracks by id, then bind files to them by hash.

        Raises:
            UnknownTrack: a file names a track that is neither given nor known.
        """
        for track_batch in batches(tracks):
            self._runner.run(load_query("save_tracks"), tracks=[asdict(track) for track in track_batch])
        for file_batch in batches(files):
            given = [
                {"sha256": file.sha256, "track": file.track_id, "uri": file.uri, "bytes": file.bytes}
                for file in file_batch
            ]
            bound = {row["sha256"] for row in self._runner.run(load_query("save_files"), files=given)}
            for file in file_batch:
                if file.sha256 not in bound:
                    raise UnknownTrack(file.track_id)

    def track(self, track_id: str) -> Track:
        """One track.

        Raises:
            UnknownTrack: there is none of that id.
        """
        for track in self.tracks([track_id]):
            return track
        raise UnknownTrack(track_id)

    def tracks(self, track_ids: Iterable[str]) -> list[Track]:
        """Those of the tracks that are known, in the order of the ids."""
        return [
            Track(**row)
            for batch in batches(track_ids)
            for row in self._runner.run(load_query("find_tracks"), ids=batch)
        ]

    def tracks_by_code(self, *, isrc: str | None = None, mbid: str | None = None, limit: int = 50) -> list[Track]:
        """Tracks of this ISRC and this MusicBrainz id, by id; None: whatever it is, but not both."""
        rows = self._runner.run(load_query("find_tracks_by_code"), isrc=isrc, mbid=mbid, limit=limit)
        return [Track(**row) for row in rows]

    def tracks_by_codes(self, isrcs: Iterable[str], mbids: Iterable[str], limit: int = 50) -> list[Track]:
        """Tracks of any of these ISRCs or MusicBrainz ids, by id; of one code at most `limit`, the first by id."""
        query = load_query("find_tracks_by_codes")
        return [Track(**row) for row in self._runner.run(query, isrcs=list(isrcs), mbids=list(mbids), limit=limit)]

    def delete_track(self, track_id: str) -> dict[str, int]:
        """Take a track out of the catalogue: no later version learns from it or shows it, no earlier one links to it.

        Returns:
            How many `files`, `memberships` and `links` went with it.

        Raises:
            UnknownTrack: there is none of that id.
        """
        rows = self._runner.run(load_query("delete_track"), id=track_id)
        if not rows:
            raise UnknownTrack(track_id)
        return dict(rows[0])

    def all_tracks(self) -> Iterator[Track]:
        """Every track, by id, fetched page by page."""
        after = ""
        while rows := self._runner.run(load_query("list_tracks"), after=after, limit=BATCH):
            yield from (Track(**row) for row in rows)
            after = rows[-1]["id"]

    def save_traits(self, traits: Iterable[TrackTraits]) -> None:
        """Tell of tracks what is known of them besides their names; what is not told stays, unknown ids are ignored."""
        for batch in batches(traits):
            told = [{"id": one.track_id, "said": one.known()} for one in batch]
            self._runner.run(load_query("save_traits"), traits=told)

    def traits(self) -> Iterator[TrackTraits]:
        """What is known of every track besides its names, by id, fetched page by page."""
        after = ""
        while rows := self._runner.run(load_query("list_traits"), after=after, limit=BATCH):
            yield from (TrackTraits(**row) for row in rows)
            after = rows[-1]["track_id"]

    def unmeasured(self, track_ids: Iterable[str]) -> set[str]:
        """Those of the tracks whose sound was never measured."""
        found: set[str] = set()
        for batch in batches(track_ids):
            found |= {row["id"] for row in self._runner.run(load_query("find_unmeasured"), ids=batch)}
        return found

    # --- concepts ----------------------------------------------------------------------------------------------------

    def save_concepts(self, collection_id: str, concepts: Sequence[NewConcept]) -> dict[str, str]:
        """Make or update concepts by source key; ids are slugs of the first name, globally unique, never changed.

        Args:
            collection_id: the collection they belong to; the same source key in another one is another concept.
            concepts: at most one a source key; the last one counts.

        Returns:
            source key -> concept id, for every concept given.

        Raises:
            UnknownCollection: there is none of that id.
        """
        self.collection(collection_id)
        given = {concept.source_key: concept for concept in concepts}
        ids: dict[str, str] = {}
        for batch in batches(given.values()):
            ids |= self._runner.write(partial(write_concepts, collection_id=collection_id, concepts=batch))
        return ids

    def replace_examples(self, examples: Mapping[str, Sequence[Example]]) -> None:
        """Make the example tracks of these concepts exactly these; other concepts are left alone.

        Raises:
            UnknownConcept: there is no concept of that id; nothing was written.
            UnknownTrack: there is no track of that id; concepts before this one were written.
        """
        known: set[str] = set()
        for ids in batches(examples):
            rows = self._runner.run(load_query("find_existing_concepts"), collection=None, ids=ids)
            known.update(row["id"] for row in rows)
        for concept_id in examples:
            if concept_id not in known:
                raise UnknownConcept(concept_id)
        for concept_id, wanted in examples.items():
            self._runner.write(partial(write_examples, concept_id=concept_id, examples=wanted))

    def concepts(self, collection_id: str) -> list[Concept]:
        """Every concept of the collection, left-out ones included, by id.

        Raises:
            UnknownCollection: there is none of that id.
        """
        rows = self._runner.run(load_query("list_concepts"), collection=collection_id)
        if not rows:
            self.collection(collection_id)
        return [concept_of(row) for row in rows]

    def concept(self, concept_id: str) -> Concept:
        """One concept.

        Raises:
            UnknownConcept: there is none of that id.
        """
        rows = self._runner.run(load_query("find_concept"), id=concept_id)
        if not rows:
            raise UnknownConcept(concept_id)
        return concept_of(rows[0])

    def memberships(self, collection_id: str) -> dict[str, list[str]]:
        """Concept id -> ids of its example tracks, both sorted; concepts without any have an empty list.

        Raises:
            UnknownCollection: there is none of that id.
        """
        rows = self._runner.run(load_query("list_memberships"), collection=collection_id)
        if not rows:
            self.collection(collection_id)
        return {row["concept"]: sorted(row["tracks"]) for row in sorted(rows, key=lambda row: row["concept"])}


def concept_of(row: Row) -> Concept:
    """The concept of a row of `list_concepts` or `find_concept`."""
    quality = None
    if row["auc"] is not None:
        quality = Quality(
            auc=row["auc"],
            auc_low=row["auc_low"],
            auc_high=row["auc_high"],
            accuracy=row["accuracy"],
            average_precision=row["average_precision"],
            p_value=row["p_value"],
        )
    return Concept(
        id=row["id"],
        name=row["name"],
        collection=row["collection"],
        kind=row["kind"],
        source=row["source"],
        source_key=unqualified_key(row["collection"], row["source_key"]),
        status=row["status"],
        reason=row["reason"],
        tracks=row["tracks"],
        quality=quality,
        betweenness=row["betweenness"],
        depth=row["depth"],
        aliases=tuple(row["aliases"]),
        bias=bias_of(row["bias"]),
    )


def batches(items: Iterable[T], size: int = BATCH) -> Iterator[list[T]]:
    """Lists of at most `size`, in order."""
    rest = iter(items)
    while batch := list(islice(rest, size)):
        yield batch


def write_concepts(tx: Transaction, collection_id: str, concepts: Sequence[NewConcept]) -> dict[str, str]:
    """One batch. The lock makes choosing an id and taking it one act, whoever else imports."""
    tx.run(load_query("take_lock"), name="concept ids")
    keys = {concept.source_key: qualified_key(collection_id, concept.source_key) for concept in concepts}
    known = {row["key"]: row["id"] for row in tx.run(load_query("find_concept_ids"), keys=list(keys.values()))}
    fresh = [concept for concept in concepts if keys[concept.source_key] not in known]
    slugs = sorted({slug(concept.name) for concept in fresh})
    taken = {row["id"] for row in tx.run(load_query("find_taken_ids"), slugs=slugs)}
    for concept in fresh:
        chosen = free_id(concept.name, taken)
        taken.add(chosen)
        known[keys[concept.source_key]] = chosen
    rows: list[dict[str, Any]] = [
        {
            "key": keys[concept.source_key],
            "id": known[keys[concept.source_key]],
            "name": concept.name,
            "kind": concept.kind,
            "source": concept.source,
        }
        for concept in concepts
    ]
    tx.run(load_query("save_concepts"), collection=collection_id, concepts=rows)
    return {concept.source_key: known[keys[concept.source_key]] for concept in concepts}


def write_examples(tx: Transaction, concept_id: str, examples: Sequence[Example]) -> None:
    """Make the example tracks of one concept exactly these, in this order.

    Raises:
        UnknownTrack: there is no track of that id.
    """
    tracks = {example.track_id: example.added_at for example in examples}
    tx.run(load_query("remove_examples"), examples=[{"concept": concept_id, "tracks": list(tracks)}])
    places = {track_id: position for position, track_id in enumerate(tracks)}
    for batch in batches(tracks):
        given = [{"id": track_id, "added_at": tracks[track_id], "position": places[track_id]} for track_id in batch]
        rows = tx.run(load_query("save_examples"), concept=concept_id, tracks=given)
        bound = {row["track"] for row in rows}
        for track_id in batch:
            if track_id not in bound:
                raise UnknownTrack(track_id)

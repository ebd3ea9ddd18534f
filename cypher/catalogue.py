"""The catalogue in the graph: collections, tracks and their files, concepts and their example tracks.

Conventions: every method is one or a few transactions, and may be repeated with the same result; what travels in bulk
goes in batches. Ids of tracks come from the caller (derived from the sound); ids of concepts are made here, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from cypher.model import AudioFile, Collection, Concept, Example, NewConcept, Track
from cypher.runner import Runner


class CatalogueStore:
    """What was given: read and written by import, read by everything else."""

    def __init__(self, runner: Runner) -> None:
        self._runner = runner

    def save_collection(self, collection_id: str, name: str) -> Collection:
        """Make the collection, or rename it; the first one ever made is the default."""
        raise NotImplementedError

    def collections(self) -> list[Collection]:
        """All of them, the default first, then by id."""
        raise NotImplementedError

    def collection(self, collection_id: str | None = None) -> Collection:
        """One collection; None means the default.

        Raises:
            UnknownCollection: there is none of that id, or none at all.
        """
        raise NotImplementedError

    def known_files(self, sha256s: Iterable[str]) -> dict[str, str]:
        """File hash -> track id, for those hashes that were imported before."""
        raise NotImplementedError

    def save_tracks(self, tracks: Sequence[Track], files: Sequence[AudioFile]) -> None:
        """Make or update tracks by id, then bind files to them by hash.

        Raises:
            UnknownTrack: a file names a track that is neither given nor known.
        """
        raise NotImplementedError

    def track(self, track_id: str) -> Track:
        """One track.

        Raises:
            UnknownTrack: there is none of that id.
        """
        raise NotImplementedError

    def tracks(self, track_ids: Iterable[str]) -> list[Track]:
        """Those of the tracks that are known, in the order of the ids."""
        raise NotImplementedError

    def all_tracks(self) -> Iterator[Track]:
        """Every track, by id, fetched page by page."""
        raise NotImplementedError

    def save_concepts(self, collection_id: str, concepts: Sequence[NewConcept]) -> dict[str, str]:
        """Make or update concepts by source key; ids are slugs of the first name, globally unique, never changed.

        Args:
            collection_id: the collection they belong to; the same source key in another one is another concept.
            concepts: at most one a source key.

        Returns:
            source key -> concept id, for every concept given.

        Raises:
            UnknownCollection: there is none of that id.
        """
        raise NotImplementedError

    def replace_examples(self, examples: Mapping[str, Sequence[Example]]) -> None:
        """Make the example tracks of these concepts exactly these; other concepts are left alone.

        Raises:
            UnknownConcept: there is no concept of that id.
            UnknownTrack: there is no track of that id.
        """
        raise NotImplementedError

    def concepts(self, collection_id: str) -> list[Concept]:
        """Every concept of the collection, left-out ones included, by id.

        Raises:
            UnknownCollection: there is none of that id.
        """
        raise NotImplementedError

    def concept(self, concept_id: str) -> Concept:
        """One concept.

        Raises:
            UnknownConcept: there is none of that id.
        """
        raise NotImplementedError

    def memberships(self, collection_id: str) -> dict[str, list[str]]:
        """Concept id -> ids of its example tracks, both sorted; concepts without any have an empty list.

        Raises:
            UnknownCollection: there is none of that id.
        """
        raise NotImplementedError

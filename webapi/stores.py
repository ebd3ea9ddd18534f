"""What the HTTP face needs of the graph, and the fuse before it.

The protocols name the few methods of `cypher`'s stores that are called here, so that a fake in the tests and the real
ones are held to the same contract.

Why a fuse: a call to a server that is stopped, not dead, is given up only after its deadline. Without a fuse every
request would wait that long and hold a thread; with it one call a second tries, and the others are refused at once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol, TypeVar

from cypher.costs import VersionCost
from cypher.decisions import Curation, CurationState, Signature
from cypher.entries import Listed, Playlist, PlaylistLine, Wanted
from cypher.errors import GraphError, GraphUnavailable
from cypher.keys import ApiKey
from cypher.model import (
    AudioFile,
    Collection,
    Concept,
    ConceptLink,
    Edge,
    HandEdits,
    Hierarchy,
    Job,
    JobState,
    Kind,
    Linked,
    Neighbour,
    NewStep,
    Step,
    Track,
    TrackLink,
)
from cypher.past import Moment, Twins
from cypher.work import Office, Schedule, StageCount, Survey
from webapi.errors import GraphResting

T = TypeVar("T")


class Catalogue(Protocol):
    """See `cypher.catalogue.CatalogueStore`."""

    def collections(self) -> list[Collection]: ...
    def collection(self, collection_id: str | None = None) -> Collection: ...
    def concepts(self, collection_id: str) -> list[Concept]: ...
    def concept(self, concept_id: str) -> Concept: ...
    def track(self, track_id: str) -> Track: ...
    def tracks_by_code(self, *, isrc: str | None = None, mbid: str | None = None, limit: int = 50) -> list[Track]: ...
    def tracks_by_codes(self, isrcs: Iterable[str], mbids: Iterable[str], limit: int = 50) -> list[Track]: ...
    def save_tracks(self, tracks: Sequence[Track], files: Sequence[AudioFile]) -> None: ...
    def delete_track(self, track_id: str) -> dict[str, int]: ...
    def tracks(self, track_ids: Iterable[str]) -> list[Track]: ...


class Ledger(Protocol):
    """See `cypher.ledger.LedgerStore`."""

    def request(
        self,
        kind: str,
        collection: str,
        parameters: Mapping[str, Any],
        *,
        idempotency_key: str | None = None,
        steps: Sequence[NewStep] = (),
        author: str = "",
    ) -> tuple[Job, bool]: ...
    def job(self, job_id: str) -> Job: ...
    def jobs(
        self,
        collection: str | None = None,
        state: JobState | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> list[Job]: ...
    def due_steps(self, job_id: str | None = None) -> list[Step]: ...
    def stage_counts(self) -> list[StageCount]: ...
    def cancel(self, job_id: str) -> Job: ...
    def retry(self, job_id: str) -> Job: ...


class Hierarchies(Protocol):
    """See `cypher.hierarchy.HierarchyStore`."""

    def current(self, collection: str) -> Hierarchy | None: ...
    def versions(self, collection: str) -> list[Hierarchy]: ...
    def tree(
        self, collection: str, version: int | None = None
    ) -> tuple[Hierarchy, list[Concept], list[Edge]] | None: ...
    def neighbours(self, concept_id: str, limit: int = 20, version: int | None = None) -> list[Neighbour]: ...
    def tracks_of(
        self,
        concept_id: str,
        after: tuple[float, str] | None = None,
        limit: int = 50,
        version: int | None = None,
    ) -> list[TrackLink]: ...
    def concepts_of(self, track_id: str, collection: str | None = None) -> list[ConceptLink]: ...


class Planning(Protocol):
    """See `cypher.planning.PlanningStore`."""

    def survey(self, kind: str, collection_id: str | None) -> Survey: ...


class Versions(Protocol):
    """See `cypher.versions.VersionStore`."""

    def activate(
        self, collection: str, version: int, *, expected: int | None = None, author: str = "", note: str = ""
    ) -> Hierarchy: ...
    def refuse(self, collection: str, version: int, *, reason: str = "") -> Hierarchy: ...
    def costs(self, collection: str) -> dict[int, VersionCost]: ...
    def hand_edits(self, collection: str) -> HandEdits | None: ...


class Curating(Protocol):
    """See `cypher.curation.CurationStore`."""

    def pin(
        self, concept_id: str, parent: str | None, *, signed: Signature = ..., expected: int | None = None
    ) -> Curation: ...
    def pin_all(
        self, collection: str, wanted: Mapping[str, str | None], *, signed: Signature = ..., expected: int | None = None
    ) -> list[Curation]: ...
    def hide(self, concept_id: str, *, signed: Signature = ..., expected: int | None = None) -> Curation: ...
    def merge(self, absorbed: str, into: str, *, signed: Signature = ..., expected: int | None = None) -> Curation: ...
    def rename(
        self,
        concept_id: str,
        *,
        name: str | None = None,
        aliases: Sequence[str] | None = None,
        signed: Signature = ...,
        expected: int | None = None,
    ) -> Curation: ...
    def undo(self, curation_id: str, *, signed: Signature = ..., expected: int | None = None) -> Curation: ...
    def adopt(self, collection: str, *, signed: Signature = ..., expected: int | None = None) -> list[Curation]: ...
    def revert(self, collection: str, *, signed: Signature = ..., expected: int | None = None) -> Curation: ...
    def curation(self, curation_id: str) -> Curation: ...
    def curations(
        self,
        collection: str | None = None,
        *,
        concept: str | None = None,
        state: CurationState | None = None,
        before: str | None = None,
        limit: int = 50,
    ) -> list[Curation]: ...


class Links(Protocol):
    """See `cypher.links.LinkStore`."""

    def of_tracks(self, collection: str, track_ids: Iterable[str]) -> dict[str, Linked]: ...
    def of_concepts(self, collection: str, concept_ids: Sequence[str], limit: int) -> dict[str, Linked]: ...
    def usual(self, collection: str) -> dict[str, float]: ...
    def members(self, concept_ids: Iterable[str]) -> dict[str, list[str]]: ...


class Offices(Protocol):
    """See `cypher.offices.OfficeStore`."""

    def holder(self, office: str) -> Office | None: ...


class Schedules(Protocol):
    """See `cypher.schedules.ScheduleStore`."""

    def put(
        self, collection: str, rule: Mapping[str, Any], request: Mapping[str, Any], *, author: str, next_at: datetime
    ) -> Schedule: ...
    def schedule(self, collection: str) -> Schedule: ...
    def schedules(self) -> list[Schedule]: ...
    def remove(self, collection: str) -> None: ...


class Drifts(Protocol):
    """See `cypher.drift.DriftStore`."""

    def history(self, concept_id: str) -> list[Moment]: ...
    def twins(
        self, collection: str, *, min_similarity: float = 0.5, min_jaccard: float = 0.3, limit: int = 50
    ) -> list[Twins]: ...


class Playlists(Protocol):
    """See `cypher.playlists.PlaylistStore`."""

    def playlists(self, collection_id: str) -> list[PlaylistLine]: ...
    def playlist(self, playlist_id: str) -> Playlist: ...
    def candidates(self, wanted: Wanted) -> list[Track]: ...
    def create(self, key: str, collection_id: str, name: str, kind: Kind, entries: Sequence[Listed]) -> Playlist: ...
    def replace(
        self,
        playlist_id: str,
        entries: Sequence[Listed],
        *,
        name: str | None = None,
        kind: Kind | None = None,
        expected: str | None = None,
    ) -> tuple[Playlist, bool]: ...
    def delete(self, playlist_id: str, *, expected: str | None = None) -> int: ...


class Keys(Protocol):
    """See `cypher.keys.KeyStore`."""

    def create(self, name: str, scopes: Sequence[str]) -> tuple[ApiKey, str]: ...
    def all(self) -> list[ApiKey]: ...
    def revoke(self, key_id: str) -> ApiKey: ...


class Stores(Protocol):
    """See `cypher.store.Graph`."""

    @property
    def catalogue(self) -> Catalogue: ...
    @property
    def ledger(self) -> Ledger: ...
    @property
    def hierarchy(self) -> Hierarchies: ...
    @property
    def planning(self) -> Planning: ...
    @property
    def versions(self) -> Versions: ...
    @property
    def drift(self) -> Drifts: ...
    @property
    def links(self) -> Links: ...
    @property
    def keys(self) -> Keys: ...
    @property
    def offices(self) -> Offices: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def curation(self) -> Curating: ...
    @property
    def playlists(self) -> Playlists: ...
    def migrate(self) -> int: ...
    def ping(self) -> None: ...


class Fuse:
    """Passes calls on to the stores, and for a while after one was not answered refuses them at once."""

    def __init__(self, stores: Stores, *, rest_s: float = 1.0) -> None:
        """Make a closed fuse.

        Args:
            stores: whom to ask; each call has a deadline of its own.
            rest_s: after a failure one call in this time tries again.
        """
        self._stores, self._rest_s = stores, rest_s
        self._lock = threading.Lock()
        self._reason: str | None = None
        self._try_at = 0.0

    def ask(self, question: Callable[[Stores], T]) -> T:
        """Ask the stores.

        Raises:
            GraphUnavailable: Neo4j did not answer this call.
            GraphResting: it did not answer a moment ago.
        """
        self._admit()
        try:
            answer = question(self._stores)
        except GraphUnavailable as error:
            with self._lock:
                self._reason, self._try_at = str(error), time.monotonic() + self._rest_s
            raise
        except GraphError:
            self._close()
            raise
        self._close()
        return answer

    def _close(self) -> None:
        with self._lock:
            self._reason = None

    def _admit(self) -> None:
        with self._lock:
            if self._reason is None:
                return
            now = time.monotonic()
            if now < self._try_at:
                raise GraphResting(self._reason)
            self._try_at = now + self._rest_s

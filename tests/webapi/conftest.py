"""A small library that the fake stores and the real ones both hold, the fake itself, and an API in front of it.

The fake keeps the same promises as `cypher`'s stores; `test_contract.py` holds both to them.
"""

from __future__ import annotations

import threading
import time
import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from cypher.costs import VersionCost
from cypher.errors import (
    GraphUnavailable,
    IdempotencyKeyReused,
    JobStateConflict,
    RebuildActive,
    StagingGone,
    TornRead,
    UnknownCollection,
    UnknownConcept,
    UnknownJob,
    UnknownKey,
    UnknownSchedule,
    UnknownTrack,
    UnknownVersion,
    VersionMoved,
    VersionStateConflict,
)
from cypher.keys import ApiKey, secret_sha256
from cypher.model import (
    FINAL_STATES,
    Assessment,
    Collection,
    Concept,
    ConceptLink,
    Edge,
    Example,
    Hierarchy,
    Job,
    Linked,
    Neighbour,
    NewConcept,
    NewStep,
    Progress,
    Publication,
    Quality,
    Step,
    Track,
    TrackLink,
    hierarchy_sha256,
)
from cypher.past import Moment, Twins
from cypher.store import open_graph
from cypher.work import Office, PastStep, Schedule, Survey
from webapi.client import Client
from webapi.factory import Options, create_app
from worker.answers.taste import strengths

HOSTILE = "<script>alert(1)</script>"
QUALITY = Quality(auc=0.9, auc_low=0.85, auc_high=0.95, accuracy=0.8, average_precision=0.7)


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
    moods = [kept("calm", "calm", "moods", depth=1), kept("sad", "sad", "moods", depth=2)]
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


@dataclass
class FakeSchedules:
    """The schedules of a fake graph."""

    graph: FakeGraph

    def put(self, collection, rule, request, *, author, next_at):
        self.graph._asked("put_schedule")
        if collection not in self.graph.library.collections:
            raise UnknownCollection(collection)
        now = datetime.now(UTC)
        self.graph.scheduled[collection] = Schedule(
            collection, dict(rule), dict(request), author, now, next_at, None, None, "", now
        )
        return self.graph.scheduled[collection]

    def schedule(self, collection):
        self.graph._asked("schedule")
        if collection not in self.graph.scheduled:
            raise UnknownSchedule(collection)
        return self.graph.scheduled[collection]

    def schedules(self):
        self.graph._asked("schedules")
        return [self.graph.scheduled[one] for one in sorted(self.graph.scheduled)]

    def remove(self, collection):
        self.schedule(collection)
        del self.graph.scheduled[collection]


class KeyRing:
    """The store of keys in memory."""

    def __init__(self):
        self.made, self.reads, self.away = [], 0, False

    def create(self, name, scopes):
        number = f"{len(self.made):012x}"
        secret = f"secret-of-{number}"
        made = ApiKey(number, name, tuple(sorted(set(scopes))), secret_sha256(secret), datetime.now(UTC), None)
        self.made.append(made)
        return made, f"ac_{number}_{secret}"

    def all(self):
        self.reads += 1
        if self.away:
            raise GraphUnavailable("bolt://fake", "switched off")
        return list(self.made)

    def revoke(self, key_id):
        for place, key in enumerate(self.made):
            if key.id == key_id:
                self.made[place] = replace(key, revoked_at=datetime.now(UTC))
                return self.made[place]
        raise UnknownKey(key_id)


@dataclass
class FakeGraph:
    """The stores in memory. `away`: every call fails; `slow_s`: every call takes so long; `torn`: tree reads fail."""

    library: Library
    away: bool = False
    torn: bool = False
    slow_s: float = 0.0
    calls: list[str] = field(default_factory=list)
    published: dict[str, Hierarchy] = field(default_factory=dict)
    kept: dict[tuple[str, int], tuple[Hierarchy, list[Concept], list[Edge]]] = field(default_factory=dict)
    """Every version by (collection, number), waiting and refused ones included."""
    jobs_by_id: dict[str, Job] = field(default_factory=dict)
    job_keys: dict[str, str] = field(default_factory=dict)
    scheduled: dict[str, Schedule] = field(default_factory=dict)
    moments: dict[str, list[Moment]] = field(default_factory=dict)
    pairs: list[Twins] = field(default_factory=list)
    key_ring: KeyRing = field(default_factory=KeyRing)
    lock: threading.RLock = field(default_factory=threading.RLock)

    def __post_init__(self):
        for collection in self.library.edges:
            self.publish(collection, self.library.edges[collection])

    # one object plays all stores
    @property
    def catalogue(self):
        return self

    @property
    def ledger(self):
        return self

    @property
    def hierarchy(self):
        return self

    # `versions` is a store and a method of another: a list of hierarchies that has the store's methods as well
    @property
    def versions(self):
        return FakeVersions(self)

    @property
    def planning(self):
        return self

    @property
    def links(self):
        return self

    @property
    def keys(self):
        return self.key_ring

    @property
    def drift(self):
        return self

    def history(self, concept_id):
        self._asked("history")
        self._known(concept_id)
        return list(self.moments.get(concept_id, ()))

    def twins(self, collection, *, min_similarity=0.5, min_jaccard=0.3, limit=50):
        self._asked("twins")
        self.collection(collection)
        found = [
            one
            for one in self.pairs
            if min(one.there, one.back) >= min_similarity and one.jaccard >= min_jaccard and collection == "genres"
        ]
        return sorted(found, key=lambda one: -one.jaccard)[:limit]

    def _asked(self, what: str) -> None:
        self.calls.append(what)
        if self.slow_s:
            time.sleep(self.slow_s)
        if self.away:
            raise GraphUnavailable("bolt://fake", "switched off")

    def migrate(self) -> int:
        self._asked("migrate")
        return 1

    def ping(self) -> None:
        self._asked("ping")

    # --- catalogue

    def collections(self):
        self._asked("collections")
        return [self._collection(one) for one in self.library.collections]

    def _collection(self, one: str) -> Collection:
        published = self.published.get(one)
        return Collection(
            id=one,
            name=self.library.collections[one],
            is_default=one == next(iter(self.library.collections)),
            version=published.version if published else None,
            concepts=len(self.library.concepts[one]),
        )

    def collection(self, collection_id=None):
        self._asked("collection")
        chosen = collection_id if collection_id is not None else next(iter(self.library.collections), None)
        if chosen not in self.library.collections:
            raise UnknownCollection(collection_id)
        return self._collection(chosen)

    def concepts(self, collection_id):
        self._asked("concepts")
        if collection_id not in self.library.collections:
            raise UnknownCollection(collection_id)
        return sorted(self.library.concepts[collection_id], key=lambda one: one.id)

    def track(self, track_id):
        self._asked("track")
        for track in self.library.tracks:
            if track.id == track_id:
                return track
        raise UnknownTrack(track_id)

    def tracks_by_code(self, *, isrc=None, mbid=None, limit=50):
        self._asked("tracks_by_code")
        found = [one for one in self.library.tracks if isrc in {None, one.isrc} and mbid in {None, one.mbid}]
        return sorted(found, key=lambda one: one.id)[:limit]

    def save_tracks(self, tracks, files):
        self._asked("save_tracks")
        assert not files
        given = {one.id: one for one in tracks}
        self.library.tracks[:] = [given.pop(one.id, one) for one in self.library.tracks] + list(given.values())

    def delete_track(self, track_id):
        self._asked("delete_track")
        track = next((one for one in self.library.tracks if one.id == track_id), None)
        if track is None:
            raise UnknownTrack(track_id)
        self.library.tracks.remove(track)
        links = [one for one in self.library.links if one[0] == track_id]
        members = {one for one in self.library.examples if one[0] == track_id}
        for one in links:
            self.library.links.remove(one)
        self.library.examples.difference_update(members)
        return {"files": 0, "memberships": len(members), "links": len(links)}

    def tracks(self, track_ids):
        self._asked("tracks")
        known = {track.id: track for track in self.library.tracks}
        return [known[one] for one in track_ids if one in known]

    # --- links

    def of_tracks(self, collection, track_ids):
        self._asked("of_tracks")
        known = {track.id for track in self.library.tracks}
        return {
            one: Linked(
                {c: score for t, c, score, _ in self.library.links if t == one and self._of(c) == collection},
                tuple(sorted(c for t, c in self.library.examples if t == one and self._of(c) == collection)),
            )
            for one in track_ids
            if one in known
        }

    def of_concepts(self, collection, concept_ids, limit):
        self._asked("of_concepts")
        found = {}
        for one in concept_ids:
            if self._of(one) != collection:
                continue
            links = sorted((-score, t) for t, c, score, _ in self.library.links if c == one)
            given = sorted(t for t, c in self.library.examples if c == one)
            found[one] = Linked({t: -score for score, t in links[:limit]}, tuple(given[:limit]))
        return found

    def usual(self, collection):
        self._asked("usual")
        tracks = [one.id for one in self.library.tracks]
        linked = self.of_tracks(collection, tracks)
        sums = {one.id: 0.0 for one in self.library.concepts[collection]}
        for one in linked.values():
            for concept, value in strengths(one.scores, one.given).items():
                sums[concept] += value
        return {concept: value / len(tracks) for concept, value in sums.items()}

    def members(self, concept_ids):
        self._asked("members")
        return {
            one: sorted(t for t, c in self.library.examples if c == one)
            for one in concept_ids
            if self._of(one) is not None
        }

    def _of(self, concept_id: str) -> str | None:
        for collection, members in self.library.concepts.items():
            if any(one.id == concept_id for one in members):
                return collection
        return None

    # --- hierarchy

    def publish(
        self, collection: str, edges: list[Edge], concepts: list[Concept] | None = None, *, held: str = ""
    ) -> Hierarchy:
        with self.lock:
            made = Hierarchy(
                collection=collection,
                version=1 + max((version for owner, version in self.kept if owner == collection), default=0),
                published_at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
                edges=sum(edge.parent is not None for edge in edges),
                sha256=hierarchy_sha256((edge.child, edge.parent) for edge in edges),
                parameters={"preset": "poster"},
                fingerprint="fake",
                measures={"kept": float(len(edges))},
                state="candidate" if held else "published",
                reason=held,
                staging=1,
            )
            members = self.library.concepts[collection] if concepts is None else concepts
            self.kept[collection, made.version] = made, [one for one in members if one.status != "waiting"], edges
            if not held:
                self.library.concepts[collection] = members
                self._show(made, edges)
            return made

    def _show(self, made: Hierarchy, edges: list[Edge]) -> None:
        self.library.edges[made.collection] = edges
        self.published[made.collection] = made

    def current(self, collection):
        self._asked("current")
        return self.published.get(collection)

    def tree(self, collection, version=None):
        self._asked("tree")
        with self.lock:
            if collection not in self.library.collections:
                raise UnknownCollection(collection)
            if version is not None:
                return self._whole(collection, version)
            if collection not in self.published:
                return None
            if self.torn:
                raise TornRead(collection, self.published[collection].version, "5 edges of 6")
            edges = sorted(self.library.edges[collection], key=lambda edge: edge.child)
            return self.published[collection], self.concepts(collection), edges

    def _whole(self, collection, version):
        if (collection, version) not in self.kept:
            raise UnknownVersion(collection, version)
        hierarchy, concepts, edges = self.kept[collection, version]
        return hierarchy, sorted(concepts, key=lambda one: one.id), sorted(edges, key=lambda edge: edge.child)

    def _demand_links(self, concept_id, version):
        if version is not None:
            collection = self._known(concept_id).collection
            if self._whole(collection, version)[0].staging is None:
                raise StagingGone(collection, version)

    def _known(self, concept_id: str) -> Concept:
        for members in self.library.concepts.values():
            for concept in members:
                if concept.id == concept_id:
                    return concept
        raise UnknownConcept(concept_id)

    def neighbours(self, concept_id, limit=20, version=None):
        self._asked("neighbours")
        self._known(concept_id)
        self._demand_links(concept_id, version)
        out = {b: weight for a, b, weight in self.library.similar if a == concept_id}
        back = {a: weight for a, b, weight in self.library.similar if b == concept_id}
        found = [
            Neighbour(
                one,
                self._known(one).name,
                out.get(one),
                back.get(one),
                *(0.01 if one in way else None for way in (out, back)),
            )
            for one in out.keys() | back.keys()
        ]
        found.sort(key=lambda one: (-max(one.outgoing or 0, one.incoming or 0), one.id))
        return found[:limit]

    def tracks_of(self, concept_id, after=None, limit=50, version=None):
        self._asked("tracks_of")
        self._known(concept_id)
        self._demand_links(concept_id, version)
        found = [
            TrackLink(
                next(one for one in self.library.tracks if one.id == track),
                score,
                rank,
                (track, concept) in self.library.examples,
            )
            for track, concept, score, rank in self.library.links
            if concept == concept_id
        ]
        found.sort(key=lambda one: (-one.score, one.track.id))
        if after is not None:
            found = [one for one in found if (-one.score, one.track.id) > (-after[0], after[1])]
        return found[:limit]

    def concepts_of(self, track_id, collection=None):
        self._asked("concepts_of")
        if track_id not in {track.id for track in self.library.tracks}:
            raise UnknownTrack(track_id)
        found = [
            ConceptLink(concept, known.name, known.collection, score, rank, (track, concept) in self.library.examples)
            for track, concept, score, rank in self.library.links
            if track == track_id and (known := self._known(concept)).collection == (collection or known.collection)
        ]
        return sorted(found, key=lambda one: (-one.score, one.id))

    # --- offices and schedules

    @property
    def offices(self):
        return self

    def holder(self, office):
        self._asked("holder")
        return Office(f"{office}@test", *[datetime(2026, 1, 1, tzinfo=UTC)] * 2, held=True)

    @property
    def schedules(self):
        return FakeSchedules(self)

    # --- planning

    def survey(self, kind, collection_id):
        self._asked("survey")
        collection = self.collection(collection_id)
        published = self.published.get(collection.id)
        members = {
            one.id: sorted(track for track, concept in self.library.examples if concept == one.id)
            for one in self.concepts(collection.id)
        }
        return Survey(
            collection=collection,
            parameters=dict(published.parameters) if published else {},
            names={one.id: one.name for one in self.concepts(collection.id)},
            learnt_from=dict.fromkeys(members, "") if published else {},
            memberships=members,
            tracks=len(self.library.tracks),
            past=tuple(
                PastStep(job.id, job.collection, job.state, job.parameters, step.name, step.result or {},
                         step.attempt_at or step.started_at, step.finished_at)
                for job in sorted(self.jobs_by_id.values(), key=lambda one: one.created_at, reverse=True)
                if job.kind == kind
                for step in job.steps
                if step.state == "succeeded" and step.started_at is not None
            ),
        )  # fmt: skip

    # --- ledger

    def request(self, kind, collection, parameters, *, idempotency_key=None, steps=(), author=""):
        self._asked("request")
        with self.lock:
            if collection not in self.library.collections:
                raise UnknownCollection(collection)
            if idempotency_key in self.job_keys:
                job = self.jobs_by_id[self.job_keys[idempotency_key]]
                if (job.kind, job.collection, job.parameters) != (kind, collection, dict(parameters)):
                    raise IdempotencyKeyReused(idempotency_key, job.id)
                return job, False
            for other in self.jobs_by_id.values():
                if kind == "rebuild" and other.collection == collection and other.state not in FINAL_STATES:
                    raise RebuildActive(other.id, collection)
            job_id = str(uuid.uuid4())
            planned = tuple(
                Step(f"{job_id}/{n}", job_id, one.name, one.stage, one.shard, one.queue, "queued", 0, Progress(),
                     one.payload, None, None, None)
                for n, one in enumerate(steps)
            )  # fmt: skip
            created = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=len(self.jobs_by_id))
            job = Job(job_id, kind, collection, "queued", dict(parameters), created, steps=planned, author=author)
            self.jobs_by_id[job_id] = job
            if idempotency_key is not None:
                self.job_keys[idempotency_key] = job_id
            return job, True

    def job(self, job_id):
        self._asked("job")
        if job_id not in self.jobs_by_id:
            raise UnknownJob(job_id)
        return self.jobs_by_id[job_id]

    def jobs(self, collection=None, state=None, limit=50, before=None):
        self._asked("jobs")
        if before is not None and before not in self.jobs_by_id:
            raise UnknownJob(before)
        newest = sorted(self.jobs_by_id.values(), key=lambda job: (job.created_at, job.id), reverse=True)
        if before is not None:
            newest = newest[[job.id for job in newest].index(before) + 1 :]
        return [
            replace(job, steps=())
            for job in newest
            if job.collection == (collection or job.collection) and job.state == (state or job.state)
        ][:limit]

    def due_steps(self, job_id=None):
        self._asked("due_steps")
        due = []
        for job in self.jobs_by_id.values():
            open_steps = [one for one in job.steps if one.state not in FINAL_STATES]
            if job.state in FINAL_STATES or (job_id is not None and job.id != job_id) or not open_steps:
                continue
            lowest = min(one.stage for one in open_steps)
            due += [one for one in open_steps if one.stage == lowest and one.state == "queued"]
        return due

    def cancel(self, job_id):
        self._asked("cancel")
        with self.lock:
            job = self.job(job_id)
            if job.state not in FINAL_STATES:
                job = self.change(job_id, state="cancelled")
            return job

    def retry(self, job_id):
        self._asked("retry")
        with self.lock:
            job = self.job(job_id)
            if job.state not in {"failed", "cancelled"}:
                raise JobStateConflict(job_id, job.state, "be retried")
            for other in self.jobs_by_id.values():
                if other.collection == job.collection and other.state not in FINAL_STATES:
                    raise RebuildActive(other.id, job.collection)
            steps = tuple(one if one.state == "succeeded" else replace(one, state="queued") for one in job.steps)
            return self.change(job_id, state="queued", error_code="", error_message="", finished_at=None, steps=steps)

    def change(self, job_id: str, **fields) -> Job:
        """What workers would do to a job."""
        with self.lock:
            self.jobs_by_id[job_id] = replace(self.jobs_by_id[job_id], **fields)
            return self.jobs_by_id[job_id]


@dataclass
class FakeVersions:
    """The store of versions of a fake graph; called, it is the method that lists them."""

    graph: FakeGraph

    def __call__(self, collection):
        self.graph._asked("versions")
        if collection not in self.graph.library.collections:
            raise UnknownCollection(collection)
        found = [whole[0] for (owner, _), whole in self.graph.kept.items() if owner == collection]
        return sorted(found, key=lambda one: -one.version)

    def costs(self, collection):
        return {one.version: VersionCost(assessments=6, similarities=4, links=6) for one in self(collection)}

    def activate(self, collection, version, *, expected=None, author="", note=""):
        graph = self.graph
        graph._asked("activate")
        with graph.lock:
            if collection not in graph.library.collections:
                raise UnknownCollection(collection)
            current = graph.published.get(collection)
            at = current.version if current else 0
            if expected is not None and expected != at:
                raise VersionMoved(collection, expected, at)
            hierarchy, concepts, edges = graph._whole(collection, version)
            if version == at or (current is not None and current.restores == version):
                return current
            if hierarchy.state == "refused":
                raise VersionStateConflict(collection, version, "refused", "be activated")
            if hierarchy.state == "candidate" and version > at:
                made = replace(hierarchy, state="published", reason="")
            else:
                number = 1 + max(one for owner, one in graph.kept if owner == collection)
                made = replace(
                    hierarchy, version=number, origin="activation", restores=version, author=author, note=note,
                    state="published", reason="",
                )  # fmt: skip
            if hierarchy.state == "candidate" and made.version != version:
                reason = f"published as version {made.version}"
                graph.kept[collection, version] = replace(hierarchy, state="refused", reason=reason), concepts, edges
            graph.kept[collection, made.version] = made, concepts, edges
            graph._show(made, edges)
            return made

    def refuse(self, collection, version, *, reason=""):
        graph = self.graph
        graph._asked("refuse")
        with graph.lock:
            if collection not in graph.library.collections:
                raise UnknownCollection(collection)
            hierarchy, concepts, edges = graph._whole(collection, version)
            if hierarchy.state != "candidate":
                raise VersionStateConflict(collection, version, hierarchy.state, "be refused")
            refused = replace(hierarchy, state="refused", reason=reason, staging=None)
            graph.kept[collection, version] = refused, concepts, edges
            return refused


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
                Assessment(one.id, one.status, one.reason, one.tracks, one.quality, one.betweenness, one.depth)
                for one in library.concepts[collection]
            ),
            parameters={"preset": "poster"},
            fingerprint="fake",
            measures={"kept": float(len(library.edges[collection]))},
        ),
    )
    graph.ledger.finish(lease, {"version": 1})


@pytest.fixture
def real_graph(clean_graph, library):
    """Neo4j with the library in it, written as an import and two rebuilds would."""
    password = clean_graph.neo4j_password.get_secret_value()
    with open_graph(clean_graph.neo4j_uri, clean_graph.neo4j_user, password, deadline_s=30.0) as opened:
        fill(opened, library)
        yield opened


@pytest.fixture
def library() -> Library:
    return make_library()


@pytest.fixture
def graph(library) -> FakeGraph:
    return FakeGraph(library)


@pytest.fixture
def rung() -> list[Step]:
    """Steps that the API rang for."""
    return []


@pytest.fixture
def app(graph, rung):
    return create_app(graph, rung.append, Options(check_every_s=0.02, browser_url="http://127.0.0.1:7474/browser/"))


@pytest.fixture
def http(app):
    """Flask's own test client."""
    return app.test_client()


@pytest.fixture
def client(app):
    """The typed client, in front of the same application without a network."""
    import httpx

    with Client("http://127.0.0.1", transport=httpx.WSGITransport(app=app)) as made:
        yield made

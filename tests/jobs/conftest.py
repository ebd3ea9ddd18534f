"""A tiny library without sound: arrays in the activation store, concepts in the graph, steps run in this process."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from cypher.model import Example, NewConcept, Track
from tests.conftest import opened
from tests.jobs.workers import Crew, ended, wait_for
from worker.activations.backbones import fingerprint_of
from worker.activations.store import ActivationStore
from worker.jobs.doorbell import Doorbell
from worker.jobs.requests import REBUILD, RebuildRequest, first_steps
from worker.jobs.runner import StepRunner
from worker.jobs.workshop import Workshop

COLLECTION = "tiny"
FAMILIES = {"strings": ("violin", "cello"), "winds": ("flute", "oboe"), "plucked": ("harp", "guitar")}
TRACKS_PER_LEAF = 24
UNITS = 12
QUICK = {"backbone": "logmel", "min_tracks": 5, "random_sets": 99, "q": 0.05, "ridge": 0.1}


@pytest.fixture
def graph(clean_graph):
    """An empty graph of this release's schema."""
    with opened(clean_graph) as graph:
        yield graph


@dataclass
class Bench:
    """The graph, a data folder, and a runner that works in this process."""

    graph: object
    settings: object
    rung: list = field(default_factory=list)

    def __post_init__(self):
        self.workshop = Workshop(self.settings)
        self.runner = StepRunner(workshop=self.workshop, ring=self.rung.append, host="test", lease_s=30.0)

    @property
    def data(self) -> Path:
        return self.settings.data

    @property
    def store(self):
        return ActivationStore(self.data / "activations", fingerprint_of("logmel", hop_frames=187, device="cpu"))

    def fill(self, memberships, tracks, *, collection=COLLECTION, uri="file:///nowhere/{}.wav"):
        """Write tracks, concepts and who belongs to them into the graph."""
        catalogue = self.graph.catalogue
        catalogue.save_collection(collection, collection.title())
        catalogue.save_tracks([Track(track, f"Track {track}", uri=uri.format(track)) for track in tracks], [])
        wanted = [NewConcept(f"test:{collection}:{name}", name) for name in memberships]
        ids = catalogue.save_concepts(collection, wanted)
        catalogue.replace_examples(
            {
                ids[f"test:{collection}:{name}"]: [Example(track) for track in members]
                for name, members in memberships.items()
            }
        )

    def ask(self, **changes):
        """Write down a rebuild."""
        collection = changes.pop("collection", COLLECTION)
        request = RebuildRequest(**{**QUICK, **changes})
        job, is_new = self.graph.ledger.request(REBUILD, collection, request.parameters(), steps=first_steps())
        assert is_new
        return job

    def deliver(self, job):
        """Ring for what is due, on the real broker."""
        bell = Doorbell(self.settings.redis_url.get_secret_value(), deadline_s=5.0)
        for step in self.graph.ledger.due_steps(job.id):
            assert bell.ring(step)
        bell.close()

    def drain(self, job_id, limit=200, *, before=None):
        """Run what is due until nothing is, or until a stage is; returns the job."""
        for _ in range(limit):
            due = self.graph.ledger.due_steps(job_id)
            if not due or due[0].name == before:
                return self.graph.ledger.job(job_id)
            self.runner.run(due[0].id)
        raise AssertionError(f"job {job_id} does not end")

    def rebuild(self, **changes):
        return self.drain(self.ask(**changes).id)

    def result(self, job, name):
        return next(step.result for step in job.steps if step.name == name)

    def tree(self, collection=COLLECTION):
        found = self.graph.hierarchy.tree(collection)
        return None if found is None else {edge.child: edge.parent for edge in found[2]}

    def staged(self):
        """Relationships that no version shows, and those that a staging without a version has closed."""
        rows, _, _ = self.graph.driver.execute_query(
            "MATCH (k:Collection) OPTIONAL MATCH (k)<-[:OF]-(h:Hierarchy) WHERE h.state <> 'refused' "
            "WITH k, collect(h.links) AS shown MATCH (k)<-[:IN]-(c:Concept)-[r:SIMILAR_TO|EXPRESSES]-() "
            "WHERE none(n IN shown WHERE r.since <= n AND (r.until IS NULL OR r.until > n)) "
            "OR all(n IN shown WHERE r.until > n) RETURN count(DISTINCT r) AS n"
        )
        return rows[0]["n"]


@pytest.fixture
def bench(graph, clean_graph, tmp_path):
    settings = clean_graph.model_copy(update={"data_dir": tmp_path / "data", "device": "cpu", "lease_s": 5.0})
    made = Bench(graph, settings)
    yield made
    made.workshop.close()


def make_sound(seed=0):
    """Activations of leaves that resemble their family: track id -> (windows, units); and who belongs where."""
    rng = np.random.default_rng(seed)
    memberships, sounds = {}, {}
    for family, leaves in FAMILIES.items():
        centre = rng.normal(size=UNITS) * 2.0
        memberships[family] = []
        for leaf in leaves:
            middle = centre + rng.normal(size=UNITS) * 1.2
            ids = [f"{leaf}{number:02d}" for number in range(TRACKS_PER_LEAF)]
            for track in ids:
                sounds[track] = (middle + rng.normal(size=(3, UNITS)) * 1.0).astype(np.float32)
            memberships[leaf] = ids
            memberships[family] += ids
    everything = sorted(sounds)
    memberships["anything"] = sorted(rng.choice(everything, 30, replace=False).tolist())
    memberships["rare"] = everything[:2]
    memberships["silent"] = []
    return memberships, sounds


@pytest.fixture
def library():
    """A function that makes the tiny library's memberships and activations."""
    return make_sound


@pytest.fixture
def tiny(bench):
    """A library whose every track was heard already."""
    memberships, sounds = make_sound()
    bench.fill(memberships, sorted(sounds))
    bench.store.write(list(sounds), list(sounds.values()))
    bench.memberships, bench.sounds = memberships, sounds
    return bench


@pytest.fixture
def start_worker(bench, tmp_path):
    """Starts Celery workers as the stack does, on the queues named; they end with the test."""
    with Crew(bench, tmp_path) as crew:
        yield crew.start


@pytest.fixture(name="wait_for")
def wait_for_fixture():
    """Waits until something is true, or fails with what was seen last."""
    return wait_for


@pytest.fixture(name="ended")
def ended_fixture(bench):
    """Waits for a job's end."""
    return partial(ended, bench)

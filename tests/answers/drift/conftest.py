"""Sound that is made: each kind of track has a direction of its own, and a version is a choice of tracks a concept."""

from types import SimpleNamespace

import numpy as np
import pytest

from worker.answers.drift.contrast import Space
from worker.answers.drift.versions import VersionView
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.quality import assess
from worker.concepts.similarity import similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings
from worker.hierarchy.betweenness import dense_betweenness
from worker.hierarchy.builders import heymann_tree

UNITS, WINDOWS, A_KIND = 20, 3, 60
KINDS = ("bells", "drums", "flute", "harp", "organ", "violin")


@pytest.fixture(scope="session")
def sound():
    """360 tracks of six kinds, three windows each."""
    draw = np.random.default_rng(0)
    ids = [f"{kind}-{number:02d}" for kind in KINDS for number in range(A_KIND)]
    middles = np.repeat(draw.normal(size=(len(KINDS), UNITS)), A_KIND, axis=0)
    tracks = middles * 0.9 + draw.normal(size=(len(ids), UNITS))
    values = np.repeat(tracks, WINDOWS, axis=0) + 0.5 * draw.normal(size=(len(ids) * WINDOWS, UNITS))
    return SimpleNamespace(
        track_ids=ids,
        values=values.astype(np.float32),
        offsets=np.arange(len(ids) + 1) * WINDOWS,
        fingerprint=SimpleNamespace(text="front=a"),
    )


@pytest.fixture(scope="session")
def learnt(sound):
    """Learn a version of these memberships: the view, and the space of its tracks."""

    def learn(memberships, *, version=1, seed=0, fingerprint="front=a", units=UNITS):
        heard = {"values": sound.values[:, :units], "fingerprint": SimpleNamespace(text=fingerprint)}
        activations = SimpleNamespace(**{**vars(sound), **heard})
        members = Members.of(memberships, sound.track_ids)
        folds = assign_folds(members.track_ids, 5, seed)
        vectors = learn_vectors(activations, members, folds, VectorSettings(ridge=0.1, seed=seed))
        scores = track_scores(activations, vectors, folds)[members.track_order(sound.track_ids)]
        table, ids = similarity(scores, members), members.concept_ids
        central = dense_betweenness(table > 0.5)
        parents = {
            ids[edge.child]: () if edge.parent is None else (ids[edge.parent],) for edge in heymann_tree(table, central)
        }
        view = VersionView(
            version,
            members,
            vectors,
            scores,
            parents,
            dict(zip(ids, central.tolist(), strict=True)),
            dict.fromkeys(ids, 0.05),
            {one.concept_id: (one.auc, one.auc_low, one.auc_high) for one in assess(scores, members)},
        )
        return view, Space.of(activations, members, scores)

    return learn


@pytest.fixture
def half():
    """The first tracks of every kind, so that there are others of the same sound."""
    return {kind: [f"{kind}-{number:02d}" for number in range(30)] for kind in KINDS}

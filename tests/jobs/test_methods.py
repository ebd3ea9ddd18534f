"""Every method of learning vectors is reached by its name and ends in a published tree."""

import numpy as np
import pytest

from worker.answers.calibration import Calibration
from worker.concepts.members import Members
from worker.concepts.poster import split_of
from worker.concepts.vectors import ConceptVectors
from worker.jobs.builds import Builds
from worker.jobs.requests import RebuildRequest
from worker.jobs.stages.vectors import vector_settings
from worker.jobs.verdicts import JudgementFile


@pytest.mark.parametrize("method", ["logistic", "mean_difference", "pattern", "poster"])
def test_the_method_reaches_the_vectors(method):
    assert vector_settings(RebuildRequest(method=method).settings()).method == method


@pytest.mark.stack
@pytest.mark.parametrize("method", ["mean_difference", "pattern"])
def test_a_rebuild_by_another_method_publishes_its_vectors(tiny, method):
    job = tiny.rebuild(method=method)
    assert (job.state, job.error_message) == ("succeeded", "")
    vectors = ConceptVectors.load(Builds(tiny.data, "tiny").folder / tiny.result(job, "vectors")["vectors"])
    assert vectors.settings.method == method
    assert len(tiny.tree()) >= 6


@pytest.mark.stack
def test_the_posters_method_compares_and_judges_on_test_tracks_alone(tiny):
    job = tiny.rebuild(method="poster", q=None, seed=123)
    assert (job.state, job.error_message) == ("succeeded", "")
    [note] = tiny.result(job, "publish")["notes"]
    assert "trained on most of them" in note
    builds, scored = Builds(tiny.data, "tiny"), tiny.result(job, "similarity")
    vectors = ConceptVectors.load(builds.folder / tiny.result(job, "vectors")["vectors"])
    scores = builds.read_array(scored["scores"], written_by="similarity")
    found = builds.read_array(scored["similarity"], written_by="similarity")
    names = {concept.id: concept.name for concept in tiny.graph.catalogue.concepts("tiny")}
    memberships = {concept_id: tiny.memberships[names[concept_id]] for concept_id in vectors.concept_ids}
    members = Members.of(memberships, sorted(tiny.sounds))
    judged = {one.concept_id: one for one in JudgementFile.load(builds, scored["judgements"]).judgements}
    calibration = Calibration.load(builds.folder / scored["calibration"])
    for place, concept_id in enumerate(vectors.concept_ids):
        mine, others = (split.test for split in split_of(members, place, 123))
        assert found[place] == pytest.approx(scores[mine].mean(axis=0), abs=1e-6)
        hits = np.mean(scores[mine, place] > 0.5), np.mean(scores[others, place] < 0.5)
        assert judged[concept_id].quality.accuracy == pytest.approx(np.mean(hits))
        probable = calibration.probabilities(scores)[:, place]
        assert probable[np.concatenate([mine, others])].sum() == pytest.approx(len(mine), abs=0.5), "of test tracks"
        assert judged[concept_id].tracks == len(memberships[concept_id])
    assert "rare" not in {names[concept_id] for concept_id in vectors.concept_ids}

"""A rebuild says which concepts may be told by something else than their sound, and can weigh against it."""

import json

import numpy as np
import pytest

from cypher.bias import bias_of
from cypher.model import Track
from cypher.traits import TrackTraits
from worker.jobs.requests import RebuildRequest

pytestmark = pytest.mark.stack


@pytest.fixture
def biased(bench, library):
    """The tiny library with loudness in its last unit, and a playlist of loud tracks with nothing else in common."""
    memberships, sounds = library()
    rng, tracks = np.random.default_rng(7), sorted(sounds)
    loudness = dict(zip(tracks, rng.normal(-14, 3, len(tracks)).tolist(), strict=True))
    for track in tracks:
        sounds[track][:, -1] = 1.5 * (loudness[track] + 14) / 3 + 0.3 * rng.normal(size=3)
    loudest = sorted(tracks, key=lambda track: -loudness[track] - rng.normal())
    memberships["loud"] = sorted(loudest[:36])
    bench.fill(memberships, tracks)
    catalogue = bench.graph.catalogue
    catalogue.save_tracks(
        [Track(one, f"Track {one}", artist=f"Artist {one[-1]}", duration_s=12.0) for one in tracks], []
    )
    catalogue.save_traits([TrackTraits(one, loudness_db=loudness[one], codec="flac") for one in tracks])
    bench.store.write(list(sounds), list(sounds.values()))
    bench.memberships, bench.sounds = memberships, sounds
    return bench


def found(bench):
    return {concept.name: concept for concept in bench.graph.hierarchy.tree("tiny")[1]}


def test_a_planted_confounder_is_flagged_in_the_version_and_its_warning_and_balancing_listens_to_it_less(biased):
    first = biased.rebuild(min_accuracy=0.6)
    concepts = found(biased)
    assert concepts["loud"].status == "kept"
    assert {name: one.bias.flagged for name, one in concepts.items() if one.bias and one.bias.flagged} == {
        "loud": ("loudness",)
    }
    (loudness,) = concepts["loud"].bias.confounders  # every track is as long as the others, and of one codec
    assert (loudness.name, loudness.tracks, loudness.members) == ("loudness", len(biased.sounds), 36)
    assert loudness.tells > 0.8
    assert loudness.sentence.startswith("loudness alone tells its tracks from others")
    assert concepts["violin"].bias.artists.groups == 10
    published = biased.result(first, "publish")
    assert published["flagged"] == [{"id": concepts["loud"].id, "name": "loud", "by": ["loudness"]}]
    (warning,) = [one for one in published["warnings"] if "confounder" in one]
    assert "loud (loudness); rebuild with `--balance loudness`" in warning
    second = biased.rebuild(min_accuracy=0.6, balance="loudness")
    assert second.result_version == 2
    vectors = biased.result(second, "vectors")
    assert (vectors["basis_reason"], vectors["computed"]) == ("settings", vectors["learnt"])
    assert biased.graph.hierarchy.current("tiny").parameters["balance"] == "loudness"
    after = found(biased)["loud"].bias.confounders[0]
    assert after.follows < loudness.follows
    third = biased.rebuild(min_accuracy=0.6, balance="loudness")
    assert biased.result(third, "publish")["unchanged"] is True
    holders = [name for name, tracks in biased.memberships.items() if "violin00" in tracks and len(tracks) > 5]
    biased.graph.catalogue.save_traits([TrackTraits("violin00", loudness_db=-3.0)])
    fourth = biased.rebuild(min_accuracy=0.6, balance="loudness")
    vectors = biased.result(fourth, "vectors")
    assert (vectors["basis_reason"], vectors["computed"]) == ("", len(holders))  # whose weights may be others now


def test_cypher_finds_the_flagged_and_an_old_version_keeps_what_was_said_of_it(biased):
    biased.rebuild(min_accuracy=0.6)
    rows, _, _ = biased.graph.driver.execute_query(
        "MATCH (c:Concept)-[a:ASSESSED]->(:Hierarchy {version: 1}) WHERE 'loudness' IN a.flagged "
        "RETURN c.name AS name, c.flagged AS now, a.bias AS bias"
    )
    assert [(row["name"], row["now"]) for row in rows] == [("loud", ["loudness"])]
    assert bias_of(rows[0]["bias"]).flagged == ("loudness",)
    assert json.loads(rows[0]["bias"])["artists"]["groups"] == 10
    memberships = dict(biased.memberships)
    del memberships["loud"]
    biased.graph.catalogue.replace_examples({found(biased)["loud"].id: []})
    second = biased.rebuild(min_accuracy=0.6)
    assert biased.result(second, "publish")["flagged"] == []
    old = {concept.name: concept for concept in biased.graph.hierarchy.version("tiny", 1).concepts}
    assert old["loud"].bias.flagged == ("loudness",)
    assert found(biased)["loud"].bias is None


def test_balancing_for_what_nobody_knows_is_refused_with_the_remedy(biased):
    job = biased.rebuild(balance="year")
    assert (job.state, job.error_code) == ("failed", "nothing_to_balance")
    assert "with a column year" in job.error_message


def test_the_poster_s_method_cannot_balance():
    with pytest.raises(ValueError, match="cannot balance"):
        RebuildRequest(preset="poster", balance="loudness")
    assert RebuildRequest(preset="poster", method="logistic", balance="loudness").settings().balance == "loudness"

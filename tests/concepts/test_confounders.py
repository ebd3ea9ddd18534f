"""A concept that is only loud is found out, one that is heard is not, and what is said of each is what it says."""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from worker.concepts import confounders
from worker.concepts.confounders import CALIPER, confounding, following, telling
from worker.concepts.errors import ShapeMismatch
from worker.concepts.folds import assign_folds, hash_order
from worker.concepts.members import Members
from worker.concepts.properties import Property, Strata

TRACKS = 600


def library(seed=0, tracks=TRACKS):
    """Loudness, and concepts: heard only as loudness, heard as itself, and heard as itself among louder tracks."""
    draw = np.random.default_rng(seed)
    ids = [f"track-{number:04d}" for number in range(tracks)]
    loudness, noise = draw.normal(-14, 3, tracks), draw.normal(size=(tracks, 3))
    liking = np.stack([loudness / 3, noise[:, 1], loudness / 3 + 1.2 * noise[:, 2]], axis=1)
    sets = {
        name: [ids[row] for row in np.argsort(-(liking[:, place] + 0.3 * draw.normal(size=tracks)))[:60]]
        for place, name in enumerate(("a-only-loud", "b-heard", "c-heard-and-loud"))
    }
    scores = 1 / (1 + np.exp(-(liking + 0.5 * draw.normal(size=liking.shape) - 1)))
    known = dict(zip(ids, loudness.tolist(), strict=True))
    return Members.of(sets, ids), scores.astype(np.float32), assign_folds(ids), Property.of("loudness", ids, known)


def measured(members, scores, folds, *properties):
    return {
        concept: {one.name: one for one in found}
        for concept, found in zip(members.concept_ids, confounding(scores, members, folds, properties), strict=True)
    }


@pytest.mark.parametrize("seed", range(5))
def test_only_what_is_told_by_loudness_alone_is_flagged(seed):
    found = measured(*library(seed))
    only, heard, both = (one["loudness"] for one in found.values())
    assert [only.flagged, heard.flagged, both.flagged] == [True, False, False]
    assert only.tells > 0.9
    assert both.tells > 0.6
    assert heard.q_value > 0.01
    assert only.within_low <= 0.5 <= only.within_high
    assert heard.within == pytest.approx(heard.overall, abs=0.03)
    assert only.follows > 0.5 > both.follows > 0.05 > heard.follows


def test_a_concept_without_any_counterpart_is_flagged():
    members, scores, folds, _ = library()
    inside = members.dense()[:, 1]
    codec = Property.of(
        "codec",
        members.track_ids,
        {track: "mp3" if mp3 else "flac" for track, mp3 in zip(members.track_ids, inside, strict=True)},
    )
    one = measured(members, scores, folds, codec)["b-heard"]["codec"]
    assert (one.tells, one.matched, one.within, one.flagged) == (1.0, 0, None, True)


def test_the_property_of_random_tracks_tells_nothing():
    """400 random sets: the p values are uniform enough, and the false discovery rate keeps them all."""
    draw = np.random.default_rng(1)
    _, _, folds, loudness = library()
    ids = [f"track-{number:04d}" for number in range(TRACKS)]
    sets = {
        f"random-{n:03d}": [ids[row] for row in draw.choice(TRACKS, int(draw.integers(10, 100)), replace=False)]
        for n in range(400)
    }
    members = Members.of(sets, ids)
    value, low, high, p_values = telling(Strata.of(loudness).places(loudness), members, folds)
    assert value.mean() == pytest.approx(0.5, abs=0.01)
    assert 0.01 <= (p_values <= 0.05).mean() <= 0.09
    assert ((low <= 0.5) & (high >= 0.5)).mean() > 0.9
    scores = draw.uniform(size=(TRACKS, 400)).astype(np.float32)
    assert not any(one.flagged for found in confounding(scores, members, folds, [loudness]) for one in found)


def test_telling_is_the_mean_auc_within_folds_of_what_the_other_folds_say():
    members, _, folds, loudness = library(3)
    strata, inside = Strata.of(loudness).places(loudness), members.dense()
    values = telling(strata, members, folds)[0]
    for concept in range(3):
        won = pairs = 0.0
        for fold in range(5):
            here, rest, labels = folds == fold, folds != fold, inside[:, concept]
            rate = labels[rest].mean()
            says = {
                level: (labels[rest & (strata == level)].sum() + rate) / ((rest & (strata == level)).sum() + 1)
                for level in np.unique(strata)
            }
            said = np.array([says[level] for level in strata[here]])
            weight = labels[here].sum() * (~labels[here]).sum()
            won += weight * roc_auc_score(labels[here], said)
            pairs += weight
        assert values[concept] == pytest.approx(won / pairs)


def test_within_compares_each_member_with_its_counterparts_alone():
    members, scores, folds, loudness = library(2)
    one = measured(members, scores, folds, loudness)["c-heard-and-loud"]["loudness"]
    inside, reach = members.dense()[:, 2], CALIPER * loudness.spread
    near = {row: ~inside & (np.abs(loudness.values - loudness.values[row]) <= reach) for row in np.flatnonzero(inside)}
    pairs = [(loudness.values[some], scores[some, 2]) for some in near.values() if some.any()]
    spread = sum(value.var() for value, _ in pairs)
    slope = sum(((value - value.mean()) * (score - score.mean())).mean() for value, score in pairs) / spread
    rest = scores[:, 2] - slope * loudness.values
    shares = [(rest[row] > rest[some]).mean() for row, some in near.items() if some.any()]
    assert (one.matched, one.within) == (len(shares), pytest.approx(np.mean(shares), abs=1e-6))
    assert one.overall == pytest.approx(roc_auc_score(inside, scores[:, 2]), abs=1e-6)
    assert one.within_low < one.within < one.within_high


def test_what_is_not_known_is_left_out_and_counted():
    members, scores, folds, loudness = library()
    known = dict(zip(members.track_ids[:400], loudness.values.tolist(), strict=False))
    part = Property.of("loudness", members.track_ids, known)
    whole, found = measured(members, scores, folds, loudness), measured(members, scores, folds, part)
    assert (found["b-heard"]["loudness"].tracks, whole["b-heard"]["loudness"].tracks) == (400, 600)
    inside = members.dense()[:, 1]
    assert found["b-heard"]["loudness"].members == inside[:400].sum()
    assert found["b-heard"]["loudness"].overall == pytest.approx(roc_auc_score(inside[:400], scores[:400, 1]), abs=1e-6)


def test_a_property_that_never_varies_or_is_known_of_nobody_is_not_measured():
    members, scores, folds, _ = library()
    same = Property.of("length", members.track_ids, dict.fromkeys(members.track_ids, 12.0))
    unknown = Property.of("year", members.track_ids, {})
    assert confounding(scores, members, folds, [same, unknown]) == [[], [], []]


def test_concepts_are_measured_alike_alone_and_in_company():
    members, scores, folds, loudness = library()
    together = confounding(scores, members, folds, [loudness])
    alone = confounding(scores[:, 1:2], members.select([1]), folds, [loudness])
    a, b = together[1][0], alone[0][0]
    assert (a.tells, a.within, a.follows, a.overall) == (b.tells, b.within, b.follows, b.overall)


def test_a_score_that_is_the_stratum_follows_it_entirely():
    members, _, _, loudness = library()
    strata = Strata.of(loudness).places(loudness)
    scores = np.repeat(strata[:, None] / 20, 3, axis=1).astype(np.float32)
    assert following(scores, members, strata) == pytest.approx(1.0)


def test_following_is_the_adjusted_correlation_ratio_of_the_known_tracks_that_are_no_members():
    members, scores, _, loudness = library(4)
    strata = Strata.of(loudness).places(loudness)
    strata[::7] = -1
    for concept, found in enumerate(following(scores, members, strata)):
        others = (strata >= 0) & ~members.dense()[:, concept]
        values, places = scores[others, concept].astype(np.float64), strata[others]
        parts = [values[places == level] for level in np.unique(places)]
        left = sum(((part - part.mean()) ** 2).sum() for part in parts) / (len(values) - len(parts))
        assert found == pytest.approx(max(0.0, 1 - left / values.var(ddof=1)), abs=1e-12)


def test_a_constant_score_follows_nothing():
    members, scores, _, loudness = library()
    strata = Strata.of(loudness).places(loudness)
    assert following(np.full_like(scores, 0.3), members, strata).tolist() == [0.0, 0.0, 0.0]


def test_pairs_are_a_draw_of_tracks_whoever_the_members_are(monkeypatch):
    """The first by their hashes: another concept, or a track more, changes nobody's place."""
    members, scores, folds, loudness = library()
    monkeypatch.setattr(confounders, "MOST_OTHERS", 100)
    monkeypatch.setattr(confounders, "MOST_EXAMPLES", 20)
    found = measured(members, scores, folds, loudness)["b-heard"]["loudness"]
    inside, order = members.dense()[:, 1], np.argsort(hash_order(members.track_ids, 0, "counterparts"))
    mine, theirs = order[inside[order]][:20], order[~inside[order]][:100]
    labels = np.repeat([True, False], [20, 100])
    wanted = roc_auc_score(labels, scores[np.concatenate([mine, theirs]), 1])
    assert found.overall == pytest.approx(wanted, abs=1e-6)


def test_scores_of_another_shape_are_refused():
    members, scores, folds, loudness = library()
    with pytest.raises(ShapeMismatch):
        confounding(scores[:-1], members, folds, [loudness])

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from worker.answers.errors import PoolUnreadable
from worker.answers.placement import FEWEST, _separation, place
from worker.answers.pool import Pool, load_pool


def make_pool(tracks: int = 240, seed: int = 0) -> Pool:
    """music holds every other track, strings half of these, drums the rest of all; scores say so with some noise."""
    draw = np.random.default_rng(seed)
    names = ("drums", "music", "strings")
    rows = {"music": range(0, tracks, 2), "strings": range(0, tracks, 4), "drums": range(1, tracks, 2)}
    inside = np.zeros((tracks, 3))
    for column, name in enumerate(names):
        inside[list(rows[name]), column] = 1.0
    scores = np.clip(0.2 + 0.6 * inside + draw.normal(0, 0.08, (tracks, 3)), 0.01, 0.99).astype(np.float32)
    members = tuple(np.array(rows[name], np.int64) for name in names)
    similarity = np.stack([scores[one].mean(axis=0) for one in members]).astype(np.float64)
    return Pool(tuple(f"t{n:04d}" for n in range(tracks)), names, scores, similarity, members)


POOL = make_pool()


def ids(rows):
    return [POOL.track_ids[row] for row in rows]


def test_a_narrow_playlist_goes_below_what_it_is_a_part_of():
    found = place(POOL, ids(range(0, 240, 8)))
    assert (found.status, found.parent, found.heard) == ("placed", "strings", 30)
    assert found.similarity > 0.5
    assert found.margin >= 0
    assert found.alternatives[0].concept_id == "strings"


def test_the_order_and_repetition_of_tracks_change_nothing():
    rows = list(range(0, 240, 8))
    assert place(POOL, ids(rows)) == place(POOL, [*ids(rows[::-1] + rows[:5]), "never heard"])


def test_a_wide_playlist_stands_at_the_top():
    found = place(POOL, ids([n for n in range(240) if n % 5]))
    assert (found.status, found.parent) == ("top", None)
    assert found.reason


@pytest.mark.parametrize("count", [0, 1, FEWEST - 1])
def test_too_few_tracks_abstain_and_say_how_many_are_needed(count):
    found = place(POOL, [*ids(range(count)), "never heard"])
    assert (found.status, found.heard) == ("abstained", count)
    assert str(FEWEST) in found.reason


def test_every_track_is_no_playlist():
    assert place(POOL, POOL.track_ids).status == "abstained"


def test_separation_is_the_area_under_the_curve():
    from sklearn.metrics import roc_auc_score

    draw = np.random.default_rng(1)
    column = draw.integers(0, 20, 200).astype(np.float32)
    rows = np.sort(draw.choice(200, 30, replace=False))
    inside = np.isin(np.arange(200), rows)
    assert _separation(column, rows) == pytest.approx(roc_auc_score(inside, column))


def write(folder, pool: Pool) -> dict[str, str]:
    folder.mkdir(parents=True)
    learnt = [*pool.concept_ids, "zither"]
    np.save(folder / "s.npy", np.concatenate([pool.scores, pool.scores[:, :1]], axis=1))
    wide = np.zeros((4, 4))
    wide[:3, :3] = pool.similarity
    np.save(folder / "m.npy", wide)
    judged = [{"verdict": {"concept_id": one}, "quality": {}} for one in learnt]
    judged.append({"verdict": {"concept_id": "tiny"}, "quality": None})
    (folder / "j.json").write_text(json.dumps(judged))
    (folder / "h.json").write_text(json.dumps(pool.track_ids[::-1]))
    given = {
        one: [pool.track_ids[row] for row in rows] for one, rows in zip(pool.concept_ids, pool.members, strict=True)
    }
    (folder / "c.json").write_text(json.dumps({"memberships": given}))
    return {"scores": "s.npy", "similarity": "m.npy", "judgements": "j.json", "heard": "h.json", "catalogue": "c.json"}


def test_a_pool_is_read_from_what_a_rebuild_wrote(tmp_path):
    files = write(tmp_path / "builds" / "my moods", POOL)
    found = load_pool(tmp_path, "my moods", files, frozenset(POOL.concept_ids))
    assert found.concept_ids == POOL.concept_ids
    np.testing.assert_array_equal(found.scores, POOL.scores)
    np.testing.assert_array_equal(found.similarity, POOL.similarity)
    assert place(found, ids(range(0, 240, 8))) == place(POOL, ids(range(0, 240, 8)))


@pytest.mark.parametrize("damage", ["scores", "heard", "judgements", "catalogue"])
def test_a_pool_that_is_gone_or_damaged_is_named(tmp_path, damage):
    files = write(tmp_path / "builds" / "moods", POOL)
    (tmp_path / "builds" / "moods" / files[damage]).write_bytes(b"{}")
    with pytest.raises(PoolUnreadable, match="rebuild"):
        load_pool(tmp_path, "moods", files, frozenset(POOL.concept_ids))
    with pytest.raises(PoolUnreadable, match=damage):
        load_pool(tmp_path, "moods", {role: name for role, name in files.items() if role != damage}, frozenset())


def test_the_noise_of_a_playlist_does_not_decide_its_place():
    rows = list(range(0, 240, 8))
    for seed in range(3):
        other = make_pool(seed=seed)
        assert place(replace(POOL, scores=other.scores, similarity=other.similarity), ids(rows)).parent == "strings"

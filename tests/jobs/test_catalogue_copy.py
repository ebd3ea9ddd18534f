"""What must stay in one fold, as a rebuild froze it."""

import pytest

from cypher.model import Track
from worker.concepts.folds import assign_folds
from worker.jobs.builds import Builds
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.errors import NothingToGroupBy

TRACKS = [
    Track("a", "Take 1", artist="Trio", album="Live", work="Air"),
    Track("b", "Take 2", artist="Quartet", album="Live", work="Air"),
    Track("c", "Take 3", artist="Trio", album="Live", work="Jig"),
    Track("d", "Unknown"),
]


@pytest.fixture
def copy(tmp_path):
    builds = Builds(tmp_path, "c")
    return CatalogueCopy.load(builds, CatalogueCopy.of([], {}, TRACKS).save(builds))


@pytest.mark.parametrize(
    ("group_by", "together"),
    [("track", []), ("artist", [{"a", "c"}]), ("album", [{"a", "c"}]), ("score", [{"a", "b"}])],
)
def test_tracks_that_share_a_key_share_a_fold_and_the_unknown_stand_alone(copy, group_by, together):
    ids = ["a", "b", "c", "d"]
    keys = dict(zip(ids, copy.fold_keys(ids, group_by), strict=True))
    shared = [{one for one in ids if keys[one] == key} for key in dict.fromkeys(keys.values())]
    assert [group for group in shared if len(group) > 1] == together
    folds = dict(zip(ids, assign_folds(list(keys.values())), strict=True))
    assert all(len({folds[one] for one in group}) == 1 for group in together)


@pytest.mark.parametrize("group_by", ["artist", "album", "score"])
def test_grouping_by_what_no_track_says_is_refused_with_the_remedy(group_by):
    copy = CatalogueCopy.of([], {}, [Track("a", "A"), Track("b", "B")])
    with pytest.raises(NothingToGroupBy, match=r"none of 2 tracks says its .*import --tracks"):
        copy.fold_keys(["a", "b"], group_by)

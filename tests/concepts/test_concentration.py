"""One artist's concept is found out: few effective artists, and little is left of it when artists are parted."""

from types import SimpleNamespace

import numpy as np
import pytest

from worker.concepts.concentration import Concentration, concentration, loss_by_group
from worker.concepts.errors import ShapeMismatch
from worker.concepts.members import Members

IDS = [f"track-{number:04d}" for number in range(300)]


def test_the_effective_number_is_that_of_equal_shares():
    members = Members.of({"a": IDS[:8], "b": IDS[8:12], "c": IDS[12:14], "d": []}, IDS[:14])
    groups = [*"wwxxyyzz", "v", "v", "v", "u", "", ""]
    assert concentration(members, groups) == [
        Concentration(8, 4, 4.0, "w", 0.25),
        Concentration(4, 2, 1.6, "v", 0.75),
        Concentration(0, 0, 0.0, "", 0.0),
        Concentration(0, 0, 0.0, "", 0.0),
    ]
    with pytest.raises(ShapeMismatch):
        concentration(members, groups[:-1])


def heard(values):
    return SimpleNamespace(
        track_ids=IDS, values=values.astype(np.float32), offsets=np.arange(301), fingerprint=SimpleNamespace(text="f")
    )


def test_what_knows_only_its_artists_loses_when_artists_are_parted():
    draw = np.random.default_rng(0)
    artists = draw.integers(0, 30, 300)
    voices = 2.0 * draw.normal(size=(30, 40))
    sound = draw.normal(size=300)
    values = np.concatenate([voices[artists] + draw.normal(size=(300, 40)), 3 * sound[:, None]], axis=1)
    sets = {
        "a-artists": [track for track, artist in zip(IDS, artists, strict=True) if artist < 6],
        "b-sound": [IDS[row] for row in np.argsort(-sound)[:60]],
    }
    members, groups = Members.of(sets, IDS), [f"artist {artist}" for artist in artists]
    lost = loss_by_group(heard(values), members, groups, folds=5)
    assert lost is not None
    assert lost.value[0] - lost.reach[0] > 0.1
    assert abs(lost.value[1]) < 0.03


def test_where_no_group_holds_two_tracks_there_is_nothing_to_part():
    members, values = Members.of({"one": IDS[:50]}, IDS), np.random.default_rng(0).normal(size=(300, 8))
    assert loss_by_group(heard(values), members, [""] * 300, folds=5) is None
    assert loss_by_group(heard(values), members, IDS, folds=5) is None
    assert loss_by_group(heard(values), members, ["all"] * 300, folds=5) is None

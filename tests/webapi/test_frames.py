"""Answers as frames: a row each, labels as columns, and nothing made up where something is missing."""

from __future__ import annotations

from webapi.frames import frame


def test_concepts_are_rows_in_their_order_with_labels_as_columns(client):
    concepts = list(client.concepts())
    found = frame(concepts)
    assert list(found["id"]) == [one.id for one in concepts]
    by_id = found.set_index("id")
    assert (by_id.loc["metal", "parent_id"], by_id.loc["metal", "parent_name"]) == ("rock", "Rock")
    assert by_id.loc["metal", "similarity"] == 0.8
    assert found["parent_name"].isna().sum() == sum(one.parent is None for one in concepts)
    assert "parent" not in found.columns


def test_tracks_of_a_concept_come_with_their_scores(client):
    found = frame(client.tracks_of("rock"))
    assert list(found["track_id"]) == ["track-0", "track-1", "track-2", "track-3"]
    assert list(found["score"]) == [0.9, 0.8, 0.8, 0.8]


def test_nothing_is_an_empty_frame():
    assert frame([]).empty

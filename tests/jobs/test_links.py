"""The rule that links tracks to concepts, against a slow and obvious oracle."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from worker.jobs.stages import links as links_stage
from worker.jobs.stages.links import choose_links


def obvious(scores, columns, min_score, per_track, per_concept):
    rounded = [[round(float(scores[track, column]), 6) for column in columns] for track in range(len(scores))]
    found = set()
    for track, row in enumerate(rounded):
        order = sorted(range(len(columns)), key=lambda concept: (-row[concept], concept))
        for rank, concept in enumerate(order, start=1):
            column = sorted((other[concept] for other in rounded), reverse=True)
            floor = column[min(per_concept, len(column)) - 1] if per_concept else float("inf")
            if row[concept] > min_score and (rank <= per_track or row[concept] >= floor):
                found.add((concept, track, row[concept], rank))
    return found


def as_set(links):
    return set(
        zip(
            links.concept_index.tolist(),
            links.track_index.tolist(),
            links.score.tolist(),
            links.rank.tolist(),
            strict=True,
        )
    )


@settings(max_examples=60, deadline=None)
@given(
    st.tuples(st.integers(1, 12), st.integers(1, 8)),
    st.integers(0, 2**31),
    st.integers(1, 6),
    st.integers(0, 8),
    st.sampled_from([1, 7, 8_000_000]),
)
def test_links_are_those_of_the_rule_in_blocks_of_any_size(shape, seed, per_track, per_concept, cells):
    tracks, concepts = shape
    rng = np.random.default_rng(seed)
    scores = rng.choice(np.linspace(0, 1, 9, dtype=np.float32), size=(tracks, concepts + 2))
    columns = np.sort(rng.permutation(concepts + 2)[:concepts])
    before = links_stage.BLOCK_CELLS
    links_stage.BLOCK_CELLS = cells
    try:
        found = choose_links(scores, columns, min_score=0.5, per_track=per_track, per_concept=per_concept)
    finally:
        links_stage.BLOCK_CELLS = before
    assert as_set(found) == obvious(scores, columns, 0.5, per_track, per_concept)


def test_a_score_at_the_threshold_is_no_link():
    scores = np.array([[0.5, 0.500001]], dtype=np.float32)
    assert as_set(choose_links(scores, np.array([0, 1]))) == {(1, 0, 0.500001, 1)}


def test_links_are_sorted_by_concept_then_track():
    scores = np.random.default_rng(1).random((20, 6), dtype=np.float32)
    found = choose_links(scores, np.arange(6), per_track=3, per_concept=4)
    pairs = list(zip(found.concept_index.tolist(), found.track_index.tolist(), strict=True))
    assert pairs == sorted(pairs)


def test_no_kept_concept_gives_no_links():
    found = choose_links(np.zeros((3, 2), np.float32), np.zeros(0, np.int64))
    assert len(found.score) == 0

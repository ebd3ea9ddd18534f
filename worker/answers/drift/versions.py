"""What has become of each concept from one published version to another, and which of it chance does not explain.

Conventions: `before` and `after` are two versions of one collection; arrays follow the sorted ids of their `Members`
and vectors. S is the mean score of a concept's tracks on another's vector, see `worker.concepts.similarity`.

Five figures a concept, each with its interval of no change (`figures`):

* `sound`: did the tracks that came and went sound otherwise than a random turnover of this size (`contrast`)?
* `vector`: cosine of the published vectors, never across fingerprints.
* `parent`: when it changed, how much the new parent's lead over the old one has grown; never across fingerprints
  either, each of which has its own level. The lead is the difference of their S with the child, the mean of both
  directions; its error is that of tracks and vectors drawn afresh. A parent that changes while no lead has grown by
  more than chance is a tie that fell the other way.
* `betweenness` and `auc`: their differences.

Each figure's p values are corrected over the concepts (Benjamini-Hochberg); where nothing differs there is nothing to
explain, and such a concept does not count among the tests.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from worker.answers.drift.contrast import Space, contrast, turnover_weights
from worker.answers.drift.figures import Figure, auc_figure, cosine_figures, difference, same, unknown
from worker.concepts.members import Members
from worker.concepts.problem import CLIP
from worker.concepts.significance import benjamini_hochberg
from worker.concepts.vectors import ConceptVectors, Progress

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class VersionView:
    """What one version says of its concepts."""

    version: int
    members: Members
    """All concepts, over the tracks that were heard."""
    vectors: ConceptVectors
    """Of the learnt ones."""
    scores: NDArray[np.float32]
    """(heard tracks, learnt concepts) cross-fitted."""
    parents: Mapping[str, tuple[str, ...]]
    """Of every kept concept, strongest first; none below the root."""
    betweenness: Mapping[str, float]
    betweenness_errors: Mapping[str, float]
    """Empty where they were not estimated."""
    aucs: Mapping[str, tuple[float, float, float]]
    """AUC with the ends of its 95 % interval."""

    def tracks(self) -> dict[str, frozenset[str]]:
        """Ids of every concept's heard tracks."""
        ids = self.members.track_ids
        return {
            concept_id: frozenset(ids[row] for row in self.members.rows(place).tolist())
            for place, concept_id in enumerate(self.members.concept_ids)
        }


@dataclass(frozen=True, slots=True)
class ConceptDrift:
    """One concept of both versions."""

    concept_id: str
    added: tuple[str, ...]
    """Ids of the heard tracks that came, sorted."""
    gone: tuple[str, ...]
    jaccard: float
    parents_before: tuple[str, ...]
    parents_after: tuple[str, ...]
    children_gained: tuple[str, ...]
    children_lost: tuple[str, ...]
    figures: tuple[Figure, ...]

    @property
    def drifted(self) -> tuple[str, ...]:
        """Names of the figures that chance does not explain."""
        return tuple(figure.name for figure in self.figures if figure.drifted)


def compare_versions(
    before: VersionView, after: VersionView, space: Space, progress: Progress | None = None, *, seed: int = 0
) -> list[ConceptDrift]:
    """Compare every concept that both versions have.

    Args:
        before: the earlier version.
        after: the later one.
        space: of the later version's tracks and scores; tracks that left the catalogue cannot be compared by sound.
        progress: told (concepts done, concepts).
        seed: of the permutations.

    Returns:
        By concept id.
    """
    ids = sorted(set(before.members.concept_ids) & set(after.members.concept_ids))
    tracks = before.tracks(), after.tracks()
    held = [(tracks[0][one], tracks[1][one]) for one in ids]
    sounds = _sounds(ids, held, space, progress, seed)
    vectors = _vectors(before, after, space)
    unlearnt = unknown("vector", "it was not learnt in both versions")
    columns = [
        _corrected(sounds),
        _corrected([vectors.get(one, unlearnt) for one in ids]),
        _corrected([_parent(one, before, after, space) for one in ids]),
        _corrected([_betweenness(one, before, after) for one in ids]),
        _corrected([_auc(one, before, after) for one in ids]),
    ]
    children = [_children(view.parents) for view in (before, after)]
    found = []
    for place, concept_id in enumerate(ids):
        was, is_now = held[place]
        old, new = (one.get(concept_id, frozenset()) for one in children)
        found.append(
            ConceptDrift(
                concept_id,
                added=tuple(sorted(is_now - was)),
                gone=tuple(sorted(was - is_now)),
                jaccard=len(was & is_now) / max(len(was | is_now), 1),
                parents_before=before.parents.get(concept_id, ()),
                parents_after=after.parents.get(concept_id, ()),
                children_gained=tuple(sorted(new - old)),
                children_lost=tuple(sorted(old - new)),
                figures=tuple(column[place] for column in columns),
            )
        )
    return found


def _corrected(figures: Sequence[Figure]) -> list[Figure]:
    """The same with q values; a figure whose p value is 1 was no test."""
    tested = [place for place, one in enumerate(figures) if one.p_value is not None and one.p_value < 1]
    p_values = np.array([figures[place].p_value for place in tested], np.float64)
    corrected = list(figures)
    for place, q_value in zip(tested, benjamini_hochberg(p_values).tolist(), strict=True):
        corrected[place] = replace(corrected[place], q_value=q_value)
    return corrected


def _sounds(
    ids: Sequence[str],
    held: Sequence[tuple[frozenset[str], frozenset[str]]],
    space: Space,
    progress: Progress | None,
    seed: int,
) -> list[Figure]:
    """One figure a concept; the test looks only at those whose tracks changed."""
    row = {track: place for place, track in enumerate(space.track_ids)}
    changed = sum(was != now for was, now in held)
    figures: list[Figure] = []
    for place, (concept_id, (was, now)) in enumerate(zip(ids, held, strict=True)):
        union = sorted(track for track in was | now if track in row)
        member = np.array([[track in was, track in now] for track in union], np.bool_).reshape(-1, 2)
        if was == now:
            figures.append(same("sound"))
        elif not member.any(axis=0).all() or (member[:, 0] == member[:, 1]).all():
            figures.append(unknown("sound", "of the tracks that came and went too few are still in the catalogue"))
        else:
            rows = np.array([row[track] for track in union], np.int64)
            weights = turnover_weights(member[:, 0], member[:, 1])
            test = contrast(space, concept_id, rows, weights, concepts=changed, seed=seed)
            figures.append(Figure("sound", test.shift, 0.0, test.limit, p_value=test.p_value))
        if progress is not None:
            progress(place + 1, len(ids))
    return figures


def _vectors(before: VersionView, after: VersionView, space: Space) -> dict[str, Figure]:
    old, new = before.vectors, after.vectors
    place = {concept_id: position for position, concept_id in enumerate(old.concept_ids)}
    shared = [(place[one], at) for at, one in enumerate(new.concept_ids) if one in place]
    ids = [new.concept_ids[at] for _, at in shared]
    if otherwise := _heard_otherwise(before, after):
        return {one: unknown("vector", otherwise) for one in ids}
    return dict(zip(ids, cosine_figures(old, new, shared, space.deviations), strict=True))


def _heard_otherwise(before: VersionView, after: VersionView) -> str:
    """Why what comes of activations cannot be compared; '' where it can."""
    old, new = before.vectors.fingerprint, after.vectors.fingerprint
    return "" if old == new else f"learnt on {old}, then on {new}"


def _parent(concept_id: str, before: VersionView, after: VersionView, space: Space) -> Figure:
    """By how much the lead of the new parent over the old one has grown; 0 when the parents are the same."""
    if concept_id not in before.parents or concept_id not in after.parents:
        return unknown("parent", "it was not in the tree of both versions")
    was, now = before.parents[concept_id], after.parents[concept_id]
    if set(was) == set(now):
        return same("parent")
    if otherwise := _heard_otherwise(before, after):
        return unknown("parent", otherwise)
    old = next((one for one in was if one not in now), None)
    new = next((one for one in now if one not in was), None)
    leads = []
    for view in (before, after):
        absent = [one for one in (concept_id, old, new) if one is not None and one not in view.vectors.concept_ids]
        if absent:
            return unknown("parent", f"{absent[0]} was not learnt in version {view.version}")
        if not len(view.vectors.fold_weights):
            return unknown("parent", f"version {view.version} has no vectors by folds, which its error is made of")
        leads.append(lead(view, space, concept_id, old=old, new=new))
    return difference("parent", leads[0][0], leads[1][0], (leads[0][1], leads[1][1]))


def lead(view: VersionView, space: Space, child: str, *, old: str | None, new: str | None) -> tuple[float, float]:
    """S of the new parent less that of the old one, mean of both directions, and its standard error.

    The root, None, counts 0. The error has two parts. Tracks: each one's influence is added up before it is squared, so
    one that stands in several of the three concepts is counted once. Vectors: a jackknife over the vectors without one
    fold, which score the same tracks.
    """
    value, influence = 0.0, np.zeros(len(view.scores))
    by_fold = np.zeros(len(view.vectors.fold_weights))
    column = {one: place for place, one in enumerate(view.vectors.concept_ids)}
    row = {one: place for place, one in enumerate(view.members.concept_ids)}
    heard = {track: place for place, track in enumerate(space.track_ids)}
    for parent, sign in ((new, 0.5), (old, -0.5)):
        if parent is None:
            continue
        for whose, vector in ((parent, child), (child, parent)):
            tracks = view.members.rows(row[whose])
            scores = view.scores[tracks, column[vector]].astype(np.float64)
            value += sign * float(scores.mean())
            influence[tracks] += sign * (scores - scores.mean()) / len(tracks)
            known = [heard[one] for one in (view.members.track_ids[at] for at in tracks.tolist()) if one in heard]
            by_fold += sign * _fold_scores(view.vectors, column[vector], space.means(np.array(known, np.int64)))
    count = len(by_fold)
    vectors = (count - 1) / count * np.square(by_fold - by_fold.mean()).sum()
    return value, float(np.sqrt(np.square(influence).sum() + vectors))


def _fold_scores(vectors: ConceptVectors, column: int, means: Floats) -> Floats:
    """(folds,) mean score of tracks, by their mean activations, on each of a concept's vectors without one fold."""
    if not len(means):
        return np.zeros(len(vectors.fold_weights))
    logits = means @ vectors.fold_weights[:, column].T.astype(np.float64) + vectors.fold_bias[:, column]
    found: Floats = (1 / (1 + np.exp(-np.clip(logits, -CLIP, CLIP)))).mean(axis=0)
    return found


def _betweenness(concept_id: str, before: VersionView, after: VersionView) -> Figure:
    values = before.betweenness.get(concept_id), after.betweenness.get(concept_id)
    if values[0] is None or values[1] is None:
        return unknown("betweenness", "it was not in the graph of both versions")
    errors = before.betweenness_errors.get(concept_id), after.betweenness_errors.get(concept_id)
    if errors[0] is None or errors[1] is None:
        why = "its error was not estimated: the graph is too large"
        return Figure("betweenness", values[1] - values[0], None, None, values[0], values[1], reason=why)
    return difference("betweenness", values[0], values[1], (errors[0], errors[1]))


def _auc(concept_id: str, before: VersionView, after: VersionView) -> Figure:
    if concept_id not in before.aucs or concept_id not in after.aucs:
        return unknown("auc", "it was not learnt in both versions")
    return auc_figure(before.aucs[concept_id], after.aucs[concept_id])


def _children(parents: Mapping[str, tuple[str, ...]]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for child, above in parents.items():
        for parent in above:
            found.setdefault(parent, set()).add(child)
    return {parent: frozenset(children) for parent, children in found.items()}

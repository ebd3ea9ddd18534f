"""The poster's three assumptions, asked of a collection: by `evaluate` at length, by every rebuild in short.

Conventions: p values are those of permutations of the concepts; an assumption fails where p is above 0.05 or, for
reachability, where less than nine tenths of the concepts hang together.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.assumptions import Mantel, jaccard, largest_component, mantel, rank_correlation
from worker.evaluation.figures import Figure, rounded
from worker.evaluation.spaces import closeness
from worker.evaluation.taxonomy import Tree, ancestors_among
from worker.jobs.growing import betweenness_of
from worker.jobs.judging.case import Case, Fit
from worker.jobs.judging.rival_trees import shared_tracks
from worker.jobs.judging.sources import AUDIO, Space
from worker.jobs.requests import RebuildSettings

ALPHA = 0.05
TOGETHER = 0.9
NEAREST = 20
VECTORS_ALIKE, GENERAL_CENTRAL, REACHABLE = (
    "near vectors are near concepts",
    "general concepts are central",
    "parents are reachable by similarity",
)


def premise_figures(case: Case, fit: Fit, spaces: Sequence[Space], reference: Tree | None) -> Iterator[Figure]:
    """Every correlation, with its p as a figure of its own."""
    shared = jaccard(shared_tracks(fit.members))
    audio = next(space for space in spaces if space.name == AUDIO)
    ours = {"cosine of vectors": closeness(audio.vectors[:, :-1], "cosine"), "S": fit.similarity}
    theirs = {"memberships (Jaccard)": shared}
    theirs |= {
        space.name: closeness(space.vectors, space.measure)
        for space in spaces
        if space.name != AUDIO and space.known.all()
    }
    for name, table in ours.items():
        for space_name, other in theirs.items():
            yield from _lines(VECTORS_ALIKE, f"{name} and {space_name}", mantel(table, other))
    central = betweenness_of(case.settings, fit.similarity)
    sizes = fit.members.sizes.astype(np.float64)
    yield from _lines(GENERAL_CENTRAL, "betweenness and tracks", rank_correlation(central, sizes))
    if reference is not None:
        below = _descendants(reference, fit.ids)
        yield from _lines(GENERAL_CENTRAL, "betweenness and concepts below", rank_correlation(central, below))
    yield from _reachability(fit, case.settings, reference)


def warnings_of(
    similarity: NDArray[np.float64], shared: NDArray[np.int64], centrality: NDArray[np.float64], threshold: float
) -> list[str]:
    """What a rebuild says of its assumptions: nothing where they hold.

    Args:
        similarity: S of the kept concepts.
        shared: tracks they have in common, sizes on the diagonal.
        centrality: betweenness of its graph.
        threshold: of that graph.
    """
    said = []
    off = ~np.eye(len(shared), dtype=bool)
    if shared[off].any():
        found = mantel(similarity, jaccard(shared), permutations=99)
        if found.p_value > ALPHA:
            said.append(
                f"concepts that share tracks do not sound alike here (r = {_said(found)}): the tree tells of sound only"
            )
    found = rank_correlation(centrality, np.diag(shared).astype(np.float64))
    if found.p_value > ALPHA:
        said.append(
            f"large concepts are not the central ones (r = {_said(found)}): "
            "an order by betweenness may put parts above wholes"
        )
    together = largest_component(similarity > threshold)
    if together < TOGETHER:
        said.append(
            f"only {100 * together:.0f} % of the concepts hang together in the graph: the others can have no parent by "
            "way of it; a lower graph_threshold joins them"
        )
    return said


def failed(figures: Sequence[Figure]) -> list[str]:
    """Sentences on the assumptions that the figures speak against."""
    by_measure: dict[str, Mapping[str, Figure]] = {}
    said = []
    for figure in figures:
        if figure.section == "assumptions":
            by_measure.setdefault(figure.subject, {})
            by_measure[figure.subject] = {**by_measure[figure.subject], figure.measure: figure}
    for subject, found in by_measure.items():
        p_value, value = found.get("p"), found.get("correlation")
        if p_value is not None and value is not None and (p_value.value or 0.0) > ALPHA:
            what = "cannot be told" if value.value is None else f"r = {value.value:.2f}, p = {p_value.value:.2g}"
            said.append(f"{value.regime}: not shown for {subject} ({what})")
    return said


def _said(found: Mantel) -> str:
    return f"{found.correlation:.2f}, p = {found.p_value:.2g}" if math.isfinite(found.correlation) else "unknown"


def _lines(assumption: str, subject: str, found: Mantel) -> Iterator[Figure]:
    line = Figure("assumptions", assumption, subject, "correlation", found.correlation, None, None, found.concepts)
    yield rounded(line)
    yield rounded(Figure("assumptions", assumption, subject, "p", found.p_value, None, None, found.concepts))


def _descendants(reference: Tree, ids: Sequence[str]) -> NDArray[np.float64]:
    above = ancestors_among(reference, ids)
    return np.array([sum(one in uppers for uppers in above.values()) for one in ids], np.float64)


def _reachability(fit: Fit, settings: RebuildSettings, reference: Tree | None) -> Iterator[Figure]:
    def line(subject: str, value: float, n: int) -> Figure:
        return rounded(Figure("assumptions", REACHABLE, subject, "share", value, None, None, n))

    linked = fit.similarity > settings.graph_threshold
    yield line("concepts in the largest part of the graph", largest_component(linked), len(fit.ids))
    if reference is None:
        return
    place = {concept: position for position, concept in enumerate(fit.ids)}
    pairs = [
        (place[upper], place[lower])
        for lower, uppers in ancestors_among(reference, fit.ids).items()
        for upper in uppers
    ]
    if not pairs:
        return
    upper, lower = np.array(pairs).T
    both = (fit.similarity + fit.similarity.T) / 2.0
    np.fill_diagonal(both, -np.inf)
    rank = (both[lower] > both[lower, upper][:, None]).sum(axis=1)
    child, parent = (lower, upper) if settings.builder == "generality" else (upper, lower)
    passes = fit.similarity[child, parent] > settings.min_similarity
    yield line("ancestors of the reference with S above min_similarity", float(passes.mean()), len(pairs))
    yield line(f"ancestors among the {NEAREST} most similar", float((rank < NEAREST).mean()), len(pairs))

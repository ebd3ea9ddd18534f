"""Ask every question that has an answer, and put the answers into one record, one page and one table.

Conventions: the record is plain JSON; its figures are `worker.evaluation.figures.Figure`, flat. Its id is a hash of
what was judged and how: the same question asked again has the same id. Times are UTC.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.errors import INSTALL_NAMES_MODEL, NothingInCommon, NothingToJudge
from worker.evaluation.figures import Figure, merged, rounded
from worker.evaluation.groups import branch_of
from worker.evaluation.names import NamesBy, best_way
from worker.evaluation.report import render
from worker.evaluation.scores import Yardstick, scores_by_label, tree_scores
from worker.evaluation.taxonomy import Tree, ancestors_among, known_concepts, parents_of, random_baseline
from worker.jobs.builds import content_hash
from worker.jobs.evaluations import RECORD, REPORT, TABLE
from worker.jobs.judging.bias import bias_figures, flag_warnings
from worker.jobs.judging.case import FEWEST_CONCEPTS, Case, Fit, refit
from worker.jobs.judging.given import GivenSpace, Rows
from worker.jobs.judging.premises import failed, premise_figures
from worker.jobs.judging.regimes import regime_figures
from worker.jobs.judging.rival_trees import Ground, rival_trees
from worker.jobs.judging.sources import Space, given_spaces, spaces_of
from worker.jobs.judging.stability import stability_figures
from worker.jobs.judging.table import FEWEST, cells, in_every, poster_cells
from worker.jobs.judging.transfer import stored_networks, transfer_figures
from worker.jobs.judging.trust import Trusted, trust_figures, trusted_edges
from worker.jobs.requests import RebuildSettings

FORMAT = "evaluation 1"
NEEDS_TRACKS = (
    "Regimes, support, stability, assumptions and transfer need tracks and their activations: "
    "`audio-concepts import --activations`, `rebuild`, then `evaluate` without --similarity."
)
NEEDS_WEIGHTS = (
    "Names were compared by their letters, which has no counterpart in the poster's table: "
    f"`{INSTALL_NAMES_MODEL}` adds sentence embeddings, as its column BERT has them."
)
OnStage = Callable[[str, int, int | None], None]
"""Told (what is being asked, done, total)."""
Record = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Question:
    """What is to be judged by."""

    reference: Tree | None = None
    """By concept ids; see `worker.evaluation.reference.matched`."""
    spaces: Sequence[GivenSpace] = ()
    seeds: int = 5
    published: Tree | None = None
    """The tree as it stands in the graph, where that was asked."""
    labels: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """`kind` and `source` by concept id, where the graph was asked."""
    names_by: Sequence[NamesBy] = ()
    """How names are compared, a space each; none: by the best way at hand."""


def judge_published(case: Case, data: Path, question: Question, told: OnStage = lambda *_: None) -> Record:
    """Everything about a published version.

    Args:
        case: the version.
        data: the data folder, for the activations of other networks.
        question: what it is judged by.
        told: what is being asked.

    Raises:
        NothingInCommon: the reference knows none of the concepts.
        NamesModelMissing: names are to be compared by `minilm`, whose weights are not installed.
        NamesModelDamaged: those weights are not the published ones.
        SpaceNamedTwice: a space that was given is called like another one.
    """
    begun = time.monotonic()
    _check_reference(question.reference, case.ids)
    fit = refit(case)
    names_by = question.names_by or (best_way(),)
    spaces = spaces_of(case, fit, question.spaces, names_by)
    figures: list[Figure] = []
    if question.reference is not None:
        figures += regime_figures(case, question.reference, question.seeds, _stage(told, "Three regimes"))
    figures += _published_figures(case, fit, question)
    told("Support", 0, 1)
    edges = trusted_edges(fit, case.keys, case.settings)
    figures += trust_figures(case, edges, _pairs(question.reference, case.ids), question.seeds)
    told("Support", 1, 1)
    figures += stability_figures(case, question.seeds, _stage(told, "Stability"))
    told("Spaces", 0, 1)
    figures += cells(fit.similarity, fit.separation, spaces, case.settings)
    figures += premise_figures(case, fit, spaces, question.reference)
    told("Spaces", 1, 1)
    told("Bias", 0, 1)
    figures += bias_figures(case, fit)
    told("Bias", 1, 1)
    networks = stored_networks(data, case)
    figures += transfer_figures(case, networks, question.seeds, _stage(told, "Transfer"))
    return _record(
        figures,
        names=case.names,
        edges=_plain_edges(edges, case.names, question.reference),
        seconds=time.monotonic() - begun,
        skipped=[*_skipped(question, networks), *_unnamed(names_by, question), *_uncommon(spaces)],
        spaces=spaces,
        seeds=question.seeds,
        settings=case.settings,
        tracks=len(case.members.track_ids),
        collection=case.collection,
        version=case.version,
        fingerprint=case.activations.fingerprint.text,
        judged=[
            *(case.collection, case.version, case.names, case.memberships),
            *(repr(case.vectors), sorted(networks), [*names_by]),
        ],
        question=question,
    )


def judge_given(
    rows: Rows, centrality: NDArray[np.float64] | None, settings: RebuildSettings, question: Question
) -> Record:
    """What can be said of a matrix of similarities from outside.

    Args:
        rows: the matrix.
        centrality: of the preset's order; None: betweenness of the matrix's graph.
        settings: of the rule.
        question: what it is judged by.

    Raises:
        NothingToJudge: fewer than 3 concepts.
        NothingInCommon: the reference knows none of them.
        SpaceNamedTwice: two of the spaces are called alike.
    """
    begun = time.monotonic()
    if len(rows.ids) < FEWEST_CONCEPTS:
        raise NothingToJudge(len(rows.ids))
    _check_reference(question.reference, rows.ids)
    names = {one: one for one in rows.ids}
    ground = Ground(names, rows.ids, rows.values)
    groups = {} if question.reference is None else branch_of(question.reference)
    yardstick = Yardstick(question.reference, groups, rows.ids, rows.values > settings.graph_threshold)
    runs = [
        {
            (name, measure): value
            for name, tree in rival_trees(ground, settings, centrality=centrality, seed=seed).items()
            for measure, value in tree_scores(tree, yardstick, seed=seed).items()
        }
        for seed in range(question.seeds)
    ]
    spaces = given_spaces(rows.ids, question.spaces)
    figures = [*merged(runs, "reference", "as given"), *cells(rows.values, None, spaces, settings)]
    return _record(
        figures,
        names=names,
        edges=[],
        seconds=time.monotonic() - begun,
        skipped=[NEEDS_TRACKS, *_skipped(question, None), *_uncommon(spaces)],
        spaces=spaces,
        seeds=question.seeds,
        settings=settings,
        tracks=0,
        collection=None,
        version=None,
        fingerprint=None,
        judged=[list(rows.ids), rows.values, [] if centrality is None else centrality.tolist()],
        question=question,
    )


def write(record: Record, folder: Path) -> None:
    """The record as JSON, as a page and its figures as Parquet."""
    from pyarrow import Table as Arrow
    from pyarrow.parquet import write_table

    (folder / RECORD).write_text(json.dumps(record, ensure_ascii=False, indent=1, allow_nan=False), "utf-8")
    (folder / REPORT).write_text(render(record), "utf-8", errors="replace")
    write_table(Arrow.from_pylist(record["figures"]), folder / TABLE)


def _record(
    figures: Iterable[Figure],
    *,
    judged: list[Any],
    question: Question,
    settings: RebuildSettings,
    spaces: Sequence[Space],
    **parts: Any,
) -> Record:
    lines = [rounded(figure) for figure in figures]
    reference = {child: sorted(above) for child, above in parents_of(question.reference or {}).items()}
    given = [part for space in question.spaces for part in ([space.name, space.measure], space.rows.values)]
    settings_plain = settings.model_dump(mode="json")
    digest = content_hash(FORMAT, settings_plain, *judged, reference, *given, question.seeds)
    names = parts.pop("names")
    return {
        "format": FORMAT,
        "id": digest[:16],
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "release": _release(),
        "concepts": len(names),
        "settings": settings_plain,
        "warnings": [*failed(lines), *flag_warnings(lines)],
        "poster_cells": poster_cells(lines, spaces),
        **parts,
        "seconds": round(parts["seconds"], 1),
        "figures": [asdict(line) for line in lines],
    }


def _release() -> str:
    try:
        return version("audio-concepts")
    except PackageNotFoundError:  # run from a checkout
        return "0"


def _check_reference(reference: Tree | None, ids: Sequence[str]) -> None:
    if reference is not None and not known_concepts(reference) & set(ids):
        raise NothingInCommon(len(ids), len(known_concepts(reference)))


def _pairs(reference: Tree | None, ids: Sequence[str]) -> frozenset[tuple[str, str]] | None:
    """(ancestor, descendant) of the reference."""
    if reference is None:
        return None
    return frozenset((upper, lower) for lower, above in ancestors_among(reference, ids).items() for upper in above)


def _plain_edges(edges: Sequence[Trusted], names: Mapping[str, str], reference: Tree | None) -> list[dict[str, Any]]:
    pairs = _pairs(reference, list(names))
    return [
        {
            **edge.plain(names),
            "correct": None if pairs is None or edge.parent is None else (edge.parent, edge.child) in pairs,
        }
        for edge in edges
    ]


def _published_figures(case: Case, fit: Fit, question: Question) -> list[Figure]:
    if question.published is None:
        return []
    tree, reference = question.published, question.reference
    groups = {} if reference is None else branch_of(reference)
    yardstick = Yardstick(reference, groups, fit.ids, fit.similarity > case.settings.graph_threshold)
    everyone = {one: tree.get(one, ()) for one in case.names}
    run = {("published tree", name): value for name, value in tree_scores(everyone, yardstick).items()}
    if reference is not None:
        chance = random_baseline(everyone, reference, trees=200)
        run["random trees", "ancestor F1"] = chance.mean
        run["random trees, 97.5 % point", "ancestor F1"] = chance.upper
    figures = merged([run], "published", "as it stands")
    if reference is not None:
        for label, by_concept in question.labels.items():
            figures += merged([scores_by_label(everyone, reference, by_concept)], "labels", label)
    return figures


def _skipped(question: Question, networks: Mapping[str, Any] | None) -> list[str]:
    said = []
    if question.reference is None:
        said.append("No reference taxonomy: pass --reference FILE (SKOS, CSV or JSON) to hold the tree against it.")
    if networks is not None and question.published is None:
        said.append("The graph was not asked: the tree is grown anew by the same rule, without a curator's decisions.")
    if networks is not None and not networks:
        said.append(
            "No other network's activations of these tracks are stored: `audio-concepts rebuild --set backbone=NAME` "
            "stores some, and then agreement across networks is measured."
        )
    return said


def _unnamed(names_by: Sequence[NamesBy], question: Question) -> list[str]:
    return [] if question.names_by or "minilm" in names_by else [NEEDS_WEIGHTS]


def _uncommon(spaces: Sequence[Space]) -> list[str]:
    common = len(in_every(spaces))
    if not spaces or common >= FEWEST:
        return []
    need = f"The poster's table takes {FEWEST} concepts with a vector in every space, and {common} have one"
    return [f"{need}: see that the files given with --spaces have the ids of the concepts."]


def _stage(told: OnStage, name: str) -> Callable[[int, int], None]:
    told(name, 0, None)
    return lambda done, total: told(name, done, total)

"""Versions put together again from their files, to be compared: by a rebuild with its predecessor, or by a person.

Conventions: a version names its files (`Hierarchy.files`); its tree and numbers come from the graph, because a curation
has another tree than the build it was made of.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from cypher.model import Assessment, Edge, Version
from cypher.past import Drift, DriftFigure
from worker.activations.fingerprint import Fingerprint
from worker.activations.store import ActivationStore
from worker.answers.drift.centrality import betweenness_errors
from worker.answers.drift.contrast import Space
from worker.answers.drift.versions import ConceptDrift, VersionView, compare_versions
from worker.concepts.members import Members
from worker.concepts.vectors import ConceptVectors, Progress
from worker.jobs.builds import Builds
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.errors import VersionFilesMissing
from worker.jobs.verdicts import JudgementFile

NEEDED = ("catalogue", "heard", "vectors", "scores", "judgements", "centrality")
DECIMALS = 6


@dataclass(frozen=True, slots=True)
class VersionMaterial:
    """One version's view of its concepts, and what its tracks sound like."""

    view: VersionView
    names: Mapping[str, str]
    learnt: Members
    """The learnt concepts over the heard tracks: columns and rows of the scores."""
    fingerprint: str

    def space(self, data: Path) -> Space:
        """Read the activations of the tracks.

        Raises:
            ActivationsMissing: some are no longer stored.
        """
        store = ActivationStore(data / "activations", Fingerprint.parse(self.fingerprint))
        return Space.of(store.read(self.learnt.track_ids), self.learnt, self.view.scores)


def material_of(
    builds: Builds,
    version: int,
    files: Mapping[str, str],
    *,
    edges: Iterable[Edge],
    parameters: Mapping[str, Any],
) -> VersionMaterial:
    """Put a version together.

    Args:
        builds: the collection's files.
        version: its number.
        files: role -> name.
        edges: its tree.
        parameters: the settings it was learnt with.

    Raises:
        VersionFilesMissing: the version does not name its files, or some of them are gone.
        BuildDamaged, BadVectorFile: a file is none of ours.
    """
    lacking = [role for role in NEEDED if role not in files or not builds.has(files[role])]
    if lacking:
        raise VersionFilesMissing(builds.collection, version, tuple(lacking))
    copy = CatalogueCopy.load(builds, files["catalogue"])
    members = copy.members(builds.read_json(files["heard"], written_by="vectors"))
    vectors = ConceptVectors.load(builds.path(files["vectors"], written_by="vectors"))
    scores = np.asarray(builds.read_array(files["scores"], written_by="similarity", mapped=True))
    judgements = JudgementFile.load(builds, files["judgements"])
    place = {concept_id: at for at, concept_id in enumerate(members.concept_ids)}
    learnt = members.select([place[concept_id] for concept_id in vectors.concept_ids])
    column = {concept_id: at for at, concept_id in enumerate(vectors.concept_ids)}
    kept = [column[concept_id] for concept_id in judgements.kept_ids]
    view = VersionView(
        version,
        members,
        vectors,
        scores,
        _parents(edges),
        builds.read_json(files["centrality"], written_by="centrality"),
        betweenness_errors(scores[:, kept], learnt.select(kept), float(parameters.get("graph_threshold", 0.5))),
        {
            one.concept_id: (one.quality.auc, one.quality.auc_low, one.quality.auc_high)
            for one in judgements.judgements
            if one.quality is not None
        },
    )
    return VersionMaterial(view, copy.names, learnt, vectors.fingerprint)


def material_of_version(data: Path, version: Version) -> VersionMaterial:
    """Put together a version that the graph holds.

    Raises:
        VersionFilesMissing: the version does not name its files, or some of them are gone.
    """
    told = version.hierarchy
    builds = Builds(data, told.collection)
    return material_of(builds, told.version, told.files, edges=version.edges, parameters=told.parameters)


def compare(
    data: Path, before: VersionMaterial, after: VersionMaterial, progress: Progress | None = None
) -> list[ConceptDrift]:
    """What became of every concept from one version to another.

    Raises:
        ActivationsMissing: those of the later version are no longer stored.
    """
    return compare_versions(before.view, after.view, after.space(data), progress)


def with_drift(assessments: Sequence[Assessment], drifts: Sequence[ConceptDrift], since: int) -> list[Assessment]:
    """The same assessments, each with what has changed since a version."""
    found = {one.concept_id: _noun(one, since) for one in drifts}
    return [dataclasses.replace(one, drift=found.get(one.concept_id)) for one in assessments]


def _noun(drift: ConceptDrift, since: int) -> Drift:
    figures = tuple(
        DriftFigure(one.name, round(one.value, DECIMALS), _rounded(one.low), _rounded(one.high), one.q_value)
        for one in sorted(drift.figures, key=lambda one: one.name)
        if one.value is not None
    )
    return Drift(
        since, len(drift.added), len(drift.gone), round(drift.jaccard, DECIMALS), tuple(drift.drifted), figures
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, DECIMALS)


def _parents(edges: Iterable[Edge]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for edge in edges:
        found.setdefault(edge.child, [])
        if edge.parent is not None:
            found[edge.child].append(edge.parent)
    return {child: tuple(parents) for child, parents in found.items()}

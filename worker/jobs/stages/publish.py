"""Publish the version in one transaction, let it wait where the gate held it, or say that nothing has changed.

Why an unchanged rebuild publishes nothing: a version is a statement that something is different. Tree, links,
similarities, assessments, settings and fingerprint go into one hash, `build_sha256`, kept among the version's
parameters; when the current version has the same, it stays current and what was staged (nothing) is swept.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from cypher.bias import Bias
from cypher.comparison import primary_edges
from cypher.errors import CurationMoved, UnknownVersion
from cypher.model import Assessment, Edge, Hierarchy, Publication
from worker.concepts.errors import BadVectorFile
from worker.concepts.vectors import ConceptVectors
from worker.jobs import confounding, pointers, staging
from worker.jobs.builds import content_hash
from worker.jobs.catalogue_copy import CatalogueCopy
from worker.jobs.context import StageContext, StageResult
from worker.jobs.drift import compare, material_of, material_of_version, with_drift
from worker.jobs.errors import BuildDamaged, VersionFilesMissing
from worker.jobs.grown import Grown, grow
from worker.jobs.kept import learnt_vectors
from worker.jobs.learning import failures
from worker.jobs.planning import BASIS
from worker.jobs.requests import GATE
from worker.jobs.trusting import Trust
from worker.jobs.verdicts import JudgementFile

BUILD = "build_sha256"
SEEN = (
    "the method poster scores tracks by vectors that were trained on most of them: links to a concept's own examples "
    "are stronger than they would be for new tracks (S, quality and probabilities come from test tracks alone)"
)
"""What a reader of such a version has to know."""
LOOKS = 3
"""How often a publication is tried while curators decide something in between."""


def run(context: StageContext) -> StageResult:
    """Put the publication together and publish it.

    Raises:
        StagingSuperseded: another rebuild was published meanwhile.
        CurationMoved: curators decided something again and again, each time while the tree was grown anew.
    """
    judgements = JudgementFile.load(context.builds, context.result("similarity")["judgements"])
    copy = CatalogueCopy.load(context.builds, context.result("scan")["catalogue"])
    grown = Grown.load(context.builds, context.result("hierarchy")["tree"])
    for _ in range(LOOKS - 1):
        try:
            published, unchanged, drift = _publish(context, judgements, copy, grown)
            break
        except CurationMoved:
            grown = _grown_again(context)
    else:
        published, unchanged, drift = _publish(context, judgements, copy, grown)
    context.graph.hierarchy.sweep(context.collection, context.lease)
    staging.forget(context)
    pointers.follow(context.graph, context.data, context.graph.catalogue.collection(context.collection))
    context.advance(published.edges, published.edges)
    values = {
        "version": published.version,
        "unchanged": unchanged,
        "state": published.state,
        "held": published.reason,
        "sha256": published.sha256,
        "measures": dict(published.measures),
        "drift": drift,
        "pins": grown.counted()["pins"],
        "pins_waiting": _named(grown.waiting, copy),
        "pins_contradicted": _named(grown.contradicted, copy),
        **_summary(context, judgements, copy),
    }
    return StageResult(values)


def _grown_again(context: StageContext) -> Grown:
    """Around what curators decided since, and what stays in place as it did before."""
    name = context.result("hierarchy").get("trust")
    if name is None:
        return grow(context)
    trust = Trust.load(context.builds, name)
    grown = grow(context, trust.stay)
    return replace(grown, edges=trust.applied(grown.edges))


def _publish(
    context: StageContext, judgements: JudgementFile, copy: CatalogueCopy, grown: Grown
) -> tuple[Hierarchy, bool, dict[str, Any]]:
    """The version that is current then, whether the rebuild has changed nothing, and what has drifted."""
    edges = list(grown.edges)
    assessments = [_curated(one, grown) for one in _assessments(context, judgements, copy, edges)]
    build = _build_sha256(context, edges, assessments)
    hierarchy = context.graph.hierarchy
    current = hierarchy.current(context.collection)
    # A retry after the publication was written finds its own version current: that is no "unchanged". A decision of a
    # curator has changed the tree after the build that its version still names.
    same = current is not None and current.parameters.get(BUILD) == build and current.origin != "curation"
    if same and current is not None and current.step != context.lease.step_id:
        return current, True, {}
    drift: dict[str, Any] = {}
    since = _predecessor(context, current)
    if since is not None:
        assessments, drift = _with_drift(context, since, edges, assessments)
    publication = Publication(
        collection=context.collection,
        staging=context.result("scan")["building"],
        edges=tuple(edges),
        assessments=tuple(assessments),
        parameters={
            **context.settings.model_dump(mode="json"),
            BUILD: build,
            BASIS: context.result("vectors").get("basis"),
        },
        fingerprint=context.fingerprint.text,
        measures=_measures(context, judgements, edges, assessments),
        files=_files(context),
        held=context.result("gate").get("held", ""),
        curations=grown.curations,
    )
    return hierarchy.publish(context.lease, publication), False, drift


def _curated(one: Assessment, grown: Grown) -> Assessment:
    """Left out, where a curator took the concept out since it was judged."""
    if one.status != "kept" or one.concept_id not in grown.aside:
        return one
    code, sentence = grown.aside[one.concept_id]
    return replace(one, status="left_out", reason=f"{code}: {sentence}")


def _named(concept_ids: Sequence[str], copy: CatalogueCopy) -> list[dict[str, str]]:
    return [{"id": one, "name": copy.names.get(one, one)} for one in concept_ids]


def _predecessor(context: StageContext, current: Hierarchy | None) -> int | None:
    """The version that is current, or was before this step published its own; None: there is none."""
    if current is None or current.step != context.lease.step_id:
        return None if current is None else current.version
    versions = context.graph.hierarchy.versions(context.collection)
    older = [one.version for one in versions if one.state == "published" and one.version < current.version]
    return max(older, default=None)


def _with_drift(
    context: StageContext, since: int, edges: list[Edge], assessments: list[Assessment]
) -> tuple[list[Assessment], dict[str, Any]]:
    """Say of every concept what has changed since the current version; or why that cannot be said.

    Why a rebuild goes on without: what an older release published names no files, and pruning may take them.
    """
    parameters = context.settings.model_dump(mode="json")
    try:
        before = material_of_version(context.data, context.graph.hierarchy.version(context.collection, since))
        after = material_of(context.builds, since + 1, _files(context), edges=edges, parameters=parameters)
        found = compare(context.data, before, after, context.advance)
    except (VersionFilesMissing, BuildDamaged, BadVectorFile, UnknownVersion) as error:
        return assessments, {"since": since, "reason": str(error)}
    drifted = sorted(one.concept_id for one in found if one.drifted)
    told = {
        "since": since,
        "compared": len(found),
        "drifted": [{"id": one, "name": after.names[one]} for one in drifted],
    }
    return with_drift(assessments, found, since), told


def _assessments(
    context: StageContext, judgements: JudgementFile, copy: CatalogueCopy, edges: list[Edge]
) -> list[Assessment]:
    central: dict[str, float] = context.builds.read_json(
        context.result("centrality")["centrality"], written_by="centrality"
    )
    depths = depth_of({child: edge.parent for child, edge in primary_edges(edges).items()})
    vectors, biases = learnt_vectors(context), _biases(context)
    learnt = {concept_id: position for position, concept_id in enumerate(vectors.concept_ids)}
    return [
        Assessment(
            concept_id=one.concept_id,
            status="kept" if one.kept else "left_out",
            reason=one.verdict.reason,
            tracks=one.tracks,
            quality=one.noun(),
            betweenness=central.get(one.concept_id),
            depth=depths.get(one.concept_id),
            members_sha256=copy.members_sha256(one.concept_id),
            vector_sha256=_vector_sha256(vectors, learnt.get(one.concept_id)),
            bias=biases.get(one.concept_id),
        )
        for one in judgements.judgements
    ]


def _biases(context: StageContext) -> dict[str, Bias]:
    return confounding.load(context.builds, context.result("similarity").get("bias"))


def _vector_sha256(vectors: ConceptVectors, position: int | None) -> str:
    if position is None:
        return ""
    return content_hash(vectors.fingerprint, vectors.weights[position], vectors.bias[position : position + 1])


def depth_of(parents: dict[str, str | None]) -> dict[str, int]:
    """Depth of every concept of a tree, 1 below the virtual root.

    Args:
        parents: parent by child, None below the root; every parent is a child itself, and there is no cycle.

    Example:
        >>> depth_of({"violin": "strings", "strings": None})
        {'violin': 2, 'strings': 1}
    """

    def depth(concept_id: str) -> int:
        steps, above = 1, parents[concept_id]
        while above is not None:
            steps, above = steps + 1, parents[above]
        return steps

    return {concept_id: depth(concept_id) for concept_id in parents}


def _build_sha256(context: StageContext, edges: list[Edge], assessments: list[Assessment]) -> str:
    return content_hash(
        context.settings.model_dump(mode="json", exclude={*GATE, "basis", "basis_share"}),
        context.result("vectors").get("basis"),
        context.fingerprint.text,
        context.result("similarity")["similarity"],
        context.result("links")["sha256"],
        [[edge.child, edge.parent, edge.similarity, edge.margin] for edge in edges],
        [repr(assessment) for assessment in assessments],
    )


def _measures(
    context: StageContext, judgements: JudgementFile, edges: list[Edge], assessments: list[Assessment]
) -> dict[str, float]:
    kept = [one.quality for one in judgements.judgements if one.kept and one.quality is not None]
    concepts = len(kept)
    pairs = max(concepts * (concepts - 1), 1)
    return {
        "concepts_kept": concepts,
        "concepts_left_out": len(judgements.judgements) - concepts,
        "tracks": context.result("vectors")["tracks"],
        "similarities": context.result("edges")["edges"],
        "density": round(context.result("edges")["edges"] / pairs, 6),
        "links": context.result("links")["links"],
        "edges": sum(edge.parent is not None for edge in edges),
        "roots": sum(edge.parent is None for edge in edges),
        "depth": max((one.depth or 0 for one in assessments), default=0),
        "mean_auc": round(float(np.mean([quality.auc for quality in kept])), 6),
        "mean_accuracy": round(float(np.mean([quality.accuracy for quality in kept])), 6),
    }


def _files(context: StageContext) -> dict[str, str]:
    """The build files that answers from this version, and a rebuild like it, go back to."""
    similarity = context.result("similarity")
    named = {
        "catalogue": context.result("scan")["catalogue"],
        "heard": context.result("vectors")["heard"],
        "vectors": context.result("vectors")["vectors"],
        "basis": _basis_file(context),
        "similarity": similarity["similarity"],
        "separation": similarity.get("separation"),  # a job begun under an older release has none
        "similarity_error": similarity.get("similarity_error"),
        "scores": similarity["scores"],
        "scored": similarity.get("scored"),
        "qualities": similarity.get("qualities"),
        "judgements": similarity["judgements"],
        "calibration": similarity.get("calibration"),  # a job begun under an older release has none
        "bias": similarity.get("bias"),
        "centrality": context.result("centrality")["centrality"],
        "tree": context.result("hierarchy")["tree"],
    }
    return {role: name for role, name in named.items() if name is not None}


def _basis_file(context: StageContext) -> str | None:
    sha256 = context.result("vectors").get("basis")
    return f"{sha256}.json" if sha256 else None


def _summary(context: StageContext, judgements: JudgementFile, copy: CatalogueCopy) -> dict[str, Any]:
    heard = context.results("activations")
    scan = context.result("scan")
    biases = _biases(context)
    flagged = {one: biases[one].flagged for one in judgements.kept_ids if one in biases and biases[one].flagged}
    return {
        "kept": len(judgements.kept_ids),
        "notes": [SEEN] if context.settings.method == "poster" else [],
        "warnings": [
            *context.result("hierarchy").get("warnings", []),
            *confounding.warnings_of({copy.names[one]: names for one, names in flagged.items()}),
        ],
        "flagged": [{"id": one, "name": copy.names[one], "by": list(names)} for one, names in flagged.items()],
        "left_out": [
            {"id": one.concept_id, "name": copy.names[one.concept_id], "reason": one.verdict.reason}
            for one in judgements.judgements
            if not one.kept
        ],
        "activations": {
            "computed": sum(result["computed"] for result in heard),
            "reused": scan["reused"] + sum(result["reused"] for result in heard),
            "failed": dict(Counter(failures(context).values())),
        },
    }

"""Look at the new version before anybody else does: refuse one that would help nobody, hold one that changes too much.

Why quality is compared over the concepts that both versions keep: a version that keeps one weak concept more has a
lower mean, and is no worse. Why the first version is never held: there is nothing that it could do harm to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from cypher.comparison import difference
from cypher.model import Concept, Edge
from worker.jobs.context import StageContext, StageResult
from worker.jobs.errors import GateRefused
from worker.jobs.grown import Grown
from worker.jobs.requests import RebuildSettings
from worker.jobs.verdicts import JudgementFile


@dataclass(frozen=True, slots=True)
class Finding:
    """How far a new version is from the current one."""

    moved: int
    """Concepts below another parent."""
    common: int
    """Concepts in both trees."""
    auc_loss: float
    """Mean AUC lost by the concepts that both keep; negative where they gained."""

    def complaints(self, settings: RebuildSettings) -> list[str]:
        """The limits it crosses, in words."""
        found = []
        share = self.moved / self.common if self.common else 0.0
        if share > settings.max_moved:
            found.append(
                f"{self.moved} of {self.common} concepts got another parent ({share:.0%}, max_moved is "
                f"{settings.max_moved:.0%})"
            )
        if self.auc_loss > settings.max_auc_loss:
            found.append(
                f"kept concepts lost {self.auc_loss:.3f} of AUC on average (max_auc_loss is {settings.max_auc_loss:g})"
            )
        return found


def run(context: StageContext) -> StageResult:
    """Say whether the version is published at once (`publish`) or waits (`hold`), and how far it is from the current.

    Raises:
        GateRefused: no kept concept has a parent.
    """
    tree = context.result("hierarchy")
    if tree["edges"] == 0:
        detail = (
            f"no two of its {tree['roots']} kept concepts are similar enough to be parent and child; "
            f"import more concepts or tracks, or lower min_similarity (now {context.settings.min_similarity})"
        )
        raise GateRefused(context.collection, detail)
    current = context.graph.hierarchy.tree(context.collection)
    if current is None:
        context.advance(1, 1)
        return StageResult({"decision": "publish", "held": ""})
    hierarchy, concepts, edges = current
    grown = Grown.load(context.builds, tree["tree"])
    found = compare(edges, concepts, grown.edges, _aucs(context))
    complaints = found.complaints(context.settings)
    if grown.contradicted:
        complaints.append(f"the sound speaks strongly against {len(grown.contradicted)} pins")
    held = "; ".join(complaints) if context.settings.publish == "review" else ""
    context.advance(1, 1)
    values = {
        "decision": "hold" if held else "publish",
        "held": held,
        "compared_with": hierarchy.version,
        "moved": found.moved,
        "common": found.common,
        "auc_loss": round(found.auc_loss, 6),
    }
    return StageResult(values)


def compare(
    before: Iterable[Edge], concepts: Iterable[Concept], after: Iterable[Edge], aucs: Mapping[str, float]
) -> Finding:
    """Measure a new tree against the current one.

    Args:
        before: edges of the current version.
        concepts: of the current version, with their quality.
        after: edges of the new version.
        aucs: AUC by concept that the new version keeps.
    """
    found = difference(before, after)
    losses = [
        one.quality.auc - aucs[one.id]
        for one in concepts
        if one.status == "kept" and one.quality is not None and one.id in aucs
    ]
    return Finding(len(found.moved), found.common, sum(losses) / len(losses) if losses else 0.0)


def _aucs(context: StageContext) -> dict[str, float]:
    judged = JudgementFile.load(context.builds, context.result("similarity")["judgements"])
    return {one.concept_id: one.quality.auc for one in judged.judgements if one.kept and one.quality is not None}

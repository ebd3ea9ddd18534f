"""What concepts may be mistaken for, as figures: by property of tracks, by artist and album, and who is flagged.

Conventions: figures of the section `bias`. Under `properties` and `groups` they are means over the concepts, with
Student's interval over concepts; under `flagged` each is one concept's AUC among tracks that do not differ in the
property.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from cypher.bias import Confounding
from worker.concepts.concentration import concentration, loss_by_group
from worker.concepts.confounders import confounding
from worker.evaluation.figures import Figure, mean_figure, rounded
from worker.jobs.confounding import warnings_of
from worker.jobs.judging.case import Case, Fit

SECTION, PROPERTIES, GROUPS, FLAGGED = "bias", "properties", "groups", "flagged"


def bias_figures(case: Case, fit: Fit) -> Iterator[Figure]:
    """Everything that can be measured of a fit with the case's own folds.

    Args:
        case: what is known of its tracks.
        fit: vectors and scores of its concepts.
    """
    found = confounding(fit.scores, fit.members, case.folds, list(case.properties.values()))
    for name in case.properties:
        yield from _of_property(name, [one for some in found for one in some if one.name == name])
    for concept, some in zip(fit.ids, found, strict=True):
        for one in some:
            if one.flagged:
                low, high = one.within_low, one.within_high
                line = Figure(SECTION, FLAGGED, case.names[concept], one.name, one.within, low, high, one.matched)
                yield rounded(line)
    for name, groups in case.groups.items():
        if any(groups):
            yield from _of_groups(case, fit, name, groups)


def flag_warnings(figures: Sequence[Figure]) -> list[str]:
    """The sentence that a rebuild ends with, from the figures."""
    flagged: dict[str, list[str]] = {}
    for figure in figures:
        if (figure.section, figure.regime) == (SECTION, FLAGGED):
            flagged.setdefault(figure.subject, []).append(figure.measure)
    return warnings_of(flagged)


def _of_property(name: str, some: Sequence[Confounding]) -> Iterator[Figure]:
    if not some:
        return
    flags = float(sum(one.flagged for one in some))
    yield rounded(Figure(SECTION, PROPERTIES, name, "concepts flagged", flags, None, None, len(some)))
    measures: Mapping[str, list[float | None]] = {
        "AUC of the property alone": [one.tells for one in some],
        "AUC of the score": [one.overall for one in some],
        "the same, among like tracks": [one.within for one in some],
        "share of the score that follows it": [one.follows for one in some],
    }
    for measure, values in measures.items():
        yield mean_figure(SECTION, PROPERTIES, name, measure, values)


def _of_groups(case: Case, fit: Fit, name: str, groups: Sequence[str]) -> Iterator[Figure]:
    spread = [one for one in concentration(fit.members, groups) if one.tracks]
    lost = loss_by_group(case.activations, fit.members, groups, folds=case.settings.folds)
    measures: Mapping[str, list[float | None]] = {
        f"effective {name}s": [one.effective for one in spread],
        "share of the largest": [one.largest_share for one in spread],
        "AUC lost when they are parted": [] if lost is None else lost.value.tolist(),
    }
    for measure, values in measures.items():
        yield mean_figure(SECTION, GROUPS, name, measure, values)

"""Correlated concepts planted in a catalogue, learnt under several policies of counter-examples, and looked for.

Conventions: a repetition draws what is planted, folds and negatives by its seed; figures are means over repetitions
with Student's interval. `regime` of a figure says where the tracks of intersections are, or which overlap is asked
about; `subject` is the policy. What the memberships themselves contain (`worker.evaluation.planting.contained`) is the
reference of the trees.

Policies, all with the same learning but for the last:

* `random`: told from all other tracks, or a seeded draw of them; the default.
* `without relatives`: not told from tracks of concepts that overlap strongly (`worker.concepts.relatives`).
* `hard`: told from the half of the other tracks that a first learning scores highest. That learning did not see the
  track it scores, but tracks of the fold that is held out later; the figures are flattered by so much.
* `poster`: the authors' whole training; S over its test tracks alone.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.poster import judged_on
from worker.concepts.quality import KeepSettings, screen
from worker.concepts.relatives import easy_tracks, tracks_of_relatives
from worker.concepts.similarity import separation, similarity, track_scores
from worker.concepts.training import learn_vectors
from worker.concepts.vectors import VectorSettings
from worker.evaluation.figures import Figure, merged
from worker.evaluation.planting import PLACINGS, Crossed, Overlapping, contained, plant_intersections, plant_overlaps
from worker.evaluation.regimes import REGIMES, in_regime
from worker.evaluation.taxonomy import Tree, ancestor_match, ancestors_among
from worker.jobs.growing import as_tree, grow_afresh
from worker.jobs.judging.case import FEWEST_TRACKS, Fit
from worker.jobs.requests import RebuildRequest
from worker.jobs.study_material import StudyMaterial

Policy = Literal["random", "without relatives", "hard", "poster"]
POLICIES: tuple[Policy, ...] = get_args(Policy)
Memberships = Mapping[str, Sequence[str]]
Run = dict[tuple[str, str], float | None]
FOLDS = 5
TREE = RebuildRequest().settings()
GRAPH = RebuildRequest(parents="several").settings()


@dataclass(frozen=True, slots=True)
class Ground:
    """What is planted in."""

    material: StudyMaterial
    memberships: dict[str, tuple[str, ...]]
    """Track ids by the concepts' names."""
    vectors: VectorSettings
    """With a ridge."""

    @classmethod
    def of(cls, material: StudyMaterial, vectors: VectorSettings) -> Ground:
        """The concepts of a published version; `vectors` as they were learnt."""
        tracks = np.array(material.members.track_ids, dtype=object)
        named = {
            material.names[concept]: tuple(tracks[material.members.rows(place)])
            for place, concept in enumerate(material.members.concept_ids)
        }
        settings = dataclasses.replace(vectors, method="logistic", ridge=vectors.ridge or None)
        return cls(material, named, settings)


def correlated_figures(
    ground: Ground,
    policies: Sequence[Policy],
    seeds: Sequence[int],
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Iterator[Figure]:
    """Every figure of every policy.

    Args:
        ground: what is planted in.
        policies: which; `poster` takes a minute for 70 concepts, the others about a second.
        seeds: one a repetition.
        progress: told (learnings done, learnings).
    """
    asked: list[tuple[str, str, Callable[[Policy, int], Run]]] = [
        *(("intersections", placing, _crossing(ground, placing)) for placing in PLACINGS),
        ("overlaps", "", _overlapping(ground)),
        *(("trees", regime, _regime(ground, regime)) for regime in REGIMES),
    ]
    total = len(asked) * len(policies) * len(seeds)
    for place, (section, regime, ask) in enumerate(asked):
        runs = []
        for number, seed in enumerate(seeds):
            runs.append({key: value for policy in policies for key, value in ask(policy, seed).items()})
            progress((place * len(seeds) + number + 1) * len(policies), total)
        yield from merged(runs, section, regime)


def learn(ground: Ground, memberships: Memberships, policy: Policy, seed: int) -> Fit | None:
    """Learn what can be learnt of some memberships; None where nothing can."""
    whole = Members.of(memberships, ground.material.members.track_ids)
    folds = assign_folds(ground.material.keys, FOLDS, seed)
    fewest = 2 * FEWEST_TRACKS if policy == "poster" else FEWEST_TRACKS
    verdicts = screen(whole, folds, KeepSettings(min_tracks=fewest))
    members = whole.select([place for place, verdict in enumerate(verdicts) if verdict.kept])
    if not members.concept_ids:
        return None
    if policy == "poster":
        return _by_poster(ground, members, seed)
    settings = dataclasses.replace(ground.vectors, seed=seed)
    aside = None
    if policy == "without relatives":
        aside = tracks_of_relatives(members)
    if policy == "hard":
        aside = easy_tracks(members, _learnt(ground, members, folds, settings).scores)
    return _learnt(ground, members, folds, settings, aside)


def _learnt(
    ground: Ground, members: Members, folds: NDArray[np.int8], settings: VectorSettings, aside: Members | None = None
) -> Fit:
    heard = ground.material.activations
    vectors = learn_vectors(heard, members, folds, settings, aside=aside)
    scores = track_scores(heard, vectors, folds)
    return Fit(members, vectors, scores, similarity(scores, members), separation(scores, members))


def _by_poster(ground: Ground, members: Members, seed: int) -> Fit:
    heard = ground.material.activations
    vectors = learn_vectors(heard, members, ground.material.folds, VectorSettings(method="poster", seed=seed))
    scores = track_scores(heard, vectors, None)
    own, _ = judged_on(members, seed)
    return Fit(members, vectors, scores, similarity(scores, own), separation(scores, own))


# --- what is asked ---------------------------------------------------------------------------------------------------


def _crossing(ground: Ground, placing: str) -> Callable[[Policy, int], Run]:
    reference = contained(ground.memberships)

    def ask(policy: Policy, seed: int) -> Run:
        planted = plant_intersections(ground.memberships, next(one for one in PLACINGS if one == placing), seed=seed)
        fit = learn(ground, planted.memberships, policy, seed)
        found = {} if fit is None else {**_levels(fit, planted), **_recovered(fit, planted, reference)}
        return {(policy, measure): value for measure, value in found.items()}

    return ask


def _levels(fit: Fit, planted: Crossed) -> dict[str, float | None]:
    """How well intersections are learnt, and how far S is from the share of tracks that truly lies in the column."""
    place = {name: position for position, name in enumerate(fit.ids)}
    learnt = [name for name in planted.parents if name in place]
    ends = [(place[name], place[parent]) for name in learnt for parent in planted.parents[name] if parent in place]
    size = [planted.sizes[name] for name in fit.ids]
    up = [float(fit.similarity[part, whole]) for part, whole in ends]
    down = [float(fit.similarity[whole, part]) for part, whole in ends]
    return {
        "AUC of intersections": _mean([float(fit.separation[place[name], place[name]]) for name in learnt]),
        "S[intersection, parent]": _mean(up),
        "bias of S[intersection, parent]": _mean([value - 1.0 for value in up]),
        "S[parent, intersection]": _mean(down),
        "bias of S[parent, intersection]": _mean(
            [value - size[part] / size[whole] for value, (part, whole) in zip(down, ends, strict=True)]
        ),
    }


def _recovered(fit: Fit, planted: Crossed, reference: Tree) -> dict[str, float | None]:
    """Of the two parents of each intersection, how often both lie above it; and what becomes of all other ancestors."""
    found: dict[str, float | None] = {}
    for name, graph in _grown(fit).items():
        above = ancestors_among(graph, graph)
        both = [set(two) <= above.get(one, frozenset()) for one, two in planted.parents.items()]
        direct = [set(two) <= set(graph.get(one) or ()) for one, two in planted.parents.items()]
        found |= {
            f"both parents above, {name}": _mean([float(one) for one in both]),
            f"both parents direct, {name}": _mean([float(one) for one in direct]),
            **_matched(graph, {**reference, **planted.parents}, f"{name}, with intersections"),
            **_matched({one: graph[one] for one in graph if one in reference}, reference, name),
        }
    return found


def _overlapping(ground: Ground) -> Callable[[Policy, int], Run]:
    def ask(policy: Policy, seed: int) -> Run:
        planted = plant_overlaps(ground.memberships, seed=seed)
        fit = learn(ground, planted.memberships, policy, seed)
        found = {} if fit is None else {**_pairs(fit, planted), **_parts(fit, planted)}
        return {(policy, measure): value for measure, value in found.items()}

    return ask


def _pairs(fit: Fit, planted: Overlapping) -> dict[str, float | None]:
    place = {name: position for position, name in enumerate(fit.ids)}
    found: dict[str, float | None] = {}
    for (one, other), overlap in planted.pairs.items():
        first, second = place[one], place[other]
        either = float(fit.similarity[first, second] + fit.similarity[second, first]) / 2
        found |= {f"S at overlap {overlap}": either, f"bias of S at overlap {overlap}": either - overlap}
        mutual = min(fit.similarity[first, second], fit.similarity[second, first]) > GRAPH.graph_threshold
        found[f"alike both ways at overlap {overlap}"] = float(mutual)
    return found


def _parts(fit: Fit, planted: Overlapping) -> dict[str, float | None]:
    """A random half is contained in its whole, and by sound nothing but the same."""
    place = {name: position for position, name in enumerate(fit.ids)}
    ends = [(place[part], place[whole]) for part, whole in planted.wholes.items()]
    toward = [float(fit.similarity[part, whole]) for part, whole in ends]
    back = [float(fit.similarity[whole, part]) for part, whole in ends]
    found: dict[str, float | None] = {
        "AUC of halves": _mean([float(fit.separation[part, part]) for part, _ in ends]),
        "S[half, whole]": _mean(toward),
        "S[whole, half]": _mean(back),
        "right way round": _mean([float(up > down) for up, down in zip(toward, back, strict=True)]),
    }
    for name, graph in _grown(fit).items():
        above = ancestors_among(graph, graph)
        found[f"whole above its half, {name}"] = _mean([float(w in above[h]) for h, w in planted.wholes.items()])
    return found


def _regime(ground: Ground, regime: str) -> Callable[[Policy, int], Run]:
    reference = contained(ground.memberships)

    def ask(policy: Policy, seed: int) -> Run:
        drawn = in_regime(next(one for one in REGIMES if one == regime), ground.memberships, reference, seed=seed)
        fit = learn(ground, drawn, policy, seed)
        trees = {} if fit is None else _grown(fit)
        return {
            (policy, measure): value
            for name, graph in trees.items()
            for measure, value in _matched(graph, reference, name).items()
        }

    return ask


def _grown(fit: Fit) -> dict[str, Tree]:
    return {
        name: as_tree(grow_afresh(settings, fit.similarity, fit.separation), fit.ids)
        for name, settings in (("tree", TREE), ("several parents", GRAPH))
    }


def _matched(graph: Tree, reference: Tree, name: str) -> dict[str, float | None]:
    match = ancestor_match(graph, reference)
    return {
        f"ancestor precision, {name}": match.precision,
        f"ancestor recall, {name}": match.recall,
        f"ancestor F1, {name}": match.f1,
    }


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None

"""What the concepts of a build may be mistaken for: measured once its tracks are scored, kept beside its verdicts.

Conventions: one JSON file, plain values by concept id, of the learnt concepts. Everything is measured anew whenever the
scores, or what is known of the tracks, have changed: properties rank all tracks.

The method `poster` scores most tracks by vectors that were trained on them, so what is left among tracks of one
property would be told too well: of its concepts only the spread over artists and albums is measured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Literal

from cypher.bias import Bias, Confounding, Spread, read_bias
from worker.concepts.concentration import Concentration, Loss, concentration, loss_by_group
from worker.concepts.confounders import confounding
from worker.concepts.properties import PROPERTIES
from worker.jobs.builds import Builds, content_hash
from worker.jobs.context import StageContext
from worker.jobs.learning import Lesson

DECIMALS = 6
Group = Literal["artist", "album"]
GROUPS: tuple[Group, ...] = ("artist", "album")


def measure(context: StageContext, ready: Lesson, key: str, scores_name: str) -> str:
    """Measure the learnt concepts, unless that was done before; the file's name.

    Args:
        context: of the stage.
        ready: what was learnt from.
        key: of the scores.
        scores_name: their file.
    """
    ids, settings = ready.learnable.track_ids, context.settings
    groups = {group: ready.copy.groups(ids, group) for group in GROUPS}
    name = f"{content_hash('bias 2', key, ready.copy.traits, groups, settings.seed, settings.method)}.bias.json"
    if not context.builds.has(name):
        found = dict(zip(ready.learnable.concept_ids, _biases(context, ready, groups, scores_name), strict=True))
        context.builds.place_json({concept: asdict(bias) for concept, bias in found.items()}, name=name)
    return name


def load(builds: Builds, name: str | None) -> dict[str, Bias]:
    """What `measure` found, by concept id; nothing for a job that an older release began.

    Raises:
        BuildMissing: it is gone.
    """
    if name is None:
        return {}
    read = builds.read_json(name, written_by="similarity")
    return {concept: bias for concept, plain in read.items() if (bias := read_bias(plain)) is not None}


def warnings_of(flagged: Mapping[str, Sequence[str]]) -> list[str]:
    """What a rebuild says at its end of the kept concepts that are flagged.

    Args:
        flagged: names of confounders by name of concept.

    Example:
        >>> warnings_of({"Quiet": ["loudness"]})[0][:56]
        'told from other tracks only by a confounder: Quiet (loud'
    """
    if not flagged:
        return []
    told = ", ".join(f"{concept} ({', '.join(names)})" for concept, names in flagged.items())
    first = next(iter(flagged.values()))[0]
    remedy = f"rebuild with `--balance {first}`, or add tracks that differ in it"
    return [f"told from other tracks only by a confounder: {told}; {remedy}"]


def _biases(
    context: StageContext, ready: Lesson, groups: Mapping[Group, list[str]], scores_name: str
) -> Iterator[Bias]:
    found: list[list[Confounding]] = [[] for _ in ready.learnable.concept_ids]
    if context.settings.method != "poster":
        scores = context.builds.read_array(scores_name, written_by="similarity", mapped=True)
        properties = [ready.copy.property(name, ready.learnable.track_ids) for name in PROPERTIES]
        found = confounding(scores, ready.learnable, ready.folds, properties, seed=context.settings.seed)
    artists, albums = (_spreads(context, ready, groups[group]) for group in GROUPS)
    for artist, album, some in zip(artists, albums, found, strict=True):
        yield Bias(artist, album, tuple(some))


def _spreads(context: StageContext, ready: Lesson, groups: list[str]) -> list[Spread | None]:
    if not any(groups):
        return [None] * len(ready.learnable.concept_ids)
    settings, members = context.settings, ready.learnable
    activations = context.store.read(members.track_ids)
    lost = loss_by_group(activations, members, groups, folds=settings.folds, seed=settings.seed)
    return [_spread(one, lost, place) for place, one in enumerate(concentration(members, groups))]


def _spread(one: Concentration, lost: Loss | None, place: int) -> Spread | None:
    if not one.tracks:
        return None
    spread = Spread(one.tracks, one.groups, one.effective, one.largest, one.largest_share)
    if lost is None:
        return spread
    value, reach = float(lost.value[place]), float(lost.reach[place])
    value, low, high = (round(part, DECIMALS) for part in (value, value - reach, value + reach))
    return replace(spread, auc_lost=value, auc_lost_low=low, auc_lost_high=high)

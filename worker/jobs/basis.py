"""Which basis a rebuild learns on: that of the published version, or a new one, and why.

Conventions: a basis is one JSON file of a collection's builds, named by its content; the published version's parameters
hold its hash as `basis_sha256`. So a version is a function of catalogue, settings and that basis, and can be computed
again from nothing with the same bits, whatever was taken over from earlier builds when it was made.

The rule, `basis: auto`: the published version's basis is kept while the settings that it depends on are the same, all
its tracks still have activations and their folds, and the tracks that came or went since are at most `basis_share` of
those it saw, and the concepts likewise. A track that was removed since may stay a counter-example until then.
`basis: renew` decides anew.

Why not always anew: see `worker.concepts.basis`. Why a fifth: the scaling and a ridge that were found on four fifths of
a catalogue are those of the whole within their own noise; what a renewal changes is then no statement about the music.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Literal

from worker.concepts.basis import Basis
from worker.concepts.training import find_basis
from worker.concepts.vectors import VectorSettings
from worker.jobs.builds import content_hash
from worker.jobs.context import StageContext
from worker.jobs.learning import Lesson
from worker.jobs.planning import BASIS

Reason = Literal["", "first", "asked", "settings", "gone", "folds", "grown"]
"""Empty when a basis was kept; else why it was not: there was none, it was asked for, settings that it depends on are
others, its file or activations are gone, tracks changed folds, or the catalogue has changed too much."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The basis of a rebuild."""

    sha256: str
    basis: Basis
    reason: Reason


def choose(context: StageContext, ready: Lesson, settings: VectorSettings) -> Chosen:
    """Keep the published version's basis, or decide a new one and write it down.

    Args:
        context: of the stage that learns.
        ready: what there is to learn from.
        settings: how; not the method `poster`, which has no basis.
    """
    name = published(context)
    reason = why_renew(context, ready, settings, name)
    if not reason:
        read = context.builds.read_json(f"{name}.json", written_by="vectors")
        return Chosen(name, Basis.read(read["basis"]), "")
    activations = context.store.read(ready.learnable.track_ids)
    confounder = ready.confounder(settings.balance, ready.learnable.track_ids)
    basis = find_basis(activations, ready.learnable, ready.folds, settings, confounder=confounder)
    record = {
        "recipe": _recipe(context, settings),
        "tracks": list(ready.learnable.track_ids),
        "folds": ready.folds.tolist(),
        "concepts": list(ready.learnable.concept_ids),
        "basis": basis.plain(),
    }
    placed = context.builds.place_json(record)
    return Chosen(placed.removesuffix(".json"), basis, reason)


def published(context: StageContext) -> str:
    """Hash of the basis of the collection's current version; empty when there is none."""
    current = context.graph.hierarchy.current(context.collection)
    return "" if current is None else str(current.parameters.get(BASIS) or "")


def why_renew(context: StageContext, ready: Lesson, settings: VectorSettings, sha256: str) -> Reason:
    """Why a basis cannot serve this rebuild, or is not to; empty when it does.

    Args:
        context: the collection's settings and files.
        ready: what there is to learn from.
        settings: how.
        sha256: of the basis in question; empty for none.
    """
    if context.settings.basis == "renew":
        return "asked"
    if not sha256:
        return "first"
    if not context.builds.has(f"{sha256}.json"):
        return "gone"
    record: dict[str, Any] = context.builds.read_json(f"{sha256}.json", written_by="vectors")
    if record["recipe"] != _recipe(context, settings):
        return "settings"
    return "gone" if context.store.missing(record["tracks"]) else _outgrown(context, ready, record)


def _outgrown(context: StageContext, ready: Lesson, record: dict[str, Any]) -> Reason:
    """Whether the catalogue is another one by now."""
    then = dict(zip(record["tracks"], record["folds"], strict=True))
    now = dict(zip(ready.members.track_ids, ready.folds.tolist(), strict=True))
    if any(now.get(track, fold) != fold for track, fold in then.items()):
        return "folds"
    moved = (_moved(then, now), _moved(record["concepts"], ready.learnable.concept_ids))
    return "grown" if max(moved) > context.settings.basis_share else ""


def _moved(then: Collection[str], now: Collection[str]) -> float:
    """How many came or went, as a share of those that were."""
    return len(set(then) ^ set(now)) / max(len(then), 1)


def _recipe(context: StageContext, settings: VectorSettings) -> str:
    """Hash of everything but the catalogue that a basis depends on."""
    asked = context.settings
    return content_hash("basis 1", context.fingerprint.text, repr(settings), asked.folds, asked.seed, asked.group_by)

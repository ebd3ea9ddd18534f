"""`audio-concepts study`: measure the method itself on what is published; no server is needed."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, get_args

import typer

from worker.cli.output import inert, say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    from worker.concepts.comparison import Comparison
    from worker.concepts.learning_curve import LearningCurve
    from worker.jobs.erasing import ErasureStudy
    from worker.jobs.study_material import StudyMaterial

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Collection = Annotated[
    str | None, typer.Option("--collection", help="Id of the collection; may be left out where one is published.")
]
GroupBy = Annotated[str, typer.Option("--group-by", help="What stays within one fold: track, artist, album or score.")]
Advance = Callable[[int, int], None]


def register(app: typer.Typer) -> None:
    """Add the noun's commands."""
    noun = typer.Typer(
        help="Measure the method on what is published: learning curve, preset, erasure, correlated concepts.",
        no_args_is_help=True,
    )
    noun.command("learning-curve")(learning_curve)
    noun.command("preset")(preset)
    noun.command("erasure")(erasure)
    noun.command("correlated")(correlated)
    app.add_typer(noun, name="study")


def learning_curve(
    *,
    collection: Collection = None,
    group_by: GroupBy = "track",
    parts: Annotated[int, typer.Option(min=1, help="Parts drawn of each concept and size.")] = 5,
    random_sets: Annotated[int, typer.Option(min=1, help="Random sets of each size.")] = 200,
    concepts: Annotated[int, typer.Option(min=1, help="At most so many concepts, a seeded draw.")] = 64,
    seed: Annotated[int, typer.Option(min=0, help="Of every draw.")] = 0,
    as_json: AsJson = False,
) -> None:
    """How good vectors learnt from 3 to 250 tracks are, how often random sets are believed, which size follows."""
    from worker.concepts.learning_curve import SIZES, CurveSettings
    from worker.concepts.learning_curve import learning_curve as measure

    material = _material(collection, group_by)
    settings = CurveSettings(
        sizes=[size for size in SIZES if size < len(material.members.track_ids)],
        parts=parts,
        random_sets=random_sets,
        concepts=concepts,
        seed=seed,
    )
    with _bar("Learning from parts, by size") as advance:
        curve = measure(material.activations, material.members, material.folds, settings, advance)
    if as_json:
        say_json({**_head(material), **_plain(asdict(curve))})
    else:
        say("\n".join(_curve_lines(material, curve)))


def preset(
    collection: Collection = None,
    group_by: GroupBy = "track",
    seed: Annotated[int, typer.Option(min=0, help="Of the preset's splits and draws; the authors' by default.")] = 123,
    as_json: AsJson = False,
) -> None:
    """The default's vectors beside those trained as the preset `poster` does, concept by concept."""
    from worker.concepts.comparison import compare_with_poster
    from worker.concepts.poster import LEAST_TRACKS

    material = _material(collection, group_by, min_tracks=LEAST_TRACKS)
    with _bar("Training as the preset does, by concept") as advance:
        found = compare_with_poster(
            material.activations,
            material.members,
            material.folds,
            progress=advance,
            seed=seed,
        )
    if as_json:
        say_json({**_head(material), **_plain(asdict(found))})
    else:
        say("\n".join(_comparison_lines(material, found)))


def erasure(
    *,
    collection: Collection = None,
    tracks: Annotated[int, typer.Option("--tracks", min=1, help="Of each concept, a seeded draw.")] = 4,
    share: Annotated[float, typer.Option("--share", min=0.01, max=0.9, help="Of the seconds that are erased.")] = 0.25,
    shifts: Annotated[int, typer.Option("--shifts", min=1, help="Random cuts to compare with.")] = 4,
    seed: Annotated[int, typer.Option(min=0, help="Of every draw.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Whether scores rest on the seconds a timeline points at: those are erased, or kept alone, and heard again."""
    from worker.jobs.erasing import ErasureSettings, study_erasure

    settings = ErasureSettings(tracks=tracks, share=share, shifts=shifts, seed=seed)
    with _bar("Erasing and listening again") as advance:
        found = study_erasure(load_settings().data, collection, settings, advance)
    if as_json:
        head = {"collection": found.collection, "version": found.version, "settings": asdict(settings)}
        concepts = {concept_id: [asdict(one) for one in erased] for concept_id, erased in sorted(found.found.items())}
        figures = [asdict(one) for one in found.figures()]
        say_json(_plain({**head, "figures": figures, "concepts": concepts, "failed": found.failed}))
    else:
        say("\n".join(_erasure_lines(found)))


def correlated(
    *,
    collection: Collection = None,
    group_by: GroupBy = "track",
    policy: Annotated[
        list[str] | None,
        typer.Option(help="Counter-examples: random, without relatives, hard, poster; default: all but the last."),
    ] = None,
    repetitions: Annotated[int, typer.Option(min=1, help="How often everything is drawn and learnt anew.")] = 5,
    seed: Annotated[int, typer.Option(min=0, help="Of the first repetition.")] = 0,
    as_json: AsJson = False,
) -> None:
    """Plant concepts that mix, contain and overlap others, and look whether they are found below their parents."""
    from worker.answers.published import load_published
    from worker.cli.correlated_view import correlated_text
    from worker.jobs.judging.correlated import POLICIES, Ground, correlated_figures

    known = {str(name): name for name in POLICIES}
    asked = policy or [name for name in POLICIES if name != "poster"]
    if unknown := [name for name in asked if name not in known]:
        raise typer.BadParameter(f"no policy is called {unknown[0]!r}; write --policy with one of {', '.join(known)}")
    material = _material(collection, group_by)
    ground = Ground.of(material, load_published(load_settings().data, material.collection).settings)
    with _bar("Planting and learning") as advance:
        found = list(
            correlated_figures(ground, [known[name] for name in asked], range(seed, seed + repetitions), advance)
        )
    if as_json:
        say_json({**_head(material), "repetitions": repetitions, "figures": [_plain(asdict(one)) for one in found]})
    else:
        say(correlated_text(found, repetitions))


def _material(collection: str | None, group_by: str, min_tracks: int = 2) -> StudyMaterial:
    from worker.jobs.requests import GroupBy
    from worker.jobs.study_material import load_study_material

    known: dict[str, GroupBy] = {name: name for name in get_args(GroupBy)}
    if group_by not in known:
        raise typer.BadParameter(f"write --group-by with one of {', '.join(known)}")
    return load_study_material(load_settings().data, collection, group_by=known[group_by], min_tracks=min_tracks)


def _head(material: StudyMaterial) -> dict[str, Any]:
    return {
        "collection": material.collection,
        "version": material.version,
        "fingerprint": material.activations.fingerprint.text,
    }


def _plain(value: Any) -> Any:
    """The same for JSON: what has no value is null, and no figure claims more than six decimals."""
    if isinstance(value, dict):
        return {name: _plain(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(part) for part in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value


def _curve_lines(material: StudyMaterial, curve: LearningCurve) -> list[str]:
    lines = [
        f"{material.collection}, version {material.version}: {curve.tracks} tracks",
        "tracks  concepts  AUC (95 %)          behind  kept  whole  their AUC  behind  random sets kept",
    ]
    lines += [
        (
            f"{one.size:6d}  {one.concepts:8d}  {_figure(one.auc)} ({_figure(one.auc_low)}-{_figure(one.auc_high)})  "
            f"{_figure(one.behind):>6}  {_share(one.kept):>4}  {_share(one.kept_whole):>5}  "
            f"{_figure(one.kept_auc):>9}  {_figure(one.kept_behind):>6}  "
            f"{_share(one.random_kept)} of {one.random_sets} (at most {_share(one.random_kept_high)})"
        )
        for one in curve.points
    ]
    return [
        *lines,
        (
            f"Random sets stay out and kept vectors are at most 0.05 behind from {_tracks(curve.least_size)} on; "
            f"the mean of all vectors is from {_tracks(curve.least_size_of_any)} on."
        ),
    ]


def _tracks(size: int | None) -> str:
    return "no size" if size is None else f"{size} tracks"


def _comparison_lines(material: StudyMaterial, found: Comparison) -> list[str]:
    lines = [
        f"{material.collection}, version {material.version}: {len(found.pairs)} concepts",
        "default  poster  cosine  tracks  concept",
    ]
    lines += [
        (
            f"{one.accuracy:7.3f}  {one.poster_accuracy:6.3f}  {one.cosine:6.3f}  {one.tracks:6d}  "
            f"{material.names[one.concept_id]}"
        )
        for one in found.pairs
    ]
    return [
        *lines,
        (
            f"Held-out accuracy, default - poster: {100 * found.difference:+.2f} points "
            f"(95 %: {100 * found.difference_low:+.2f} to {100 * found.difference_high:+.2f})"
        ),
        f"Mean cosine of the vectors {found.cosine:.3f}; rank agreement of S {found.rank_agreement:.3f}",
    ]


def _erasure_lines(found: ErasureStudy) -> list[str]:
    lines = [
        f"{found.collection}, version {found.version}: {len(found.found)} concepts; means over each one's tracks",
        "silence: score  deletion  insertion   noise: deletion  insertion  concept",
    ]
    for concept_id in sorted(found.found, key=lambda one: -found.of_concept(one, "silence", "deletion")):
        of = partial(found.of_concept, concept_id)
        lines.append(
            f"{of('silence', 'score'):14.3f}  {of('silence', 'deletion'):+8.3f}  {of('silence', 'insertion'):+9.3f}"
            f"  {of('noise', 'deletion'):+16.3f}  {of('noise', 'insertion'):+9.3f}  {inert(found.names[concept_id])}"
        )
    lines += [
        f"{one.measure} with {one.regime}, explained seconds against the same cuts elsewhere: {one.value:+.3f}"
        + ("" if one.low is None or one.high is None else f" (95 %: {one.low:+.3f} to {one.high:+.3f})")
        for one in found.figures()
        if one.measure in {"deletion", "insertion"} and one.value is not None
    ]
    return lines + [f"left out {address}: {inert(why)}" for address, why in sorted(found.failed.items())]


def _figure(value: float) -> str:
    return f"{value:.3f}" if math.isfinite(value) else "-"


def _share(value: float) -> str:
    return f"{100 * value:.0f}%" if math.isfinite(value) else "-"


@contextmanager
def _bar(text: str) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task(text, total=None)
        yield lambda done, total: shown.update(task, completed=done, total=total)

"""`audio-concepts tag | sensitivity`: which concepts files express, and when; which tags a concept would raise.

Both need the data folder and no server.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.output import inert, note, say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    from worker.activations.backbones import Backbone
    from worker.answers.published import PublishedVectors
    from worker.answers.seconds import Timeline
    from worker.answers.sensed import TagSensitivity
    from worker.catalogue.audio import Sound

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Collection = Annotated[str | None, typer.Option("--collection", help="Id of the collection; default: the only one.")]
BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 60
DECIMALS = 4


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tag)
    app.command()(sensitivity)


def tag(
    files: Annotated[list[Path], typer.Argument(help="Audio files.", metavar="FILE...")],
    *,
    collection: Collection = None,
    top: Annotated[int, typer.Option("--top", min=1, help="How many concepts a file.")] = 10,
    concept: Annotated[
        list[str] | None, typer.Option("--concept", metavar="ID", help="Only this concept; repeatable.")
    ] = None,
    with_timeline: Annotated[
        bool, typer.Option("--timeline", help="Also the scores over seconds; takes five times as long.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """The concepts that files express, by the published vectors; no server is needed. Exit code 1 when a file fails.

    A score is as if half of all tracks were members; a probability is at the catalogue's true share.
    """
    from worker.activations.errors import BadSamples
    from worker.answers.published import load_published
    from worker.catalogue.audio import Decoder
    from worker.catalogue.errors import AudioRejected

    published = load_published(load_settings().data, collection)
    if concept:
        published = published.select(list(dict.fromkeys(concept)))
    found: list[dict[str, Any]] = []
    with _spinner("Loading the network") as tell, Decoder() as decoder:
        listener = Listener.of(published, with_timeline=with_timeline)
        for number, file in enumerate(files, start=1):
            tell(f"Listening to {number} of {len(files)}: {file.name}")
            try:
                found.append({"file": str(file), **listener.tagged(decoder.decode(file.absolute()), top)})
            except (AudioRejected, BadSamples) as error:
                found.append({"file": str(file), "error": {"code": str(error.code), "message": str(error)}})
    if as_json:
        say_json({"collection": published.collection, "version": published.version, "files": found})
    else:
        say("\n".join(line for one in found for line in _tag_lines(one)))
    if any("error" in one for one in found):
        raise typer.Exit(1)


@dataclass(frozen=True, slots=True)
class Listener:
    """The published vectors and the network they were learnt on."""

    published: PublishedVectors
    whole: Backbone
    """With the windows that the vectors were learnt from."""
    fine: Backbone | None
    """With the windows of a timeline, where one is wanted."""

    @classmethod
    def of(cls, published: PublishedVectors, *, with_timeline: bool) -> Listener:
        """Load the network.

        Raises:
            NoFrames: a timeline is wanted of activations that have no seconds.
            UnknownChoice: the activations came from outside: no network of that name is here.
        """
        from worker.activations.backbones import backbone_of
        from worker.activations.fingerprint import Fingerprint
        from worker.answers.timeline import timeline_fingerprint

        stored = Fingerprint.parse(published.fingerprint)
        fine = backbone_of(timeline_fingerprint(stored)) if with_timeline else None
        return cls(published, backbone_of(stored), fine)

    def tagged(self, sound: Sound, top: int) -> dict[str, Any]:
        """The strongest concepts of one sound, as JSON."""
        from worker.answers.attribution import attribute

        heard = self.whole.activations(sound.samples, sound.rate_hz)
        strongest = attribute(self.published, heard, self.whole.fingerprint)[:top]
        concepts = [
            {
                "id": one.concept_id,
                "name": one.name,
                "score": round(one.score, DECIMALS),
                "probability": None if one.probability is None else round(one.probability, DECIMALS),
            }
            for one in strongest
        ]
        if self.fine is not None:
            seconds = self._seconds(sound, self.fine, [one.concept_id for one in strongest])
            concepts = [{**shown, **more} for shown, more in zip(concepts, seconds, strict=True)]
        return {"duration_s": round(sound.duration_s, 3), "concepts": concepts}

    def _seconds(self, sound: Sound, fine: Backbone, concept_ids: list[str]) -> list[dict[str, Any]]:
        from worker.answers.timeline import timeline

        windows = fine.activations(sound.samples, sound.rate_hz)
        found = timeline(self.published.select(concept_ids), windows, fine.fingerprint, sound.duration_s)
        return [_plain_seconds(found, position) for position in range(len(concept_ids))]


def _plain_seconds(found: Timeline, concept: int) -> dict[str, Any]:
    """One concept over seconds, as JSON."""
    from worker.answers.seconds import STEP_S

    rows = zip(found.starts_s.tolist(), found.ends_s.tolist(), found.scores[:, concept].tolist(), strict=True)
    return {
        "windows": [
            {"start_s": round(start, 3), "end_s": round(end, 3), "score": round(score, DECIMALS)}
            for start, end, score in rows
        ],
        "curve": {"step_s": STEP_S, "scores": found.curve[:, concept].round(DECIMALS).tolist()},
        "passages": [
            {"start_s": round(one.start_s, 3), "end_s": round(one.end_s, 3), "score": round(one.score, DECIMALS)}
            for one in found.passages(concept)
        ],
    }


def _tag_lines(found: dict[str, Any]) -> list[str]:
    if "error" in found:
        return [f"{found['file']}: {found['error']['message']}"]
    lines = [found["file"], "  score  probability"]
    for one in found["concepts"]:
        likely = "      -" if one["probability"] is None else f"{one['probability']:7.3f}"
        lines.append(f"  {one['score']:.3f}  {likely}      {inert(one['name'])}")
        if "curve" in one:
            lines.append(f"    {sparkline(one['curve']['scores'])}")
            lines.append(f"    {_passages(one['passages'])}")
    return lines


# --- sensitivity ----------------------------------------------------------------------------------------------------


def sensitivity(
    concept_id: Annotated[str, typer.Argument(metavar="CONCEPT", help="Id of a published concept.")],
    *,
    collection: Collection = None,
    tracks: Annotated[int, typer.Option("--tracks", min=1, help="How many of its tracks are listened to.")] = 10,
    draws: Annotated[int, typer.Option("--draws", min=10, help="How often its vector is learnt again.")] = 20,
    top: Annotated[int, typer.Option("--top", min=1, help="How many tags are shown; --json gives all.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Which of the network's 50 tags a concept raises or lowers, by TCAV; listens to some of the concept's tracks.

    A tag is marked when it answers alike over redrawn counter-examples and otherwise than to random sets of tracks.
    """
    from worker.activations.backbones import backbone_of
    from worker.activations.fingerprint import Fingerprint
    from worker.activations.store import ActivationStore
    from worker.answers.errors import LessonMissing
    from worker.answers.published import load_published
    from worker.jobs.builds import Builds
    from worker.jobs.catalogue_copy import CatalogueCopy
    from worker.jobs.sensing import sense

    data = load_settings().data
    published = load_published(data, collection)
    name = published.select([concept_id]).names[0]
    if published.catalogue is None or published.heard is None:
        raise LessonMissing(published.collection, published.version)
    builds = Builds(data, published.collection)
    copy = CatalogueCopy.load(builds, published.catalogue)
    fingerprint = Fingerprint.parse(published.fingerprint)
    store = ActivationStore(data / "activations", fingerprint)
    with _bar() as told:
        found = sense(
            published,
            concept_id,
            copy.addresses(concept_id),
            store.read(builds.read_json(published.heard, written_by="vectors")),
            backbone_of(fingerprint),
            tracks=tracks,
            draws=draws,
            told=told,
        )
    if as_json:
        said = dataclasses.asdict(found)
        del said["concept_id"]
        where = {"collection": published.collection, "version": published.version}
        say_json({"concept": {"id": concept_id, "name": name}, **where, **said})
    else:
        for file, reason in found.failed.items():
            note(f"{file}: {reason}")
        say("\n".join(_sensitivity_lines(name, found.windows, found.tags[:top])))


def _sensitivity_lines(name: str, windows: int, found: Sequence[TagSensitivity]) -> list[str]:
    from worker.answers.sensed import CALLED

    lines = [
        f"{inert(name)}, {windows} windows; * consistent and specific at a false discovery rate of {CALLED:g}",
        "   magnitude  sign count  q consistent  q specific  tag",
    ]
    for one in found:
        mark = "*" if max(one.q_consistent, one.q_specific) <= CALLED else " "
        lines.append(
            f" {mark} {one.magnitude:+9.3f}  {one.sign_count:10.2f}  {one.q_consistent:12.2g}  {one.q_specific:10.2g}"
            f"  {one.tag}"
        )
    return lines


# --- how ------------------------------------------------------------------------------------------------------------


def sparkline(scores: Sequence[float], width: int = CURVE_WIDTH) -> str:
    """A curve of 0..1 as at most `width` bars, each the mean of its stretch.

    Example:
        >>> sparkline([0.0, 0.5, 1.0])
        '\u2581\u2585\u2588'
    """
    import numpy as np

    parts = np.array_split(np.asarray(scores, np.float64), min(width, len(scores)))
    return "".join(BARS[min(int(part.mean() * len(BARS)), len(BARS) - 1)] for part in parts)


def _passages(passages: list[dict[str, float]]) -> str:
    spans = [f"{clock(one['start_s'])}-{clock(one['end_s'])}" for one in passages]
    return f"above 0.5: {', '.join(spans)}" if spans else "never above 0.5"


def clock(seconds: float) -> str:
    """Minutes and seconds.

    Example:
        >>> clock(75.25)
        '1:15.2'
    """
    tenths = int(seconds * 10)
    return f"{tenths // 600}:{tenths % 600 / 10:04.1f}"


@contextmanager
def _bar() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on standard error, told (what is being done, done, total)."""
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as shown:
        task = shown.add_task("Loading the network", total=None)
        yield lambda text, done, total: shown.update(task, description=text, completed=done, total=total)


@contextmanager
def _spinner(text: str) -> Iterator[Callable[[str], None]]:
    from rich.console import Console

    with Console(stderr=True).status(text) as status:
        yield status.update

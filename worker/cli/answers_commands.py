"""`audio-concepts tag`: which concepts files express, and in which seconds; needs the data folder and no server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from worker.cli.output import say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    from worker.activations.backbones import Backbone
    from worker.activations.fingerprint import Fingerprint
    from worker.answers.published import PublishedVectors
    from worker.answers.timeline import Timeline
    from worker.catalogue.audio import Sound

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Collection = Annotated[str | None, typer.Option("--collection", help="Id of the collection; default: the only one.")]
BARS = "▁▂▃▄▅▆▇█"
CURVE_WIDTH = 60
DECIMALS = 4


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(tag)


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
        from worker.activations.fingerprint import Fingerprint
        from worker.answers.timeline import timeline_fingerprint

        stored = Fingerprint.parse(published.fingerprint)
        fine = _backbone(timeline_fingerprint(stored)) if with_timeline else None
        return cls(published, _backbone(stored), fine)

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
    from worker.answers.timeline import STEP_S

    rows = zip(found.starts_s.tolist(), found.ends_s.tolist(), found.scores[:, concept].tolist(), strict=True)
    return {
        "windows": [
            {"start_s": round(start, 3), "end_s": round(end, 3), "score": round(score, DECIMALS)}
            for start, end, score in rows
        ],
        "curve": {"step_s": STEP_S, "scores": found.curve[:, concept].round(DECIMALS).tolist()},
        "passages": [{"start_s": round(start, 3), "end_s": round(end, 3)} for start, end in found.passages(concept)],
    }


def _backbone(fingerprint: Fingerprint) -> Backbone:
    from worker.activations.backbones import load_backbone

    return load_backbone(
        fingerprint.backbone,
        pooling=fingerprint.pooling,
        layer=fingerprint.layer,
        hop_frames=fingerprint.hop_frames,
        pad_frames=fingerprint.pad_frames,
        precision=fingerprint.precision,
        device=fingerprint.device_class,
    )


def _tag_lines(found: dict[str, Any]) -> list[str]:
    if "error" in found:
        return [f"{found['file']}: {found['error']['message']}"]
    lines = [found["file"], "  score  probability"]
    for one in found["concepts"]:
        likely = "      -" if one["probability"] is None else f"{one['probability']:7.3f}"
        lines.append(f"  {one['score']:.3f}  {likely}      {one['name']}")
        if "curve" in one:
            lines.append(f"    {sparkline(one['curve']['scores'])}")
            lines.append(f"    {_passages(one['passages'])}")
    return lines


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
def _spinner(text: str) -> Iterator[Callable[[str], None]]:
    from rich.console import Console

    with Console(stderr=True).status(text) as status:
        yield status.update

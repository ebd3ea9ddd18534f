"""`audio-concepts recommend | search`: tracks for seeds and a session, or by weights on concepts, through the API."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from worker.cli.output import inert, note, say, say_json
from worker.settings import load_settings

if TYPE_CHECKING:
    from webapi import schemas
    from webapi.schemas import recommending

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Concepts = Annotated[
    list[str] | None,
    typer.Option("--concept", metavar="ID[=WEIGHT]", help="A concept, with a weight from -1 to 1; repeatable."),
]
InCollection = Annotated[str | None, typer.Option("--collection", help="Collection id; default: the concepts' own.")]
Below = Annotated[str | None, typer.Option("--below", help="Only tracks that express this concept or one below it.")]
SHOWN = 3
"""Reasons printed beside each track."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(recommend)
    app.command()(search)


def recommend(
    *,
    track: Annotated[list[str] | None, typer.Option("--track", metavar="ID", help="A seed track; repeatable.")] = None,
    isrc: Annotated[
        list[str] | None, typer.Option("--isrc", metavar="ISRC", help="A seed track by its ISRC; repeatable.")
    ] = None,
    mbid: Annotated[
        list[str] | None,
        typer.Option("--mbid", metavar="MBID", help="A seed track by its MusicBrainz recording id; repeatable."),
    ] = None,
    playlist: Annotated[
        list[str] | None, typer.Option("--playlist", metavar="ID", help="A concept whose tracks are seeds; repeatable.")
    ] = None,
    concept: Concepts = None,
    like: Annotated[
        list[str] | None, typer.Option("--like", metavar="ID", help="A track that was liked; repeatable.")
    ] = None,
    dislike: Annotated[
        list[str] | None, typer.Option("--dislike", metavar="ID", help="A track that was disliked; repeatable.")
    ] = None,
    collection: InCollection = None,
    below: Below = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=100, help="How many tracks.")] = 10,
    diversity: Annotated[float, typer.Option("--diversity", min=0, max=1, help="0: the most relevant only.")] = 0.2,
    novelty: Annotated[float, typer.Option("--novelty", min=0, max=1, help="Lift tracks of few playlists.")] = 0.0,
    max_per_artist: Annotated[int | None, typer.Option("--max-per-artist", min=1, max=100)] = None,
    as_json: AsJson = False,
) -> None:
    """Recommend tracks, each with the concepts that speak for it and where they stand in the tree."""
    from webapi.client import connect

    session = [{"feedback": "like", "track": one} for one in like or ()]
    session += [{"feedback": "dislike", "track": one} for one in dislike or ()]
    with connect(load_settings()) as client:
        found = client.recommend(
            tracks=track or (),
            isrcs=isrc or (),
            mbids=mbid or (),
            playlists=playlist or (),
            concepts=weighted(concept or ()),
            session=session,
            collection=collection,
            below=below,
            limit=limit,
            diversity=diversity,
            novelty=novelty,
            max_per_artist=max_per_artist,
        )
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    for one in found.missing.named():
        note(f"no {one} is there; it was passed over")
    if not found.items:
        say("Nothing fits; wish for less at once, or leave something out of what is excluded.")
    for item in found.items:
        _say_track(item.score, item.track, item.contributions)


def search(
    concept: Annotated[list[str], typer.Argument(metavar="CONCEPT[=WEIGHT]...", help="Weights from -1 to 1.")],
    *,
    collection: InCollection = None,
    below: Below = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=200, help="How many tracks.")] = 10,
    as_json: AsJson = False,
) -> None:
    """Find tracks by weights on concepts: `search strings percussive=-0.5`."""
    from webapi.client import connect

    with connect(load_settings()) as client:
        found = client.search_tracks(weighted(concept), collection=collection, below=below, limit=limit)
    if as_json:
        say_json(found.model_dump(mode="json"))
        return
    for one in found.missing:
        note(f"no concept {one!r} is in the tree of {found.collection.id}; it was passed over")
    for item in found.items:
        _say_track(item.score, item.track, item.contributions)


def weighted(given: Sequence[str]) -> dict[str, float]:
    """Weights as they are typed.

    Raises:
        BadParameter: what stands behind the last `=` is no number from -1 to 1.

    Example:
        >>> weighted(["strings", "brass=-0.5"])
        {'strings': 1.0, 'brass': -0.5}
    """
    found = {}
    for one in given:
        name, equals, text = one.rpartition("=")
        try:
            weight = float(text) if equals else 1.0
        except ValueError:
            weight = float("nan")
        if not -1 <= weight <= 1:
            raise typer.BadParameter(f"{one!r}: {text!r} is no weight from -1 to 1")
        found[name if equals else text] = weight
    return found


def _say_track(score: float, track: schemas.Track, why: Sequence[recommending.Contribution]) -> None:
    artist = f", {inert(track.artist)}" if track.artist else ""
    say(f"{score:6.3f}  {inert(track.title or track.id)}{artist}  [{track.id}]")
    for part in why[:SHOWN]:
        path = " > ".join(inert(one.name) for one in part.path)
        say(f"        {part.value:+.3f}  {path}")

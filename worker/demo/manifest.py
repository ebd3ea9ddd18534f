"""What a library's folder says about itself (tracks.json, tracks.csv, taxonomy.json); files are whole or not there.

Conventions: paths are relative to the library's folder, with forward slashes; numbers count from 1.
"""

import csv
import dataclasses
import hashlib
import io
import json
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from worker.demo.arrangement import Performance
from worker.demo.concepts import Facts, Taxonomy
from worker.demo.plan import ExcerptPlan
from worker.demo.playlists import Entry
from worker.demo.scores import ScoreRef

_ENSEMBLES = 24
_SHORT = 60


@dataclass(frozen=True, slots=True)
class Track:
    """One row of tracks.json.

    Attributes:
        file: the sound, relative to the library's folder.
        score: which score it was cut from: fold by this.
        instruments: the players, highest first.
        tempo_factor: on the score's own tempo.
        bar: index of the score's bar that it starts on.
        notes_per_s: of the tune; fast and slow are its upper and lower third.
        mean_pitch: MIDI note number; high and low are its upper and lower third.
    """

    number: int
    file: str
    title: str
    artist: str
    album: str
    score: str
    kind: str
    take: int
    seed: int
    instruments: tuple[str, ...]
    drums: str | None
    tempo_factor: float
    transpose: int
    bar: int
    minor: bool
    notes_per_s: float
    mean_pitch: float
    seconds: float

    def facts(self) -> Facts:
        """What its concepts follow from."""
        return Facts(
            self.number, self.kind, self.instruments, self.drums, self.minor, self.notes_per_s, self.mean_pitch
        )

    def entry(self) -> Entry:
        """Its line in a playlist."""
        return Entry(self.file, self.title, self.artist, self.album, self.seconds)


def describe(ref: ScoreRef, plan: ExcerptPlan, performance: Performance, seconds: float) -> Track:
    """The row of one excerpt; each score has one of 24 ensembles as its artist."""
    title = f"{ref.title} ({plan.take + 1})" if plan.takes > 1 else ref.title
    ensemble = int.from_bytes(hashlib.sha256(ref.name.encode()).digest()[:4], "big") % _ENSEMBLES + 1
    return Track(
        number=plan.number,
        file=f"audio/{_file_name(ref.album)}/{plan.number:04d} {_file_name(title)}.ogg",
        title=title,
        artist=f"Demo Ensemble {ensemble}",
        album=ref.album,
        score=ref.name,
        kind=plan.kind,
        take=plan.take,
        seed=plan.seed,
        instruments=plan.players,
        drums=plan.drums,
        tempo_factor=round(plan.tempo, 6),
        transpose=plan.transpose,
        bar=performance.bar,
        minor=performance.minor,
        notes_per_s=round(performance.notes_per_s, 6),
        mean_pitch=round(performance.mean_pitch, 6),
        seconds=seconds,
    )


def tracks_text(tracks: Sequence[Track], taxonomy: Taxonomy) -> str:
    """tracks.json: every row with the names of all concepts it is truly an example of."""
    concepts: dict[int, list[str]] = {track.number: [] for track in tracks}
    for name, members in taxonomy.members.items():
        for number in members:
            concepts[number].append(name)
    return json.dumps([dataclasses.asdict(track) | {"concepts": concepts[track.number]} for track in tracks], indent=1)


def table_text(tracks: Sequence[Track]) -> str:
    """tracks.csv: the score that each track was cut from, which no tag of an Ogg file holds."""
    table = io.StringIO(newline="")
    rows = csv.writer(table, lineterminator="\n")
    rows.writerow(("path", "work"))
    rows.writerows((track.file, track.score) for track in tracks)
    return table.getvalue()


def read_tracks(path: Path) -> list[Track]:
    """The rows of tracks.json.

    Raises:
        OSError: it is not there.
        ValueError: it is no such file.
    """
    names = {field.name for field in dataclasses.fields(Track)}
    try:
        rows = [{name: row[name] for name in names} for row in json.loads(path.read_text(encoding="utf-8"))]
    except (KeyError, TypeError) as problem:
        raise ValueError(f"{path} has other columns: {problem}") from problem
    return [Track(**row | {"instruments": tuple(row["instruments"])}) for row in rows]


def taxonomy_text(taxonomy: Taxonomy) -> str:
    """taxonomy.json: concepts with parent, collections and count, and the edges (child, parent)."""
    concepts: list[dict[str, Any]] = [
        {
            "name": name,
            "parent": taxonomy.parent_of(name),
            "collections": [key for key, names in taxonomy.collections.items() if name in names],
            "members": len(members),
        }
        for name, members in taxonomy.members.items()
    ]
    return json.dumps({"concepts": concepts, "edges": [list(edge) for edge in taxonomy.edges]}, indent=1)


def write_changed(path: Path, content: bytes) -> None:
    """Write a file unless it says so already."""
    if not path.is_file() or path.read_bytes() != content:
        write_whole(path, content)


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all, also after a power cut."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _file_name(text: str) -> str:
    return re.sub(r'[\\/:*?"<>|]', "", text).strip(" .")[:_SHORT].rstrip(" .")

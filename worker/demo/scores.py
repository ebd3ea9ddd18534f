"""Where the music comes from: public-domain scores inside music21's corpus.

Conventions: time in quarter notes from the score's start; pitches are MIDI note numbers; a part is an (n, 3) float
array of (onset, duration, pitch), sorted by onset then pitch.

Why these books: Ryan's Mammoth Collection (1883) and O'Neill's Music of Ireland (1903) carry key, metre and tune type
and no restriction; Bach's chorales and the Haydn, Mozart and Beethoven quartets may be rendered locally. Other
collections of the corpus forbid commercial use or say nothing, so `BOOKS` is an allow list and nothing outside it is
opened. Listing reads headers alone; music21 is imported only where a score is parsed, in the rendering processes.
"""

import importlib.util
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from worker.demo.errors import DemoPackageMissing

Notes = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Book:
    """One allowed folder of the corpus."""

    folder: str
    album: str
    folk: bool


BOOKS = (
    Book("ryansMammoth", "Ryan's Mammoth Collection", folk=True),
    Book("oneills1850", "O'Neill's Music of Ireland", folk=True),
    Book("bach", "Bach Chorales", folk=False),
    Book("haydn", "Haydn String Quartets", folk=False),
    Book("mozart", "Mozart String Quartets", folk=False),
    Book("beethoven", "Beethoven String Quartets", folk=False),
)

_RHYTHMS = {
    "jig": ("jig", {"6/8"}),
    "double jig": ("jig", {"6/8"}),
    "slip jig": ("slip jig", {"9/8"}),
    "slipjig": ("slip jig", {"9/8"}),
    "reel": ("reel", {"2/4", "4/4", "C", "C|"}),
    "hornpipe": ("hornpipe", {"2/4", "4/4", "C", "C|"}),
    "strathspey": ("strathspey", {"2/4", "4/4", "C", "C|"}),
}
_HEADER = re.compile(r"^([A-Z]):[ \t]*(.*?)[ \t]*(?:%.*)?$", re.MULTILINE)
_KEY = re.compile(r"^([A-G])([#b]?)\s*([A-Za-z]*)$")
_MODES = {
    "": False,
    "m": True,
    "maj": False,
    "min": True,
    "mix": False,
    "dor": True,
    "aeo": True,
    "ion": False,
    "lyd": False,
}
_LETTERS = {"C": 0, "D": 2, "E": 4, "F": 5, "G": 7, "A": 9, "B": 11}
_CHORALE = re.compile(r"bwv(\d+(?:\.\d+)?)\.mxl")
_VOICES = 4
_AT_ONCE = 1e-6


@dataclass(frozen=True, slots=True)
class ScoreRef:
    """A score by name, before it is parsed.

    Attributes:
        name: folder and file, and for O'Neill's book the number: the key to split folds by.
        kind: jig, slip jig, reel, hornpipe, strathspey, chorale or quartet.
        path: the file.
        tune: the tune's own ABC text, None where the file is the score.
        tonic: pitch class of the key the header names, 0 = C; None without a header.
        minor: whether that key's third is minor (dorian and aeolian are); None without a header.
    """

    name: str
    kind: str
    title: str
    album: str
    path: str
    tune: str | None = None
    tonic: int | None = None
    minor: bool | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """A parsed score.

    Attributes:
        parts: one array a part, highest voice first.
        bars: bar lines, the last one is the end of the score.
    """

    parts: tuple[Notes, ...]
    bars: npt.NDArray[np.float64]


class UnsuitableScoreError(ValueError):
    """A score that the demo passes over: it has other parts, no notes, or music21 cannot read it."""


def corpus_folder() -> Path:
    """The corpus of the installed music21, found without importing it.

    Raises:
        DemoPackageMissing: music21 is not installed.
    """
    spec = importlib.util.find_spec("music21")
    if spec is None or not spec.submodule_search_locations:
        raise DemoPackageMissing("music21")
    return Path(spec.submodule_search_locations[0]) / "corpus"


def list_scores(corpus: Path, *, folk_only: bool) -> list[ScoreRef]:
    """Every usable score of the allowed books, one for each title, in a fixed order."""
    found: dict[tuple[str, str], ScoreRef] = {}
    for book in BOOKS:
        if folk_only and not book.folk:
            continue
        listing = _tunes if book.folk else _pieces
        for ref in listing(corpus / book.folder, book):
            found.setdefault((ref.kind, re.sub(r"\W", "", ref.title).lower()), ref)
    return sorted(found.values(), key=lambda ref: ref.name)


def parse(ref: ScoreRef) -> Score:
    """Read one score with music21.

    Raises:
        UnsuitableScoreError: it cannot be read, or has not the parts its kind needs.
        DemoPackageMissing: music21 is not installed.
    """
    try:
        from music21 import converter
        from music21.exceptions21 import Music21Exception
    except ModuleNotFoundError as missing:
        raise DemoPackageMissing(missing.name or "music21") from missing
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if ref.tune is None:
                stream: Any = converter.parse(ref.path, forceSource=True, storePickle=False)
            else:
                stream = converter.parse(ref.tune, format="abc")
            parts = tuple(_notes(part) for part in stream.parts)
            bars = sorted({float(bar.offset) for bar in stream.parts[0].getElementsByClass("Measure")})
            end = float(stream.highestTime)
    except (Music21Exception, ArithmeticError, AttributeError, LookupError, TypeError, ValueError) as problem:
        # The reader meets old files it half understands and fails in any of these ways; another score takes the place.
        raise UnsuitableScoreError(f"{ref.name}: {problem}") from problem
    wanted = 1 if ref.tune is not None else _VOICES
    if len(parts) != wanted or any(len(part) == 0 for part in parts) or len(bars) < _VOICES:
        raise UnsuitableScoreError(f"{ref.name}: {len(parts)} parts, {len(bars)} bars")
    return Score(parts, np.array([*bars, end]))


def _tunes(folder: Path, book: Book) -> Iterator[ScoreRef]:
    for path in sorted(folder.glob("*.abc")):
        text = path.read_text(encoding="latin-1").replace("\r\n", "\n")
        tunes = [tune for tune in re.split(r"(?m)^(?=X:)", text) if tune.startswith("X:")]
        for tune in tunes:
            ref = _tune(path, tune, book, alone=len(tunes) == 1)
            if ref is not None:
                yield ref


def _tune(path: Path, tune: str, book: Book, *, alone: bool) -> ScoreRef | None:
    headers: dict[str, str] = {}
    for letter, value in _HEADER.findall(tune):
        headers.setdefault(letter, value)
    kind, metres = _RHYTHMS.get(headers.get("R", "").lower(), ("", set()))
    key = _KEY.match(headers.get("K", ""))
    if not kind or headers.get("M") not in metres or key is None or "X" not in headers:
        return None
    mode = key[3].lower()[:3]
    if mode not in _MODES:
        return None
    name = f"{book.folder}/{path.stem}" if alone else f"{book.folder}/{path.stem}/{headers['X']}"
    return ScoreRef(
        name=name,
        kind=kind,
        title=_tidy(headers.get("T", path.stem)),
        album=book.album,
        path=str(path),
        tune=tune,
        tonic=(_LETTERS[key[1]] + {"#": 1, "b": -1, "": 0}[key[2]]) % 12,
        minor=_MODES[mode],
    )


def _pieces(folder: Path, book: Book) -> Iterator[ScoreRef]:
    if book.folder == "bach":
        for path in sorted(folder.glob("bwv*.mxl")):
            number = _CHORALE.fullmatch(path.name)
            if number is not None:
                yield ScoreRef(f"bach/{path.stem}", "chorale", f"Chorale BWV {number[1]}", book.album, str(path))
        return
    for path in sorted(folder.glob("*/movement?.mxl")):
        work = re.sub(r"^opus(\d+)no(\d+)$", r"Op. \1 No. \2", path.parent.name)
        work = re.sub(r"^k(\d+)$", r"K. \1", work)
        title = f"String Quartet {work}, Movement {path.stem[-1]}"
        composer = book.folder.title()
        name = f"{book.folder}/{path.parent.name}/{path.stem}"
        yield ScoreRef(name, "quartet", f"{composer} {title}", book.album, str(path))


def _tidy(title: str) -> str:
    words = re.sub(r"\s*--\s*|\s+", " ", title).strip().rstrip(".")
    words = re.sub(r"[^\x20-\x7e]", "", words)
    words = re.sub(r"^(.*), The$", r"The \1", words)
    return " ".join(word[:1].upper() + word[1:].lower() for word in words.split()) or "Untitled"


def _notes(part: Any) -> Notes:
    """Onset, duration and pitch of every sounding note; grace notes and chord symbols are left out, ties are joined."""
    rows: list[list[float]] = []
    held: dict[int, list[float]] = {}
    for element in part.flatten().notes:
        length = float(element.duration.quarterLength)
        if length <= 0 or element.duration.isGrace or "ChordSymbol" in element.classes:
            continue
        onset = float(element.offset)
        tie = element.tie.type if element.tie is not None else ""
        for pitch in element.pitches:
            key = int(pitch.midi)
            before = held.get(key)
            if tie in {"stop", "continue"} and before is not None and abs(before[0] + before[1] - onset) < _AT_ONCE:
                before[1] += length
                continue
            held[key] = [onset, length, float(key)]
            rows.append(held[key])
    return np.array(sorted(rows), dtype=np.float64).reshape(-1, 3)

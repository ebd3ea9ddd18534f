"""Which concept is a kind of which: the standard taxonomy, and those of the other catalogues.

Conventions: a chain runs from the narrowest concept to the widest. In the texts below a line holds those that share
what lies above them: `Violin, Viola > High strings > Strings` are two chains. Kinds of score and drum patterns have
chains as instruments have. A grade makes a chain of a measured property: the highest sixth is Very fast, the highest
third Fast.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from worker.demo.instruments import INSTRUMENTS, STANDARD_BAND

Chain = tuple[str, ...]
STANDARD = "standard"


@dataclass(frozen=True, slots=True)
class Grade:
    """A chain of shares of the excerpts by one of their measured properties."""

    fact: Literal["notes_per_s", "mean_pitch"]
    highest: bool
    """Counted from the highest value down, or from the lowest up."""
    concepts: tuple[tuple[str, float], ...]
    """Each with its share, narrowest first."""


@dataclass(frozen=True, slots=True)
class Kinship:
    """A whole taxonomy before anything was heard."""

    players: Mapping[str, Chain]
    """Of each instrument, itself first."""
    kinds: Mapping[str, Chain]
    """Of each kind of score, e.g. `jig`: Jig, Compound time, Folk dance."""
    drums: Chain
    """What every drum pattern is a kind of."""
    grades: tuple[Grade, ...] = ()


def _chains(text: str) -> dict[str, Chain]:
    """Read lines of `Violin, Viola > Strings`; the key is the first link, lower case for kinds of score."""
    found: dict[str, Chain] = {}
    for line in text.strip().splitlines():
        first, *wider = (part.strip() for part in line.split(">"))
        found |= {name.strip(): (name.strip(), *wider) for name in first.split(",")}
    return found


def _kinds(text: str) -> dict[str, Chain]:
    return {chain[0].lower(): chain for chain in _chains(text).values()}


def _standard_players() -> dict[str, Chain]:
    band = (INSTRUMENTS[name] for name in STANDARD_BAND)
    return {
        each.name: tuple(link for link in (each.name, each.family, each.group) if link is not None) for each in band
    }


_SPEED = Grade("notes_per_s", highest=True, concepts=(("Very fast", 1 / 6), ("Fast", 1 / 3)))
_SLOWNESS = Grade("notes_per_s", highest=False, concepts=(("Very slow", 1 / 6), ("Slow", 1 / 3)))
_HEIGHT = Grade("mean_pitch", highest=True, concepts=(("Very high", 1 / 8), ("High", 1 / 4), ("Upper half", 1 / 2)))
_DEPTH = Grade("mean_pitch", highest=False, concepts=(("Very low", 1 / 8), ("Low", 1 / 4)))

KINSHIPS: dict[str, Kinship] = {
    STANDARD: Kinship(
        players=_standard_players(),
        kinds=_kinds("""
            Jig, Slip jig > Compound time > Folk dance
            Reel, Hornpipe, Strathspey > Common time > Folk dance
            Chorale, Quartet > Art music
        """),
        drums=("Drum kit", "Percussive"),
    ),
    "orchestra": Kinship(
        players=_chains("""
            Violin, Viola > High strings > Bowed strings > Strings
            Cello, Double bass > Low strings > Bowed strings > Strings
            Harp, Pizzicato strings > Plucked strings > Strings
            Flute, Piccolo > Flutes > Woodwinds > Winds
            Oboe, English horn, Bassoon > Double reeds > Woodwinds > Winds
            Trumpet, French horn, Trombone, Tuba > Brass > Winds
            Timpani, Xylophone, Tubular bells, Celesta > Tuned percussion
        """),
        kinds=_kinds("""
            Jig, Hornpipe > Folk dance
            Chorale, Quartet > Art music
        """),
        drums=("Drum kit",),
        grades=(_SPEED, _SLOWNESS),
    ),
    "world": Kinship(
        players=_chains("""
            Sitar, Shamisen, Banjo, Steel guitar > Lutes > Plucked
            Koto, Dulcimer > Zithers > Plucked
            Kalimba, Steel drums, Marimba > Struck metal and wood
            Pan flute, Recorder, Shakuhachi > Flutes > Blown
            Bagpipe, Shanai > Reed pipes > Blown
            Accordion, Harmonica, Bandoneon > Free reeds
            Fiddle
        """),
        kinds=_kinds("""
            Slip jig, Jig > In threes
            Reel, Strathspey > In twos
        """),
        drums=("Drum kit",),
        grades=(_HEIGHT,),
    ),
    "jazz": Kinship(
        players=_chains("""
            Soprano sax, Alto sax > High saxophones > Saxophones > Horns
            Tenor sax, Baritone sax > Low saxophones > Saxophones > Horns
            Trumpet, Muted trumpet, Trombone > Brass > Horns
            Clarinet > Horns
            Piano, Electric piano > Pianos > Rhythm section
            Jazz guitar, Clean guitar > Guitars > Rhythm section
            Acoustic bass, Fingered bass, Slap bass > Basses > Rhythm section
            Vibraphone, Drawbar organ > Rhythm section
        """),
        kinds=_kinds("""
            Reel, Hornpipe > Even
            Jig, Slip jig > Uneven
        """),
        drums=("Drum kit", "Rhythm section"),
        grades=(_SPEED, _DEPTH),
    ),
    "electronic": Kinship(
        players=_chains("""
            Square lead, Saw lead, Calliope lead > Leads > Synthesisers > Electronic
            Warm pad, Sweep pad, Bowed pad > Pads > Synthesisers > Electronic
            Synth strings, Synth brass > Synthetic ensembles > Synthesisers > Electronic
            Synth bass, Rubber bass, Slap bass > Electric basses > Electronic
            Electric piano, Tine piano, Clavinet > Electric keyboards > Electronic
            Rock organ, Drawbar organ > Electric organs > Electronic
            Overdriven guitar, Distorted guitar > Driven guitars
        """),
        kinds=_kinds("""
            Strathspey, Reel, Hornpipe > Dance music
            Quartet > Chamber music
        """),
        drums=("Drum kit",),
        grades=(_SPEED, _HEIGHT),
    ),
    "chapel": Kinship(
        players=_chains("""
            Church organ, Reed organ > Organs > Keyboards
            Harpsichord, Piano, Toy piano > Keyed strings > Keyboards
            Celesta, Music box, Tubular bells > Bells
            Choir, Solo voice, Synth voice > Voices
            Violin, Viola, Cello > Viol family > Consort
            Recorder, Flute > Flutes > Consort
            Oboe, Bassoon > Double reeds > Consort
            Trumpet, Trombone > Brass
        """),
        kinds=_kinds("""
            Chorale
            Quartet > Secular
            Jig, Slip jig > Dances > Secular
        """),
        drums=("Drum kit",),
        grades=(_SLOWNESS, _DEPTH),
    ),
    "salon": Kinship(
        players=_chains("""
            Piano, Electric piano, Toy piano > Pianos > Keyed strings > Keyboards
            Harpsichord, Clavinet > Plucked keyboards > Keyed strings > Keyboards
            Accordion, Bandoneon > Squeezeboxes > Keyboards
            Violin, Viola > Upper strings > String quartet
            Cello, Double bass > Lower strings > String quartet
            Harp, Guitar, Banjo > Plucked
            Flute, Clarinet, Bassoon > Salon winds
            Solo voice, Choir > Voices
        """),
        kinds=_kinds("""
            Chorale, Quartet > In parts
            Jig, Strathspey > Dances
        """),
        drums=("Drum kit",),
        grades=(_SLOWNESS, _HEIGHT),
    ),
    "parade": Kinship(
        players=_chains("""
            Piccolo, Flute, Whistle > Flutes > Woodwinds > Winds
            Clarinet, Oboe, English horn > Reeds > Woodwinds > Winds
            Alto sax, Tenor sax, Baritone sax > Saxophones > Winds
            Trumpet, Muted trumpet > High brass > Brass
            French horn, Trombone, Tuba > Low brass > Brass
            Glockenspiel, Xylophone, Marimba > Bars > Pitched percussion
            Timpani, Steel drums > Drums with a pitch > Pitched percussion
        """),
        kinds=_kinds("""
            Reel, Hornpipe > In fours
            Slip jig
            Quartet
        """),
        drums=("Drum kit",),
        grades=(_SPEED, _DEPTH),
    ),
    "arcade": Kinship(
        players=_chains("""
            Square lead, Saw lead, Calliope lead > Leads > Synthetic
            Sweep pad, Halo pad, Warm pad > Pads > Synthetic
            Synth bass, Fretless bass, Slap bass > Basses
            Rock organ, Church organ > Organs > Keys
            Tine piano, Clavinet, Piano > Struck keys > Keys
            Kalimba, Music box, Celesta, Tubular bells > Chimes
            Distorted guitar, Overdriven guitar > Loud guitars > Guitars
            Clean guitar, Jazz guitar, Muted guitar > Quiet guitars > Guitars
        """),
        kinds=_kinds("""
            Jig
            Reel, Hornpipe, Strathspey > In twos and fours
        """),
        drums=("Drum kit",),
        grades=(_SPEED, _DEPTH),
    ),
}

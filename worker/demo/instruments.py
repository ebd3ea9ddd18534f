"""Who plays: General MIDI instruments with their ranges; the 23 of the standard band with families and super-families.

Conventions: pitches are MIDI note numbers (60 = middle C), ranges inclusive; programs count from 0. `chordal`
instruments can play several parts at once; the sound of those with `rings` dies away by itself and is left to.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument; `group` is None where the family has no wider one, both where only other catalogues use it."""

    name: str
    program: int
    family: str | None
    group: str | None
    lowest: int
    highest: int
    chordal: bool = False
    rings: bool = False

    @property
    def middle(self) -> float:
        """Centre of the range."""
        return (self.lowest + self.highest) / 2


_BAND = (
    Instrument("Violin", 40, "Bowed strings", "Strings", 55, 100),
    Instrument("Viola", 41, "Bowed strings", "Strings", 48, 88),
    Instrument("Cello", 42, "Bowed strings", "Strings", 36, 76),
    Instrument("Harp", 46, "Plucked strings", "Strings", 31, 100, chordal=True, rings=True),
    Instrument("Guitar", 24, "Plucked strings", "Strings", 40, 84, chordal=True, rings=True),
    Instrument("Banjo", 105, "Plucked strings", "Strings", 48, 86, chordal=True, rings=True),
    Instrument("Flute", 73, "Woodwinds", "Winds", 60, 96),
    Instrument("Oboe", 68, "Woodwinds", "Winds", 58, 91),
    Instrument("Clarinet", 71, "Woodwinds", "Winds", 50, 91),
    Instrument("Bassoon", 70, "Woodwinds", "Winds", 34, 72),
    Instrument("Trumpet", 56, "Brass", "Winds", 54, 84),
    Instrument("Trombone", 57, "Brass", "Winds", 40, 72),
    Instrument("French horn", 60, "Brass", "Winds", 41, 77),
    Instrument("Piano", 0, "Stringed keyboards", "Keyboards", 28, 103, chordal=True, rings=True),
    Instrument("Electric piano", 4, "Stringed keyboards", "Keyboards", 28, 103, chordal=True, rings=True),
    Instrument("Harpsichord", 6, "Stringed keyboards", "Keyboards", 29, 89, chordal=True, rings=True),
    Instrument("Church organ", 19, "Organs", "Keyboards", 36, 96, chordal=True),
    Instrument("Drawbar organ", 16, "Organs", "Keyboards", 36, 96, chordal=True),
    Instrument("Accordion", 21, "Free reeds", None, 53, 93, chordal=True),
    Instrument("Harmonica", 22, "Free reeds", None, 60, 96),
    Instrument("Marimba", 12, "Mallets", "Percussive", 45, 96, chordal=True, rings=True),
    Instrument("Vibraphone", 11, "Mallets", "Percussive", 53, 89, chordal=True, rings=True),
    Instrument("Glockenspiel", 9, "Mallets", "Percussive", 72, 108, rings=True),
)
_OTHERS = (
    Instrument("Double bass", 43, None, None, 28, 60),
    Instrument("Pizzicato strings", 45, None, None, 36, 84),
    Instrument("Piccolo", 72, None, None, 74, 102),
    Instrument("English horn", 69, None, None, 52, 81),
    Instrument("Tuba", 58, None, None, 28, 58),
    Instrument("Timpani", 47, None, None, 36, 57),
    Instrument("Xylophone", 13, None, None, 65, 96),
    Instrument("Celesta", 8, None, None, 60, 96, chordal=True, rings=True),
    Instrument("Tubular bells", 14, None, None, 60, 77),
    Instrument("Sitar", 104, None, None, 48, 77, chordal=True, rings=True),
    Instrument("Shamisen", 106, None, None, 50, 79, chordal=True, rings=True),
    Instrument("Koto", 107, None, None, 55, 84, chordal=True, rings=True),
    Instrument("Steel guitar", 25, None, None, 40, 84, chordal=True, rings=True),
    Instrument("Kalimba", 108, None, None, 48, 79, chordal=True, rings=True),
    Instrument("Steel drums", 114, None, None, 52, 76),
    Instrument("Pan flute", 75, None, None, 60, 96),
    Instrument("Recorder", 74, None, None, 60, 96),
    Instrument("Shakuhachi", 77, None, None, 55, 84),
    Instrument("Bagpipe", 109, None, None, 48, 77),
    Instrument("Shanai", 111, None, None, 48, 72),
    Instrument("Fiddle", 110, None, None, 55, 96),
    Instrument("Bandoneon", 23, None, None, 48, 88, chordal=True),
    Instrument("Dulcimer", 15, None, None, 60, 84, chordal=True, rings=True),
    Instrument("Soprano sax", 64, None, None, 54, 87),
    Instrument("Alto sax", 65, None, None, 49, 80),
    Instrument("Tenor sax", 66, None, None, 42, 75),
    Instrument("Baritone sax", 67, None, None, 37, 68),
    Instrument("Muted trumpet", 59, None, None, 54, 82),
    Instrument("Jazz guitar", 26, None, None, 40, 86, chordal=True, rings=True),
    Instrument("Clean guitar", 27, None, None, 40, 86, chordal=True, rings=True),
    Instrument("Acoustic bass", 32, None, None, 28, 55, rings=True),
    Instrument("Fingered bass", 33, None, None, 28, 55, rings=True),
    Instrument("Slap bass", 36, None, None, 28, 55, rings=True),
    Instrument("Square lead", 80, None, None, 48, 96),
    Instrument("Saw lead", 81, None, None, 48, 96),
    Instrument("Calliope lead", 82, None, None, 48, 96),
    Instrument("Warm pad", 89, None, None, 36, 84, chordal=True),
    Instrument("Sweep pad", 95, None, None, 36, 84, chordal=True),
    Instrument("Bowed pad", 92, None, None, 36, 84, chordal=True),
    Instrument("Synth bass", 38, None, None, 28, 55),
    Instrument("Rubber bass", 39, None, None, 28, 55),
    Instrument("Synth strings", 50, None, None, 36, 96, chordal=True),
    Instrument("Synth brass", 62, None, None, 36, 84, chordal=True),
    Instrument("Tine piano", 5, None, None, 28, 103, chordal=True, rings=True),
    Instrument("Clavinet", 7, None, None, 36, 96, chordal=True, rings=True),
    Instrument("Rock organ", 18, None, None, 36, 96, chordal=True),
    Instrument("Overdriven guitar", 29, None, None, 40, 86),
    Instrument("Distorted guitar", 30, None, None, 40, 86),
    Instrument("Reed organ", 20, None, None, 36, 96, chordal=True),
    Instrument("Choir", 52, None, None, 48, 79, chordal=True),
    Instrument("Solo voice", 53, None, None, 48, 79),
    Instrument("Synth voice", 54, None, None, 48, 84),
    Instrument("Music box", 10, None, None, 60, 84, chordal=True, rings=True),
    Instrument("Toy piano", 3, None, None, 48, 96, chordal=True, rings=True),
    Instrument("Whistle", 78, None, None, 60, 96),
    Instrument("Halo pad", 94, None, None, 36, 84, chordal=True),
    Instrument("Fretless bass", 35, None, None, 28, 55, rings=True),
    Instrument("Muted guitar", 28, None, None, 40, 86, rings=True),
)
STANDARD_BAND: tuple[str, ...] = tuple(instrument.name for instrument in _BAND)
INSTRUMENTS: dict[str, Instrument] = {instrument.name: instrument for instrument in (*_BAND, *_OTHERS)}

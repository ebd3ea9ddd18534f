"""Who plays: 23 General MIDI instruments with families, super-families and ranges.

Conventions: pitches are MIDI note numbers (60 = middle C), ranges inclusive; programs count from 0. `chordal`
instruments can play several parts at once; the sound of those with `rings` dies away by itself and is left to.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Instrument:
    """One instrument; `group` is None where the family has no wider one."""

    name: str
    program: int
    family: str
    group: str | None
    lowest: int
    highest: int
    chordal: bool = False
    rings: bool = False

    @property
    def middle(self) -> float:
        """Centre of the range."""
        return (self.lowest + self.highest) / 2


_ALL = (
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
INSTRUMENTS: dict[str, Instrument] = {instrument.name: instrument for instrument in _ALL}

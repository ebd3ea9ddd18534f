"""From a performance to a sound file: synthesiser, room, gain, Ogg Vorbis.

Conventions: samples are float in [-1, 1], mono; every excerpt has its own synthesiser, so nothing rings over from
another. The font is TimGM6mb (General MIDI) in the user's own install of pretty_midi; it is read there, never copied.
"""

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from worker.demo.arrangement import DRUM_CHANNEL, Performance
from worker.demo.errors import DemoPackageMissing, RenderFailed, SoundFontMissing
from worker.demo.instruments import INSTRUMENTS
from worker.demo.plan import ExcerptPlan

Samples = npt.NDArray[np.float32]

PEAK = 0.85
"""No excerpt is louder: lossy coding overshoots a little."""
SILENT = 0.003
_DRUM_BANK = 128
_FADE_S = 0.03
_BLOCK = 16384


@dataclass(frozen=True, slots=True)
class Tags:
    """What a player shows; written into the file."""

    title: str
    artist: str
    album: str
    track: int
    genre: str


def find_sound_font() -> Path:
    """The General MIDI font inside the installed pretty_midi, found without importing it.

    Raises:
        DemoPackageMissing: pretty_midi is not installed.
        SoundFontMissing: it is, without its font.
    """
    spec = importlib.util.find_spec("pretty_midi")
    if spec is None or not spec.submodule_search_locations:
        raise DemoPackageMissing("pretty_midi")
    font = Path(spec.submodule_search_locations[0]) / "TimGM6mb.sf2"
    if not font.is_file():
        raise SoundFontMissing(font)
    return font


def check_packages() -> None:
    """Find early what rendering will import.

    Raises:
        DemoPackageMissing: names the first that is missing.
    """
    for package in ("music21", "tinysoundfont", "soundfile"):
        if importlib.util.find_spec(package) is None:
            raise DemoPackageMissing(package)


def render(performance: Performance, plan: ExcerptPlan, seconds: float, rate_hz: int, font: Path) -> Samples:
    """Play a performance.

    Returns:
        (seconds * rate_hz,) samples, peak at most `PEAK`.

    Raises:
        RenderFailed: the sound is silent or not finite.
    """
    length = round(seconds * rate_hz)
    dry = _play(performance, plan, length, rate_hz, font)
    rng = np.random.default_rng([plan.seed, 2])
    wet = _reverberated(dry, rate_hz, rng)
    fade = round(_FADE_S * rate_hz)
    wet[-fade:] *= np.linspace(1.0, 0.0, fade)
    level = float(np.sqrt(np.mean(wet**2)))
    peak = float(np.abs(wet).max())
    if not np.isfinite(peak) or level <= 0:
        raise RenderFailed(f"{plan.number}", "silent" if level <= 0 else "not finite")
    gain = min(10 ** (rng.uniform(-24.0, -17.0) / 20) / level, PEAK / peak)
    if level * gain < SILENT:
        raise RenderFailed(f"{plan.number}", "nearly silent")
    return (wet * gain).astype(np.float32)


def encode(samples: Samples, rate_hz: int, tags: Tags) -> bytes:
    """An Ogg Vorbis file with tags; equal samples give equal decoded samples, though not equal bytes."""
    import soundfile

    memory = io.BytesIO()
    with soundfile.SoundFile(memory, "w", rate_hz, 1, format="OGG", subtype="VORBIS") as file:
        file.title, file.artist, file.album = tags.title, tags.artist, tags.album
        file.tracknumber, file.genre = str(tags.track), tags.genre
        for start in range(0, len(samples), _BLOCK):
            file.write(samples[start : start + _BLOCK])
    return memory.getvalue()


def _play(
    performance: Performance, plan: ExcerptPlan, length: int, rate_hz: int, font: Path
) -> npt.NDArray[np.float64]:
    import tinysoundfont

    synth = tinysoundfont.Synth(gain=-12.0, samplerate=rate_hz)
    loaded = synth.sfload(str(font))
    for channel, name in enumerate(plan.players):
        synth.program_select(channel, loaded, 0, INSTRUMENTS[name].program)
    if plan.drums is not None:
        synth.program_select(DRUM_CHANNEL, loaded, _DRUM_BANK, 0, True)  # noqa: FBT003 - the library's own flag
    moments = [
        (int(time * rate_hz), down, int(channel), int(key), int(velocity))
        for start, end, channel, key, velocity in performance.events
        for time, down in ((start, 1), (end, 0))
    ]
    pieces = []
    now = 0
    for moment, down, channel, key, velocity in sorted(moments):
        if moment >= length:
            break
        if moment > now:
            pieces.append(_generated(synth, moment - now))
            now = moment
        if down:
            synth.noteon(channel, key, velocity)
        else:
            synth.noteoff(channel, key)
    pieces.append(_generated(synth, length - now))
    return np.concatenate(pieces)


def _generated(synth: object, samples: int) -> npt.NDArray[np.float64]:
    stereo = np.frombuffer(bytes(synth.generate(samples)), dtype=np.float32)  # type: ignore[attr-defined]
    return np.asarray(stereo.reshape(-1, 2).mean(axis=1, dtype=np.float64))


def _reverberated(dry: npt.NDArray[np.float64], rate_hz: int, rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """A little room: noise that dies away within 0.3 to 1.1 s, its high tones sooner."""
    decay_s = rng.uniform(0.3, 1.1)
    share = rng.uniform(0.05, 0.22)
    time = np.arange(round(decay_s * rate_hz)) / rate_hz
    tail = rng.standard_normal(len(time)) * np.exp(-6.9 * time / decay_s)
    tail = np.convolve(tail, [0.25, 0.5, 0.25], mode="same")
    tail /= np.sqrt(np.sum(tail**2))
    size = 1 << (len(dry) + len(tail) - 2).bit_length()
    wet = np.fft.irfft(np.fft.rfft(dry, size) * np.fft.rfft(tail, size), size)[: len(dry)]
    return np.asarray((1 - share) * dry + share * wet)

"""Files that were made to hurt, and what becomes of each: a reason why there is no sound, or flags on one that is used.

Conventions: each is made in a scratch folder from a seed, so every run has the same bytes. A set holds flags, a string
is the one reason.
"""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile

from worker.catalogue.audio import Decoder
from worker.catalogue.errors import AudioRejected

RATE = 22_050
FORMATS = {
    "wav8": ("WAV", "PCM_U8"),
    "wav16": ("WAV", "PCM_16"),
    "wav24": ("WAV", "PCM_24"),
    "wav32": ("WAV", "PCM_32"),
    "float": ("WAV", "FLOAT"),
    "double": ("WAV", "DOUBLE"),
    "rf64": ("RF64", "PCM_16"),
    "aiff": ("AIFF", "PCM_16"),
    "flac": ("FLAC", "PCM_16"),
    "vorbis": ("OGG", "VORBIS"),
    "opus": ("OGG", "OPUS"),
    "mp3": ("MP3", "MPEG_LAYER_III"),
}


def sound(seconds: float = 3.0, rate: int = 24_000, channels: int = 1) -> np.ndarray:
    time = np.arange(int(seconds * rate)) / rate
    mono = 0.4 * np.sin(2 * np.pi * 440 * time) + 0.05 * np.random.default_rng(0).standard_normal(len(time))
    return np.repeat(mono[:, None], channels, axis=1).astype(np.float32)


def encoded(path: Path, name: str, samples: np.ndarray | None = None, rate: int = 24_000) -> bytes:
    form, sub = FORMATS[name]
    soundfile.write(path, sound() if samples is None else samples, rate, format=form, subtype=sub)
    return path.read_bytes()


def wav(samples: bytes, *, rate: int = RATE, channels: int = 1, bits: int = 16, tag: int = 1, data: int | None = None):
    """A WAV by hand, whose header may lie."""
    align = channels * bits // 8
    form = struct.pack("<HHIIHH", tag, channels, rate & 0xFFFFFFFF, (rate * align) & 0xFFFFFFFF, align, bits)
    stated = len(samples) if data is None else data
    body = b"WAVEfmt " + struct.pack("<I", 16) + form + b"data" + struct.pack("<I", stated) + samples
    return b"RIFF" + struct.pack("<I", min(len(body), 0xFFFFFFFF)) + body


def floats(samples: np.ndarray, rate: int = RATE) -> bytes:
    return wav(samples.astype("<f4").tobytes(), rate=rate, channels=samples.shape[1], bits=32, tag=3)


def pcm(seconds: float = 1.0, **header: int) -> bytes:
    frames = int(seconds * header.get("rate", RATE))
    samples = (sound(seconds, header.get("rate", RATE))[:frames, 0] * 32000).astype("<i2")
    return wav(np.repeat(samples, header.get("channels", 1)).tobytes(), **header)


def spoilt(index: int, value: float) -> bytes:
    samples = sound(1.0, RATE)
    samples[index] = value
    return floats(samples)


def huge_rf64() -> bytes:
    form = struct.pack("<HHIIHH", 1, 1, RATE, 2 * RATE, 2, 16)
    sizes = struct.pack("<QQQI", 2**39 + 72, 2**39, 2**38, 0)
    body = b"WAVEds64" + struct.pack("<I", 28) + sizes + b"fmt " + struct.pack("<I", 16) + form
    return b"RF64\xff\xff\xff\xff" + body + b"data\xff\xff\xff\xff" + pcm()[44:]


def flac_with_frames(content: bytes, frames: int) -> bytes:
    packed = int.from_bytes(content[18:26], "big") & ~0xFFFFFFFFF | frames
    return content[:18] + packed.to_bytes(8, "big") + content[26:]


def stereo(left: np.ndarray, right: np.ndarray) -> bytes:
    return floats(np.stack([left, right], axis=1))


def noise(count: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(count)


def holed(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes(3000) + content[middle + 3000 :]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 0x10]) + content[middle + 1 :]


Content = Callable[[Path], bytes]
Expected = set[str] | str
"""Flags of a sound that is used, or the reason why there is none."""
DAMAGED: dict[str, tuple[Content, Expected]] = {
    **{
        f"{name}-cut-at-60-percent": (
            lambda path, name=name: (content := encoded(path, name))[: len(content) * 6 // 10],
            {"truncated"},
        )
        for name in FORMATS
    },
    **{
        f"{name}-cut-in-the-header": (lambda path, name=name: encoded(path, name)[:100], "undecodable")
        for name in ("wav16", "flac", "vorbis", "opus")
    },
    **{
        f"{name}-with-a-hole": (lambda path, name=name: holed(encoded(path, name)), {"truncated", "damaged"})
        for name in ("vorbis", "opus", "mp3")
    },
    **{
        f"{name}-with-a-flipped-bit": (lambda path, name=name: flipped(encoded(path, name)), {"truncated", "damaged"})
        for name in ("vorbis", "opus")
    },
    "mp3-cut-in-the-first-frame": (lambda path: encoded(path, "mp3")[:100], "not_audio"),
    "flac-with-a-hole": (lambda path: holed(encoded(path, "flac")), {"truncated"}),
    "flac-with-a-flipped-bit": (lambda path: flipped(encoded(path, "flac")), {"truncated"}),
    "mp3-with-a-stretch-missing": (
        lambda path: (content := encoded(path, "mp3"))[: len(content) // 2] + content[len(content) // 2 + 3000 :],
        {"truncated", "damaged"},
    ),
    "vorbis-with-a-page-missing": (
        lambda path: (
            (content := encoded(path, "vorbis"))[: (second := content.index(b"OggS", len(content) // 3))]
            + content[content.index(b"OggS", second + 4) :]
        ),
        {"truncated", "damaged"},
    ),
}
LYING: dict[str, tuple[Content, Expected]] = {
    "wav-header-of-512-gib": (lambda _: huge_rf64(), {"truncated"}),
    "wav-header-of-4-gib": (lambda _: pcm(data=0xFFFFFFF0), {"truncated"}),
    "wav-of-a-stream-without-length": (lambda _: pcm(data=0xFFFFFFFF), set()),
    "wav-header-that-says-less": (lambda _: pcm(data=RATE), set()),
    "wav-without-data-chunk": (lambda _: pcm()[:36], "undecodable"),
    "wav-without-format": (lambda _: b"RIFF\x24\0\0\0WAVEdata\x10\0\0\0" + bytes(16), "undecodable"),
    "wav-of-zero-channels": (lambda _: wav(bytes(40_000), channels=0), "undecodable"),
    "wav-of-16-channels": (lambda _: pcm(channels=16), "channels"),
    "wav-of-1000-channels": (lambda _: pcm(0.1, channels=1000), "channels"),
    "wav-at-4-khz": (lambda _: pcm(rate=4000), "rate"),
    "wav-at-384-khz": (lambda _: pcm(rate=384_000), "rate"),
    "wav-at-0-hz": (lambda _: wav(bytes(40_000), rate=0), "undecodable"),
    "wav-at-2-ghz": (lambda _: wav(bytes(40_000), rate=2_000_000_000), "rate"),
    "flac-header-of-635-million-frames": (
        lambda path: flac_with_frames(encoded(path, "flac"), 635_000_000),
        {"truncated"},
    ),
    "flac-header-that-says-less": (lambda path: flac_with_frames(encoded(path, "flac"), 24_000), set()),
    "mp3-whose-id3-tag-claims-256-mib": (
        lambda path: b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + encoded(path, "mp3"),
        "undecodable",
    ),
}
SAMPLES: dict[str, tuple[Content, Expected]] = {
    "one-nan": (lambda _: spoilt(1000, np.nan), "non_finite"),
    "one-infinity": (lambda _: spoilt(1000, np.inf), "non_finite"),
    "all-nan": (lambda _: floats(np.full((RATE, 1), np.nan)), "non_finite"),
    "one-sample-of-1e30": (lambda _: spoilt(1000, 1e30), {"rescaled"}),
    "largest-floats-in-eight-channels": (lambda _: floats(np.full((RATE, 8), 3.4e38)), {"rescaled", "dc_offset"}),
    "floats-in-the-range-of-16-bits": (lambda _: floats(sound(1.0, RATE) * 32768), {"rescaled"}),
    "floats-3-db-over-full-scale": (lambda _: floats(sound(1.0, RATE) * 3.5), {"clipped"}),
    "doubles-beyond-float32": (lambda path: encoded(path, "double", sound().astype(float) * 1e300), "non_finite"),
    "denormal-floats": (lambda _: floats(np.full((RATE, 1), 1e-40)), {"silent"}),
    "digital-silence": (lambda _: floats(np.zeros((RATE, 2))), {"silent"}),
    "constant": (lambda _: floats(np.full((RATE, 1), 0.5)), {"dc_offset"}),
    "anti-phase": (lambda _: stereo(sound(1.0, RATE)[:, 0], -sound(1.0, RATE)[:, 0]), {"antiphase"}),
    "no-sample": (lambda _: pcm(0.0), "too_short"),
    "one-sample": (lambda _: wav(b"\x10\x20"), "too_short"),
    "just-under-half-a-second": (lambda _: pcm(0.499), "too_short"),
    "just-half-a-second": (lambda _: pcm(0.5), set()),
}
OTHER: dict[str, tuple[Content, Expected]] = {
    "no-bytes": (lambda _: b"", "empty"),
    "text": (lambda _: b"this is no music\n" * 500, "not_audio"),
    "zeros": (lambda _: bytes(100_000), "not_audio"),
    "noise": (lambda _: noise(100_000, 1), "not_audio"),
    "picture": (lambda _: b"\xff\xd8\xff\xe0\0\x10JFIF\0" + noise(50_000, 2), "not_audio"),
    "heic-picture": (lambda _: b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + noise(5000, 3), "not_audio"),
    "zip": (lambda _: b"PK\x03\x04" + noise(5000, 4), "not_audio"),
    "page": (lambda _: b"<html><script>alert(1)</script></html>" * 50, "not_audio"),
    "ogg-with-video": (lambda _: b"OggS\0\x02" + bytes(20) + b"\x01\x2a\x80theora" + bytes(40), "not_audio"),
    "id3-tag-and-nothing": (lambda _: b"ID3\x04\0\0\0\0\x01\0" + bytes(128), "not_audio"),
    "riff-without-anything": (lambda _: b"RIFF\xff\xff\xff\xffWAVE", "undecodable"),
    "riff-of-empty-chunks": (lambda _: b"RIFF\xff\xff\xff\xffWAVE" + b"junk\0\0\0\0" * 50_000, "undecodable"),
    "flac-marker-alone": (lambda _: b"fLaC", "not_audio"),
    "flac-and-noise": (lambda _: b"fLaC\0\0\0\x22" + noise(9000, 5), "undecodable"),
    "ogg-marker-and-noise": (lambda path: encoded(path, "vorbis")[:58] + noise(9000, 6), "undecodable"),
    "aac-without-ffmpeg": (lambda _: b"\xff\xf1\x50\x80\x02\x1f\xfc" * 100, "no_ffmpeg"),
    "m4a-without-ffmpeg": (lambda _: b"\0\0\0\x18ftypM4A \0\0\0\0M4A isom" + bytes(100), "no_ffmpeg"),
    "flac-named-mp3": (lambda path: encoded(path, "flac"), set()),
    "mp3-behind-two-id3-tags": (lambda path: 2 * (b"ID3\x04\0\0\0\0\x01\0" + bytes(128)) + encoded(path, "mp3"), set()),
}
CASES = DAMAGED | LYING | SAMPLES | OTHER


def outcome(decoder: Decoder, path: Path) -> Expected:
    """A reason code, or the flags of a sound that is finite and in range."""
    try:
        decoded = decoder.decode(path)
    except AudioRejected as rejected:
        return rejected.code.value
    assert np.isfinite(decoded.samples).all()
    assert np.abs(decoded.samples).max() <= 1.0
    assert decoded.duration_s == pytest.approx(len(decoded.samples) / decoded.rate_hz)
    return {flag.value for flag in decoded.flags}


def peak_mib(pid: int, key: str = "VmHWM") -> float:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(key)) / 1024


def sparse_wav(path: Path, seconds: int, *, rate: int, channels: int) -> None:
    """Silence of any length that takes no room on the disk."""
    header = huge_rf64()[: -len(pcm()[44:])]
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    count = seconds * rate * channels * 2
    sizes = struct.pack("<QQQI", count + 72, count, seconds * rate, 0)
    header = header[:20] + sizes + b"fmt " + struct.pack("<I", 16) + form + b"data\xff\xff\xff\xff"
    with path.open("wb") as file:
        file.write(header)
        file.truncate(len(header) + count)

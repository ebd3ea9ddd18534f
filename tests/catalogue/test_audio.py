"""What a good file becomes: samples, identity, flags."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import soundfile

from worker.catalogue.audio import Decoder, decode
from worker.reasons import Reason

FORMATS = [
    ("WAV", "PCM_U8", 2e-2),
    ("WAV", "PCM_16", 1e-4),
    ("WAV", "PCM_24", 1e-6),
    ("WAV", "PCM_32", 1e-7),
    ("WAV", "FLOAT", 0),
    ("WAVEX", "PCM_16", 1e-4),
    ("AIFF", "PCM_16", 1e-4),
    ("FLAC", "PCM_16", 1e-4),
    ("FLAC", "PCM_24", 1e-6),
]


@pytest.mark.parametrize("case", FORMATS)
def test_lossless_formats_give_back_what_was_written(case, tmp_path, tone, write, decoder):
    form, sub, tolerance = case
    samples = tone(1.5)
    sound = decoder.decode(write(tmp_path / "x", samples, form=form, sub=sub))
    assert sound.samples.dtype == np.float32
    assert sound.samples.shape == (len(samples),)
    assert np.abs(sound.samples - samples[:, 0]).max() <= tolerance
    assert (sound.rate_hz, sound.flags) == (22_050, ())


@pytest.mark.parametrize(
    "case", [("OGG", "VORBIS", 44_100), ("OGG", "OPUS", 48_000), ("MP3", "MPEG_LAYER_III", 32_000)]
)
def test_lossy_formats_equal_the_decoder_read_in_one_go(case, tmp_path, tone, write, decoder):
    form, sub, rate = case
    path = write(tmp_path / "x", tone(3.0, rate_hz=rate, channels=2), rate, form=form, sub=sub)
    whole, _ = soundfile.read(path, dtype="float32", always_2d=True)
    sound = decoder.decode(path)
    assert sound.flags == ()
    assert sound.duration_s == pytest.approx(3.0, abs=1e-3)
    assert np.array_equal(sound.samples, whole.mean(axis=1, dtype=np.float64).astype(np.float32).clip(-1, 1))


@pytest.mark.parametrize("channels", [1, 2, 3, 6, 8])
@pytest.mark.parametrize("rate", [8_000, 44_100, 192_000])
def test_channels_are_averaged_at_the_native_rate(channels, rate, tmp_path, write, decoder):
    rng = np.random.default_rng(channels)
    samples = rng.uniform(-0.5, 0.5, (rate, channels)).astype(np.float32)
    sound = decoder.decode(write(tmp_path / "x.wav", samples, rate, sub="FLOAT"))
    assert sound.rate_hz == rate
    assert np.abs(sound.samples - samples.mean(axis=1)).max() < 1e-6


def test_identity_is_that_of_the_rounded_samples_with_rate_and_channels(tmp_path, tone, write, decoder):
    samples = tone(1.0)
    sound = decoder.decode(write(tmp_path / "x.wav", samples, sub="FLOAT"))
    rounded = np.rint(samples[:, 0].astype(float) * 32768).clip(-32768, 32767).astype("<i2")
    assert sound.sound_sha256 == hashlib.sha256(b"sound 1 22050 1\n" + rounded.tobytes()).hexdigest()
    assert sound.track_id == sound.sound_sha256[:24]


def test_the_same_sound_in_another_lossless_format_is_the_same_track(tmp_path, write, decoder):
    samples = np.random.default_rng(0).integers(-20_000, 20_000, (22_050, 2)).astype(np.int16)
    ids = {
        decoder.facts(write(tmp_path / f"{form}{sub}", samples, form=form, sub=sub)).track_id
        for form, sub in [
            ("WAV", "PCM_16"),
            ("WAV", "PCM_24"),
            ("FLAC", "PCM_16"),
            ("AIFF", "PCM_16"),
            ("RF64", "PCM_16"),
        ]
    }
    assert len(ids) == 1


def test_another_rate_or_one_other_sample_is_another_track(tmp_path, tone, write, decoder):
    samples = tone(1.0)
    changed = samples.copy()
    changed[7] += 0.001
    ids = {
        decoder.facts(write(tmp_path / "a.wav", samples)).track_id,
        decoder.facts(write(tmp_path / "b.wav", samples, rate_hz=16_000)).track_id,
        decoder.facts(write(tmp_path / "c.wav", changed)).track_id,
        decoder.facts(write(tmp_path / "d.wav", np.repeat(samples, 2, axis=1))).track_id,
    }
    assert len(ids) == 4


def test_facts_are_those_of_the_decoded_sound(tmp_path, tone, write, decoder):
    path = write(tmp_path / "x.flac", tone(1.0, channels=2), form="FLAC")
    facts, sound = decoder.facts(path), decoder.decode(path)
    assert (facts.format, facts.channels, facts.frames) == ("flac", 2, len(sound.samples))
    assert (facts.sound_sha256, facts.rate_hz, facts.flags) == (sound.sound_sha256, sound.rate_hz, sound.flags)
    assert facts.duration_s == sound.duration_s == 1.0


def test_anti_phase_takes_the_left_channel(tmp_path, tone, write, decoder):
    left = tone(1.0)[:, 0]
    sound = decoder.decode(write(tmp_path / "x.wav", np.stack([left, -left], axis=1), sub="FLOAT"))
    assert sound.flags == (Reason.ANTIPHASE,)
    assert np.array_equal(sound.samples, left)


def test_a_mild_overshoot_is_clipped_and_a_wild_one_scaled(tmp_path, tone, write, decoder):
    samples = tone(1.0)
    clipped = decoder.decode(write(tmp_path / "x.wav", samples * 4, sub="FLOAT"))
    assert clipped.flags == (Reason.CLIPPED,)
    assert np.array_equal(clipped.samples, (samples[:, 0] * 4).clip(-1, 1))
    scaled = decoder.decode(write(tmp_path / "y.wav", samples * 32768, sub="FLOAT"))
    assert scaled.flags == (Reason.RESCALED,)
    assert np.abs(scaled.samples - samples[:, 0] / np.abs(samples).max()).max() < 1e-6


def test_two_decoders_side_by_side_do_not_mix_their_sounds(tmp_path, tone, write):
    paths = [write(tmp_path / f"{pitch}.wav", tone(1.0, pitch)) for pitch in (220, 330)]
    with Decoder() as one, Decoder() as other:
        for _ in range(3):
            first, second = one.decode(paths[0]), other.decode(paths[1])
            assert first.sound_sha256 != second.sound_sha256
            assert first.sound_sha256 == other.decode(paths[0]).sound_sha256


def test_one_file_needs_no_decoder_of_its_own(tmp_path, tone, write):
    assert len(decode(write(tmp_path / "x.wav", tone(0.7))).samples) == int(0.7 * 22_050)


@pytest.mark.parametrize("reason", list(Reason))
def test_every_reason_has_a_sentence_and_a_remedy(reason):
    assert reason.sentence
    assert reason.remedy
    assert Reason.of(reason.value) is reason

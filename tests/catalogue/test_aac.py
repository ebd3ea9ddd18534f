"""AAC and M4A through the user's own ffmpeg; without one there is a reason that says so (see test_hostile_files)."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pytest

from worker.catalogue.audio import Decoder
from worker.catalogue.errors import AudioRejected
from worker.catalogue.limits import Limits
from worker.reasons import Reason

needs_ffmpeg = pytest.mark.skipif(shutil.which("ffmpeg") is None, reason="needs ffmpeg on PATH: apt-get install ffmpeg")


@pytest.fixture
def encode(tmp_path, write, tone):
    """Encode two seconds of a tone by ffmpeg."""

    def encoded(name: str, *options: str):
        source = write(tmp_path / "source.wav", tone(2.0))
        command = ["ffmpeg", "-v", "error", "-y", "-i", source, *options, tmp_path / name]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL)
        return tmp_path / name

    return encoded


@needs_ffmpeg
@pytest.mark.parametrize("name", ["x.m4a", "x.aac"])
def test_aac_sounds_like_its_source(name, encode):
    with Decoder() as decoder:
        sound = decoder.decode(encode(name, "-c:a", "aac", "-b:a", "192k"))
    assert (sound.rate_hz, sound.flags) == (22_050, ())
    assert sound.duration_s == pytest.approx(2.0, abs=0.1)
    spectrum = np.abs(np.fft.rfft(sound.samples))
    assert spectrum.argmax() / sound.duration_s == pytest.approx(440, abs=2)


@needs_ffmpeg
def test_lossless_m4a_is_the_same_track_as_its_source(encode, tmp_path):
    with Decoder() as decoder:
        alac = decoder.facts(encode("x.m4a", "-c:a", "alac"))
        assert alac.track_id == decoder.facts(tmp_path / "source.wav").track_id


@needs_ffmpeg
@pytest.mark.parametrize(("name", "options"), [("x.m4a", ("-movflags", "+faststart")), ("x.aac", ())])
def test_a_truncated_file_is_flagged(name, options, encode):
    path = encode(name, "-c:a", "aac", *options)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 7 // 10])
    with Decoder() as decoder:
        sound = decoder.decode(path)
    assert sound.flags == (Reason.TRUNCATED,)
    assert 0.5 < sound.duration_s < 1.9


@needs_ffmpeg
def test_a_long_file_is_cut_and_ffmpeg_ended(encode):
    path = encode("x.m4a", "-c:a", "aac")
    with Decoder(Limits(max_s=1.0)) as decoder:
        assert decoder.facts(path).flags == (Reason.CUT,)
        assert decoder.facts(path).frames == 22_050


def test_an_ffmpeg_that_does_not_start_costs_the_file(tmp_path):
    (tmp_path / "x.aac").write_bytes(b"\xff\xf1\x50\x80\x02\x1f\xfc" * 100)
    with Decoder(ffmpeg="/no/such/ffmpeg") as decoder, pytest.raises(AudioRejected) as caught:
        decoder.decode(tmp_path / "x.aac")
    assert caught.value.code is Reason.UNDECODABLE
    assert "ffmpeg could not be started" in str(caught.value)

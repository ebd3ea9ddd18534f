"""Files that were made to hurt: each costs one file and gives one reason, and the good ones beside it do not notice."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from tests.catalogue.hostile import CASES, FORMATS, encoded, outcome, pcm, peak_mib, sound, sparse_wav
from worker.catalogue.audio import Decoder
from worker.catalogue.errors import AudioRejected
from worker.catalogue.limits import Limits
from worker.reasons import Reason


def test_at_least_fifty_files_try_to_hurt():
    assert len(CASES) >= 50


@pytest.mark.parametrize("name", CASES)
def test_each_gives_its_one_reason(name, tmp_path, decoder):
    make, expected = CASES[name]
    path = tmp_path / "file.mp3"
    path.write_bytes(make(path))
    assert outcome(decoder, path) == expected


# --- things that are no files ---------------------------------------------------------------------------------------


def test_a_pipe_does_not_make_it_wait(tmp_path, decoder):
    os.mkfifo(tmp_path / "pipe.wav")
    assert outcome(decoder, tmp_path / "pipe.wav") == "not_a_file"


def test_a_socket_is_no_file(tmp_path, decoder, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind("s.wav")
        assert outcome(decoder, tmp_path / "s.wav") == "not_a_file"


def test_a_device_and_a_folder_are_no_files(tmp_path, decoder):
    assert outcome(decoder, Path("/dev/zero")) == "not_a_file"
    assert outcome(decoder, tmp_path) == "not_a_file"


def test_a_link_is_not_followed_not_even_to_good_sound(tmp_path, decoder):
    (tmp_path / "good.wav").write_bytes(pcm())
    (tmp_path / "link.wav").symlink_to(tmp_path / "good.wav")
    (tmp_path / "loop.wav").symlink_to(tmp_path / "loop.wav")
    assert outcome(decoder, tmp_path / "link.wav") == "not_a_file"
    assert outcome(decoder, tmp_path / "loop.wav") == "not_a_file"


def test_what_is_not_there_cannot_be_read(tmp_path, decoder):
    assert outcome(decoder, tmp_path / "gone.wav") == "unreadable"
    assert outcome(decoder, tmp_path / ("long" * 100)) == "unreadable"
    assert outcome(decoder, tmp_path / "nul\0.wav") == "unreadable"


def test_a_name_in_no_encoding_is_as_good_as_any(tmp_path, decoder):
    path = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9 \xff\n\x1b[31m.wav"))
    path.write_bytes(pcm())
    assert outcome(decoder, path) == set()
    path.write_bytes(b"text")
    with pytest.raises(AudioRejected) as caught:
        decoder.decode(path)
    assert str(caught.value).isprintable()


# --- the child ------------------------------------------------------------------------------------------------------


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_an_hour_of_sound_is_cut_and_its_memory_given_back(tmp_path):
    sparse_wav(tmp_path / "hour.wav", 3600, rate=48_000, channels=2)
    (tmp_path / "short.wav").write_bytes(pcm())
    with Decoder() as decoder:
        decoder.facts(tmp_path / "short.wav")
        pid = decoder._child.pid
        idle = peak_mib(pid, "VmRSS")
        facts = decoder.facts(tmp_path / "hour.wav")
        assert decoder._child.pid == pid
        assert facts.frames == 1200 * 48_000
        assert set(facts.flags) == {Reason.CUT, Reason.SILENT}
        assert peak_mib(pid) - idle < 700
        assert peak_mib(pid, "VmRSS") - idle < 30


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="peak memory is read from Linux's /proc")
def test_no_hostile_file_makes_the_child_grow(tmp_path):
    contents = {name: make(tmp_path / "maker") for name, (make, _) in CASES.items()}
    with Decoder(ffmpeg="") as decoder:
        (tmp_path / "short.wav").write_bytes(pcm())
        decoder.facts(tmp_path / "short.wav")
        pid = decoder._child.pid
        idle = peak_mib(pid)
        for name, content in contents.items():
            (tmp_path / name).write_bytes(content)
            outcome(decoder, tmp_path / name)
        assert decoder._child.pid == pid, "none of them should even kill the child"
        assert peak_mib(pid) - idle < 64


def test_too_little_memory_costs_the_file_and_not_the_run(tmp_path):
    sparse_wav(tmp_path / "long.wav", 1000, rate=48_000, channels=2)
    (tmp_path / "short.wav").write_bytes(pcm())
    with Decoder(Limits(memory_bytes=100 * 2**20)) as decoder:
        assert outcome(decoder, tmp_path / "long.wav") == "too_much_memory"
        assert outcome(decoder, tmp_path / "short.wav") == set()


def test_a_file_over_the_limit_of_bytes_is_not_read(tmp_path):
    (tmp_path / "file.wav").write_bytes(pcm(3.0))
    with Decoder(Limits(max_bytes=100_000)) as decoder:
        assert outcome(decoder, tmp_path / "file.wav") == "too_big"


def test_a_child_that_hangs_is_given_up_at_the_deadline(tmp_path):
    (tmp_path / "short.wav").write_bytes(pcm())
    with Decoder(Limits(deadline_s=1.0)) as decoder:
        expected = decoder.facts(tmp_path / "short.wav")
        os.kill(decoder._child.pid, 19)  # SIGSTOP
        assert outcome(decoder, tmp_path / "short.wav") == "too_slow"
        assert decoder.facts(tmp_path / "short.wav") == expected


def test_a_child_that_uses_up_its_processor_time_ends(tmp_path):
    sparse_wav(tmp_path / "long.wav", 1200, rate=96_000, channels=2)
    with Decoder(Limits(cpu_s=1)) as decoder:
        assert outcome(decoder, tmp_path / "long.wav") == "too_slow"


@pytest.mark.parametrize(("signal", "expected"), [(11, "decoder_died"), (6, "decoder_died"), (9, "too_much_memory")])
def test_a_child_that_died_costs_one_file(signal, expected, tmp_path):
    (tmp_path / "short.wav").write_bytes(pcm())
    with Decoder() as decoder:
        known = decoder.facts(tmp_path / "short.wav")
        os.kill(decoder._child.pid, signal)
        assert outcome(decoder, tmp_path / "short.wav") == expected
        assert decoder.facts(tmp_path / "short.wav") == known


def test_the_child_sees_no_secret_of_ours(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIO_CONCEPTS_NEO4J_PASSWORD", "a-secret")
    (tmp_path / "short.wav").write_bytes(pcm())
    with Decoder() as decoder:
        decoder.facts(tmp_path / "short.wav")
        assert b"a-secret" not in Path(f"/proc/{decoder._child.pid}/environ").read_bytes()


def test_closing_leaves_no_process(tmp_path):
    (tmp_path / "short.wav").write_bytes(pcm())
    with Decoder() as decoder:
        decoder.facts(tmp_path / "short.wav")
        pid = decoder._child.pid
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_good_files_are_bit_equal_with_and_without_hostile_ones_beside_them(tmp_path):
    for name in FORMATS:
        (tmp_path / name).write_bytes(encoded(tmp_path / "maker", name, sound(channels=2)))
    with Decoder() as calm:
        good = {name: calm.decode(tmp_path / name) for name in FORMATS}
    with Decoder(ffmpeg="") as beset:
        hostile = iter(CASES.values())
        for name in FORMATS:
            for _, (make, _) in zip(range(5), hostile, strict=False):
                (tmp_path / "bad").write_bytes(make(tmp_path / "maker"))
                outcome(beset, tmp_path / "bad")
            again = beset.decode(tmp_path / name)
            assert again.sound_sha256 == good[name].sound_sha256
            assert again.samples.tobytes() == good[name].samples.tobytes()

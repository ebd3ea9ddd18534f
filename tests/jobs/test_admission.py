"""An upload becomes a track or nothing, whatever it holds and whenever its worker dies."""

from __future__ import annotations

import hashlib
import os
import time

import numpy as np
import pytest
import soundfile

from worker.catalogue.locations import path_of, uri_of
from worker.jobs.errands import admit
from worker.jobs.errands.admit import sweep
from worker.jobs.kinds import ADMISSION, AdmissionWork, errand_steps
from worker.jobs.quarantine import STALE_S, Quarantine

pytestmark = pytest.mark.stack

RATE = 16_000


@pytest.fixture
def sound(tmp_path):
    """The bytes of a second of sound."""
    path = tmp_path / "a tone.flac"
    soundfile.write(path, 0.3 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE), RATE)
    return path.read_bytes()


@pytest.fixture
def as_wav(sound, tmp_path):
    """The same sound in another file."""
    assert sound
    soundfile.write(tmp_path / "same.wav", soundfile.read(tmp_path / "a tone.flac")[0], RATE)
    return (tmp_path / "same.wav").read_bytes()


@pytest.fixture
def upload(bench):
    """A function that puts bytes into quarantine and writes the job down; nobody has run it."""
    bench.graph.catalogue.save_collection("tiny", "Tiny")

    def put(content, title="A tone"):
        rest = memoryview(content)

        def read(count):
            nonlocal rest
            chunk, rest = bytes(rest[:count]), rest[count:]
            return chunk

        received = Quarantine(bench.data).receive(read, len(content))
        assert received.sha256 == hashlib.sha256(content).hexdigest()
        work = AdmissionWork(file=received.name, sha256=received.sha256, bytes=received.bytes, title=title)
        said = work.model_dump(mode="json")
        return bench.graph.ledger.request(ADMISSION, "tiny", said, steps=errand_steps(ADMISSION))[0]

    return put


def lying(bench):
    """How many files lie in quarantine, and the names of the uploads."""
    quarantine = Quarantine(bench.data)
    return len(list(quarantine.folder.glob("*"))), [path.name for path in quarantine.uploads.glob("*")]


def test_sound_becomes_a_track_whose_file_lies_among_the_uploads(bench, upload, sound):
    done = bench.drain(upload(sound).id)
    assert done.state == "succeeded", done.error_message
    [track] = bench.graph.catalogue.all_tracks()
    assert bench.result(done, "admit") == {"track": track.id, "is_new": True, "flags": []}
    assert (track.title, track.duration_s) == ("A tone", 1.0)
    assert path_of(track.uri).read_bytes() == sound
    assert lying(bench) == (0, [f"{hashlib.sha256(sound).hexdigest()}.flac"])


@pytest.mark.parametrize(
    ("content", "code"), [(b"no sound at all" * 100, "not_audio"), (b"fLaC" + bytes(500), "undecodable")]
)
def test_what_gives_no_sound_is_deleted_and_the_job_says_why(bench, upload, content, code):
    done = bench.drain(upload(content, title="<b>Song").id)
    assert (done.state, done.error_code) == ("failed", code)
    assert str(bench.data) not in done.error_message
    assert lying(bench) == (0, [])
    assert list(bench.graph.catalogue.all_tracks()) == []


def test_a_sound_that_is_known_stays_one_track_and_its_copy_is_deleted(bench, upload, sound, as_wav):
    first = bench.drain(upload(sound).id)
    second = bench.drain(upload(as_wav, title="Other").id)
    assert bench.result(second, "admit")["track"] == bench.result(first, "admit")["track"]
    assert bench.result(second, "admit")["is_new"] is False
    [track] = bench.graph.catalogue.all_tracks()
    assert track.title == "A tone"
    assert lying(bench) == (0, [f"{hashlib.sha256(sound).hexdigest()}.flac"])


def test_a_track_whose_file_is_gone_takes_the_upload(bench, upload, sound, as_wav):
    bench.drain(upload(sound).id)
    [track] = bench.graph.catalogue.all_tracks()
    path_of(track.uri).unlink()
    bench.drain(upload(as_wav).id)
    [now] = bench.graph.catalogue.all_tracks()
    assert (now.id, now.uri.endswith(".wav")) == (track.id, True)
    assert path_of(now.uri).is_file()


class Died(BaseException):
    """What a kill looks like to the code that is killed."""


@pytest.mark.parametrize("line", ["_listen", "track_of"])
def test_a_worker_that_died_is_taken_over_wherever_it_was(bench, upload, sound, monkeypatch, line):
    """Before the file was moved, and after: no track names it yet, and the next attempt finds it."""
    job = upload(sound)

    def die(*_args):
        raise Died

    with monkeypatch.context() as patch:
        patch.setattr(admit, line, die)
        with pytest.raises(Died):
            bench.drain(job.id)
    assert list(bench.graph.catalogue.all_tracks()) == []
    waiting, uploads = lying(bench)
    assert (waiting, len(uploads)) == ((1, 0) if line == "_listen" else (0, 1))
    bench.graph.driver.execute_query("MATCH (s:Step) SET s.lease_until = datetime.realtime() - duration('PT1S')")
    done = bench.drain(job.id)
    assert done.state == "succeeded", done.error_message
    assert len(list(bench.graph.catalogue.all_tracks())) == 1
    assert lying(bench)[0] == 0


def test_what_was_left_behind_is_swept_when_it_is_a_day_old(bench, upload, sound):
    bench.drain(upload(sound).id)
    quarantine = Quarantine(bench.data)
    orphan = quarantine.uploads / f"{'0' * 64}.wav"
    for path in (quarantine.folder / f"{'a' * 32}.part", quarantine.folder / ("b" * 32), orphan):
        path.write_bytes(b"x")
    assert sweep(bench.graph.catalogue, quarantine) == 0
    old = time.time() - STALE_S - 1
    for path in (*quarantine.folder.glob("*"), *quarantine.uploads.glob("*")):
        os.utime(path, (old, old))
    assert sweep(bench.graph.catalogue, quarantine) == 3
    [track] = bench.graph.catalogue.all_tracks()
    assert [uri_of(path) for path in quarantine.uploads.glob("*")] == [track.uri]


def test_a_file_that_waited_too_long_fails_its_job_with_what_to_do(bench, upload, sound):
    job = upload(sound)
    for path in Quarantine(bench.data).folder.glob("*"):
        path.unlink()
    done = bench.drain(job.id)
    assert (done.state, done.error_code) == ("failed", "upload_gone")
    assert "send it again" in done.error_message

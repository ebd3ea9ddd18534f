import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from worker.activations.backbones import fingerprint_of, load_backbone
from worker.activations.compute import compute
from worker.activations.errors import FingerprintMismatch
from worker.activations.store import ActivationStore
from worker.catalogue.audio import Decoder
from worker.catalogue.errors import AudioRejected
from worker.reasons import Reason

RATE_HZ = 16_000


@dataclass
class Heard:
    samples: np.ndarray
    rate_hz: int = RATE_HZ


class Sounds:
    """Decodes a path into noise of its name's seed; names that begin with `bad` give no sound."""

    def __init__(self):
        self.opened = []

    def decode(self, path):
        self.opened.append(path.stem)
        if path.stem.startswith("bad"):
            raise AudioRejected(Reason.NOT_AUDIO, path)
        if path.stem.startswith("loud"):
            return Heard(np.full(50_000, 1e30, np.float32))
        seed = np.random.default_rng(list(path.stem.encode()))
        return Heard(seed.normal(0, 0.1, int(seed.integers(100, 140_000))).astype(np.float32))


def tracks(*names):
    return [(name, Path(f"{name}.wav")) for name in names]


NAMES = [f"t{index}" for index in range(9)]


@pytest.fixture(scope="module")
def backbone():
    return load_backbone("logmel", threads=1)


@pytest.fixture
def store(tmp_path, backbone):
    return ActivationStore(tmp_path, backbone.fingerprint)


def test_what_is_there_is_reused_and_new_tracks_cost_only_themselves(store, backbone):
    first = Sounds()
    report = compute(tracks(*NAMES[:6]), backbone, store, first, shard_tracks=4)
    assert (report.computed, report.reused, report.failures) == (6, 0, {})
    assert store.stats().shards == 2
    second = Sounds()
    report = compute(tracks(*NAMES), backbone, store, second, shard_tracks=4)
    assert (report.computed, report.reused) == (3, 6)
    assert second.opened == NAMES[6:]
    third = Sounds()
    assert compute(tracks(*NAMES), backbone, store, third).reused == 9
    assert third.opened == []


def test_bad_files_get_a_reason_and_change_no_bit_of_the_good(tmp_path, backbone):
    clean = ActivationStore(tmp_path / "clean", backbone.fingerprint)
    compute(tracks(*NAMES), backbone, clean, Sounds())
    mixed = ActivationStore(tmp_path / "mixed", backbone.fingerprint)
    names = ["bad0", *NAMES[:3], "loud0", "bad1", *NAMES[3:], "bad2"]
    report = compute(tracks(*names), backbone, mixed, Sounds(), shard_tracks=2)
    assert report.computed == len(NAMES)
    bad = str(Reason.NOT_AUDIO)
    assert report.failures == {"bad0": bad, "bad1": bad, "bad2": bad, "loud0": "bad_samples"}
    assert (mixed.read(NAMES).values == clean.read(NAMES).values).all()
    assert report.computed + report.reused + len(report.failures) == len(names)


@pytest.mark.parametrize("name", ["msd_vgg", "logmel"])
def test_sharding_order_and_resuming_never_change_a_bit(tmp_path, name):
    network = load_backbone(name, threads=2)
    calm = ActivationStore(tmp_path / "calm", network.fingerprint)
    compute(tracks(*NAMES), network, calm, Sounds(), shard_tracks=100)
    other = ActivationStore(tmp_path / "other", network.fingerprint)
    shuffled = random.Random(0).sample(NAMES, len(NAMES))
    compute(tracks(*shuffled[:4]), network, other, Sounds(), shard_tracks=3)
    compute(tracks(*shuffled), load_backbone(name, threads=1), other, Sounds(), shard_tracks=2)
    assert (calm.read(NAMES).values == other.read(NAMES).values).all()
    assert (calm.read(NAMES).offsets == other.read(NAMES).offsets).all()


def test_progress_counts_every_track_once_and_may_end_the_run(store, backbone):
    told = []
    compute(tracks(*NAMES[:3], "bad0"), backbone, store, Sounds(), lambda *step: told.append(step))
    assert told == [(0, 4), (1, 4), (2, 4), (3, 4), (4, 4)]

    def stop(done, _total):
        if done == 6:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        compute(tracks(*NAMES), backbone, store, Sounds(), stop, shard_tracks=2)
    assert len(store.missing(NAMES)) == 4
    assert store.verify() == []


def test_nothing_to_do_is_done_at_once(store, backbone):
    assert compute([], backbone, store, Sounds()).computed == 0
    assert compute(tracks("bad0"), backbone, store, Sounds()).failures.keys() == {"bad0"}
    assert store.stats().shards == 0


def test_a_store_of_another_fingerprint_is_refused_before_anything_is_opened(tmp_path, backbone):
    store, sounds = ActivationStore(tmp_path, fingerprint_of("msd_vgg")), Sounds()
    with pytest.raises(FingerprintMismatch):
        compute(tracks("t0"), backbone, store, sounds)
    assert sounds.opened == []


def test_real_files_go_through_the_real_decoder(tmp_path, backbone):
    soundfile = pytest.importorskip("soundfile")
    samples = np.random.default_rng(0).normal(0, 0.1, 44_100 * 7).astype(np.float32)
    soundfile.write(tmp_path / "good.flac", samples, 44_100)
    (tmp_path / "bad.mp3").write_bytes(b"this is no sound" * 100)
    store = ActivationStore(tmp_path / "store", backbone.fingerprint)
    with Decoder() as decoder:
        files = [("good", tmp_path / "good.flac"), ("bad", tmp_path / "bad.mp3")]
        report = compute(files, backbone, store, decoder)
        wanted = backbone.activations(decoder.decode(tmp_path / "good.flac").samples, 44_100)
    assert report.computed == 1
    assert report.failures.keys() == {"bad"}
    assert (store.read(["good"]).values == wanted).all()


# --- killed at any moment --------------------------------------------------------------------------------------------

RUNS = textwrap.dedent("""
    import os
    import sys
    from dataclasses import dataclass
    from pathlib import Path
    import numpy as np
    from worker.activations.backbones import load_backbone
    from worker.activations.compute import compute
    from worker.activations.store import ActivationStore

    @dataclass
    class Heard:
        samples: np.ndarray
        rate_hz: int = 16_000

    class Sounds:
        def decode(self, path):
            seed = np.random.default_rng(list(path.stem.encode()))
            return Heard(seed.normal(0, 0.1, int(seed.integers(100, 140_000))).astype(np.float32))

    def run(folder):
        store = ActivationStore(folder, backbone.fingerprint)
        names = [f"k{index}" for index in range(150)]
        report = compute([(name, Path(f"{name}.wav")) for name in names], backbone, store, Sounds(), shard_tracks=2)
        return f"{report.computed} {report.reused}"

    backbone = load_backbone("logmel", threads=1)
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            os.write(1, f"{os.getpid()}\\n".encode())
            os.write(1, f"{run(line.strip())}\\n".encode())
            os._exit(0)
        os.write(1, f"{os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}\\n".encode())
""")


class Runs:
    """Runs in processes of their own, each forked from one that has imported what they need."""

    def __init__(self):
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
        self.parent = subprocess.Popen([sys.executable, "-c", RUNS], text=True, bufsize=1, **pipes)

    def line(self):
        return self.parent.stdout.readline().strip()

    def start(self, folder):
        """The process id of a new run."""
        self.parent.stdin.write(f"{folder}\n")
        return int(self.line())

    def whole(self, folder):
        """What a run that is left alone says."""
        self.start(folder)
        said = self.line()
        assert self.line() == "0"
        return said

    def killed_after(self, folder, shards, wait_s):
        """Start a run and kill it some time after it has so many shards; how it ended."""
        child = self.start(folder)
        deadline = time.monotonic() + 60
        while len(list(folder.glob("*/shard-*.parquet"))) < shards:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        time.sleep(wait_s)
        os.kill(child, signal.SIGKILL)
        return int(self.line())


@pytest.fixture
def runs():
    made = Runs()
    yield made
    made.parent.communicate(timeout=60)


def test_a_run_killed_at_random_moments_resumes_to_the_content_of_a_calm_one(tmp_path, runs):
    calm, torn = tmp_path / "calm", tmp_path / "torn"
    mark = fingerprint_of("logmel")
    names = [f"k{index}" for index in range(150)]
    assert runs.whole(calm) == "150 0"
    moments, kills = random.Random(7), 0
    for shards in (1, 4, 9, 15, 22, 29, 36, 44, 52, 60):
        kills += runs.killed_after(torn, shards, moments.uniform(0, 0.02)) == -signal.SIGKILL
        store = ActivationStore(torn, mark)
        assert store.verify() == []
        done = 150 - len(store.missing(names))
        assert done >= 2 * shards
    assert kills == 10
    left = len(ActivationStore(torn, mark).missing(names))
    assert runs.whole(torn) == f"{left} {150 - left}"
    resumed, wanted = ActivationStore(torn, mark), ActivationStore(calm, mark)
    assert resumed.verify() == []
    assert (resumed.read(names).values == wanted.read(names).values).all()
    assert (resumed.read(names).offsets == wanted.read(names).offsets).all()
    assert resumed.stats().rows == wanted.stats().rows
    resumed.prune(older_than_s=0)
    assert {path.suffix for path in resumed.folder.iterdir()} == {".npy", ".parquet", ".txt"}
    assert resumed.stats().shards * 2 >= 150
    assert (resumed.read(names).values == wanted.read(names).values).all()

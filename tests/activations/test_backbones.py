import subprocess
import sys
import wave

import numpy as np
import pytest
import torch

from worker.activations.backbones import backbone_kind, backbone_names, fingerprint_of, load_backbone, tags
from worker.activations.backbones.network import BATCH_WINDOWS, averaged
from worker.activations.errors import BadSamples, DeviceMissing, UnknownChoice
from worker.activations.windows import count_windows

RATE_HZ = 16_000
WINDOW = 186 * 256
"""Samples of exactly one window at 16 kHz."""


def noise(seconds, seed=0, rate_hz=RATE_HZ):
    return np.random.default_rng(seed).normal(0, 0.1, int(seconds * rate_hz)).astype(np.float32)


@pytest.fixture(scope="module")
def vgg():
    return load_backbone("msd_vgg", threads=1)


def test_five_backbones_ship():
    assert backbone_names()[:5] == ["msd_vgg", "mtt_vgg", "msd_musicnn", "mtt_musicnn", "logmel"]


@pytest.mark.parametrize("name", ["msd_vgg", "mtt_vgg", "msd_musicnn", "mtt_musicnn", "logmel"])
def test_each_backbone_keeps_what_it_promises(name):
    backbone = load_backbone(name, threads=1)
    found = backbone.activations(noise(7, rate_hz=22_050), 22_050)
    assert found.shape == (2, backbone.units)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert backbone.fingerprint == fingerprint_of(name)
    assert backbone.fingerprint.backbone == name


@pytest.mark.parametrize("name", ["msd_vgg", "msd_musicnn", "logmel"])
def test_silence_and_a_single_sample_are_one_window(name):
    backbone = load_backbone(name, threads=1)
    silence = backbone.activations(np.zeros(WINDOW, np.float32), RATE_HZ)
    assert silence.shape == (1, backbone.units)
    assert np.isfinite(silence).all()
    assert (backbone.activations(np.zeros(1, np.float32), RATE_HZ) == silence).all()


@pytest.mark.parametrize(("samples", "windows"), [(WINDOW - 1, 1), (WINDOW, 1), (2 * WINDOW, 1), (374 * 256, 2)])
def test_a_track_has_the_windows_of_its_frames(vgg, samples, windows):
    assert vgg.activations(noise(samples / RATE_HZ), RATE_HZ).shape[0] == windows


def test_the_posters_windows_are_cut_as_it_cuts_them():
    backbone = load_backbone("msd_vgg", hop_frames=93, pad_frames=20, threads=1)
    sound = noise(10)
    frames = len(sound) // 256 + 1
    assert backbone.activations(sound, RATE_HZ).shape[0] == count_windows(frames, 187, 93, 20) == 6
    assert backbone.fingerprint != fingerprint_of("msd_vgg")


# --- the same bits ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["msd_vgg", "msd_musicnn", "logmel"])
def test_neighbours_threads_and_reloading_never_change_a_bit(name):
    sound, other = noise(13, 1, 44_100), noise(5, 2)
    backbone = load_backbone(name, threads=1)
    alone = backbone.activations(sound, 44_100)
    backbone.activations(other, RATE_HZ)
    assert (backbone.activations(sound, 44_100) == alone).all()
    assert (load_backbone(name, threads=2).activations(sound, 44_100) == alone).all()
    assert (load_backbone(name, threads=3).activations(sound, 44_100) == alone).all()


def test_another_process_with_other_thread_settings_gives_the_same_bits(vgg):
    code = (
        "import sys, numpy as np, torch\n"
        "from worker.activations.backbones import load_backbone\n"
        "torch.set_num_threads(4)\n"
        "sound = np.random.default_rng(3).normal(0, 0.1, 7 * 44100).astype(np.float32)\n"
        "sys.stdout.buffer.write(load_backbone('msd_vgg', threads=2).activations(sound, 44100).tobytes())\n"
    )
    there = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, timeout=120).stdout
    assert there == vgg.activations(noise(7, 3, 44_100), 44_100).tobytes()


def test_several_layers_at_once_are_the_layers_one_by_one(vgg):
    sound = noise(7, 4)
    together = vgg.several(sound, RATE_HZ, ["pool3", "pool4", "taggram"])
    assert (together["pool4"] == vgg.activations(sound, RATE_HZ)).all()
    assert (together["taggram"] == vgg.tag_outputs(sound, RATE_HZ)).all()
    assert together["pool3"].shape == (2, 1536)
    pool3 = load_backbone("msd_vgg", layer="pool3", threads=1)
    assert (pool3.activations(sound, RATE_HZ) == together["pool3"]).all()


def test_tag_outputs_are_probabilities_of_fifty_named_tags(vgg):
    found = vgg.tag_outputs(noise(4), RATE_HZ)
    assert found.shape == (1, len(tags.MSD)) == (1, 50)
    assert ((found >= 0) & (found <= 1)).all()
    assert len(set(tags.MSD)) == len(set(tags.MTT)) == 50


# --- what is refused -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("choice", "named"),
    [
        ({"name": "nothing"}, "msd_vgg"),
        ({"pooling": "max"}, "checkpoint"),
        ({"layer": "pool6"}, "pool5"),
        ({"precision": "fp8"}, "fp32"),
        ({"device": "tpu"}, "auto"),
        ({"hop_frames": 0}, "1 or more"),
        ({"name": "logmel", "layer": "pool5"}, "statistics"),
    ],
)
def test_a_choice_nobody_offers_names_what_is_offered(choice, named):
    with pytest.raises(UnknownChoice, match=named):
        fingerprint_of(**choice)


def test_a_device_that_is_not_there_is_an_error_and_auto_takes_the_cpu(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)  # also where there is one
    with pytest.raises(DeviceMissing, match="auto"):
        load_backbone(device="cuda")
    assert fingerprint_of(device="auto").device_class == "cpu"


@pytest.mark.parametrize(("name", "precision"), [("msd_vgg", "fp32"), ("msd_vgg", "bf16"), ("mtt_musicnn", "fp32")])
def test_no_weight_stays_behind_when_a_network_moves_to_another_device(name, precision):
    """torch's device `meta` computes shapes alone, and refuses, as a GPU would, whatever lies elsewhere."""
    backbone = load_backbone(name, precision=precision)
    away = torch.device("meta")
    network = backbone.network.to(away)
    wanted = [backbone.fingerprint.layer, "taggram"]
    with torch.inference_mode():
        found = network.layers(torch.zeros(3, 187, 96, device=away), wanted)
    assert {values.device for values in found.values()} == {away}
    assert averaged(found[wanted[0]]).shape == (3, backbone.units)


def test_batches_of_the_size_a_gpu_gets_give_the_same_activations(monkeypatch, vgg):
    samples = np.random.default_rng(5).normal(0, 0.1, 9 * WINDOW).astype(np.float32)
    monkeypatch.setitem(BATCH_WINDOWS, "cpu", BATCH_WINDOWS["cuda"])
    large = load_backbone(vgg.fingerprint.backbone, layer=vgg.fingerprint.layer)
    assert large.activations(samples, RATE_HZ) == pytest.approx(vgg.activations(samples, RATE_HZ), rel=1e-5, abs=1e-6)


def test_samples_beyond_every_scale_are_refused_instead_of_stored_as_nan(vgg):
    with pytest.raises(BadSamples, match="finite"):
        vgg.activations(np.full(WINDOW, 1e30, np.float32), RATE_HZ)


# --- third parties ---------------------------------------------------------------------------------------------------

# README's example, word for word.
LOUDNESS = """
import numpy as np


class Kind:  # what is known of it without loading anything; the first of each choice is the default
    name, front_end, window_frames = "loudness", "samples-1", 125  # frames of 16 ms
    poolings, layers, precisions = ("none",), ("rms",), ("fp32",)

    def weights_sha256(self):
        return "none"  # whatever changes your numbers: it is part of every stored array's fingerprint

    def load(self, fingerprint, *, threads):
        return Loudness(fingerprint)


class Loudness:
    units = 1

    def __init__(self, fingerprint):
        self.fingerprint = fingerprint

    def activations(self, samples, rate_hz):  # (n,) float32 mono -> (windows, units) float32
        size = self.fingerprint.window_frames * 256 * rate_hz // 16_000
        windows = [samples[at : at + size] for at in range(0, max(1, len(samples) - size + 1), size)]
        return np.array([[np.sqrt(np.mean(window**2))] for window in windows], np.float32)


kind = Kind()
"""


@pytest.fixture
def distribution(tmp_path):
    """A folder for sys.path that holds an installed package with a backbone, and one that takes a shipped name."""
    (tmp_path / "loudness.py").write_text(LOUDNESS)
    described = tmp_path / "loudness-1.0.dist-info"
    described.mkdir()
    (described / "METADATA").write_text("Metadata-Version: 2.1\nName: loudness\nVersion: 1.0\n")
    points = "[audio_concepts.backbones]\nloudness = loudness:kind\nmsd_vgg = loudness:kind\n"
    (described / "entry_points.txt").write_text(points)
    return tmp_path


def there(distribution, code):
    """Run some code in a process of its own that finds the distribution."""
    code = f"import sys; sys.path.insert(0, {str(distribution)!r})\n{code}"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=180)


def test_a_third_party_adds_a_backbone_by_an_entry_point_but_takes_no_shipped_name(distribution):
    there(
        distribution,
        "import numpy as np\n"
        "from worker.activations.backbones import backbone_kind, backbone_names, load_backbone\n"
        "assert backbone_names()[-1] == 'loudness'\n"
        "backbone = load_backbone('loudness')\n"
        "assert backbone.activations(np.full(9, 0.5, np.float32), 8000).tolist() == [[0.5]]\n"
        "assert 'front_end=samples-1;backbone=loudness' in backbone.fingerprint.text\n"
        "assert backbone_kind('msd_vgg').front_end != 'samples-1'\n"
        "assert 'torch' not in sys.modules\n",
    )


def test_a_third_partys_backbone_listens_to_files_and_fills_a_store_as_those_that_ship_do(distribution):
    sound = np.repeat([0.5, 0.25, 0.125], 2 * RATE_HZ)
    with wave.open(str(distribution / "steps.wav"), "wb") as file:
        file.setparams((1, 2, RATE_HZ, 0, "NONE", "not compressed"))
        file.writeframes((sound * 2**15).astype("<i2").tobytes())
    there(
        distribution,
        f"folder = {str(distribution)!r}\n"
        "from worker.activations.backbones import fingerprint_of, load_backbone\n"
        "from worker.activations.compute import compute\n"
        "from worker.activations.store import ActivationStore\n"
        "from worker.catalogue.audio import Decoder\n"
        "from worker.jobs.requests import RebuildRequest\n"
        "from worker.jobs.workshop import Workshop\n"
        "from worker.settings import Settings\n"
        "wanted = RebuildRequest(backbone='loudness').settings()\n"
        "fingerprint = Workshop(Settings(device='cpu')).fingerprint(wanted)\n"
        "assert fingerprint == fingerprint_of('loudness')\n"
        "store = ActivationStore(folder + '/store', fingerprint)\n"
        "with Decoder() as decoder:\n"
        "    tracks = [('steps', folder + '/steps.wav')]\n"
        "    report = compute(tracks, load_backbone('loudness'), store, decoder)\n"
        "assert report.computed == 1, report.failures\n"
        "assert store.read(['steps']).values.tolist() == [[0.5], [0.25], [0.125]]\n"
        "assert store.verify() == []\n",
    )


def test_a_kinds_first_layer_and_pooling_are_its_defaults():
    kind = backbone_kind("msd_vgg")
    chosen = fingerprint_of("msd_vgg")
    assert (chosen.layer, chosen.pooling) == (kind.layers[0], kind.poolings[0]) == ("pool4", "musicnn")

"""The four networks against stored outputs of the reference, and against a slow one written here by its definition."""

from pathlib import Path

import numpy as np
import pytest
import torch

from worker.activations import checkpoint
from worker.activations.backbones import load_backbone
from worker.activations.backbones.network import averaged
from worker.activations.errors import UnknownChoice

ORACLES = Path(__file__).parents[1] / "data" / "oracles"
NETWORKS = {"msd_vgg": "MSD_vgg", "mtt_vgg": "MTT_vgg", "msd_musicnn": "MSD_musicnn", "mtt_musicnn": "MTT_musicnn"}
VGG = ["msd_vgg", "mtt_vgg"]
POOLS = ["pool1", "pool2", "pool3", "pool4", "pool5"]
POOLINGS = ["musicnn", "checkpoint"]
# musicnn's inference code, time x mel: size and stride of each pooling; the stored graphs' own come with their oracles
MUSICNN = [((4, 1), (2, 2)), ((2, 2), (2, 2)), ((2, 2), (2, 2)), ((2, 2), (2, 2)), ((4, 4), (4, 4))]


def oracle(name):
    return arrays_of(f"{NETWORKS[name]}.npz")


def stored_graph(name):
    """What TensorFlow makes of the graph beside the weights; see `tests/data/make_checkpoint_oracles.py`."""
    return arrays_of(f"{NETWORKS[name]}_checkpoint.npz")


def arrays_of(file):
    with np.load(ORACLES / file, allow_pickle=False) as arrays:
        return {key: arrays[key] for key in arrays.files}


def poolings_of(name, pooling):
    return MUSICNN if pooling == "musicnn" else stored_graph(name)["poolings"]


def off_range(found, wanted):
    """Largest difference over the range of what is wanted."""
    return float(np.abs(found - wanted).max() / (wanted.max() - wanted.min()))


# --- a slow network: float64, every mel column, the normalisation where the definition has it ----------------------


def slow_convolution(values, kernel, bias):
    """(time, mel, in) -> (time, mel, out), 3 x 3, zeros around."""
    padded = np.pad(values, ((1, 1), (1, 1), (0, 0)))
    total = np.broadcast_to(bias, (*values.shape[:2], len(bias))).copy()
    for row in range(3):
        for column in range(3):
            total += padded[row : row + values.shape[0], column : column + values.shape[1]] @ kernel[row, column]
    return total


def slow_normalisation(values, weights, name):
    gamma, beta, mean, variance = (
        weights[f"{name}/{part}"] for part in ("gamma", "beta", "moving_mean", "moving_variance")
    )
    return (values - mean) / np.sqrt(variance + 1e-3) * gamma + beta


def slow_maximum(values, size, stride):
    views = np.lib.stride_tricks.sliding_window_view(values, tuple(size), axis=(0, 1))
    return views[:: stride[0], :: stride[1]].max(axis=(-2, -1))


def slow_vgg(name, log_mel, pooling):
    """Every layer of one window."""
    weights = {key: value.astype(np.float64) for key, value in checkpoint.read_weights(NETWORKS[name]).items()}
    values = slow_normalisation(log_mel.astype(np.float64)[..., None], weights, "batch_normalization")
    found = {}
    for number, (size, stride) in enumerate(poolings_of(name, pooling), start=1):
        values = slow_convolution(values, weights[f"{number}CNN/kernel"], weights[f"{number}CNN/bias"])
        values = slow_normalisation(np.maximum(values, 0), weights, f"batch_normalization_{number}")
        values = found[f"pool{number}"] = slow_maximum(values, size, stride)
    found["penultimate"] = values.reshape(-1)
    found["logits"] = found["penultimate"] @ weights["dense/kernel"] + weights["dense/bias"]
    found["taggram"] = 1 / (1 + np.exp(-found["logits"]))
    return found


# --- layers ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", NETWORKS)
def test_every_layer_is_the_references_within_a_hundred_thousandth_of_its_range(name, record_property):
    wanted = oracle(name)
    log_mel = torch.from_numpy(wanted.pop("x"))
    with torch.inference_mode():
        found = load_backbone(name, threads=1).network.layers(log_mel, list(wanted))
    differences = {}
    for layer, values in wanted.items():
        rows = found[layer].numpy()[: len(values)]
        differences[layer] = off_range(rows.reshape(values.shape), values)
        record_property(layer, differences[layer])
    assert max(differences.values()) < 1e-5, differences
    assert np.abs(found["taggram"].numpy() - wanted["taggram"]).max() < 1e-4


@pytest.mark.parametrize("name", VGG)
def test_every_layer_under_pooling_checkpoint_is_the_stored_graphs_within_a_hundred_thousandth(name, record_property):
    wanted = stored_graph(name)
    layers = [*POOLS, "penultimate", "logits", "taggram"]
    with torch.inference_mode():
        network = load_backbone(name, pooling="checkpoint", threads=1).network
        found = network.layers(torch.from_numpy(wanted["x"]), layers)
    differences = {}
    for layer in layers:
        rows = found[layer].numpy()[: len(wanted[layer])]
        assert rows.shape == wanted[layer].shape
        differences[layer] = off_range(rows, wanted[layer])
        record_property(layer, differences[layer])
    assert max(differences.values()) < 1e-5, differences
    assert (wanted["x"] == oracle(name)["x"][wanted["windows"]]).all()


def test_mtt_vgg_was_trained_with_musicnns_pooling_and_msd_vgg_was_not():
    assert stored_graph("mtt_vgg")["poolings"].tolist() == np.array(MUSICNN).tolist()
    assert stored_graph("msd_vgg")["poolings"].tolist() != np.array(MUSICNN).tolist()
    log_mel = torch.from_numpy(oracle("mtt_vgg")["x"][3:4])
    with torch.inference_mode():
        one, other = (
            load_backbone("mtt_vgg", pooling=pooling, threads=1).network.layers(log_mel, POOLS) for pooling in POOLINGS
        )
    assert all((one[layer] == other[layer]).all() for layer in POOLS)


@pytest.mark.parametrize("name", VGG)
def test_the_slow_network_is_the_reference_too(name):
    wanted = oracle(name)
    for window in (0, 1):
        slow = slow_vgg(name, wanted["x"][window], "musicnn")
        for layer, values in wanted.items():
            if layer != "x" and window < len(values):
                assert off_range(slow[layer], values[window]) < 1e-5, layer


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("name", VGG)
def test_both_poolings_are_the_slow_networks_on_quiet_and_loud_windows(name, pooling, record_property):
    log_mel = oracle(name)["x"][[0, 3, 4]]
    layers = [*POOLS, "penultimate", "logits", "taggram"]
    with torch.inference_mode():
        found = load_backbone(name, pooling=pooling, threads=1).network.layers(torch.from_numpy(log_mel), layers)
    slow = [slow_vgg(name, window, pooling) for window in log_mel]
    differences = {
        layer: off_range(found[layer].numpy(), np.stack([window[layer] for window in slow])) for layer in layers
    }
    for layer, difference in differences.items():
        record_property(layer, difference)
    assert max(differences.values()) < 1e-5, differences


@pytest.mark.parametrize("pooling", POOLINGS)
def test_pooled_layers_have_the_sizes_of_the_method(pooling):
    network = load_backbone("msd_vgg", pooling=pooling, threads=1).network
    found = network.layers(torch.zeros(1, 187, 96), [*POOLS, "penultimate", "taggram"])
    sizes = {"pool3": 1536, "pool4": 768, "pool5": 128, "penultimate": 256, "taggram": 50}
    assert {layer: averaged(found[layer]).shape[1] for layer in sizes} == sizes
    assert all(network.units(layer) == averaged(values).shape[1] for layer, values in found.items())


@pytest.mark.parametrize("name", ["msd_musicnn", "mtt_musicnn"])
def test_musicnns_layers_have_the_units_they_announce(name):
    network = load_backbone(name, threads=1).network
    layers = ["timbral", "temporal", "cnn1", "cnn2", "cnn3", "mean_pool", "max_pool", "penultimate", "taggram"]
    found = network.layers(torch.zeros(1, 187, 96), layers)
    assert {layer: averaged(values).shape[1] for layer, values in found.items()} == {
        layer: network.units(layer) for layer in layers
    }


def test_an_activation_is_averaged_over_time_and_flattened_mel_major():
    values = torch.arange(2 * 3 * 4 * 5, dtype=torch.float32).reshape(2, 3, 4, 5)
    assert averaged(values).shape == (2, 20)
    assert averaged(values)[1, 2 * 5 + 3] == values[1, :, 2, 3].mean()


def test_asking_for_one_layer_gives_the_bits_of_asking_for_all():
    network = load_backbone("msd_vgg", threads=1).network
    log_mel = torch.from_numpy(oracle("msd_vgg")["x"][:2])
    with torch.inference_mode():
        together = network.layers(log_mel, [*POOLS, "taggram"])
        assert all((network.layers(log_mel, [layer])[layer] == together[layer]).all() for layer in together)


@pytest.mark.parametrize("pooling", POOLINGS)
@pytest.mark.parametrize("name", VGG)
def test_bf16_keeps_the_direction_of_every_activation(name, pooling, record_property):
    log_mel = torch.from_numpy(oracle(name)["x"])
    layers = [*POOLS, "penultimate", "logits"]
    exact, narrow = (
        load_backbone(name, pooling=pooling, precision=precision, threads=1) for precision in ("fp32", "bf16")
    )
    with torch.inference_mode():
        wanted, found = (one.network.layers(log_mel, layers) for one in (exact, narrow))
    for layer in layers:
        cosine = torch.nn.functional.cosine_similarity(averaged(wanted[layer]), averaged(found[layer])).min()
        record_property(layer, float(cosine))
        assert cosine >= 0.9999, layer
    assert exact.fingerprint != narrow.fingerprint


# --- from a layer to the tags --------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", [*POOLS, "penultimate", "logits"])
@pytest.mark.parametrize("pooling", POOLINGS)
def test_the_tags_follow_from_every_layer(layer, pooling):
    backbone = load_backbone("msd_vgg", pooling=pooling, threads=1)
    found = backbone.network.layers(torch.from_numpy(oracle("msd_vgg")["x"][:1]), [layer, "logits"])
    assert (backbone.outputs_from(layer, found[layer]) - found["logits"]).abs().max() < 1e-5


@pytest.mark.parametrize(
    ("name", "layer"), [("msd_vgg", "pool5"), ("msd_vgg", "pool4"), ("mtt_musicnn", "penultimate")]
)
def test_gradients_from_a_layer_to_a_tag_are_those_of_small_steps(name, layer):
    backbone = load_backbone(name, threads=1)
    with torch.no_grad():
        values = backbone.network.layers(torch.from_numpy(oracle(name)["x"][3:4]), [layer])[layer].contiguous()
    values.requires_grad_()
    backbone.outputs_from(layer, values)[0, 7].backward()
    direction = torch.from_numpy(np.random.default_rng(0).normal(size=tuple(values.shape)).astype(np.float32))
    step = 1e-3
    with torch.no_grad():
        above, below = (backbone.outputs_from(layer, values + sign * step * direction)[0, 7] for sign in (1, -1))
    assert float((values.grad * direction).sum()) == pytest.approx(float((above - below) / (2 * step)), abs=0.02)


@pytest.mark.parametrize(("name", "layer"), [("msd_vgg", "taggram"), ("msd_musicnn", "mean_pool")])
def test_a_layer_the_tags_do_not_follow_from_is_refused(name, layer):
    with pytest.raises(UnknownChoice, match="penultimate"):
        load_backbone(name, threads=1).outputs_from(layer, torch.zeros(1, 50))

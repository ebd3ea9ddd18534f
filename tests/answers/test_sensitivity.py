"""Sensitivities equal captum's on the same vectors, the tests equal scipy's, and random directions are not specific."""

import numpy as np
import pytest
import scipy.stats
import torch
from captum.concept import TCAV, Classifier, Concept

from worker.activations.backbones import load_backbone
from worker.activations.backbones.tags import MSD, tags_of
from worker.activations.front_end import FrontEnd
from worker.activations.gradients import tag_gradients
from worker.activations.windows import cut_windows
from worker.answers.errors import TooFewDraws
from worker.answers.sensitivity import outlier_test, score, sensitivity, t_test, unit_length
from worker.concepts.errors import ShapeMismatch

RATE = 16_000
TAGS = (0, 7, 23, 31, 49)


def music(seconds=7.0, seed=0):
    """Chords that change over a little noise."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(seconds * RATE)) / RATE
    chord = sum(np.sin(2 * np.pi * pitch * (1 + (time // 1.3 % 4) / 8) * time) for pitch in (110, 220, 331, 554))
    return (0.1 * chord + 0.02 * rng.normal(size=len(time))).astype(np.float32)


# --- captum ---------------------------------------------------------------------------------------------------------


class Given(Classifier):
    """Hands captum a vector instead of learning one."""

    lifted = None

    def __init__(self):
        """Learns nothing."""

    def train_and_eval(self, *_, **__):
        return {}

    def weights(self):
        return torch.stack([Given.lifted, -Given.lifted])

    def classes(self):
        return [0, 1]


class Tail(torch.nn.Module):
    """A network as captum needs it: the layer is a module of its own."""

    def __init__(self, backbone):
        super().__init__()
        self.backbone, self.place = backbone, torch.nn.Identity()

    def forward(self, log_mel):
        layer = self.backbone.fingerprint.layer
        values = self.place(self.backbone.network.layers(log_mel, [layer])[layer])
        return self.backbone.outputs_from(layer, values)


def lifted(vector, shape):
    """The gradient of <v, mean over time of a> at the layer: by torch, not by formula."""
    values = torch.zeros((1, *shape), requires_grad=True)
    pooled = values if len(shape) == 1 else values.mean(1).flatten(1)
    (pooled @ torch.from_numpy(vector)).sum().backward()
    return values.grad.flatten()


@pytest.mark.parametrize(
    ("name", "layer"),
    [("msd_vgg", "pool5"), ("msd_vgg", "pool4"), ("msd_vgg", "pool2"), ("msd_musicnn", "penultimate")],
)
@pytest.mark.filterwarnings("ignore")  # captum's own
def test_sign_count_and_magnitude_equal_captum_s(name, layer, tmp_path):
    backbone = load_backbone(name, layer=layer, hop_frames=93, threads=1)
    windows = cut_windows(FrontEnd().log_mel(music(), RATE), 187, 93)
    inputs = torch.from_numpy(np.ascontiguousarray(windows))
    vector = np.random.default_rng(1).normal(size=backbone.units).astype(np.float32)
    with torch.no_grad():
        shape = backbone.network.layers(inputs[:1], [layer])[layer].shape[1:]
    Given.lifted = lifted(vector, tuple(shape))
    concepts = [Concept(place, title, [inputs[:1]]) for place, title in enumerate(("concept", "others"))]
    captum = TCAV(Tail(backbone), ["place"], classifier=Given(), save_path=str(tmp_path))
    counts, magnitudes = score(tag_gradients(backbone, music(), RATE), vector[None])
    for tag in TAGS:
        theirs = captum.interpret(inputs, [concepts], target=tag)["0-1"]["place"]
        assert counts[0, tag] == pytest.approx(theirs["sign_count"][0].item(), abs=1e-6)
        assert magnitudes[0, tag] == pytest.approx(theirs["magnitude"][0].item(), abs=1e-6, rel=1e-4)


# --- the arithmetic -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("layer", ["pool5", "pool3"])
def test_a_derivative_is_what_a_small_step_does(layer):
    """A step of v / T at every time, in float64, against the inner product with the averaged gradient."""
    backbone = load_backbone("msd_vgg", layer=layer, threads=1)
    gradients = tag_gradients(backbone, music(3.1), RATE)
    vector = np.random.default_rng(2).normal(size=backbone.units)
    vector /= np.linalg.norm(vector)
    log_mel = torch.from_numpy(cut_windows(FrontEnd().log_mel(music(3.1), RATE), 187, 187).copy())
    with torch.no_grad():
        values = backbone.network.layers(log_mel, [layer])[layer].double()
        backbone.network.double()
        step = torch.from_numpy(vector).reshape(values.shape[2:]).expand(values.shape[1:]) / values.shape[1]
        reach = 1e-4
        up, down = (backbone.outputs_from(layer, values + sign * reach * step) for sign in (1, -1))
    small = ((up - down) / (2 * reach)).numpy()[0]
    mine = gradients[0].astype(np.float64) @ vector
    assert mine == pytest.approx(small, abs=2e-3 * np.abs(small).max())


def test_from_pool5_on_every_window_answers_alike():
    gradients = tag_gradients(load_backbone("msd_vgg", layer="pool5", threads=1), music(), RATE)
    assert gradients.shape == (2, 50, 128)
    assert np.allclose(gradients[0], gradients[1], atol=1e-7)


def test_backbones_without_tags_and_layers_beside_the_way_are_refused():
    with pytest.raises(Exception, match="backbone with tags"):
        tag_gradients(load_backbone("logmel"), music(3.1), RATE)
    with pytest.raises(Exception, match="penultimate"):
        tag_gradients(load_backbone("msd_musicnn", layer="cnn1", threads=1), music(3.1), RATE)
    assert tags_of("logmel") == ()
    assert tags_of("msd_vgg") is MSD


def planted(windows=40, tags=6, units=48, draws=12, seed=0):
    """Gradients, a concept's vector, its redraws and random directions; tag 0 answers to the concept alone."""
    rng = np.random.default_rng(seed)
    vector = rng.normal(size=units)
    gradients = rng.normal(size=(windows, tags, units)) * 0.3
    gradients[:, 0] += vector
    redrawn = vector + 0.2 * rng.normal(size=(draws, units))
    return gradients.astype(np.float32), vector, redrawn, rng.normal(size=(draws, units))


def names(tags=6):
    return tuple(f"tag {number}" for number in range(tags))


def test_the_tag_that_answers_to_the_concept_is_found():
    found = sensitivity(names(), *planted())
    assert [one.tag for one in found] == list(names())
    assert found[0].sign_count > 0.95
    assert found[0].magnitude == max(one.magnitude for one in found)
    assert found[0].q_specific < 0.02
    assert found[0].q_consistent < 0.01


def test_random_sets_are_seldom_called_specific():
    """A concept that is a random set itself: its redraws share its tracks, so they lie close together."""
    called = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        gradients, vector = rng.normal(size=(30, 6, 12)).astype(np.float32), rng.normal(size=12)
        redrawn = vector + 0.1 * rng.normal(size=(12, 12))
        found = sensitivity(names(), gradients, vector, redrawn, rng.normal(size=(12, 12)))
        called += any(one.q_specific < 0.05 for one in found)
    assert called <= 10


def test_the_length_of_vectors_and_the_order_of_windows_and_draws_do_not_matter():
    gradients, vector, redrawn, random = planted()
    one = sensitivity(names(), gradients, vector, redrawn, random)
    other = sensitivity(names(), gradients[::-1], vector * 7, redrawn[::-1] * 3, random * 0.5)
    for mine, again in zip(one, other, strict=True):
        for field in ("sign_count", "magnitude", "p_consistent", "q_consistent", "p_specific", "q_specific"):
            assert getattr(mine, field) == pytest.approx(getattr(again, field), rel=1e-9)


def test_the_opposite_vector_has_the_opposite_signs():
    gradients, vector, _, _ = planted()
    (count,), (mean,) = score(gradients, vector[None])
    (turned,), (back,) = score(gradients, -vector[None])
    assert turned == pytest.approx(1 - count)
    assert back == pytest.approx(-mean)


def test_the_tests_are_scipy_s():
    rng = np.random.default_rng(5)
    one, other = rng.uniform(size=(10, 7)), rng.uniform(size=(13, 7)) + 0.2
    assert t_test(one) == pytest.approx(scipy.stats.ttest_1samp(one, 0.5).pvalue, rel=1e-9)
    pooled = scipy.stats.ttest_ind(one[:1], other, equal_var=True).pvalue
    assert outlier_test(one[0], other) == pytest.approx(pooled, rel=1e-9)


def test_draws_that_all_agree_have_the_exact_sign_test():
    agreed = np.stack([np.ones(10), np.zeros(10), np.full(10, 0.5)], axis=1)
    assert t_test(agreed).tolist() == [2**-9, 2**-9, 1.0]
    assert outlier_test(agreed[0], agreed).tolist() == [1.0, 1.0, 1.0]
    assert outlier_test(agreed[0] + 1, agreed).tolist() == [0.0, 0.0, 0.0]


def test_a_vector_of_zeros_stays_finite():
    assert unit_length(np.zeros((1, 3))).tolist() == [[0, 0, 0]]
    gradients, _, redrawn, random = planted()
    assert sensitivity(names(), gradients, np.zeros(48), redrawn, random)[0].sign_count == 0


def test_too_few_draws_and_wrong_shapes_are_refused():
    gradients, vector, redrawn, random = planted()
    with pytest.raises(TooFewDraws, match="at least 10"):
        sensitivity(names(), gradients, vector, redrawn[:9], random)
    with pytest.raises(ShapeMismatch):
        sensitivity(names(5), gradients, vector, redrawn, random)
    with pytest.raises(ShapeMismatch):
        sensitivity(names(), gradients[:0], vector, redrawn, random)
    with pytest.raises(ShapeMismatch):
        sensitivity(names(), gradients, vector, redrawn[:, 1:], random)

"""Which tags of the network a concept would raise: derivatives of its 50 outputs along a concept's vector. TCAV.

Conventions: a gradient is that of a logit at the layer, averaged over time (see `worker.activations.gradients`); a
derivative is its inner product with the vector. The sign count of a tag is the share of windows whose derivative is
positive (a derivative of 0 is not); the magnitude is the mean derivative. Vectors have Euclidean length 1, so that
magnitudes of different concepts compare: logits a unit of the concept's direction.

Two tests, each two-sided, on vectors learnt again with other random counter-examples:
    consistent   one-sample t test of the redraws' sign counts against 0.5, as TCAV states it
    specific     is the redraws' mean magnitude one more draw from vectors of random track sets of the same size? t of
                 a single observation against a sample: (x - mean) / (deviation sqrt(1 + 1 / draws))
Why the second: from `pool5` on the tags are a linear function of the layer, so every window has the same derivative,
sign counts are 0 or 1, and any direction, a random set's too, is consistent. On the demo (pool5, 24 draws) the first
test calls 30 to 49 of the 50 tags of each of six random sets and the second none; of five real concepts the second
calls two tags of one. Why one observation: redraws share the concept's tracks, so they are no independent witnesses.
Where all sign counts agree the t statistic is infinite, and the exact sign test speaks: 2^(1 - draws).

Source: Kim et al. 2018, "Interpretability beyond feature attribution"; sign count and magnitude equal captum's.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from worker.answers.errors import TooFewDraws
from worker.answers.sensed import TagSensitivity
from worker.concepts.errors import ShapeMismatch
from worker.concepts.significance import benjamini_hochberg

FEWEST_DRAWS = 10
EVEN = 0.5


def sensitivity(
    tags: tuple[str, ...],
    gradients: NDArray[np.float32],
    vector: NDArray[np.floating],
    redrawn: NDArray[np.floating],
    random: NDArray[np.floating],
) -> list[TagSensitivity]:
    """Sensitivity of every tag to a concept.

    Args:
        tags: their names.
        gradients: (windows, tags, units), at least one window.
        vector: (units,) the published one; its length does not matter.
        redrawn: (draws, units) the concept's vectors, learnt again with other counter-examples.
        random: (draws, units) vectors of random track sets of the concept's size.

    Returns:
        One a tag, in the order of `tags`.

    Raises:
        ShapeMismatch: the arrays do not belong together.
        TooFewDraws: fewer than 10 of either.
    """
    _check(tags, gradients, vector, redrawn, random)
    counts, means = score(gradients, unit_length(vector[None]))
    again, again_means = score(gradients, unit_length(redrawn))
    _, random_means = score(gradients, unit_length(random))
    consistent, specific = t_test(again), outlier_test(again_means.mean(axis=0), random_means)
    columns = (counts[0], means[0], consistent, benjamini_hochberg(consistent), specific, benjamini_hochberg(specific))
    return [TagSensitivity(tag, *map(float, row)) for tag, row in zip(tags, np.stack(columns, axis=1), strict=True)]


def score(
    gradients: NDArray[np.float32], vectors: NDArray[np.floating]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Sign count and magnitude of every tag along every vector, as they are.

    Args:
        gradients: (windows, tags, units).
        vectors: (vectors, units).

    Returns:
        Two arrays (vectors, tags).
    """
    derivatives = gradients.astype(np.float64) @ vectors.astype(np.float64).T
    counts: NDArray[np.float64] = (derivatives > 0).mean(axis=0).T
    magnitudes: NDArray[np.float64] = derivatives.mean(axis=0).T
    return counts, magnitudes


def unit_length(vectors: NDArray[np.floating]) -> NDArray[np.float64]:
    """(vectors, units) each divided by its length; a vector of zeros stays."""
    wide = vectors.astype(np.float64)
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    scaled: NDArray[np.float64] = np.divide(wide, lengths, out=np.zeros_like(wide), where=lengths > 0)
    return scaled


def t_test(samples: NDArray[np.float64], mean: float = EVEN) -> NDArray[np.float64]:
    """Two-sided one-sample t test of each column against a mean.

    Args:
        samples: (draws, tags), at least two draws.
        mean: of the null hypothesis.

    Returns:
        (tags,) p in 0..1; where a column does not vary the exact sign test's: 2^(1 - draws), 1 if it is the mean.
    """
    draws = len(samples)
    away, spread = samples.mean(axis=0) - mean, samples.std(axis=0, ddof=1)
    constant = np.ptp(samples, axis=0) == 0
    ratio = np.divide(away, spread / np.sqrt(draws), out=np.zeros_like(away), where=~constant)
    agreed = np.where(samples[0] == mean, 1.0, 2.0 ** (1 - draws))
    return np.where(constant, agreed, _two_sided(ratio, np.full_like(ratio, draws - 1)))


def outlier_test(values: NDArray[np.float64], samples: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided t test of single values: could each be one more observation of its sample?

    Args:
        values: (tags,)
        samples: (draws, tags), at least two draws.

    Returns:
        (tags,) p in 0..1; where a sample does not vary 1 if the value is the same, else 0.
    """
    draws = len(samples)
    away, spread = values - samples.mean(axis=0), samples.std(axis=0, ddof=1) * np.sqrt(1 + 1 / draws)
    ratio = np.divide(away, spread, out=np.zeros_like(away), where=spread > 0)
    return np.where(spread > 0, _two_sided(ratio, np.full_like(ratio, draws - 1)), (away == 0).astype(np.float64))


def _two_sided(ratio: NDArray[np.float64], freedom: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = 2.0 * stdtr(freedom, -np.abs(ratio))
    return found


def _check(
    tags: tuple[str, ...],
    gradients: NDArray[np.float32],
    vector: NDArray[np.floating],
    redrawn: NDArray[np.floating],
    random: NDArray[np.floating],
) -> None:
    units = len(vector)
    if gradients.ndim != 3 or gradients.shape[1:] != (len(tags), units) or not len(gradients):  # noqa: PLR2004
        raise ShapeMismatch("gradients", ("at least 1", len(tags), units), gradients.shape)
    for what, vectors in (("redrawn vectors", redrawn), ("vectors of random sets", random)):
        if vectors.ndim != 2 or vectors.shape[1] != units:  # noqa: PLR2004  vectors, units
            raise ShapeMismatch(what, ("draws", units), vectors.shape)
        if len(vectors) < FEWEST_DRAWS:
            raise TooFewDraws(len(vectors), FEWEST_DRAWS)

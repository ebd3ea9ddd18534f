"""Which tags of the network a concept would raise: derivatives of its 50 outputs along a concept's vector. TCAV.

Conventions: a gradient is that of a logit at the layer, averaged over time (see `worker.activations.gradients`); a
derivative is its inner product with the vector. The sign count of a tag is the share of windows whose derivative is
positive (a derivative of 0 is not); the magnitude is the mean derivative. Vectors have Euclidean length 1, so that
magnitudes of different concepts compare: logits a unit of the concept's direction.

Two tests, each two-sided, each over vectors learnt again with other random counter-examples:
    consistent   one-sample t test of the sign counts against 0.5, as TCAV states it
    specific     Welch's t test of the magnitudes against those of vectors of random track sets of the same size
Why the second: from `pool5` on the tags are a linear function of the layer, so every window has the same derivative,
sign counts are 0 or 1, and nearly any direction is consistent; a concept says something when random sets do not say
the same. Where all sign counts agree the t statistic is infinite, and the exact sign test speaks: 2^(1 - draws).

Source: Kim et al. 2018, "Interpretability beyond feature attribution"; sign count and magnitude equal captum's.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from worker.answers.errors import TooFewDraws
from worker.concepts.errors import ShapeMismatch
from worker.concepts.significance import benjamini_hochberg

FEWEST_DRAWS = 10
EVEN = 0.5


@dataclass(frozen=True, slots=True)
class TagSensitivity:
    """What moving towards a concept does to one tag."""

    tag: str
    sign_count: float
    """0..1, share of windows, by the published vector."""
    magnitude: float
    """Mean derivative of the logit, by the published vector."""
    p_consistent: float
    q_consistent: float
    """Benjamini-Hochberg over the tags."""
    p_specific: float
    q_specific: float
    """Likewise."""


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
    consistent, specific = t_test(again), welch_test(again_means, random_means)
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


def welch_test(one: NDArray[np.float64], other: NDArray[np.float64]) -> NDArray[np.float64]:
    """Two-sided Welch t test of the columns of two samples.

    Args:
        one: (draws, tags), at least two draws.
        other: (draws, tags) likewise.

    Returns:
        (tags,) p in 0..1; 1 where neither sample varies and they are equal, 0 where they are not.
    """
    parts = [sample.var(axis=0, ddof=1) / len(sample) for sample in (one, other)]
    total = parts[0] + parts[1]
    away = one.mean(axis=0) - other.mean(axis=0)
    varies = total > 0
    ratio = np.divide(away, np.sqrt(total), out=np.zeros_like(away), where=varies)
    shares = [
        np.divide(part, total, out=np.full_like(total, 0.5), where=varies) ** 2 / (len(sample) - 1)
        for part, sample in zip(parts, (one, other), strict=True)
    ]
    return np.where(varies, _two_sided(ratio, 1 / (shares[0] + shares[1])), (away == 0).astype(np.float64))


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

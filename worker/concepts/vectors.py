"""Concept activation vectors: for each concept the best linear detector of its tracks, all concepts solved together.

Conventions: activations are (rows, units) float32, the rows of a track adjacent; a vector is raw, i.e. the logit of a
row f is `weights @ f + bias` with no scaling left to undo. Ids are sorted. Fold k's vector has not seen fold k.

The objective of concept c on training tracks T (non-members capped, see `max_negatives`):

    1/(2 |P|) * sum over t in P of l(t) + 1/(2 |N|) * sum over t in N of l(t) + ridge/2 * |w|^2

with P, N the members and non-members in T, l(t) the mean over the track's windows of the logistic loss, w the weights
on units standardised over T's catalogue (bias free). So classes are balanced and tracks weigh equally. It is strictly
convex: there is one optimum, and `worker.concepts.solver` goes there; nothing depends on a random start. Where
counter-examples are balanced for a property (`balance`), the l(t) of N have weights of mean 1.

That is the method `logistic`. Others by name: `mean_difference` and `pattern` (`worker.concepts.directions`) on the
same training sets, and `poster` (`worker.concepts.poster`), trained once on its own splits, without folds.

Source: Kim et al. 2018 (TCAV) for the idea, Afchar et al. 2022 for playlists as concepts.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from worker.concepts.errors import BadVectorFile
from worker.concepts.properties import PropertyName

Progress = Callable[[int, int], None]
"""Told (done, total)."""

Method = Literal["logistic", "mean_difference", "pattern", "poster"]

FORMAT = "concept-vectors-1"
ARRAYS = ("weights", "bias", "fold_weights", "fold_bias")


@dataclass(frozen=True, slots=True)
class VectorSettings:
    """How vectors are learnt."""

    method: Method = "logistic"
    """`logistic` solves the objective above; for the others see `worker.concepts.directions` and `.poster`."""
    input: Literal["windows", "tracks"] = "windows"
    """Learn from every window, or from one mean a track (faster, a little less accurate)."""
    max_negatives: int = 2000
    """Non-members are drawn from one seeded pool of at most this many tracks, spread evenly over the folds."""
    seed: int = 0
    """Of that pool; with `poster` of its splits and draws."""
    ridge: float | None = None
    """Strength of the penalty; None chooses one for all concepts from `ridges` by cross-validated log loss. The methods
    `mean_difference` and `poster` have no penalty."""
    ridges: tuple[float, ...] = (1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0003, 0.0001)
    """Tried from the strongest down, until the loss has risen twice in a row."""
    ridge_concepts: int = 64
    """At most this many concepts, evenly over their sizes, vote on the ridge."""
    tolerance: float = 1e-5
    """A fit ends when the norm of its gradient, on standardised units, is below this."""
    balance: PropertyName | None = None
    """Counter-examples weigh so that they do not differ from the examples in this property: see
    `worker.concepts.counterexamples`; None lets them weigh alike. Not for `poster`."""


@dataclass(frozen=True, slots=True)
class ConceptVectors:
    """The vectors of all concepts: one from all folds, to be kept, and K cross-fitted ones, to be judged by."""

    concept_ids: tuple[str, ...]
    weights: NDArray[np.float32]
    """(concepts, units) refitted on all folds: no track is unseen by it. With `poster` trained on 70 % of them."""
    bias: NDArray[np.float32]
    """(concepts,)"""
    fold_weights: NDArray[np.float32]
    """(folds, concepts, units); entry k was fitted without fold k. With `poster` there are none."""
    fold_bias: NDArray[np.float32]
    """(folds, concepts)"""
    ridge: float
    """0 where the method has none."""
    fingerprint: str
    """Of the activations, as text."""
    settings: VectorSettings
    ridge_losses: dict[float, float]
    """Cross-validated balanced log loss of each ridge tried; empty when it was given."""
    keys: tuple[str, ...] = ()
    """One a concept, where somebody keeps vectors for later: names all that its vectors were made of."""

    def select(self, concepts: Sequence[int] | NDArray[np.int64]) -> Self:
        """Only the concepts at these positions, in this order."""
        chosen = np.asarray(concepts, np.int64)
        return replace(
            self,
            concept_ids=tuple(self.concept_ids[position] for position in chosen),
            weights=self.weights[chosen],
            bias=self.bias[chosen],
            fold_weights=self.fold_weights[:, chosen],
            fold_bias=self.fold_bias[:, chosen],
            keys=tuple(self.keys[position] for position in chosen) if self.keys else (),
        )

    def save(self, path: Path) -> None:
        """Write safetensors with ids, ridge, fingerprint and settings in the header; whole or not at all."""
        from safetensors.numpy import save

        header = {
            "format": FORMAT,
            "concept_ids": json.dumps(self.concept_ids),
            "keys": json.dumps(self.keys),
            "ridge": repr(self.ridge),
            "fingerprint": self.fingerprint,
            "settings": json.dumps(asdict(self.settings)),
            "ridge_losses": json.dumps(list(self.ridge_losses.items())),
            "weights": "refit on all folds",
            "fold_weights": "entry k fitted without fold k",
        }
        arrays = {name: np.ascontiguousarray(getattr(self, name)) for name in ARRAYS}
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as file:
            try:
                file.write(save(arrays, metadata=header))
                file.flush()
                os.fsync(file.fileno())
                Path(file.name).replace(path)
            except BaseException:
                Path(file.name).unlink(missing_ok=True)
                raise

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read what `save` wrote.

        Raises:
            BadVectorFile: it is something else.
        """
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                header: dict[str, str] = file.metadata() or {}
                if header.get("format") != FORMAT:
                    raise BadVectorFile(str(path), f"its format is {header.get('format')!r}, not {FORMAT!r}")
                arrays = {name: file.get_tensor(name) for name in ARRAYS}
            settings: dict[str, Any] = json.loads(header["settings"])
            settings["ridges"] = tuple(settings["ridges"])
            return cls(
                concept_ids=tuple(json.loads(header["concept_ids"])),
                **arrays,
                ridge=float(header["ridge"]),
                fingerprint=header["fingerprint"],
                settings=VectorSettings(**settings),
                ridge_losses={float(ridge): float(loss) for ridge, loss in json.loads(header["ridge_losses"])},
                keys=tuple(json.loads(header.get("keys", "[]"))),
            )
        except (SafetensorError, KeyError, TypeError, ValueError) as error:
            raise BadVectorFile(str(path), str(error)) from error

"""Which concepts a piece of new music expresses, from its activations and published vectors. numpy only.

Conventions: scores are `mean over windows of sigmoid(<v, f(window)> + b)`, in 0..1, strongest first; ties by id.
Vectors and activations must carry one fingerprint. Source: Afchar, Hennequin, Guigue 2022, the goal "attribution".
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attribution:
    """One concept's score for one piece of music."""

    concept_id: str
    name: str
    score: float
    """0..1, mean over the windows."""

"""Track scores and S against one plain matrix product. Run `python -m tests.benchmarks.bench_similarity [--large]`.

The plain product is what nothing can avoid: rows x vectors in float32, without the sigmoid, the mean over windows, or
the sums over concepts.
"""

import argparse
from types import SimpleNamespace
from typing import Any

import numpy as np

from tests.benchmarks.measure import alternately, memory_mb, report
from worker.concepts.folds import assign_folds
from worker.concepts.members import Members
from worker.concepts.similarity import similarity, track_scores
from worker.concepts.vectors import ConceptVectors, VectorSettings


def compare(tracks: int, windows: int, units: int, concepts: int) -> dict[str, Any]:
    """One line of the table."""
    draw = np.random.default_rng(0)
    ids = [f"t{number:06d}" for number in range(tracks)]
    values = draw.random((tracks * windows, units), np.float32)
    members = Members.of({f"c{n:05d}": [ids[t] for t in draw.choice(tracks, 100)] for n in range(concepts)}, ids)
    activations = SimpleNamespace(
        track_ids=ids,
        values=values,
        offsets=np.arange(tracks + 1) * windows,
        fingerprint=SimpleNamespace(text="benchmark"),
    )
    weights = draw.normal(size=(5, concepts, units)).astype(np.float32) / 10
    bias = np.zeros((5, concepts), np.float32)
    vectors = ConceptVectors(
        members.concept_ids, weights[0], bias[0], weights, bias, 0.1, "benchmark", VectorSettings(), {}
    )
    folds = assign_folds(ids)
    scores = track_scores(activations, vectors, folds)

    def product() -> None:
        for start in range(0, len(values), 4096):
            values[start : start + 4096] @ weights[0].T

    seconds = alternately(
        {
            "scores": lambda: track_scores(activations, vectors, folds, workers=1),
            "S": lambda: similarity(scores, members),
            "product": product,
        },
        5,
    )
    return {
        "tracks": tracks,
        "windows": windows,
        "units": units,
        "concepts": concepts,
        **{f"{name}_s": value for name, value in seconds.items()},
        "scores_to_product": seconds["scores"] / seconds["product"],
        "memory_mb": memory_mb(),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--large", action="store_true", help="3443 concepts too")
    lines = [(720, 4, 128, 57), (2600, 29, 128, 500)]
    if parser.parse_args().large:
        lines.append((2600, 29, 128, 3443))
    report("similarity", [compare(*line) for line in lines])


if __name__ == "__main__":
    main()

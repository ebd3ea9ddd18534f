"""From a name to the word pieces that a BERT network reads: words, then the longest runs of letters that it knows.

Conventions: uncased: letters are lower, accents are dropped, every punctuation mark and every Han character is a word.
A piece is its line in the vocabulary, from 0; pieces that go on within a word are written `##piece` there. A word that
cannot be cut into known pieces, or is longer than 100 letters, is one unknown piece.

Source: Devlin et al. 2019, "BERT"; Wu et al. 2016 for the pieces. Text that spells a piece of the network's own, such
as `[SEP]`, is text here.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping, Sequence

UNKNOWN, FIRST, LAST = "[UNK]", "[CLS]", "[SEP]"
"""What stands for an unknown word, before a text and behind it."""
LONGEST_WORD = 100
_HAN = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2CEAF), (0x2F800, 0x2FA1F))


def word_pieces(text: str, vocabulary: Mapping[str, int]) -> list[int]:
    """The pieces of a text, unknown ones included; none for a text without a word.

    Args:
        text: any.
        vocabulary: number by piece; `[UNK]` is among them.

    Example:
        >>> word_pieces("Strings!", {"[UNK]": 0, "string": 1, "##s": 2})
        [1, 2, 0]
    """
    return [piece for word in words_of(text) for piece in _cut(word, vocabulary)]


def words_of(text: str) -> Sequence[str]:
    """Lower words, each punctuation mark one of its own.

    Example:
        >>> words_of("Café, 80's")
        ['cafe', ',', '80', "'", 's']
    """
    return "".join(_plain(text)).split()


def _plain(text: str) -> Iterator[str]:
    """Letter by letter: lower, without accents and control characters, blanks around what is a word by itself."""
    for sign in unicodedata.normalize("NFD", text):
        if sign.isspace():
            yield " "
            continue
        category = unicodedata.category(sign)
        if category.startswith("C") or category == "Mn" or sign == "\ufffd":
            continue
        alone = category.startswith("P") or (sign.isascii() and not sign.isalnum()) or _is_han(sign)
        yield f" {sign} " if alone else sign.lower()


def _is_han(sign: str) -> bool:
    return any(low <= ord(sign) <= high for low, high in _HAN)


def _cut(word: str, vocabulary: Mapping[str, int]) -> list[int]:
    """The longest known beginning, then the longest known beginning of the rest."""
    pieces: list[int] = []
    at = 0
    while at < len(word) <= LONGEST_WORD:
        before = "##" if at else ""
        ends = (end for end in range(len(word), at, -1) if before + word[at:end] in vocabulary)
        end = next(ends, None)
        if end is None:
            break
        pieces.append(vocabulary[before + word[at:end]])
        at = end
    return pieces if at == len(word) else [vocabulary[UNKNOWN]]

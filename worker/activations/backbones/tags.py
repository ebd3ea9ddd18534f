"""The 50 tags whose probability each network gives, in the order of its outputs.

Source: the most frequent tags of the Million Song Dataset's Last.fm annotations (`msd_*`) and of MagnaTagATune
(`mtt_*`), as spelt there.
"""

from __future__ import annotations

MSD: tuple[str, ...] = (
    *("rock", "pop", "alternative", "indie", "electronic", "female vocalists", "dance", "00s", "alternative rock"),
    *("jazz", "beautiful", "metal", "chillout", "male vocalists", "classic rock", "soul", "indie rock", "Mellow"),
    *("electronica", "80s", "folk", "90s", "chill", "instrumental", "punk", "oldies", "blues", "hard rock", "ambient"),
    *("acoustic", "experimental", "female vocalist", "guitar", "Hip-Hop", "70s", "party", "country"),
    *("easy listening", "sexy", "catchy", "funk", "electro", "heavy metal", "Progressive rock", "60s", "rnb"),
    *("indie pop", "sad", "House", "happy"),
)

MTT: tuple[str, ...] = (
    *("guitar", "classical", "slow", "techno", "strings", "drums", "electronic", "rock", "fast", "piano", "ambient"),
    *("beat", "violin", "vocal", "synth", "female", "indian", "opera", "male", "singing", "vocals", "no vocals"),
    *("harpsichord", "loud", "quiet", "flute", "woman", "male vocal", "no vocal", "pop", "soft", "sitar", "solo"),
    *("man", "classic", "choir", "voice", "new age", "dance", "male voice", "female vocal", "beats", "harp"),
    *("cello", "no voice", "weird", "country", "metal", "female voice", "choral"),
)


def tags_of(backbone: str) -> tuple[str, ...]:
    """The tags of a shipped network by its name; none for any other backbone.

    Example:
        >>> tags_of("mtt_musicnn")[0], tags_of("logmel")
        ('guitar', ())
    """
    return {"msd_vgg": MSD, "msd_musicnn": MSD, "mtt_vgg": MTT, "mtt_musicnn": MTT}.get(backbone, ())

"""Why a file or a playlist entry was left out, or what is odd about a sound that was used: one code each.

Conventions: a code is stable, lower case and what reports and tests hold on to; the sentence describes, the remedy
says what a person can do. A reason that `leaves_out` means that nothing of the file or entry came in; the others are
flags on a sound that is used.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class Reason(StrEnum):
    """One code with a sentence, a remedy and whether it keeps the thing out."""

    sentence: str
    remedy: str
    leaves_out: bool

    def __new__(cls, code: str, sentence: str, remedy: str, leaves_out: bool) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.sentence, member.remedy, member.leaves_out = sentence, remedy, leaves_out
        return member

    @classmethod
    def of(cls, code: str) -> Reason:
        """The reason of a code; KeyError when there is none."""
        return {reason.value: reason for reason in cls}[code]

    # --- files that are left out ---
    NOT_A_FILE = "not_a_file", "is not a regular file", "replace it by the file itself", True
    LINK_OUTSIDE = (
        "link_outside",
        "is a link that leads out of the audio folders",
        "give the folder it leads to as a further --audio",
        True,
    )
    BROKEN_LINK = "broken_link", "is a link that leads nowhere or in a circle", "remove or mend the link", True
    UNREADABLE = "unreadable", "cannot be opened or read", "check its permissions and the disk", True
    EMPTY = "empty", "has no bytes", "copy it again from its source", True
    TOO_BIG = "too_big", "is larger than the limit for one file", "split it into tracks", True
    NOT_AUDIO = (
        "not_audio",
        "holds no sound in a format that is read",
        "convert it to WAV, FLAC, OGG, Opus or MP3",
        True,
    )
    NO_FFMPEG = "no_ffmpeg", "is AAC or M4A, which needs ffmpeg", "install ffmpeg or convert the file to FLAC", True
    UNDECODABLE = "undecodable", "is damaged: no usable sound could be decoded", "copy or encode it again", True
    CHANNELS = "channels", "has a number of channels outside 1 to 8", "mix it down to stereo", True
    RATE = "rate", "has a sampling rate outside 8 to 192 kHz", "resample it to 44.1 kHz", True
    TOO_SHORT = "too_short", "is shorter than half a second", "leave it out, or use the whole recording", True
    NON_FINITE = "non_finite", "holds samples that are not numbers (NaN or infinite)", "export it again", True
    TOO_SLOW = "too_slow", "took longer to decode than one file may", "encode it again, as FLAC for instance", True
    CHANGED = "changed", "holds another sound than when it was imported", "import its folder again", True
    TOO_MUCH_MEMORY = "too_much_memory", "needs more memory to decode than one file may", "encode it again", True
    DECODER_DIED = "decoder_died", "made the decoder crash", "encode it again", True

    # --- flags on a sound that is used ---
    TRUNCATED = "truncated", "ends before its header says", "copy it again if the end matters", False
    DAMAGED = "damaged", "has damaged stretches that were skipped", "copy it again", False
    HEADER_MISMATCH = "header_mismatch", "is longer than its header says", "encode it again", False
    CUT = "cut", "is longer than the limit; only its beginning is used", "split it into tracks", False
    CLIPPED = "clipped", "goes over full scale; the peaks were clipped", "export it at a lower level", False
    RESCALED = (
        "rescaled",
        "goes far over full scale; it was scaled down to its peak",
        "export it at full scale 1",
        False,
    )
    SILENT = "silent", "is silent", "check the recording", False
    DC_OFFSET = "dc_offset", "has a large constant offset", "remove the offset in an editor", False
    ANTIPHASE = "antiphase", "cancels out in mono; the left channel is used", "swap the polarity of a channel", False
    TAGS_UNREADABLE = "tags_unreadable", "has tags that cannot be read; its name serves as title", "tag it again", False

    # --- playlists and their entries ---
    PLAYLIST_UNREADABLE = "playlist_unreadable", "cannot be read as a playlist", "export it again", True
    PLAYLIST_EMPTY = "playlist_empty", "has no entry that names a track in the audio folders", "check its paths", True
    ENTRY_REMOTE = "entry_remote", "is an address on the network", "download the track into the audio folder", True
    ENTRY_OUTSIDE = "entry_outside", "lies outside the audio folders", "give its folder as a further --audio", True
    ENTRY_MISSING = "entry_missing", "names a file that is not there", "restore the file or drop the entry", True
    ENTRY_AMBIGUOUS = "entry_ambiguous", "fits several files", "write the entry's full path", True
    ENTRY_LEFT_OUT = "entry_left_out", "names a file that was itself left out", "see that file in the report", True
    ENTRY_EMPTY = "entry_empty", "names neither a path, an ISRC nor a MusicBrainz id", "add one of them", True

    # --- activations from outside, and memberships beside them ---
    ACTIVATIONS_UNREADABLE = (
        "activations_unreadable",
        "cannot be read as activations",
        "write it as npz or Parquet with ids, npy with a file of ids beside it, or one npy a track",
        True,
    )
    ACTIVATIONS_UNUSABLE = "activations_unusable", "has numbers that cannot be used", "compute them again", True
    ACTIVATIONS_CHANGED = (
        "activations_changed",
        "is stored with other numbers under this fingerprint, and keeps them",
        "declare another fingerprint for other numbers, such as a version in its name",
        True,
    )
    MEMBER_UNKNOWN = (
        "member_unknown",
        "has no activations here and is no track of the catalogue",
        "give its activations too, or drop it from the memberships",
        True,
    )

"""Tags come in clean, whatever was written."""

from __future__ import annotations

import struct
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from worker.catalogue.errors import AudioRejected
from worker.catalogue.tags import Tags
from worker.cleaning import MAX_CHARACTERS, clean, clean_isrc, clean_mbid
from worker.reasons import Reason

MBID = "2f2b1f36-0f4c-4b8e-9f0c-6f9ad4a1a111"


def text_frame(name: bytes, text: str) -> bytes:
    content = b"\x03" + text.encode(errors="surrogatepass")
    return name + struct.pack(">I", len(content)) + b"\0\0" + content


def id3(*frames: bytes) -> bytes:
    body = b"".join(frames)
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\0\0" + size + body


def tagged(tmp_path, write, tone, tag: bytes):
    path = write(tmp_path / "plain.mp3", tone(1.0), form="MP3", sub="MPEG_LAYER_III")
    path.write_bytes(tag + path.read_bytes())
    return path


def test_the_usual_tags_of_an_mp3(tmp_path, write, tone, decoder):
    ufid_content = b"http://musicbrainz.org\0" + MBID.encode()
    tag = id3(
        text_frame(b"TIT2", "So What"),
        text_frame(b"TPE1", "Miles Davis"),
        text_frame(b"TALB", "Kind of Blue"),
        text_frame(b"TSRC", "US-SM1-59-00113"),
        text_frame(b"TCON", "Jazz; Modal Jazz"),
        b"UFID" + struct.pack(">I", len(ufid_content)) + b"\0\0" + ufid_content,
    )
    assert decoder.tags(tagged(tmp_path, write, tone, tag)) == Tags(
        "So What", "Miles Davis", "Kind of Blue", "USSM15900113", MBID, ("Jazz", "Modal Jazz")
    )


def test_tags_of_vorbis_comments(tmp_path, write, tone, decoder):
    path = write(tmp_path / "x.flac", tone(1.0), form="FLAC")
    comments = [
        "TITLE=Río",
        "ARTIST=A",
        "GENRE=Folk",
        "GENRE=Latin",
        "MOOD=calm",
        f"MUSICBRAINZ_TRACKID={MBID.upper()}",
        "ISRC=GBAYE6700001",
    ]
    packed = b"".join(struct.pack("<I", len(text.encode())) + text.encode() for text in comments)
    block = struct.pack("<I", 4) + b"test" + struct.pack("<I", len(comments)) + packed
    content = path.read_bytes()
    block = b"\x04" + len(block).to_bytes(3, "big") + block
    path.write_bytes(content[:42] + block + content[42:])
    assert decoder.tags(path) == Tags("Río", "A", "", "GBAYE6700001", MBID, ("Folk", "Latin"), ("calm",))
    assert decoder.facts(path).flags == ()


WORK_ID = "1b2c3d4e-0f4c-4b8e-9f0c-6f9ad4a1a222"


@pytest.mark.parametrize(
    ("frames", "work"),
    [
        ([text_frame(b"TXXX", f"MusicBrainz Work Id\0{WORK_ID.upper()}"), text_frame(b"TXXX", "WORK\0Op. 3")], WORK_ID),
        ([text_frame(b"TXXX", "WORK\0Op. 3"), text_frame(b"TCOM", "Haydn")], "Haydn: Op. 3"),
        ([text_frame(b"TXXX", "WORK\0Op. 3")], "Op. 3"),
        ([text_frame(b"TCOM", "Haydn")], ""),
    ],
)
def test_a_work_is_known_by_its_id_else_by_its_name(*, tmp_path, write, tone, decoder, frames, work):
    assert decoder.tags(tagged(tmp_path, write, tone, id3(*frames))).work == work


def test_hostile_tags_come_in_harmless(tmp_path, write, tone, decoder):
    tag = id3(text_frame(b"TIT2", "a\x1b[31m\u202eb\n" + "x" * 5000), text_frame(b"TSRC", "'; DROP TABLE"))
    tags = decoder.tags(tagged(tmp_path, write, tone, tag))
    assert tags.title.startswith("a [31mb xx") or tags.title.startswith("a[31mb xx")
    assert len(tags.title) == MAX_CHARACTERS
    assert tags.isrc == ""


def test_a_file_without_tags_has_empty_ones(tmp_path, write, decoder):
    assert decoder.tags(write(tmp_path / "x.wav")) == Tags()


def test_tags_that_cannot_be_read_are_one_reason(tmp_path, write, decoder):
    path = write(tmp_path / "x.wav")
    path.write_bytes(b"\0\0\0\x18nonsense" + path.read_bytes())
    with pytest.raises(AudioRejected) as caught:
        decoder.tags(path)
    assert caught.value.code is Reason.TAGS_UNREADABLE


@given(st.text(alphabet=st.characters(), max_size=2000))
def test_clean_text_is_short_valid_and_stays_clean(text):
    once = clean(text)
    assert len(once) <= MAX_CHARACTERS
    assert clean(once) == once
    assert once.encode().decode() == once
    assert all(unicodedata.category(each) not in {"Cc", "Cs"} for each in once)


def test_unpaired_surrogates_and_nul_are_dropped():
    assert clean("a\ud800b\0c") == "abc"


@pytest.mark.parametrize("text", ["", "GBAYE670000", "GBAYE67000011", "1BAYE6700001", "n/a", "\0"])
def test_what_is_no_isrc_is_dropped(text):
    assert clean_isrc(text) == ""


def test_a_musicbrainz_address_gives_its_id():
    assert clean_mbid(f"https://musicbrainz.org/recording/{MBID}/") == MBID
    assert clean_mbid(MBID[:-1]) == ""

import os
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote

from worker.demo.playlists import Entry, playlist_file, playlist_text

ODD = Entry('audio/Rock & Röll/01 100% "it\'s" #1.ogg', "100% <it's>", "A & B", "Rock & Röll", 12.0)


def test_every_fifth_playlist_is_xspf():
    names = [playlist_file(Path("p"), f"C{i}", i).suffix for i in range(10)]
    assert names == [".m3u8"] * 4 + [".xspf"] + [".m3u8"] * 4 + [".xspf"]


def test_an_m3u8_leads_back_to_the_file():
    path = Path("/lib/playlists/c/Jig.m3u8")
    lines = playlist_text("Jig", [ODD], path, Path("/lib")).splitlines()
    assert lines[:3] == ["#EXTM3U", "#PLAYLIST:Jig", "#EXTINF:12,A & B - 100% <it's>"]
    assert os.path.normpath(path.parent / lines[3]) == os.path.normpath(Path("/lib") / ODD.file)


def test_an_xspf_is_valid_xml_whose_location_decodes_to_the_file():
    path = Path("/lib/playlists/c/Jig.xspf")
    root = ET.fromstring(playlist_text("Jig & reel", [ODD], path, Path("/lib")))  # noqa: S314 - our own text
    space = {"x": "http://xspf.org/ns/0/"}
    assert root.findtext("x:title", namespaces=space) == "Jig & reel"
    track = root.find("x:trackList/x:track", space)
    assert track.findtext("x:title", namespaces=space) == "100% <it's>"
    assert track.findtext("x:duration", namespaces=space) == "12000"
    location = unquote(track.findtext("x:location", namespaces=space))
    assert os.path.normpath(path.parent / location) == os.path.normpath(Path("/lib") / ODD.file)

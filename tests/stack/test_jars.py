"""Jars are fetched once, verified by hash, and never trusted by halves."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from worker.stack import jars
from worker.stack.errors import DamagedJar, DamagedLock, DownloadFailed, NotEnoughSpace
from worker.stack.jars import Jar


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def repository(tmp_path: Path) -> Iterator[tuple[Path, str]]:
    folder = tmp_path / "repository"
    folder.mkdir()
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield folder, f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


def published(folder: Path, name: str, content: bytes) -> Jar:
    jar = Jar("server", f"org.example:{name}:1.0", hashlib.sha256(content).hexdigest(), len(content))
    (folder / jar.path).parent.mkdir(parents=True)
    (folder / jar.path).write_bytes(content)
    return jar


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_jars_are_fetched_and_every_byte_is_told(repository, tmp_path):
    folder, address = repository
    wanted = [published(folder, f"part-{n}", bytes([n]) * 1000 * n) for n in range(1, 12)]
    told: list[int] = []
    jars.fetch(wanted, tmp_path / "cache", told.append, sources=[address])
    jars.verify(wanted, tmp_path / "cache")
    assert sum(told) == sum(jar.bytes for jar in wanted)
    assert jars.missing(wanted, tmp_path / "cache") == []
    assert files(tmp_path / "cache") == sorted(jar.path for jar in wanted)


def test_what_is_already_there_is_not_missing(repository, tmp_path):
    folder, address = repository
    first, second = published(folder, "first", b"1"), published(folder, "second", b"22")
    jars.fetch([first], tmp_path / "cache", lambda _: None, sources=[address])
    assert jars.missing([first, second], tmp_path / "cache") == [second]


def test_a_source_with_other_bytes_is_refused_and_leaves_nothing(repository, tmp_path):
    folder, address = repository
    jar = published(folder, "forged", b"good")
    (folder / jar.path).write_bytes(b"evil")
    with pytest.raises(DamagedJar, match="forged"):
        jars.fetch([jar], tmp_path / "cache", lambda _: None, sources=[address])
    assert files(tmp_path / "cache") == []


def test_a_damaged_jar_in_the_cache_is_refused_by_name(repository, tmp_path):
    folder, address = repository
    jar = published(folder, "rotten", b"fresh")
    jars.fetch([jar], tmp_path / "cache", lambda _: None, sources=[address])
    (tmp_path / "cache" / jar.path).write_bytes(b"stale")
    with pytest.raises(DamagedJar, match=r"rotten-1\.0\.jar is not the file of the lock.*delete it"):
        jars.verify([jar], tmp_path / "cache")


def test_a_half_file_is_fetched_again(repository, tmp_path):
    folder, address = repository
    jar = published(folder, "half", b"whole file")
    (tmp_path / "cache" / jar.path).parent.mkdir(parents=True)
    (tmp_path / "cache" / jar.path).write_bytes(b"whole")
    assert jars.missing([jar], tmp_path / "cache") == [jar]
    jars.fetch([jar], tmp_path / "cache", lambda _: None, sources=[address])
    jars.verify([jar], tmp_path / "cache")


def test_the_second_source_is_asked_when_the_first_lacks_a_jar(repository, tmp_path):
    folder, address = repository
    jar = published(folder, "elsewhere", b"here")
    jars.fetch([jar], tmp_path / "cache", lambda _: None, sources=[f"{address}/empty", address])
    jars.verify([jar], tmp_path / "cache")


def test_without_network_one_sentence_names_the_jar_and_the_remedy(tmp_path):
    jar = Jar("server", "org.example:far:1.0", "0" * 64, 1)
    with pytest.raises(DownloadFailed) as caught:
        jars.fetch([jar], tmp_path / "cache", lambda _: None, sources=["http://127.0.0.1:9"])
    assert "org.example:far:1.0" in str(caught.value)
    assert "connect this machine to the network and run the same command again" in str(caught.value)
    assert files(tmp_path / "cache") == []


def test_a_full_disk_is_noticed_before_anything_is_fetched(tmp_path):
    huge = Jar("server", "org.example:huge:1.0", "0" * 64, 1 << 60)
    with pytest.raises(NotEnoughSpace, match="XDG_CACHE_HOME"):
        jars.fetch([huge], tmp_path / "cache", lambda _: None, sources=["http://127.0.0.1:9"])


def test_the_cache_is_the_users(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert jars.cache_folder() == tmp_path / "audio-concepts" / "jars"
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert jars.cache_folder() == tmp_path / ".cache" / "audio-concepts" / "jars"


def test_the_committed_lock_has_what_was_asked_for_and_no_plugin_that_the_server_has():
    locked = jars.read_lock()
    coordinates = {jar.coordinate for jar in locked}
    assert {*jars.SERVER, *jars.PLUGINS} <= coordinates
    sections = {
        name: {tuple(jar.coordinate.split(":")[:2]) for jar in locked if jar.section == name}
        for name in ("server", "plugin")
    }
    assert sections["server"] & sections["plugin"] == set()
    assert len(coordinates) == len(locked)


def test_a_lock_reads_as_it_was_written():
    locked = jars.read_lock()
    assert jars.read_lock(jars.write_lock(reversed(locked))) == locked


@pytest.mark.parametrize(
    "line", ["server a:b:1 abc 5", "server a:b:1", f"other a:b:1 {'0' * 64} 5", f"server a:b {'0' * 64} 5"]
)
def test_a_line_that_does_not_read_is_named(line: str):
    with pytest.raises(DamagedLock, match="line 2 "):
        jars.read_lock(f"# head\n{line}\n")


def test_a_classifier_is_part_of_the_file_name():
    jar = Jar("server", "io.netty:netty-x:4.1:linux-x86_64", "", 0)
    assert jar.path == "io/netty/netty-x/4.1/netty-x-4.1-linux-x86_64.jar"

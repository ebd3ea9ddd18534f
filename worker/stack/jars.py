"""Neo4j, its Browser and the Graph Data Science library as jars, by Maven coordinates, verified by sha256.

`jars.lock` beside this file holds one jar a line, `section group:artifact:version[:classifier] sha256 bytes`, so that
nobody resolves coordinates at set-up; `python -m worker.stack.jars lock` writes it anew from `SERVER` and `PLUGINS`.
Jars lie in the user's cache folder (`$XDG_CACHE_HOME` or `~/.cache`, below `audio-concepts/jars`) in the layout of a
Maven repository, shared by every clone.

Why the plugins' list is decided by group and artifact: GDS asks for other versions of jars that the server has, and a
comparison of file names would load those twice, while dropping whole groups loses parsers that only GDS uses.

Why a temporary name: a jar appears under its own name only after its bytes were hashed, so a half file is never read.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from worker.stack.errors import DamagedJar, DamagedLock, DownloadFailed, Missing, NotEnoughSpace, StackError

SERVER = (
    "org.neo4j:neo4j:5.26.30",
    "org.neo4j:neo4j-slf4j-provider:5.26.30",
    "org.neo4j.client:neo4j-browser:5.24.0",
)
PLUGINS = (
    "org.neo4j.gds:proc:2.13.9",
    "org.neo4j.gds:proc-sysinfo:2.13.9",
    "org.neo4j.gds:opengds-extension:2.13.9",
    "org.neo4j.gds:open-model-catalog:2.13.9",
    "org.neo4j.gds:open-write-services:2.13.9",
)
DOWNLOADS_AT_ONCE = 8
CHUNK_BYTES = 1 << 16
TIMEOUT_S = 30

Advance = Callable[[int], None]
"""Called with the number of bytes just written; from several threads."""


@dataclass(frozen=True, order=True)
class Jar:
    """One line of the lock."""

    section: str
    coordinate: str
    sha256: str
    bytes: int

    @property
    def path(self) -> str:
        """Where it lies below a repository or the cache, with forward slashes."""
        group, artifact, version, *classifier = self.coordinate.split(":")
        name = "-".join([artifact, version, *classifier])
        return f"{group.replace('.', '/')}/{artifact}/{version}/{name}.jar"


@dataclass(frozen=True)
class Jars:
    """The verified files: `server` on the class path, `plugins` there and in the plug-in folder."""

    server: tuple[Path, ...]
    plugins: tuple[Path, ...]


# --- the lock --------------------------------------------------------------------------------------------------------


def read_lock(text: str | None = None) -> tuple[Jar, ...]:
    """The jars of the lock.

    Args:
        text: the lock's text; default: the one beside this module.

    Raises:
        DamagedLock: a line is not `section coordinate sha256 bytes`.
    """
    if text is None:
        text = resources.files("worker.stack").joinpath("jars.lock").read_text("utf-8")
    return tuple(_read_lines(text))


def _read_lines(text: str) -> Iterator[Jar]:
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        fields = line.split()
        whole = len(fields) == 4 and fields[0] in {"server", "plugin"} and len(fields[2]) == 64 and fields[3].isdigit()  # noqa: PLR2004
        if not whole or fields[1].count(":") not in {2, 3}:
            raise DamagedLock(number, line)
        yield Jar(fields[0], fields[1], fields[2], int(fields[3]))


def write_lock(jars: Iterable[Jar]) -> str:
    """The lock's text: server jars first, each section sorted by coordinate."""
    ordered = sorted(jars, key=lambda jar: (jar.section != "server", jar.coordinate))
    head = "# Written by `python -m worker.stack.jars lock`: section, coordinate, sha256, bytes.\n"
    return head + "".join(f"{jar.section} {jar.coordinate} {jar.sha256} {jar.bytes}\n" for jar in ordered)


# --- the cache -------------------------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """The folder all clones share."""
    root = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(root) / "audio-concepts" / "jars"


def missing(jars: Sequence[Jar], folder: Path) -> list[Jar]:
    """Jars that are not in the folder with the size of the lock (their hash is for `verify`)."""
    return [jar for jar in jars if not _has_size(folder / jar.path, jar.bytes)]


def _has_size(path: Path, size: int) -> bool:
    try:
        return path.stat().st_size == size
    except FileNotFoundError:
        return False


def verify(jars: Sequence[Jar], folder: Path) -> None:
    """Hash every jar.

    Raises:
        DamagedJar: one has other bytes than the lock says, or is not there.
    """
    with ThreadPoolExecutor() as pool:
        found = list(pool.map(lambda jar: _sha256(folder / jar.path), jars))
    for jar, sha256 in zip(jars, found, strict=True):
        if sha256 != jar.sha256:
            raise DamagedJar(str(folder / jar.path), jar.sha256, sha256 or "none: no such file")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except FileNotFoundError:
        return ""


def located(jars: Sequence[Jar], folder: Path) -> Jars:
    """The files of the two sections."""
    return Jars(
        tuple(folder / jar.path for jar in jars if jar.section == "server"),
        tuple(folder / jar.path for jar in jars if jar.section == "plugin"),
    )


# --- fetching --------------------------------------------------------------------------------------------------------


def repositories() -> list[str]:
    """Addresses of the Maven repositories that jgo knows or was configured with.

    Raises:
        Missing: jgo is not installed.
    """
    try:
        from jgo.maven import MavenContext
    except ImportError as error:
        raise Missing("the Python package jgo", "install it with `pip install 'audio-concepts[stack]'`") from error
    return [str(address).rstrip("/") for address in MavenContext().remote_repos.values()]


def fetch(jars: Sequence[Jar], folder: Path, advance: Advance, *, sources: Sequence[str] | None = None) -> None:
    """Download jars into the folder, several at once; each appears under its name only when its hash is right.

    Args:
        jars: what to fetch; those already there are fetched again.
        folder: the cache folder.
        advance: told of every chunk.
        sources: repository addresses; default: those jgo knows.

    Raises:
        DownloadFailed: no source gave the jar.
        DamagedJar: a source gave other bytes than the lock says.
        NotEnoughSpace: the disk is too small for what is to come.
    """
    sources = repositories() if sources is None else sources
    folder.mkdir(parents=True, exist_ok=True)
    needed, free = sum(jar.bytes for jar in jars), shutil.disk_usage(folder).free
    if needed > free:
        raise NotEnoughSpace(str(folder), needed, free)
    with ThreadPoolExecutor(DOWNLOADS_AT_ONCE) as pool:
        running = [pool.submit(_fetch_one, jar, folder, sources, advance) for jar in jars]
        try:
            for future in running:
                future.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise


def _fetch_one(jar: Jar, folder: Path, sources: Sequence[str], advance: Advance) -> None:
    import requests

    target = folder / jar.path
    target.parent.mkdir(parents=True, exist_ok=True)
    reason = "no repository is configured"
    for source in sources:
        try:
            _download(f"{source}/{jar.path}", target, jar, advance)
        except requests.RequestException as error:
            reason = _short(error)
        else:
            return
    raise DownloadFailed(jar.coordinate, reason)


def _download(address: str, target: Path, jar: Jar, advance: Advance) -> None:
    from jgo.util import http

    handle, name = tempfile.mkstemp(prefix=".part-", dir=target.parent)
    part = Path(name)
    digest = hashlib.sha256()
    try:
        with http.get(address, stream=True, timeout=TIMEOUT_S) as answer, os.fdopen(handle, "wb") as file:
            answer.raise_for_status()
            for chunk in answer.iter_content(CHUNK_BYTES):
                digest.update(chunk)
                file.write(chunk)
                advance(len(chunk))
            file.flush()
            os.fsync(file.fileno())
        if jar.sha256 and digest.hexdigest() != jar.sha256:
            raise DamagedJar(jar.coordinate, jar.sha256, digest.hexdigest())
        part.chmod(0o644)
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _short(error: Exception) -> str:
    import requests

    if isinstance(error, requests.HTTPError) and error.response is not None:
        return f"the repository answered {error.response.status_code}"
    if isinstance(error, requests.Timeout):
        return f"no answer within {TIMEOUT_S} s"
    if isinstance(error, requests.ConnectionError):
        return "the repository cannot be reached"
    return type(error).__name__


def ensure(advance: Advance | None = None, announce: Callable[[int, int], None] | None = None) -> Jars:
    """Every jar of the lock, fetched where missing, all of them verified.

    Args:
        advance: told of every chunk fetched.
        announce: told once, before fetching, how many jars and bytes are to come.

    Raises:
        DownloadFailed, DamagedJar, NotEnoughSpace, Missing: as `fetch` and `verify`.
    """
    jars, folder = read_lock(), cache_folder()
    absent = missing(jars, folder)
    if absent:
        if announce is not None:
            announce(len(absent), sum(jar.bytes for jar in absent))
        fetch(absent, folder, advance or (lambda _: None))
    verify(jars, folder)
    return located(jars, folder)


# --- writing the lock ------------------------------------------------------------------------------------------------


def resolve() -> list[tuple[str, str]]:
    """(section, coordinate) of every jar, resolved by jgo: takes minutes and the network."""
    from jgo.maven import MavenContext

    context = MavenContext()
    server, plugins = _closure(context, SERVER), _closure(context, PLUGINS)
    present = {_group_artifact(coordinate) for coordinate in server}
    return [("server", coordinate) for coordinate in server] + [
        ("plugin", coordinate) for coordinate in plugins if _group_artifact(coordinate) not in present
    ]


def _closure(context: Any, coordinates: Sequence[str]) -> list[str]:
    inputs, dependencies = context.resolver.resolve([context.create_dependency(one) for one in coordinates])
    found = inputs + [dependency for dependency in dependencies if dependency.scope in {"compile", "runtime"}]
    return sorted({_coordinate(dependency) for dependency in found})


def _coordinate(dependency: Any) -> str:
    parts = [dependency.groupId, dependency.artifactId, dependency.version, dependency.artifact.classifier]
    return ":".join(part for part in parts if part)


def _group_artifact(coordinate: str) -> tuple[str, ...]:
    return tuple(coordinate.split(":")[:2])


def relock() -> Path:
    """Resolve, download what the cache lacks, hash, and write the lock beside this module.

    Returns:
        The lock's path.
    """
    folder = cache_folder()
    wanted = [Jar(section, coordinate, "", 0) for section, coordinate in resolve()]
    fetch([jar for jar in wanted if not (folder / jar.path).exists()], folder, lambda _: None)
    locked = [
        Jar(jar.section, jar.coordinate, _sha256(folder / jar.path), (folder / jar.path).stat().st_size)
        for jar in wanted
    ]
    target = Path(__file__).with_name("jars.lock")
    target.write_text(write_lock(locked), "utf-8")
    return target


def main(arguments: list[str]) -> int:
    """`fetch` what is missing, or write the `lock` anew."""
    if arguments == ["lock"]:
        sys.stdout.write(f"{relock()}\n")
        return 0
    if arguments != ["fetch"]:
        sys.stderr.write("usage: python -m worker.stack.jars fetch | lock\n")
        return 2
    try:
        ensure(announce=lambda count, size: print(announcement(count, size), flush=True))  # noqa: T201  a command
    except StackError as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    return 0


def announcement(count: int, size: int) -> str:
    """What people are told before a download of `size` bytes begins."""
    return f"Downloading Neo4j and the Graph Data Science library, once: {count} jars, {size / 1e6:.0f} MB."


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

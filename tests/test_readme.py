"""README keeps its word: its settings are the program's, its commands and files exist."""

import re
from pathlib import Path

import typer.main

from worker.cli.main import command_line
from worker.settings import PREFIX, Settings

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text()


def settings_table():
    for name, field in Settings.model_fields.items():
        default = "" if field.default is None else f"`{field.default}`"
        yield f"| `{PREFIX}{name.upper()}` | {default} | {field.description} |"


def test_the_settings_table_is_the_programs():
    written = re.findall(rf"^\| `{PREFIX}.*$", README, re.MULTILINE)
    assert written == list(settings_table())


def test_every_command_that_is_named_exists():
    named = set(re.findall(r"audio-concepts ([a-z]+)\b", README))
    assert named <= set(typer.main.get_command(command_line()).commands)
    assert {"up", "down", "import", "rebuild", "tree", "tag"} <= named


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"(?:^    |`)make ([a-z]+)", README, re.MULTILINE)) <= targets


def test_every_file_that_is_linked_exists():
    assert [path for path in re.findall(r"\]\(([^)#:]+)\)", README) if not (ROOT / path).exists()] == []


def test_no_figure_is_still_missing():
    assert re.findall(r"FIGURE_\w+|_TABLE\b", README) == []

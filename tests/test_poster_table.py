"""docs/poster.md keeps its word: every command exists, every test exists, every cell is filled."""

import re
from pathlib import Path

import pytest
import typer.main

from worker.cli.main import command_line

ROOT = Path(__file__).resolve().parents[1]
TABLE = (ROOT / "docs" / "poster.md").read_text()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in TABLE.splitlines()
    if line.startswith("|") and not re.fullmatch(r"[|\- ]+", line)
]
STATEMENTS = [row for row in ROWS if row[0] not in {"statement", "item"}]


def commands():
    return set(typer.main.get_command(command_line()).commands)


def test_every_row_has_four_filled_cells():
    assert len(STATEMENTS) >= 30
    assert [row for row in STATEMENTS if len(row) != 4 or not all(row) or "FIGURE" in row[3]] == []


@pytest.mark.parametrize("row", STATEMENTS, ids=lambda row: row[0][:50])
def test_the_command_of_a_row_exists(row):
    names = re.findall(r"`audio-concepts (\S+?)`?(?:\s|$)", row[1])
    assert row[1] == "not yet" or (names and set(names) <= commands())


@pytest.mark.parametrize("row", STATEMENTS, ids=lambda row: row[0][:50])
def test_the_test_of_a_row_exists(row):
    paths = re.findall(r"`(tests/\S+?)`", row[2])
    assert row[2] == "not yet" or (paths and all((ROOT / path).exists() for path in paths))


@pytest.mark.parametrize("row", STATEMENTS, ids=lambda row: row[0][:50])
def test_what_has_no_command_and_no_test_claims_no_figure(row):
    if row[1] == "not yet" or row[2] == "not yet":
        assert row[3].startswith("not yet")

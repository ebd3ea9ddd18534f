"""Named queries: one `.cypher` file each, whose header says what it does and is checked against its body when loaded.

Header, in comment lines at the top of the file: a sentence, an empty line, then
    access:  read | write
    param:   name  type, meaning          (one line a parameter; none when there are none)
    returns: name type, name type ...     (`nothing` when there are none; may go on in the next lines)
The parameters must be exactly the `$names` of the body, the returned names exactly the columns of its last RETURN, and
a reading query must not write.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

from cypher.errors import QueryMalformed

Access = Literal["read", "write"]

_WRITES = re.compile(r"\b(?:CREATE|MERGE|SET|DELETE|REMOVE|DROP)\b")
_PARAM = re.compile(r"\$([A-Za-z_]\w*)")
_LITERAL = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"|`[^`]*`")
_COLUMN = re.compile(r"(?:\bAS\s+)?([A-Za-z_]\w*)\s*\Z")
_FIELD = re.compile(r"(access|param|returns):\s*(.*)")


@dataclass(frozen=True, slots=True)
class Query:
    """One checked query."""

    name: str
    text: str
    access: Access
    params: tuple[str, ...]
    returns: tuple[str, ...]


@cache
def load_query(name: str) -> Query:
    """The query of that name, without `.cypher`; read and checked once.

    Raises:
        QueryMalformed: there is no such file, or its header does not fit its body.
    """
    file = files("cypher") / "queries" / f"{name}.cypher"
    if not file.is_file():
        raise QueryMalformed(name, "there is no such file in cypher/queries")
    return parse_query(name, file.read_text(encoding="utf-8"))


def all_queries() -> dict[str, Query]:
    """Every query there is, by name.

    Raises:
        QueryMalformed: the header of one does not fit its body.
    """
    found = (file.name for file in (files("cypher") / "queries").iterdir())
    names = sorted(name.removesuffix(".cypher") for name in found if name.endswith(".cypher"))
    return {name: load_query(name) for name in names}


def parse_query(name: str, text: str) -> Query:
    """Check header against body.

    Raises:
        QueryMalformed: they do not fit.
    """
    fields = _header(name, text)
    body = _LITERAL.sub("''", "\n".join(line.split("//")[0] for line in text.splitlines()))
    access = fields["access"][0] if fields["access"] else ""
    if access not in {"read", "write"}:
        raise QueryMalformed(name, f"access is {access!r}, not read or write")
    writes = _WRITES.search(body)
    if (writes is not None) != (access == "write"):
        raise QueryMalformed(name, f"access is {access}, and the body {'writes' if writes else 'does not write'}")
    params = tuple(line.split()[0] for line in fields["param"])
    used = set(_PARAM.findall(body))
    if used != set(params) or len(used) != len(params):
        raise QueryMalformed(name, f"parameters are {sorted(params)} in the header, {sorted(used)} in the body")
    stated = " ".join(fields["returns"])
    returns = () if stated in {"", "nothing"} else tuple(part.split()[0] for part in stated.split(","))
    columns = _columns(body)
    if columns != returns:
        raise QueryMalformed(name, f"returns {list(returns)} in the header, {list(columns)} in the body")
    return Query(name, text, cast("Access", access), params, returns)


def _header(name: str, text: str) -> dict[str, list[str]]:
    """The fields of the leading comment; a line that names no field goes on with the one before."""
    fields: dict[str, list[str]] = {"access": [], "param": [], "returns": []}
    lines = text.splitlines()
    if not lines or not lines[0].startswith("// "):
        raise QueryMalformed(name, "the first line is no comment that says what it does")
    current = ""
    for line in lines[1:]:
        if not line.startswith("//"):
            break
        content = line.removeprefix("//").strip()
        if field := _FIELD.match(content):
            current = field[1]
            fields[current].append(field[2].strip())
        elif current == "returns" and content:
            fields[current].append(content)
    return fields


def _columns(body: str) -> tuple[str, ...]:
    """Names of the last RETURN that stands in no subquery."""
    flat = _outside_brackets(body)
    start = flat.rfind("RETURN ")
    if start < 0:
        return ()
    clause = re.split(r"\b(?:ORDER BY|SKIP|LIMIT)\b", flat[start + len("RETURN ") :])[0]
    columns = []
    for part in clause.removeprefix("DISTINCT ").split(","):
        found = _COLUMN.search(part.strip())
        columns.append(found[1] if found else part.strip())
    return tuple(columns)


def _outside_brackets(text: str) -> str:
    """The text without anything that stands in (), [] or {}."""
    depth, kept = 0, []
    for character in text:
        depth -= character in ")]}"
        if depth == 0 and character not in ")]}":
            kept.append(character)
        depth += character in "([{"
    return "".join(character for character in kept if character not in "([{")

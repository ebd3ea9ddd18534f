"""Query files: a header that says what the body does, or a refusal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cypher
from cypher.errors import QueryMalformed
from cypher.loader import all_queries, load_query, parse_query

HEADER = "// What it does.\n//\n// access:  read\n// param:   id  string\n// returns: id string, name string\n"
BODY = "MATCH (c:Concept {id: $id})\nRETURN c.id AS id, c.name AS name\n"


def test_a_header_that_says_what_the_body_does_is_taken():
    query = parse_query("find", HEADER + BODY)
    assert (query.access, query.params, query.returns) == ("read", ("id",), ("id", "name"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (HEADER + BODY.replace("$id", "$other"), "parameters"),
        (HEADER + BODY.replace("{id: $id}", ""), "parameters"),
        (HEADER + BODY.replace("name AS name", "name AS label"), "returns"),
        (HEADER + BODY.replace(", c.name AS name", ""), "returns"),
        (HEADER + BODY.replace("RETURN", "SET c.name = 'x' RETURN"), "access is read"),
        (HEADER.replace("access:  read", "access:  write") + BODY, "access is write"),
        (HEADER.replace("access:  read", "access:  perhaps") + BODY, "access is 'perhaps'"),
        (BODY, "first line"),
    ],
)
def test_a_header_that_does_not_fit_its_body_is_refused(text, complaint):
    with pytest.raises(QueryMalformed, match=complaint):
        parse_query("find", text)


def test_words_in_strings_and_subqueries_are_not_clauses():
    body = (
        "MATCH (c:Concept {id: $id})\n"
        "RETURN 'SET $nothing' AS id, COLLECT { MATCH (c)--(o) RETURN o.id AS other } AS name ORDER BY id LIMIT 3\n"
    )
    assert parse_query("find", HEADER + body).returns == ("id", "name")


def test_a_query_that_is_not_there_is_named():
    with pytest.raises(QueryMalformed, match="nowhere"):
        load_query("nowhere")


def test_every_query_file_has_its_one_method_and_every_method_its_file():
    sources = [path.read_text() for path in Path(cypher.__file__).parent.glob("*.py")]
    used = set(re.findall(r'(?:load_query|_rows)\(\s*(?:gds, )?"(\w+)"', "\n".join(sources)))
    swept = set(
        re.findall(
            r'"((?:remove|reopen|count)_stale_\w+|save_(?:parent|candidate)_edges|count_\w+_intervals)"',
            "\n".join(sources),
        )
    )
    assert used | swept == set(all_queries())


def test_no_cypher_stands_outside_the_query_files():
    for path in Path(cypher.__file__).parent.glob("*.py"):
        code = re.sub(r'"""[\s\S]*?"""', "", path.read_text())
        assert path.name in {"migrate.py", "loader.py"} or not re.search(r"\b(MATCH|MERGE|RETURN) ", code), path.name


@pytest.mark.stack
@pytest.mark.parametrize("name", sorted(all_queries()))
def test_the_server_understands_every_query_and_answers_with_the_columns_of_its_header(graph, name):
    query = all_queries()[name]
    with graph.driver.session() as session:
        result = session.run("EXPLAIN " + query.text, dict.fromkeys(query.params))
        assert tuple(result.keys()) == query.returns
        plan = result.consume().plan["operatorType"]
    assert plan.startswith("ProduceResults") or query.returns == ()

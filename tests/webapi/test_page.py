from __future__ import annotations

import re
from pathlib import Path

import webapi

STATIC = Path(webapi.__file__).parent / "static"


def test_the_page_asks_nothing_of_another_origin(http):
    page = http.get("/", buffered=True)
    assert page.status_code == 200
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "unsafe" not in page.headers["Content-Security-Policy"]
    for file in STATIC.rglob("*"):
        if file.is_file() and file.suffix != ".svg":
            assert not re.search(r"""(src|href|url\(|import|fetch)[^\n]{0,12}["'(](https?:)?//""", file.read_text()), (
                file
            )


def test_every_file_the_page_names_is_served(http):
    wanted, seen = ["/", "/docs"], set()
    while wanted:
        path = wanted.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = http.get(path, buffered=True)
        assert answer.status_code == 200, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        if path.startswith("/docs/"):
            continue
        if path.endswith(".js"):
            folder = path.rsplit("/", 1)[0]
            wanted += [f"{folder}/{name}" for name in re.findall(r'from "\./([^"]+)"', answer.text)]
        elif "html" in answer.content_type:
            wanted += re.findall(r'(?:src|href)="(/(?:static|docs)/[^"]+)"', answer.text)
    assert len(seen) > 6


def test_names_reach_the_page_as_text_only():
    for file in STATIC.rglob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(", file.read_text()), file


def test_the_link_to_neo4j_browser_leads_there_or_says_that_there_is_none(http, graph, rung):
    from webapi.factory import create_app

    assert http.get("/browser").headers["Location"] == "http://127.0.0.1:7474/browser/"
    assert create_app(graph, rung.append).test_client().get("/browser").json["code"] == "no_browser"


def references(node):
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for value in node.values():
            yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_the_openapi_document_is_whole(http):
    document = http.get("/openapi.json").json
    assert document["openapi"].startswith("3.1")
    for reference in references(document):
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
    for path, item in document["paths"].items():
        for method, operation in item.items():
            assert operation["summary"], (method, path)
            assert "422" in operation["responses"]
            for status, response in operation["responses"].items():
                if status == "204":
                    assert "content" not in response, (method, path)
                    continue
                answered = "text/event-stream" if path.endswith("/events") else "application/json"
                answered = {"audio": "audio/*", "page": "text/html"}.get(path.rpartition("/")[2], answered)
                media = "application/problem+json" if int(status) >= 400 else answered
                assert media in response["content"], (method, path, status)


def test_every_operation_is_in_the_document_and_the_reverse(app, http):
    document = http.get("/openapi.json").json
    routes = {
        (re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", str(rule)), method.lower())
        for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}
        if not rule.endpoint.startswith("page.")
    }  # fmt: skip
    assert routes == {(path, method) for path, item in document["paths"].items() for method in item}

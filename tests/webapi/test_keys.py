from __future__ import annotations

import pytest

from webapi import wsgi
from webapi.doorkeeper import SCOPES, scope_of
from webapi.errors import KeysWanted
from webapi.factory import Options, create_app
from worker.settings import Settings

ADMIN = "a-key-of-the-deployment"


@pytest.fixture
def locked(graph):
    """An API that asks for keys, and a function that asks it with one."""
    options = Options(check_every_s=0.02, keys_required=True, admin_key=ADMIN)
    http = create_app(graph, [].append, options).test_client()

    def ask(method, path, key=None, **more):
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        return http.open(path, method=method, headers=headers, **more)

    return ask


def made(graph, *scopes):
    return graph.key_ring.create("a test", scopes)[1]


def test_nobody_gets_in_without_a_key(locked, app):
    rules = [rule for rule in app.url_map.iter_rules() if rule.endpoint.split(".")[0] not in {"page", "health"}]
    assert len(rules) > 30
    for rule in rules:
        path = rule.rule.replace("<uuid:job_id>", "6f1e0d34-3b1c-4f0a-9a3e-1d2c3b4a5f60")
        path = path.replace("<int:version>", "1").replace("<", "").replace(">", "")
        for method in rule.methods - {"OPTIONS", "HEAD"}:
            for key in (None, "nonsense", "ac_000000000000_" + "x" * 43):
                answer = locked(method, path, key)
                assert answer.status_code == 401, (method, path)
                assert answer.json["code"] == "key_refused"
                assert "Bearer" in answer.headers["WWW-Authenticate"]


@pytest.mark.parametrize("path", ["/", "/health/live", "/docs", "/openapi.json", "/favicon.ico"])
def test_health_and_documentation_are_open(locked, path):
    with locked("GET", path) as answer:
        assert answer.status_code == 200


@pytest.mark.parametrize(
    ("scopes", "may"),
    [(["read"], {"read"}), (["curate"], {"read", "curate"}), (["jobs"], {"read", "jobs"}), (["admin"], set(SCOPES))],
)
def test_a_scope_opens_what_it_says_and_no_more(locked, graph, scopes, may):
    key = made(graph, *scopes)
    asked = {
        "read": [("GET", "/concepts", {}), ("POST", "/track-searches", {"json": {"concepts": [{"concept": "rock"}]}})],
        "curate": [("PUT", "/tracks", {"json": {"tracks": [{"id": "t", "title": "T"}]}}), ("DELETE", "/tracks/t", {})],
        "jobs": [("POST", "/jobs/rebuild", {"json": {"collection": "moods"}})],
        "admin": [("GET", "/api-keys", {})],
    }
    for scope, requests in asked.items():
        for method, path, more in requests:
            answer = locked(method, path, key, **more)
            assert (answer.status_code < 300) == (scope in may), (scope, path, answer.json)
            if scope not in may:
                assert (answer.status_code, answer.json["code"]) == (403, "scope_lacking")


def test_a_key_is_shown_once_and_only_its_hash_is_kept(locked, graph):
    answer = locked("POST", "/api-keys", ADMIN, json={"name": "player", "scopes": ["read"]})
    assert answer.status_code == 201
    key = answer.json["key"]
    assert locked("GET", "/concepts", key).status_code == 200
    listed = locked("GET", "/api-keys", ADMIN)
    assert [one["name"] for one in listed.json["items"]] == ["player"]
    secret = key.rpartition("_")[2]
    assert secret not in listed.text
    assert secret not in repr(graph.key_ring.made)


def test_a_revoked_key_is_refused_at_once(locked, graph):
    key = made(graph, "read")
    assert locked("GET", "/concepts", key).status_code == 200
    key_id = key.split("_")[1]
    assert locked("DELETE", f"/api-keys/{key_id}", ADMIN).json["revoked_at"]
    assert locked("GET", "/concepts", key).status_code == 401
    assert locked("DELETE", "/api-keys/ffffffffffff", ADMIN).status_code == 404


def test_keys_are_not_read_at_every_request_and_hold_while_the_graph_is_away(locked, graph):
    key = made(graph, "read")
    for _ in range(5):
        assert locked("GET", "/concepts", key).status_code == 200
    assert graph.key_ring.reads == 1
    graph.away = graph.key_ring.away = True
    assert locked("GET", "/concepts/rock/ancestry", key).status_code == 200


def test_a_request_that_changes_nothing_needs_no_more_than_reading():
    assert [scope_of("POST", one) for one in ("/recommendations", "/placements", "/merges")] == [
        "read",
        "read",
        "curate",
    ]
    assert scope_of("GET", "/metrics") == "read"
    assert scope_of("POST", "/schedules") == "jobs"


def test_more_than_the_rate_is_refused_with_a_problem(graph):
    http = create_app(graph, [].append, Options(rate_limit="3/minute")).test_client()
    answers = [http.get("/health/live") for _ in range(4)]
    assert [one.status_code for one in answers] == [200, 200, 200, 429]
    assert answers[-1].content_type == "application/problem+json"
    assert answers[-1].headers["Retry-After"]


def test_loopback_needs_no_key(http):
    assert http.get("/concepts").status_code == 200
    assert http.get("/api-keys").json["items"] == []


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.7", "::"])  # noqa: S104  that it is refused is the point
def test_another_address_without_keys_is_refused(host, tmp_path, monkeypatch):
    monkeypatch.setattr(wsgi, "LOAD_DEADLINE_S", 0.5)  # for so long it would wait for Neo4j
    settings = Settings(_env_file=None, home=tmp_path, api_host=host, neo4j_uri="bolt://127.0.0.1:9")
    with pytest.raises(KeysWanted, match="audio-concepts keys create"):
        wsgi.demand_keys(settings)
    wsgi.demand_keys(settings.model_copy(update={"api_host": "127.0.0.1"}))
    wsgi.demand_keys(Settings(_env_file=None, home=tmp_path, api_host=host, api_key=ADMIN))


@pytest.mark.stack
def test_keys_in_the_graph_let_another_address_start(clean_graph):
    from cypher.store import open_graph

    settings = clean_graph.model_copy(update={"api_host": "0.0.0.0"})  # noqa: S104
    with pytest.raises(KeysWanted, match="there is none"):
        wsgi.demand_keys(settings)
    with open_graph(settings.neo4j_uri, "neo4j", settings.neo4j_password.get_secret_value()) as graph:
        key, text = graph.keys.create("first", ["admin", "read"])
        assert [one.id for one in graph.keys.all()] == [key.id]
        assert key.scopes == ("admin", "read")
        assert text.startswith(f"ac_{key.id}_")
        wsgi.demand_keys(settings)
        assert graph.keys.revoke(key.id).revoked_at is not None
        with pytest.raises(KeysWanted):
            wsgi.demand_keys(settings)

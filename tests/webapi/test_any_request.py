"""Requests made from the served document, fitting and unfitting: no answer breaks the document's promise.

AUDIO_CONCEPTS_CASES=60 asks each operation so many of either sort; the suite asks few.
"""

from __future__ import annotations

import os

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from webapi.factory import Options, create_app

CASES = int(os.environ.get("AUDIO_CONCEPTS_CASES", "5"))
CHECKS = [not_a_server_error, content_type_conformance, response_schema_conformance, status_code_conformance]

PLAIN = {"Accept-Encoding": "identity"}
"""What calls the application without a network unpacks nothing."""


@pytest.fixture
def document(real_graph):
    """The document of an API in front of Neo4j."""
    app = create_app(real_graph, [].append, Options(check_every_s=0.5))
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


@pytest.mark.stack
@pytest.mark.parametrize("mode", list(schemathesis.GenerationMode), ids=lambda mode: mode.value)
def test_no_request_breaks_the_document(document, mode):
    asked, broken = 0, {}
    for found in document.get_all_operations():
        operation = found.ok()
        if operation.path.endswith("/events"):
            continue  # a stream has no end to wait for

        @settings(max_examples=CASES, deadline=None, database=None, suppress_health_check=list(HealthCheck))
        @given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            nonlocal asked
            asked += 1
            case.call_and_validate(checks=CHECKS, headers=PLAIN)

        try:
            ask()
        except Unsatisfiable:
            continue  # there is no unfitting request of an operation that takes nothing
        except (Exception, BaseExceptionGroup) as error:  # noqa: BLE001  every operation is asked, all that broke told
            broken[operation.label] = "\n".join(str(one) for one in getattr(error, "exceptions", [error]))[:1500]
    assert not broken, "\n".join(f"{operation}: {why}" for operation, why in broken.items())
    assert asked >= CASES

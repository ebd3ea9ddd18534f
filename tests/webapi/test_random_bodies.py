"""Whatever is sent, the answer is the sender's fault or a success; `report_random_bodies` asks thousands of times."""

from __future__ import annotations

import pytest

from tests.webapi.report_random_bodies import CALM_S, bombard
from webapi.factory import Options, create_app


@pytest.mark.stack
def test_no_body_breaks_the_api(real_graph):
    app = create_app(real_graph, [].append, Options(check_every_s=CALM_S))
    tally = bombard(app.test_client(), 400, seed=1)
    assert tally.broken == []
    assert {200, 404, 415, 422} <= set(tally.statuses)

"""Makes the application: views, problems, documents, the copy of the hierarchies, and nothing from the environment."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flask_openapi.openapi import OpenAPI

from cypher.model import Step

Ring = Callable[[Step], None]
"""Tells the workers that a step is due. May raise: the job is in the ledger, and the reaper rings again."""


@dataclass(frozen=True, slots=True)
class Options:
    """What a deployment chooses."""

    browser_url: str = ""
    """Where Neo4j Browser answers; empty when it is not offered."""
    trusted_hosts: tuple[str, ...] = ()
    """Host names a request may be sent to; empty: any."""
    check_every_s: float = 1.0
    """How often Neo4j is asked whether the version moved."""
    deadline_s: float = 2.5
    """Longest wait for Neo4j within one request."""


def create_app(graph: object, ring: Ring, options: Options | None = None) -> OpenAPI:
    """Make the application.

    Args:
        graph: the stores; see `webapi.graph.Stores`.
        ring: called with each step that is due after a job was accepted.
        options: what a deployment chooses.
    """
    raise NotImplementedError

"""Named queries: one `.cypher` file each, whose header says what it does and is checked against its body when loaded.

Header, in comment lines at the top of the file: a sentence, an empty line, then
    access:  read | write
    param:   name  type, meaning          (one line a parameter; none when there are none)
    returns: name type, name type ...     (`nothing` when there are none)
The parameters must be exactly the `$names` of the body, the returned names exactly the columns of its last RETURN, and
a reading query must not write.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Access = Literal["read", "write"]


@dataclass(frozen=True, slots=True)
class Query:
    """One checked query."""

    name: str
    text: str
    access: Access
    params: tuple[str, ...]
    returns: tuple[str, ...]


def load_query(name: str) -> Query:
    """The query of that name, without `.cypher`; read and checked once.

    Raises:
        QueryMalformed: there is no such file, or its header does not fit its body.
    """
    raise NotImplementedError


def all_queries() -> dict[str, Query]:
    """Every query there is, by name.

    Raises:
        QueryMalformed: the header of one does not fit its body.
    """
    raise NotImplementedError

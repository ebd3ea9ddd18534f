"""Reads request bodies strictly: what JSON allows and no later part can bear is refused here, once.

Refused: other media types than JSON, bytes that are not UTF-8, NaN and infinities, a key twice, more than `MAX_DEPTH`
levels, integers beyond 64 bits, NUL and lone surrogates in any string, and anything but an object at the top. An
empty body stands for an empty object.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, NoReturn

from flask import Request

from webapi.errors import NotJson, NotMediaType, UnfitJson

MAX_BYTES = 1 << 20
MAX_DEPTH = 32
MAX_INTEGER = 2**63 - 1
MAX_DIGITS = 20

UNFIT = re.compile("[\x00\ud800-\udfff]")


class StrictRequest(Request):
    """A request whose JSON is read by this module, whoever asks for it."""

    def get_json(self, force: bool = False, silent: bool = False, cache: bool = True) -> Any:
        """The body as an object; the arguments of Flask's method are accepted and change nothing."""
        del force, silent, cache
        body = self.get_data()
        if not body:
            return {}
        if not self.is_json:
            raise NotMediaType(self.mimetype)
        return parse(body)


def parse(body: bytes) -> dict[str, Any]:
    """Read one JSON object.

    Raises:
        NotJson: it is not JSON.
        UnfitJson: it is, and holds what is refused.
    """
    try:
        value = json.loads(
            body.decode("utf-8"),
            parse_constant=_no_constant,
            parse_int=_integer,
            parse_float=_finite,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise NotJson("it is not UTF-8") from error
    except RecursionError as error:
        raise UnfitJson(f"it is nested deeper than {MAX_DEPTH} levels") from error
    except json.JSONDecodeError as error:
        raise NotJson(f"{error.msg} at line {error.lineno}, column {error.colno}") from error
    if not isinstance(value, dict):
        raise UnfitJson("it is not a JSON object")
    _check(value)
    return value


def _no_constant(name: str) -> NoReturn:
    raise NotJson(f"{name} is not a JSON number")


def _integer(digits: str) -> int:
    if len(digits) > MAX_DIGITS or abs(number := int(digits)) > MAX_INTEGER:
        raise UnfitJson("an integer has more than 64 bits")
    return number


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise UnfitJson("a number is too large")
    return number


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise UnfitJson("an object has the same key twice")
    return found


def _check(value: dict[str, Any]) -> None:
    """Walk level by level, so that depth costs no stack."""
    level: list[Any] = [value]
    for _ in range(MAX_DEPTH):
        below: list[Any] = []
        for one in level:
            if isinstance(one, dict):
                below.extend(one.keys())
                below.extend(one.values())
            elif isinstance(one, list):
                below.extend(one)
            elif isinstance(one, str) and UNFIT.search(one):
                raise UnfitJson("a string holds NUL or a lone surrogate")
        if not below:
            return
        level = below
    raise UnfitJson(f"it is nested deeper than {MAX_DEPTH} levels")

"""Reads `.npy` files of pickled dictionaries, lists and arrays, and runs nothing that stands in them.

    np.save(path, {7: {"tracks_array": ["a", "b"]}}, allow_pickle=True)   ->   read_pickled(path)[7]

Conventions: a pickle is a list of instructions for a small stack machine. This module is such a machine with no
instruction that can call: it knows numbers, texts, containers, and ten names, each of which stands for a fixed act of
this module (make an array from these bytes, this type and this shape). A name is never looked up, a module never
imported, a method never called; every other name or instruction ends the reading with `PickleRefused`. Sizes are
checked before anything is made: a file has at most `MAX_BYTES`, `MAX_INSTRUCTIONS` instructions, and an array exactly
the bytes of its shape. Protocols 2 to 4, which is what numpy writes.

Why no `pickle.Unpickler` with a guarded `find_class`: what that admits is then still called with arguments that the
file chooses (`ndarray.__setstate__` among them), and a new release may add another road to a call. Here there is none.

Source: the instructions as `pickletools` (standard library) lists them; it parses them and runs none either.
"""

from __future__ import annotations

import ast
import io
import math
import pickletools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from worker.catalogue.errors import PickleRefused
from worker.cleaning import readable

MAX_BYTES = 4 << 30
MAX_INSTRUCTIONS = 50_000_000
_MAX_DIMENSIONS = 8
_PROTOCOL = 4
_STATE_OF_ARRAY = 5
_DTYPE = re.compile(r"[biufSU]\d{1,6}|O8?")
_MULTIARRAY = ("numpy.core.multiarray", "numpy._core.multiarray")
_NAMES: dict[tuple[str, str], str] = {
    **{(module, "_reconstruct"): "array" for module in _MULTIARRAY},
    **{(module, "scalar"): "scalar" for module in _MULTIARRAY},
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("_codecs", "encode"): "bytes",
    ("__builtin__", "bytes"): "bytes",
    ("builtins", "set"): "set",
    ("__builtin__", "set"): "set",
}


class _Refused(ValueError):
    """What is wrong, before the path is known."""


class _Mark:
    """Where a container's items begin on the stack."""


class _Name:
    """A name of the allow list: a word, not the thing it names elsewhere."""

    def __init__(self, act: str) -> None:
        self.act = act


class _Type:
    """A numpy type, whose byte order comes after it."""

    def __init__(self, text: str) -> None:
        if not _DTYPE.fullmatch(text):
            raise _Refused(f"it holds numbers of type {text!r}")
        self.dtype = np.dtype("O" if text.startswith("O") else text)


def read_pickled(path: Path) -> Any:
    """The dictionary, list or array of objects that an `.npy` file holds.

    Args:
        path: a file as `np.save(..., allow_pickle=True)` writes it.

    Returns:
        Dictionaries, lists, tuples, sets, texts, bytes, numbers, None, and numpy arrays of numbers, texts or objects.
        What was saved as one object (an array without dimensions) comes out by itself.

    Raises:
        PickleRefused: it is no such file, is damaged, too large, or holds anything else; nothing of it was run.
        OSError: it cannot be opened.
    """
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise PickleRefused(readable(path), f"it has {size} bytes, and {MAX_BYTES} are read at most")
    content = path.read_bytes()
    try:
        start = _after_header(content)
        value = _Machine().run(memoryview(content)[start:])
    except (ValueError, TypeError, OverflowError, IndexError, KeyError, RecursionError) as error:
        raise PickleRefused(readable(path), str(error) or type(error).__name__) from error
    return value.item() if isinstance(value, np.ndarray) and value.shape == () else value


def is_pickled(path: Path) -> bool:
    """Whether an `.npy` file says of itself that it holds objects; False for whatever is no such file."""
    with path.open("rb") as file:
        try:
            _after_header(file.read(1 << 16))
        except (ValueError, SyntaxError):
            return False
    return True


def _after_header(content: bytes) -> int:
    """Where the pickle begins; refuses a file without a header or of plain numbers."""
    if content.startswith(b"version https://git-lfs"):
        raise _Refused("it is a pointer of Git LFS and not the file, which `git lfs pull` brings")
    if content[:6] != b"\x93NUMPY" or len(content) < 12:  # noqa: PLR2004  magic, version and the header's length
        raise _Refused("it is no .npy file")
    width = 2 if content[6] == 1 else 4
    start = 8 + width
    end = start + int.from_bytes(content[8:start], "little")
    if end > min(len(content), 1 << 16):
        raise _Refused("its header is longer than the file or 64 KiB")
    try:
        header = ast.literal_eval(content[start:end].decode("latin-1").strip())
    except (SyntaxError, MemoryError) as error:
        raise _Refused("its header cannot be read") from error
    if not isinstance(header, dict) or header.get("descr") != "|O":
        raise _Refused("it holds plain numbers, no objects; give it as it is")
    return end


class _Machine:
    """The stack, the memo, and what each instruction does to them."""

    def __init__(self) -> None:
        self._stack: list[Any] = []
        self._memo: dict[int, Any] = {}

    def run(self, content: memoryview) -> Any:
        """Follow the instructions up to STOP and hand out what is left."""
        for count, (code, argument, _) in enumerate(pickletools.genops(io.BytesIO(content))):
            if count >= MAX_INSTRUCTIONS:
                raise _Refused(f"it has more than {MAX_INSTRUCTIONS} instructions")
            if code.name == "STOP":
                break
            act = _ACTS.get(code.name)
            if act is None:
                raise _Refused(f"it asks for {code.name}, which is not among what data needs")
            act(self, argument)
        [value] = self._stack
        if isinstance(value, (_Name, _Type, _Mark)):
            raise _Refused("it holds no data")
        return value

    def push(self, value: Any) -> None:
        self._stack.append(value)

    def skip(self, _: Any) -> None:
        """How the file is cut into frames concerns nobody who reads it whole."""

    def protocol(self, number: Any) -> None:
        if number > _PROTOCOL:
            raise _Refused(f"it is written in protocol {number}, up to {_PROTOCOL} is read")

    def taken(self) -> list[Any]:
        """The items above the last mark."""
        at = len(self._stack) - 1
        while not isinstance(self._stack[at], _Mark):
            at -= 1
            if at < 0:
                raise _Refused("a container has no beginning")
        items = self._stack[at + 1 :]
        del self._stack[at:]
        return items

    def top(self, kind: type) -> Any:
        if not self._stack or not isinstance(self._stack[-1], kind):
            raise _Refused(f"an item is put into what is no {kind.__name__}")
        return self._stack[-1]

    def tuple_of(self, length: int) -> None:
        items = tuple(self._stack[len(self._stack) - length :])
        if len(items) != length:
            raise _Refused("a tuple lacks items")
        del self._stack[len(self._stack) - length :]
        self.push(items)

    def append(self, _: Any) -> None:
        item = self._stack.pop()
        self.top(list).append(item)

    def appends(self, _: Any) -> None:
        items = self.taken()
        self.top(list).extend(items)

    def set_item(self, _: Any) -> None:
        value, key = self._stack.pop(), self._stack.pop()
        self.top(dict)[key] = value

    def set_items(self, _: Any) -> None:
        items = self.taken()
        self.top(dict).update(zip(items[::2], items[1::2], strict=True))

    def add_items(self, _: Any) -> None:
        items = self.taken()
        self.top(set).update(items)

    def remember(self, place: Any) -> None:
        self._memo[len(self._memo) if place is None else place] = self._stack[-1]

    def recall(self, place: Any) -> None:
        self.push(self._memo[place])

    def by_name(self, argument: Any) -> None:
        module, _, name = str(argument).partition(" ")
        self.named(module, name)

    def stack_global(self, _: Any) -> None:
        name, module = self._stack.pop(), self._stack.pop()
        self.named(module, name)

    def named(self, module: Any, name: Any) -> None:
        if (module, name) not in _NAMES:
            raise _Refused(f"it names {module}.{name}, which is not among what data needs")
        self.push(_Name(_NAMES[module, name]))

    def reduce(self, _: Any) -> None:
        arguments, name = self._stack.pop(), self._stack.pop()
        if not isinstance(name, _Name) or not isinstance(arguments, tuple):
            raise _Refused("it wants to call something")
        self.push(_made(name.act, arguments))

    def build(self, _: Any) -> None:
        state = self._stack.pop()
        target = self._stack[-1]
        if isinstance(target, _Type):
            _order(target, state)
        elif isinstance(target, np.ndarray):
            _fill(target, state)
        else:
            raise _Refused(f"it wants to change a {type(target).__name__}")


def _made(act: str, arguments: tuple[Any, ...]) -> Any:
    """What one name of the allow list stands for."""
    match act, arguments:
        case "array", (_Name(), (0,), _):
            return np.empty(0, np.uint8)
        case "dtype", (str(text), *_):
            return _Type(text)
        case "scalar", (_Type() as kind, bytes(content)) if len(content) == kind.dtype.itemsize:
            return np.frombuffer(content, _plain(kind))[0]
        case "bytes", (str(text), "latin1"):
            return text.encode("latin-1")
        case "bytes", ():
            return b""
        case "set", (list(items),):
            return set(items)
    raise _Refused(f"it makes a {act} of something else than data")


def _order(target: _Type, state: Any) -> None:
    """Give a type its byte order; types with fields or inner arrays are none that data needs."""
    if not isinstance(state, tuple) or len(state) < 5 or state[1] not in {"<", ">", "|", "="}:  # noqa: PLR2004
        raise _Refused("a type of numbers is not described as numpy does")
    if any(part is not None for part in state[2:5]):
        raise _Refused("it holds records, which are not read")
    if state[1] in {"<", ">"}:
        target.dtype = target.dtype.newbyteorder(state[1])


def _plain(kind: _Type) -> np.dtype[Any]:
    if kind.dtype.hasobject:
        raise _Refused("bytes stand where objects are due")
    return kind.dtype


def _fill(target: np.ndarray, state: Any) -> None:
    """Give an array its shape, type and content, after they were held against each other."""
    match state:
        case (1, tuple(shape), _Type() as kind, bool(fortran), bytes() | list() as content) if _is_unfilled(target):
            pass
        case _:
            raise _Refused("an array is not described as numpy does")
    if len(shape) > _MAX_DIMENSIONS or not all(type(length) is int and length >= 0 for length in shape):
        raise _Refused("an array has an impossible shape")
    count = math.prod(shape)
    if isinstance(content, list):
        if not kind.dtype.hasobject or len(content) != count:
            raise _Refused(f"an array of shape {shape} has {len(content)} objects")
    elif len(content) != count * _plain(kind).itemsize:
        raise _Refused(f"an array of shape {shape} {kind.dtype} has {len(content)} bytes")
    # In place, since the memo may have handed the array out already; every part was checked above.
    unchecked: Any = target
    unchecked.__setstate__((1, shape, kind.dtype, fortran, content))


def _is_unfilled(target: np.ndarray) -> bool:
    return target.shape == (0,) and target.dtype == np.uint8


def _constant(value: Any) -> Callable[[_Machine, Any], None]:
    return lambda machine, _: machine.push(value)


def _argument(machine: _Machine, argument: Any) -> None:
    machine.push(argument)


_ACTS: dict[str, Callable[[_Machine, Any], None]] = {
    "PROTO": _Machine.protocol,
    "FRAME": _Machine.skip,
    "NONE": _constant(None),
    "NEWTRUE": _constant(True),  # noqa: FBT003
    "NEWFALSE": _constant(False),  # noqa: FBT003
    **dict.fromkeys(("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"), _argument),
    **dict.fromkeys(("SHORT_BINBYTES", "BINBYTES", "BINBYTES8"), _argument),
    **dict.fromkeys(("SHORT_BINUNICODE", "BINUNICODE", "BINUNICODE8"), _argument),
    "MARK": lambda machine, _: machine.push(_Mark()),
    "EMPTY_TUPLE": _constant(()),
    "EMPTY_LIST": lambda machine, _: machine.push([]),
    "EMPTY_DICT": lambda machine, _: machine.push({}),
    "EMPTY_SET": lambda machine, _: machine.push(set()),
    "TUPLE1": lambda machine, _: machine.tuple_of(1),
    "TUPLE2": lambda machine, _: machine.tuple_of(2),
    "TUPLE3": lambda machine, _: machine.tuple_of(3),
    "TUPLE": lambda machine, _: machine.push(tuple(machine.taken())),
    "FROZENSET": lambda machine, _: machine.push(frozenset(machine.taken())),
    "APPEND": _Machine.append,
    "APPENDS": _Machine.appends,
    "SETITEM": _Machine.set_item,
    "SETITEMS": _Machine.set_items,
    "ADDITEMS": _Machine.add_items,
    **dict.fromkeys(("MEMOIZE", "BINPUT", "LONG_BINPUT"), _Machine.remember),
    **dict.fromkeys(("BINGET", "LONG_BINGET"), _Machine.recall),
    "GLOBAL": _Machine.by_name,
    "STACK_GLOBAL": _Machine.stack_global,
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
}

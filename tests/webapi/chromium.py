"""A headless Chromium that tests drive: it opens addresses, clicks, types, and tells what is to be seen then.

Conventions: the DevTools protocol, spoken over a pipe as JSON texts that end in NUL, so nothing listens on a port and
no package is needed. What is to be seen is the text as it is laid out: hidden elements have none.
"""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Self

PROGRAM = next(
    (found for one in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(one))), None
)
DEADLINE_S = 60.0
LOOK_AGAIN_S = 0.05
ENTER = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13, "text": "\r"}


class Chromium:
    """One tab of a browser of its own; a context manager."""

    def __init__(self, profile: Path) -> None:
        """Start it.

        Args:
            profile: a folder that is its own.
        """
        hears, self._to = os.pipe()
        self._from, says = os.pipe()
        switches = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--remote-debugging-pipe"]
        # It hears on descriptor 3 and speaks on 4; a shell is what gives them to a child by number.
        script = f'exec "$0" "$@" 3</dev/fd/{hears} 4>/dev/fd/{says}'
        command = ["sh", "-c", script, str(PROGRAM), *switches, f"--user-data-dir={profile}", "about:blank"]
        self._process = subprocess.Popen(command, pass_fds=(hears, says), stderr=subprocess.DEVNULL)
        os.close(hears)
        os.close(says)
        self._heard = bytearray()
        self._asked = 0
        self._session: str | None = None
        tab = next(one for one in self._ask("Target.getTargets")["targetInfos"] if one["type"] == "page")
        self._session = self._ask("Target.attachToTarget", targetId=tab["targetId"], flatten=True)["sessionId"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._session = None
        self._ask("Browser.close")
        self._process.wait(timeout=DEADLINE_S)
        os.close(self._to)
        os.close(self._from)

    # --- what a person does

    def open(self, address: str) -> None:
        """Go to an address."""
        self._ask("Page.navigate", url=address)

    def click(self, selector: str) -> None:
        """Press an element."""
        self.tell(f"{_element(selector)}.click()")

    def type(self, text: str) -> None:
        """Type into what has the focus, and press Enter."""
        self._ask("Input.insertText", text=text)
        for what in ("keyDown", "keyUp"):
            self._ask("Input.dispatchKeyEvent", type=what, **ENTER)

    # --- what a person sees

    def sees(self, text: str, within: str = "body") -> str:
        """Wait until a text is to be seen within an element, and give all that is: lines, without empty ones."""
        ends = time.monotonic() + DEADLINE_S
        while text not in (seen := self.text(within)):
            assert time.monotonic() < ends, f"{text!r} is not to be seen after {DEADLINE_S:.0f} s, but: {seen}"
            time.sleep(LOOK_AGAIN_S)
        return seen

    def text(self, within: str = "body") -> str:
        """What is to be seen within an element now; empty where there is no such element."""
        # `innerText` of an element that is itself hidden is all of its text.
        seen = str(self.tell(f"(one => one?.checkVisibility() ? one.innerText : '')({_element(within)})"))
        return "\n".join(" ".join(line.split()) for line in seen.splitlines() if line.strip())

    def tell(self, expression: str) -> Any:
        """The value of an expression within the page."""
        found = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    # --- the protocol

    def _ask(self, method: str, **params: Any) -> dict[str, Any]:
        self._asked += 1
        told: dict[str, Any] = {"id": self._asked, "method": method, "params": params}
        if self._session is not None:
            told["sessionId"] = self._session
        os.write(self._to, json.dumps(told).encode() + b"\0")
        while (answer := self._next()).get("id") != self._asked:
            pass  # an event, or what it says of a page that has gone
        assert "error" not in answer, (method, answer)
        return dict(answer["result"])

    def _next(self) -> dict[str, Any]:
        while (end := self._heard.find(0)) < 0:
            if not select.select([self._from], [], [], DEADLINE_S)[0]:
                raise TimeoutError(f"Chromium has said nothing for {DEADLINE_S:.0f} s")
            more = os.read(self._from, 1 << 16)
            if not more:
                raise EOFError(f"Chromium ended with status {self._process.wait()}")
            self._heard += more
        said = dict(json.loads(self._heard[:end]))
        del self._heard[: end + 1]
        return said


def _element(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"

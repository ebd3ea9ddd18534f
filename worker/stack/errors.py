"""What can go wrong with the servers of one machine. Each names the thing and the remedy."""

from __future__ import annotations

from worker.errors import WorkerError


class StackError(WorkerError):
    """The root of this room's errors."""

    code = "stack_error"


# --- what must be there before anything starts -----------------------------------------------------------------------


class DownloadFailed(StackError):
    """A jar could not be fetched."""

    code = "download_failed"

    def __init__(self, coordinate: str, detail: str) -> None:
        super().__init__(coordinate, detail)
        self.coordinate, self.detail = coordinate, detail

    def __str__(self) -> str:
        return (
            f"could not download {self.coordinate} ({self.detail}); connect this machine to the network and run the "
            "same command again: what is already here is kept"
        )


class DamagedJar(StackError):
    """A jar's bytes are not those of the lock."""

    code = "damaged_jar"

    def __init__(self, path: str, wanted_sha256: str, found_sha256: str) -> None:
        super().__init__(path, wanted_sha256, found_sha256)
        self.path, self.wanted_sha256, self.found_sha256 = path, wanted_sha256, found_sha256

    def __str__(self) -> str:
        return (
            f"{self.path} is not the file of the lock (sha256 {self.found_sha256[:12]}, wanted "
            f"{self.wanted_sha256[:12]}); delete it and run `audio-concepts up` again"
        )


class DamagedLock(StackError):
    """A line of the jars' lock does not read."""

    code = "damaged_lock"

    def __init__(self, line_number: int, line: str) -> None:
        super().__init__(line_number, line)
        self.line_number, self.line = line_number, line

    def __str__(self) -> str:
        return (
            f"line {self.line_number} of the jars' lock does not read: {self.line!r}; "
            "restore it, or write it anew with `python -m worker.stack.jars lock`"
        )


class Missing(StackError):
    """A program or package that the stack needs is not installed."""

    code = "missing"

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(what, remedy)
        self.what, self.remedy = what, remedy

    def __str__(self) -> str:
        return f"{self.what} is missing; {self.remedy}"


class PortBusy(StackError):
    """Somebody else listens where one of our processes should."""

    code = "port_busy"

    def __init__(self, port: int, process: str, variable: str) -> None:
        super().__init__(port, process, variable)
        self.port, self.process, self.variable = port, process, variable

    def __str__(self) -> str:
        return (
            f"port {self.port}, wanted for {self.process}, is in use by another program; "
            f"stop that one, or set {self.variable} to a free port"
        )


class NotEnoughSpace(StackError):
    """The disk has no room for what would be written."""

    code = "not_enough_space"

    def __init__(self, folder: str, needed_bytes: int, free_bytes: int) -> None:
        super().__init__(folder, needed_bytes, free_bytes)
        self.folder, self.needed_bytes, self.free_bytes = folder, needed_bytes, free_bytes

    def __str__(self) -> str:
        return (
            f"{self.folder} has {self.free_bytes / 1e6:.0f} MB free and {self.needed_bytes / 1e6:.0f} MB are needed; "
            "free some space, or set XDG_CACHE_HOME to a folder on another disk"
        )


# --- running ---------------------------------------------------------------------------------------------------------


class AlreadyRunning(StackError):
    """A second stack was asked for on the same home."""

    code = "already_running"

    def __init__(self, home: str, pid: int | None) -> None:
        super().__init__(home, pid)
        self.home, self.pid = home, pid

    def __str__(self) -> str:
        who = f" (supervisor {self.pid})" if self.pid else ""
        return (
            f"the stack of {self.home} is already running{who}; see `audio-concepts status`, "
            "stop it with `audio-concepts down`, or use another AUDIO_CONCEPTS_HOME"
        )


class NotRunning(StackError):
    """Nothing runs on this home."""

    code = "not_running"

    def __init__(self, home: str) -> None:
        super().__init__(home)
        self.home = home

    def __str__(self) -> str:
        return f"no stack is running on {self.home}; start it with `audio-concepts up`"


class UnknownProcess(StackError):
    """No process of the stack has this name."""

    code = "unknown_process"

    def __init__(self, name: str, known: tuple[str, ...]) -> None:
        super().__init__(name, known)
        self.name, self.known = name, known

    def __str__(self) -> str:
        return f"the stack has no process {self.name!r}; choose from {', '.join(self.known)}"


class ProcessFailed(StackError):
    """A process did not come up, or not in time; carries the end of its log."""

    code = "process_failed"

    def __init__(self, process: str, reason: str, log: str, last_lines: str) -> None:
        super().__init__(process, reason, log, last_lines)
        self.process, self.reason, self.log, self.last_lines = process, reason, log, last_lines

    def __str__(self) -> str:
        said = f"; its last words were:\n{self.last_lines}\n" if self.last_lines else "; "
        return (
            f"{self.process} failed: {self.reason}{said}(whole log: {self.log}; `audio-concepts doctor` may know why)"
        )

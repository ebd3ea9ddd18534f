"""How the queue looks on a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from webapi.schemas.work import Queue


def queue_text(queue: Queue) -> str:
    """What waits and who looks after it, for people."""
    waiting = ", ".join(f"{name} {count}" for name, count in queue.waiting.items())
    lines = [f"Waiting      {queue.broker or waiting}", f"Looked after {_reaper(queue)}"]
    lines.append(f"Set aside    {queue.set_aside} entries that were no message of ours")
    lines.extend(f"  {one.at:%Y-%m-%d %H:%M:%S} {one.queue}: {one.why}" for one in queue.latest_set_aside)
    return "\n".join(lines)


def _reaper(queue: Queue) -> str:
    if queue.reaper is None:
        return "by nobody yet: no worker of the queue cpu has run"
    if not queue.reaper.held:
        return f"by nobody since {queue.reaper.until:%H:%M:%S} UTC; start a worker with `audio-concepts up`"
    return f"by {queue.reaper.holder} since {queue.reaper.since:%Y-%m-%d %H:%M:%S} UTC"

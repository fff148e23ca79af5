"""Finds the processes of one test by a variable in their environment."""

import os
import signal
import time


def carrying(marker: str) -> list[int]:
    """Living processes with `marker` (NAME=VALUE) in their environment."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            with open(f"/proc/{entry}/environ", "rb") as file:
                variables = file.read().split(b"\0")
        except OSError:
            continue
        if marker.encode() in variables:
            found.append(int(entry))
    return found


def left_after(marker: str, seconds: float) -> list[str]:
    """Command lines of those still alive after `seconds`; they are then killed."""
    deadline = time.monotonic() + seconds
    while (found := carrying(marker)) and time.monotonic() < deadline:
        time.sleep(0.02)
    return [_ended(pid) for pid in found]


def _ended(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            command = file.read().replace(b"\0", b" ").decode(errors="replace")
        os.kill(pid, signal.SIGKILL)
    except OSError:
        command = "(ended meanwhile)"
    return f"{pid} {command}"

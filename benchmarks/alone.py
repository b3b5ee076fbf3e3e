"""One call in a process of its own: the most memory it held, and the seconds of loading, of the call and of
its parts.

The child tells its seconds and VmHWM, the system's own record of the most it held; the parent asks ten times
a second how much of it was not pages of files, which the system can take back.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

INTERVAL = 0.1  # seconds
MARK = "measured alone: "


@dataclass(frozen=True)
class Alone:
    """Seconds, `cpu` of both together; MB: `peak` of all that was held, `own` without pages of files.
    `parts`: seconds of stages within the call, where it was asked about them."""

    load: float
    wall: float
    cpu: float
    peak: int
    own: int
    parts: dict[str, float] = field(default_factory=dict)


def told(load: Callable[[], Callable[[], object]], parts: Mapping[str, float] | None = None) -> str:
    """The child's line: `load` makes ready, what it returns is the call, in which `parts` may be filled."""
    begin, cpu = time.perf_counter(), time.process_time()
    call = load()
    loaded = time.perf_counter()
    call()
    seconds = {
        "load": loaded - begin,
        "wall": time.perf_counter() - loaded,
        "cpu": time.process_time() - cpu,
        "peak": _memory("self", "VmHWM"),
        "parts": dict(parts or {}),
    }
    return MARK + json.dumps(seconds)


def run_alone(arguments: list[str]) -> Alone:
    """Runs this script's program with the arguments; ends with what the child said where it failed."""
    child = subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    own = 0
    while True:
        own = max(own, _memory(str(child.pid), "RssAnon"))
        try:
            out, errors = child.communicate(timeout=INTERVAL)
            break
        except subprocess.TimeoutExpired:
            continue
    if child.returncode:
        sys.exit(f"{' '.join(arguments)} failed:\n{errors.decode(errors='replace')[-2000:]}")
    line = next(line for line in out.decode().splitlines() if line.startswith(MARK))
    return Alone(**json.loads(line[len(MARK) :]), own=own)


def _memory(process: str, name: str) -> int:
    """MB; 0 where the system does not tell (the process has ended, or this is no Linux)."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except OSError:
        return 0
    found = re.search(rf"{name}:\s+(\d+) kB", status)
    return int(found[1]) >> 10 if found else 0

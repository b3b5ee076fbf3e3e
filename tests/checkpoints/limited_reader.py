"""Reads files under limits (not a test file): `python limited_reader.py FILE ...` prints one line of JSON,
{file: [what came of it, seconds of processor time]}.

All memory that is asked for counts, used or not; what the library itself needs has been asked for before.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path

from kling_foley_core.checkpoints import load_state, recognise
from kling_foley_core.errors import InputError
from kling_foley_core.weights import BUILT_IN

MEMORY = 200 * 2**20


def outcome(path: Path) -> str:
    try:
        recognise(path)
        load_state(path)
    except InputError as error:
        return str(error)
    except BaseException as error:
        return f"{type(error).__name__}: {error}"
    return "read"


def used() -> int:
    """Bytes of the process's data."""
    (line,) = [x for x in Path("/proc/self/status").read_text().splitlines() if x.startswith("VmData")]
    return int(line.split()[1]) * 1024


def main(files: list[str]) -> None:
    load_state(BUILT_IN)
    limit = used() + MEMORY
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    results = {}
    for file in files:
        start = time.process_time()
        results[file] = [outcome(Path(file)), time.process_time() - start]
    sys.stdout.write(json.dumps(results) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])

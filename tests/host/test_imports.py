"""Loading the pack imports nothing that the host has not imported itself; benchmarks/host.py prints the
times."""

from __future__ import annotations

import pytest
from inside import measured

APART = ("foley_world", "training", "generation.pipeline", "cli")


@pytest.fixture(scope="module")
def loading(host) -> dict:
    return measured(host, "inside_imports")["pack"]


def test_no_package_is_imported_that_the_host_had_not(loading):
    assert loading["nodes"] >= 17
    assert loading["foreign"] == []


def test_the_parts_for_training_stay_unread(loading):
    read = {name.removeprefix("kling_foley_core.") for name in loading["modules"]}
    assert "codec.codec" in read and not [name for name in read if name.startswith(APART)]

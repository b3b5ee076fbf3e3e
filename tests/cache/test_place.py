"""The folder that each system has for what can be made again."""

from __future__ import annotations

from pathlib import Path

import pytest

from kling_foley_core.cache import cache_folder

HOME = Path("/home/me")


@pytest.mark.parametrize(
    ("environment", "system", "folder"),
    [
        ({}, "linux", HOME / ".cache" / "kling-foley"),
        ({"XDG_CACHE_HOME": "/fast"}, "linux", Path("/fast/kling-foley")),
        (
            {"XDG_CACHE_HOME": "here"},
            "linux",
            HOME / ".cache" / "kling-foley",
        ),  # the standard: absolute ones only
        ({}, "darwin", HOME / "Library" / "Caches" / "kling-foley"),
        ({"LOCALAPPDATA": "/app"}, "win32", Path("/app/kling-foley/Cache")),
        ({}, "win32", HOME / "AppData" / "Local" / "kling-foley" / "Cache"),
        ({"KLING_FOLEY_CACHE": "/mine", "XDG_CACHE_HOME": "/fast"}, "linux", Path("/mine")),
    ],
)
def test_each_system_has_its_folder(environment, system, folder) -> None:
    assert cache_folder(environment, system, HOME) == folder


def test_a_tilde_is_the_home(monkeypatch) -> None:
    monkeypatch.setenv("HOME", "/home/you")
    monkeypatch.setenv("USERPROFILE", "/home/you")
    assert cache_folder({"KLING_FOLEY_CACHE": "~/mine"}) == Path("/home/you/mine")


def test_tests_have_a_folder_of_their_own(cache_of_the_test) -> None:
    assert cache_folder() == cache_of_the_test and not cache_of_the_test.exists()

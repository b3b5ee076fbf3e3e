"""The blueprint's search words reach the host's list; a host that lists them otherwise loses nothing."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

PACK = Path(__file__).parents[2]


@pytest.fixture
def give(monkeypatch):
    """give_blueprint_its_words in a host whose list of blueprints is what it is called with."""
    spec = importlib.util.spec_from_file_location("blueprint", PACK / "nodes/host/blueprint.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)

    async def entries(_: object):
        return entries.found

    def run(found: object) -> None:
        entries.found = found
        manager = SimpleNamespace(get_custom_node_subgraphs=entries)
        server = SimpleNamespace(
            PromptServer=SimpleNamespace(instance=SimpleNamespace(subgraph_manager=manager))
        )
        monkeypatch.setitem(sys.modules, "server", server)
        asyncio.run(module.give_blueprint_its_words())

    return run


def test_the_entry_of_the_pack_gets_words_and_others_none(give) -> None:
    ours = {"path": str(next((PACK / "subgraphs").glob("*.json"))), "info": {}}
    other = {"path": "/elsewhere/subgraphs/a.json", "info": {}}
    give({"1": other, "2": ours})
    assert "v2a" in ours["info"]["search_aliases"] and other["info"] == {}


@pytest.mark.parametrize("found", [None, [], {"1": None}, {"1": {"file": "a"}}, {"1": {"path": 5}}])
def test_another_shape_of_the_list_is_no_error(give, found) -> None:
    give(found)

"""The words as the real host hands them to the page: node definitions, both languages, search aliases."""

from __future__ import annotations

import json
from typing import Any

import pytest
from server import PACK


@pytest.fixture(scope="module")
def offered(server) -> dict[str, Any]:
    return {k: v for k, v in server.get("/object_info").items() if k.startswith("KlingFoley")}


def words(info: dict[str, Any]) -> dict[str, Any]:
    """A node of /object_info as a locale file has it."""
    inputs = [pair for group in ("required", "optional") for pair in info["input"].get(group, {}).items()]
    outputs = zip(info["output_name"], info["output_tooltips"], strict=True)
    return {
        "display_name": info["display_name"],
        "description": info["description"],
        "inputs": {
            name: {"name": more.get("display_name") or name, "tooltip": more.get("tooltip")}
            for name, (_, more) in inputs
        },
        "outputs": {str(k): {"name": name, "tooltip": tip} for k, (name, tip) in enumerate(outputs)},
    }


def test_the_english_file_says_what_the_host_was_told(offered):
    english = json.loads((PACK / "locales/en/nodeDefs.json").read_text("utf-8"))
    for node in english.values():
        for given in node["inputs"].values():
            given.pop("options", None)  # names for entries of lists, which the host is not told
    assert english == {name: words(info) for name, info in offered.items()}


def test_the_host_serves_both_languages(server, offered):
    served = server.get("/i18n")
    for language in ("en", "zh"):
        assert set(offered) <= set(served[language]["nodeDefs"])
    assert served["zh"]["nodeCategories"]["foley"] == "拟音"


def test_a_host_that_knows_aliases_and_advanced_inputs_gets_them(server, offered):
    known = "search_aliases" in server.get("/object_info")["KSampler"]
    assert all(bool(info.get("search_aliases")) == known for info in offered.values())
    _, more = offered["KlingFoleyConditioning"]["input"]["required"]["start"]
    assert more.get("advanced", False) == known

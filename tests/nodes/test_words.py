"""The words a user reads: nothing without a tooltip, and both languages complete, true and free of markup."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import node_schemas
import pytest

from kling_foley_core.systems.compatibility import WHAT
from kling_foley_core.systems.search import KINDS_OF, OPTIONAL

LACKS = " lacks "  # js/entries.mjs and nodes/system.py have it too
LOCALES = Path(__file__).parents[2] / "locales"
CHINESE = re.compile("[\u4e00-\u9fff]")
KEPT = {"CFG", "Latent", "Sigmas"}  # names that ComfyUI's own Chinese leaves as they are
FILES = re.compile(r"models/\w+|[\w.-]+\.(?:pth|pt|safetensors|json)\b")


@cache
def schemas(new: bool = True) -> dict[str, Any]:
    return node_schemas.schemas(new)


@cache
def locale(language: str) -> dict[str, Any]:
    return json.loads((LOCALES / language / "nodeDefs.json").read_text("utf-8"))


def entries(listed: Any) -> dict[str, dict[str, str]]:
    """The entries of a list that are no files, and the words that entries of systems are made of."""
    parts = (
        [LACKS, *(WHAT[part] for part in KINDS_OF if part not in OPTIONAL)] if listed.id == "system" else []
    )
    return {"options": {entry: entry for entry in [*listed.options, *parts]}} if listed.options else {}


def words(schema: Any) -> dict[str, Any]:
    """A node's words as a locale file has them."""
    return {
        "display_name": schema.display_name,
        "description": schema.description,
        "inputs": {i.id: {"name": i.name, "tooltip": i.tooltip, **entries(i)} for i in schema.inputs},
        "outputs": {str(k): {"name": o.name, "tooltip": o.tooltip} for k, o in enumerate(schema.outputs)},
    }


def texts(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    """(keys, text) of every text in a locale file."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from texts(value, (*path, key))
    else:
        yield path, tree


def test_nothing_is_without_a_name_a_description_or_a_tooltip():
    for schema in schemas().values():
        assert [path for path, text in texts(words(schema)) if not text] == [], schema.node_id
        ends = [schema.description, *(part.tooltip for part in (*schema.inputs, *schema.outputs))]
        assert [text for text in ends if not text.endswith(".")] == [], schema.node_id


def test_every_node_is_found_by_other_words_too():
    for schema in schemas().values():
        aliases = schema.search_aliases
        assert 3 <= len(aliases) == len(set(aliases)), schema.node_id
        assert schema.display_name.lower() not in aliases
        assert any(CHINESE.search(alias) for alias in aliases), schema.node_id


def test_the_english_file_says_what_the_nodes_say():
    """It stands above the nodes' own words in the page, so it must not drift from them."""
    assert locale("en") == {name: words(schema) for name, schema in schemas().items()}


def test_the_chinese_file_speaks_of_the_same_things_in_chinese():
    english, chinese = dict(texts(locale("en"))), dict(texts(locale("zh")))
    assert chinese.keys() == english.keys()
    plain = {path: text for path, text in chinese.items() if not CHINESE.search(text)}
    assert {text for path, text in plain.items() if path[-1] == "name"} <= KEPT
    assert [path for path in plain if path[-1] != "name"] == []


def test_the_chinese_file_names_the_same_files_and_the_nodes_by_their_chinese_names():
    english, chinese = dict(texts(locale("en"))), dict(texts(locale("zh")))
    names = {locale("en")[n]["display_name"]: locale("zh")[n]["display_name"] for n in schemas()}
    assert len(set(names.values())) == len(names)
    either = re.compile("|".join(sorted(names, key=len, reverse=True)))
    for path, text in english.items():
        assert set(FILES.findall(text)) == set(FILES.findall(chinese[path])), path
        missing = [name for name in either.findall(text) if names[name] not in chinese[path]]
        assert not missing, path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_text_holds_a_sign_that_the_page_reads_as_markup(language):
    """vue-i18n takes {x} for a variable, @:x for a link and | for a plural."""
    assert [path for path, text in texts(locale(language)) if re.search(r"[{}@|]", text)] == []


def test_the_menu_of_our_nodes_has_a_chinese_name():
    categories = json.loads((LOCALES / "zh/main.json").read_text("utf-8"))["nodeCategories"]
    last = {schema.category.split("/")[-1] for schema in schemas().values()}
    assert last == set(categories) and all(CHINESE.search(name) for name in categories.values())


def test_the_oldest_host_gets_the_same_nodes_without_what_it_does_not_know():
    old, new = schemas(new=False), schemas()
    assert {k: words(v) for k, v in old.items()} == {k: words(v) for k, v in new.items()}
    assert not any(hasattr(schema, "search_aliases") for schema in old.values())
    assert any(part.advanced for schema in new.values() for part in schema.inputs)
    assert not any(part.advanced for schema in old.values() for part in schema.inputs)


def test_a_misspelt_field_of_a_schema_is_no_newer_field():
    with node_schemas.pack(new=False):
        from importlib import import_module

        guarded = import_module(f"{node_schemas.NAME}.nodes.host.schema").schema
        with pytest.raises(TypeError, match="search_alias"):
            guarded(node_id="X", search_alias=["x"])

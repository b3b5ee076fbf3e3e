"""The words by which the page's search finds the pack's blueprint.

The page asks the server for them (`info.search_aliases` at /global_subgraphs) and takes no others. ComfyUI
0.33 lists a pack's blueprint without any, so ours are added to our own entry of that list.
"""

from __future__ import annotations

import json
import logging
from pathlib import Path

_log = logging.getLogger(__name__)

FOLDER = Path(__file__).parents[2] / "subgraphs"


async def give_blueprint_its_words() -> None:
    """Where this host lists blueprints; older ones have none, and one that lists them otherwise keeps its
    own."""
    from server import PromptServer

    listed = getattr(getattr(PromptServer, "instance", None), "subgraph_manager", None)
    if not hasattr(listed, "get_custom_node_subgraphs"):
        return
    try:
        for entry in (await listed.get_custom_node_subgraphs(None)).values():
            path = Path(entry["path"])
            if path.parent.resolve() == FOLDER.resolve():
                words = json.loads(path.read_text("utf-8"))["extra"]["BlueprintSearchAliases"]
                entry["info"]["search_aliases"] = words
    except (AttributeError, LookupError, OSError, TypeError, ValueError) as error:  # never at the nodes' cost
        _log.warning("The search finds the blueprint by its name alone: %s", error)

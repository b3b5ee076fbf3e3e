"""What the page sends for a workflow in UI format: node id -> class and inputs, blueprints taken apart."""

from __future__ import annotations

from typing import Any

NOTES = ("Note", "MarkdownNote")
OF_THE_PAGE = {"control_after_generate", "upload"}  # widgets that never reach the server
INPUT, OUTPUT = -10, -20  # the page's numbers for a blueprint's own sides


def as_prompt(workflow: dict[str, Any]) -> dict[str, Any]:
    """Nodes inside a blueprint are called NUMBER OF THE BLUEPRINT:NUMBER INSIDE."""
    inside = {s["id"]: s for s in workflow.get("definitions", {}).get("subgraphs", [])}
    nodes = [n for n in workflow["nodes"] if n["type"] not in NOTES]
    outputs = {n["id"]: ends(n, inside[n["type"]]) for n in nodes if n["type"] in inside}
    sources = {
        link: outputs[node][slot] if node in outputs else [str(node), slot]
        for link, node, slot, *_ in workflow["links"]
    }
    prompt = {}
    for node in nodes:
        given = {i["name"]: sources[i["link"]] for i in node["inputs"] if i.get("link") is not None}
        if node["type"] in inside:
            prompt |= opened(node, inside[node["type"]], given)
        else:
            prompt[str(node["id"])] = {"class_type": node["type"], "inputs": sent(node) | given}
    return prompt


def sent(node: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in node.get("widgets_values_named", {}).items() if k not in OF_THE_PAGE}


def shown(node: dict[str, Any]) -> dict[str, Any]:
    """Values of the widgets that a blueprint's node shows."""
    names = [i["name"] for i in node["inputs"] if "widget" in i]
    return dict(zip(names, node["widgets_values"], strict=True))


def ends(node: dict[str, Any], inside: dict[str, Any]) -> list[list]:
    """Where inside each of a blueprint's outputs comes from."""
    links = {link["id"]: link for link in inside["links"]}
    taken = (links[output["linkIds"][0]] for output in inside["outputs"])
    return [[f"{node['id']}:{link['origin_id']}", link["origin_slot"]] for link in taken]


def opened(node: dict[str, Any], inside: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """The nodes inside a blueprint, with what comes in from outside, wire or value."""
    links, outside = {link["id"]: link for link in inside["links"]}, shown(node) | given
    prompt = {}
    for inner in inside["nodes"]:
        inputs = sent(inner)
        for entry in inner["inputs"]:
            if entry.get("link") is None:
                continue
            link = links[entry["link"]]
            if link["origin_id"] != INPUT:
                inputs[entry["name"]] = [f"{node['id']}:{link['origin_id']}", link["origin_slot"]]
            elif (name := inside["inputs"][link["origin_slot"]]["name"]) in outside:
                inputs[entry["name"]] = outside[name]
        prompt[f"{node['id']}:{inner['id']}"] = {"class_type": inner["type"], "inputs": inputs}
    return prompt

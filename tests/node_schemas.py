"""What the nodes say to the host, read without one: a stand-in for ComfyUI keeps the words it is given.

It has the two things that differ between hosts: whether `io.Schema` knows `search_aliases`, and inputs
`advanced`. All else of the host is a class of nothing, enough to be imported and inherited from.
"""

from __future__ import annotations

import asyncio
import importlib.util
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, make_dataclass
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

PACK = Path(__file__).parents[1]
NAME = "pack_that_speaks"
HOST = ("comfy", "comfy_api", "comfy_execution", "folder_paths", "node_helpers", "latent_preview")
FIELDS = "node_id display_name category description inputs outputs hidden is_output_node".split()


class Anything(type):
    """A class that has whatever is asked for."""

    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return Anything(name, (), {})


class OldInput:
    def __init__(self, id: str, *, display_name: str | None = None, tooltip: str = "", **more: Any) -> None:
        if "advanced" in more:
            raise TypeError("got an unexpected keyword argument 'advanced'")
        self.id, self.name, self.tooltip, self.advanced = id, display_name or id, tooltip, False
        self.options = more.get("options", [])


class NewInput(OldInput):
    def __init__(self, id: str, *, advanced: bool | None = None, **more: Any) -> None:
        super().__init__(id, **more)
        self.advanced = bool(advanced)


@dataclass
class Output:
    type: str
    id: str | None = None
    display_name: str | None = None
    tooltip: str = ""

    @property
    def name(self) -> str:
        return self.display_name or self.id or self.type


class Types:
    """`io`: every type has inputs and outputs."""

    ComfyNode = type("ComfyNode", (), {})
    FolderType = Hidden = Anything("Anything", (), {})

    def __init__(self, new: bool) -> None:
        fields = [(name, Any, None) for name in FIELDS + ["search_aliases"] * new]
        self.Schema = make_dataclass("Schema", fields)
        self.Input = NewInput if new else OldInput

    def Custom(self, name: str) -> Any:  # noqa: N802 (the host's name)
        return type(name, (), {"Input": self.Input, "Output": lambda **words: Output(name, **words)})

    def __getattr__(self, kind: str) -> Any:
        return self.Custom(kind.upper())


class HostModule(ModuleType):
    __path__: list[str] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(Anything("Anything", (), {}), name)


class StandIn(MetaPathFinder, Loader):
    def __init__(self, new: bool) -> None:
        self.types = Types(new)

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:
        return ModuleSpec(name, self, is_package=True) if name.split(".")[0] in HOST else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        module = HostModule(spec.name)
        if spec.name == "comfy_api.latest":
            module.io = self.types
        if spec.name == "folder_paths":
            module.models_dir, module.supported_pt_extensions = "models", {".safetensors"}
            module.folder_names_and_paths = defaultdict(lambda: ([], set()))
            module.add_model_folder_path = lambda *folder, **more: None
            module.get_filename_list = module.get_folder_paths = lambda folder: []
        return module

    def exec_module(self, module: ModuleType) -> None:
        pass


@contextmanager
def pack(new: bool) -> Iterator[ModuleType]:
    """The pack as a host loads it; nothing of it or of the stand-in is left behind."""
    host = StandIn(new)
    sys.meta_path.insert(0, host)
    try:
        spec = importlib.util.spec_from_file_location(
            NAME, PACK / "__init__.py", submodule_search_locations=[str(PACK)]
        )
        sys.modules[NAME] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[NAME])
        yield sys.modules[NAME]
    finally:
        sys.meta_path.remove(host)
        for name in [n for n in sys.modules if n.split(".")[0] in (NAME, *HOST)]:
            del sys.modules[name]


def schemas(new: bool = True) -> dict[str, Any]:
    """node id -> its Schema, on a new host or on the oldest."""

    async def said(loaded: ModuleType) -> list[Any]:
        extension = await loaded.comfy_entrypoint()
        return [node.define_schema() for node in await extension.get_node_list()]

    with pack(new) as loaded:
        return {schema.node_id: schema for schema in asyncio.run(said(loaded))}

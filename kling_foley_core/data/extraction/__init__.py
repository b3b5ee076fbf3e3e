"""Clips to training samples on disk: frames and sound as the networks ask for them, what frozen encoders and
the codec make of them, shards."""

from .encoding import Encoding
from .networks import FrozenNetworks, frozen_networks
from .raw import RawFormat, raw_format_of
from .run import Extracted, extract
from .shard_source import ShardSource
from .source import Source
from .window_source import WindowSource
from .worker import Worker, this_worker

__all__ = [
    "Encoding",
    "Extracted",
    "FrozenNetworks",
    "RawFormat",
    "ShardSource",
    "Source",
    "WindowSource",
    "Worker",
    "extract",
    "frozen_networks",
    "raw_format_of",
    "this_worker",
]

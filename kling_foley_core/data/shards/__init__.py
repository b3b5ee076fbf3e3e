"""Training samples on disk: WebDataset shards with an index, written whole, read at random, in a known
order."""

from .header import Header, read_header, write_header
from .networks import check_networks
from .order import Batches, Crop
from .reader import Entry, Shards
from .sample import ARRAYS, Sample
from .writer import write_shard

__all__ = [
    "ARRAYS",
    "Batches",
    "Crop",
    "Entry",
    "Header",
    "Sample",
    "Shards",
    "check_networks",
    "read_header",
    "write_header",
    "write_shard",
]

"""RoBERTa's and GPT-2's tokens: bytes of a text, joined pair by pair in the order of a list.

    text -> ids, the special ones around them included

The list and the ids come in files that the two networks' authors publish and that this package has not:
tokenizer.json, or vocab.json with merges.txt. They are looked for beside the weights, in the folders there,
and in the hub's cache on this machine, by what is in them, not by the folder's name.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ....checkpoints.header import read_header
from ....encoders.text.contract import check_texts, readable, warn_of_cut
from ....errors import InputError
from ....limits import MAX_TOKENIZER

ONE, TWO = "tokenizer.json", ("vocab.json", "merges.txt")
Merges = list[tuple[str, str]]


@dataclass(frozen=True)
class Words:
    """One network's tokens. `marks`: ids by which its vocabulary is known. `whole`: what is never cut to
    pieces."""

    name: str
    hub: tuple[str, ...]  # repositories, the present name first
    marks: dict[str, int]
    whole: tuple[str, ...]
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


ROBERTA = Words(
    "RoBERTa",
    ("FacebookAI/roberta-base", "roberta-base"),
    {"<s>": 0, "<pad>": 1, "</s>": 2},
    ("<s>", "<pad>", "</s>", "<unk>"),
    ("<s>",),
    ("</s>",),
)
END = "<|endoftext|>"
# MS-CLAP's code names "!" the padding, so it is a token of its own wherever it stands
GPT2 = Words("GPT-2", ("openai-community/gpt2", "gpt2"), {"!": 0}, (END, "!"))


class BytePairs:
    def __init__(self, words: Words, ids: dict[str, int], merges: Merges) -> None:
        from tokenizers import AddedToken, Tokenizer, models, pre_tokenizers

        self._before, self._after = ([ids[w] for w in side] for side in (words.before, words.after))
        self._pieces = Tokenizer(models.BPE(ids, merges))
        self._pieces.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        self._pieces.add_special_tokens([AddedToken(w, normalized=False) for w in words.whole])

    def __call__(self, text: str, most: int | None = None) -> list[int]:
        """At most so many ids; what is cut off is the text's end, and told."""
        check_texts([text])
        text = readable(text)
        found = self._pieces.encode(text)
        ids = found.ids
        room = len(ids) if most is None else most - len(self._before) - len(self._after)
        if len(ids) > room:
            warn_of_cut(most, text[found.offsets[room][0] :])
        return [*self._before, *ids[:room], *self._after]


def find_byte_pairs(words: Words, count: int, weights: Path) -> BytePairs:
    """Those of a vocabulary with `count` tokens, beside the file `weights` or in the hub's cache."""
    if found := _fitting(words, count, weights):
        return _made(words, *found, weights)
    raise InputError(
        f"{weights} reads captions by {words.name}'s tokens, whose list is not there: get tokenizer.json "
        f"from https://huggingface.co/{words.hub[0]} and put it into a folder beside the file, for example "
        f"{weights.parent / words.hub[-1] / ONE}."
    )


def byte_pairs_digest(words: Words, table: str, weights: Path) -> str:
    """Digits of the list that `find_byte_pairs` takes for the file `weights`, in which the tensor whose name
    ends in `table` has a row a token; empty where there is none."""
    specs = read_header(weights).specs
    counts = {spec.shape[0] for name, spec in specs.items() if name.endswith(table) and spec.shape}
    found = _fitting(words, counts.pop(), weights) if len(counts) == 1 else None
    return hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest() if found else ""


def _fitting(words: Words, count: int, weights: Path) -> tuple[dict[str, int], Merges] | None:
    for ids, merges in _read(weights.parent, words):
        if len(ids) == count and all(ids.get(mark) == id for mark, id in words.marks.items()):
            return ids, merges
    return None


def _made(words: Words, ids: dict[str, int], merges: Merges, weights: Path) -> BytePairs:
    try:
        return BytePairs(words, ids, merges)
    except Exception as error:  # the library raises bare Exceptions
        raise InputError(
            f"{words.name}'s list of tokens for {weights} can't be used ({error}); get tokenizer.json from "
            f"https://huggingface.co/{words.hub[0]} again."
        ) from error


def _read(beside: Path, words: Words) -> Iterator[tuple[dict[str, int], Merges]]:
    """What can be read, in the order in which it is taken."""
    for files in _places(beside, words):
        try:
            if all(file.is_file() and file.stat().st_size <= MAX_TOKENIZER for file in files):
                yield _of_one(*files) if len(files) == 1 else _of_two(*files)
        except (OSError, ValueError, LookupError, TypeError, AttributeError, RecursionError):
            continue


def _places(beside: Path, words: Words) -> Iterator[tuple[Path, ...]]:
    folders = [beside, *sorted(path for path in beside.iterdir() if path.is_dir())]
    for folder in folders:
        yield (folder / ONE,)
        yield tuple(folder / name for name in TWO)
    for repository in words.hub:
        yield from (files for names in ((ONE,), TWO) if (files := _cached(repository, names)))


def _cached(repository: str, names: tuple[str, ...]) -> tuple[Path, ...]:
    """Of the hub's cache on this machine, without any network; empty if not all are there."""
    try:
        from huggingface_hub import try_to_load_from_cache
    except ImportError:
        return ()
    found = [try_to_load_from_cache(repository, name) for name in names]
    return tuple(map(Path, found)) if all(isinstance(path, str) for path in found) else ()


def _of_one(file: Path) -> tuple[dict[str, int], Merges]:
    model = json.loads(file.read_text(encoding="utf-8"))["model"]
    pairs = [line.split(" ") if isinstance(line, str) else line for line in model["merges"]]
    return _ids(model["vocab"]), [(a, b) for a, b in pairs]


def _of_two(vocabulary: Path, merges: Path) -> tuple[dict[str, int], Merges]:
    lines = merges.read_text(encoding="utf-8").split("\n")
    pairs = [line.split(" ") for line in lines if line and not line.startswith("#version")]
    return _ids(json.loads(vocabulary.read_text(encoding="utf-8"))), [(a, b) for a, b in pairs]


def _ids(vocabulary: dict) -> dict[str, int]:
    if not all(type(number) is int for number in vocabulary.values()):
        raise ValueError("not a vocabulary")
    return vocabulary

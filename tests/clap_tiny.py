"""What the golden vectors of the two CLAPs were computed from, besides their weights: sounds, texts, and
lists of tokens with few words."""

from __future__ import annotations

import json
from pathlib import Path

import torch
from torch import Tensor

MERGED = "Ġ a|Ġ t|h e|o g|d og|Ġt he|Ġ dog|i n|a i|r ai|rai n|o n|Ġ b|a r|ar k|Ġb ark|Ġbark s".split("|")
TEXTS = [
    "A dog barks in the rain.",
    "the dog! barks!! on a rainy night, “twice” – naïve 雨",
    "",
    "rain on a tin roof and the dog barks again and again in the rain " * 3,
]


def sound(seconds: float, rate: int, channels: int) -> Tensor:
    """[C, N] in steps of 16 bits: gliding tones with knocks over a hiss, off centre."""
    t = torch.arange(int(seconds * rate), dtype=torch.float64) / rate
    rows = []
    for c in range(channels):
        tone = torch.sin(2 * torch.pi * (180 + 70 * c + 900 * t) * t) * (0.2 + 0.1 * torch.sin(3 * t))
        knocks = torch.sin(2 * torch.pi * 3100 * t) * torch.exp(-40 * ((1.3 * t + 0.3 * c) % 1))
        hiss = (torch.arange(len(t)) + 1 + c) ** 2 * 40503 % 65521 / 65521 - 0.5
        rows.append(0.05 + tone + 0.4 * knocks + 0.02 * hiss)
    return (torch.stack(rows) * 32768).round().float() / 32768


def letters() -> list[str]:
    """One for each byte: those that can be printed stand for themselves."""
    printable = [*range(33, 127), *range(161, 173), *range(174, 256)]
    return [chr(b) for b in printable] + [chr(256 + i) for i in range(256 - len(printable))]


def write_roberta(folder: Path) -> int:
    """vocab.json and merges.txt; the number of tokens."""
    return _write(folder, ["<s>", "<pad>", "</s>", "<unk>", *letters(), *_joined(), "<mask>"])


def write_gpt2(folder: Path) -> int:
    return _write(folder, [*letters(), *_joined(), "<|endoftext|>"])


def _joined() -> list[str]:
    return [pair.replace(" ", "") for pair in MERGED]


def _write(folder: Path, words: list[str]) -> int:
    folder.mkdir(parents=True, exist_ok=True)
    ids = {word: i for i, word in enumerate(words)}
    (folder / "vocab.json").write_text(json.dumps(ids, ensure_ascii=False), encoding="utf-8")
    (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(MERGED) + "\n", encoding="utf-8")
    return len(ids)


def completed(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The state with what the files carry and the golden ones don't: which entry of its table stands for
    which two places of a window, and the Fourier transform of 1024 samples under a Hann window as kernels."""
    row, column = torch.arange(64) // 8, torch.arange(64) % 8
    index = (row[:, None] - row + 7) * 15 + column[:, None] - column + 7
    tables = [name for name in state if name.endswith("relative_position_bias_table")]
    (mel,) = (name for name in state if name.endswith("logmel_extractor.melW"))
    turns = (torch.arange(513)[:, None] * torch.arange(1024) % 1024).double() * (2 * torch.pi / 1024)
    window = torch.hann_window(1024, dtype=torch.float64)
    kernels = {"real": torch.cos(turns) * window, "imag": -torch.sin(turns) * window}
    stft = mel.replace("logmel_extractor.melW", "spectrogram_extractor.stft.conv_")
    return (
        state
        | {name.replace("bias_table", "index"): index for name in tables}
        | {f"{stft}{part}.weight": kernel[:, None].float() for part, kernel in kernels.items()}
    )

"""T5 encoders under the public names (T5-Base), from files with or without the decoder half."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from torch import nn

from ...encoders.presets import T5_BASE, T5_SMALL
from ...encoders.text.byte_tokenizer import ByteTokenizer
from ...encoders.text.t5 import T5TextConfig, T5TextEncoder
from ...encoders.text.t5_tokenizer import T5Tokenizer
from ...errors import InputError
from .kind import Kind, State, count, without

FIRST = "encoder.block.0.layer.0.SelfAttention."
TABLE, COPY = "shared.weight", "encoder.embed_tokens.weight"
LENGTH = 77  # text tokens a generator is trained with; not a property of T5
NAMES = {T5_BASE: "t5_base", T5_SMALL: "t5_small"}


def matches(state: State) -> bool:
    return FIRST + "q.weight" in state


def canonical(state: State) -> State:
    if TABLE not in state and COPY in state:
        state = {TABLE: state[COPY], **state}
    return without(state, COPY, "decoder.", "lm_head.weight")


def config(state: State) -> T5TextConfig:
    if "encoder.block.0.layer.1.DenseReluDense.wi_0.weight" in state:
        raise InputError(
            "it is a T5 v1.1, such as the T5-XXL of image models, where Kling-Foley wants T5-Base"
        )
    vocabulary, width = state[TABLE].shape
    heads = state[FIRST + "relative_attention_bias.weight"].shape[1]
    return T5TextConfig(
        width=width,
        layers=count(state, "encoder.block."),
        heads=heads,
        head_width=state[FIRST + "q.weight"].shape[0] // heads,
        mlp=state["encoder.block.0.layer.1.DenseReluDense.wi.weight"].shape[0],
        vocabulary=vocabulary,
        length=LENGTH,
    )


def build(config: T5TextConfig, *, tokenizer: Any = None, attention: Any = None, **kw: Any) -> nn.Module:
    """Without a tokenizer the network can be loaded and compared, and read ids, but no texts."""

    return T5TextEncoder(config, tokenizer or ByteTokenizer(), **kw)


def beside(path: Path, config: T5TextConfig) -> dict[str, Any]:
    """The tokenizer: bytes for our small encoder, else the tokenizer.json in the same folder."""

    if config.vocabulary == ByteTokenizer.vocabulary:
        return {"tokenizer": ByteTokenizer()}
    return {"tokenizer": T5Tokenizer(path.parent / "tokenizer.json")}


KIND = Kind(
    name="t5",
    what="a T5 text encoder",
    matches=matches,
    canonical=canonical,
    config=config,
    variant=lambda c: NAMES.get(c, f"t5_{c.width}x{c.layers}"),
    build=build,
    config_classes=(T5TextConfig,),
    beside=beside,
)

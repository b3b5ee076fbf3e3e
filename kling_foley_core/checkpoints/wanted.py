"""The other files that a flow network works with, each by the name it is published under."""

from __future__ import annotations

from ..mmdit.config import MMDiTConfig
from ..presets import SMALL
from .catalogue import FOLDER, files_for
from .kinds.mmdit import has_paper_inputs

VISUAL_BY_WIDTH = {1280: "MetaCLIP ViT-bigG/14 (open_clip's metaclip_fullcc)"}
PUBLIC_CODECS = {20: ("vae_16k", "bigvgan_16k"), 40: ("vae_44k", "bigvgan_44k")}  # by latent channels
PUBLIC_CLIP = "dfn5b_vit_h14_378"


def for_real_films(where: str) -> str:
    """One sentence for those who give the built-in model a film: what it knows, what to take instead, and
    `where` that goes."""
    kinds = (("mmdit", "mmaudio_large_44k_v2"), ("vae", "vae_44k"), ("vocoder", "bigvgan_44k"))
    rows = (*kinds, ("clip", PUBLIC_CLIP), ("synchformer", "synchformer"))
    names = [files_for(kind, variant)[0].name for kind, variant in rows]
    return (
        "The built-in model has learned from generated scenes of simple things only (balls, blows, steps, "
        f"water, wind); for a real film take {', '.join(names[:-1])} and {names[-1]}, {where}."
    )


def wanted_parts(c: MMDiTConfig) -> dict[str, str]:
    """ "vae", "vocoder", "visual", "text", "sync" -> what it is and where it comes from."""
    if c == SMALL.generator:
        return dict.fromkeys(("vae", "vocoder", "visual", "text", "sync"), "the built-in model's own")
    return _codec(c) | _encoders(c)


def _codec(c: MMDiTConfig) -> dict[str, str]:
    if c.latent_dim in PUBLIC_CODECS and not has_paper_inputs(c):
        vae, vocoder = PUBLIC_CODECS[c.latent_dim]
        return {"vae": row("vae", vae), "vocoder": row("vocoder", vocoder)}
    # Also where the width is a public one: that alone makes no common latent space.
    return dict.fromkeys(
        ("vae", "vocoder"), f"the codec it was trained with ({c.latent_dim} latent channels)"
    )


def _encoders(c: MMDiTConfig) -> dict[str, str]:
    sync = row("synchformer") if c.sync_dim == 768 else f"a sync encoder of {c.sync_dim} channels"
    if c.visual_dim == c.text_dim == 1024:
        return {"visual": row("clip", PUBLIC_CLIP), "text": row("clip", PUBLIC_CLIP), "sync": sync}
    visual = VISUAL_BY_WIDTH.get(c.visual_dim, f"a visual encoder of {c.visual_dim} channels")
    text = row("t5") if c.text_dim == 768 else f"a text encoder of {c.text_dim} channels"
    return {"visual": visual, "text": text, "sync": sync}


def row(kind: str, variant: str | None = None) -> str:
    """A published file in words: what, name, size, source, place."""
    first = files_for(kind, variant)[0]
    size = f" ({first.size})" if first.size else ""
    return f"{first.what}: {first.name}{size} from {first.source}, in {FOLDER}"

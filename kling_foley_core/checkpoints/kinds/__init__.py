"""The kinds of networks a file can hold, in one table."""

from __future__ import annotations

from . import clip, mmdit, stereo, synchformer, t5, vae, vocoder
from .kind import Kind

CLIP_PARTS = (clip.VISUAL, clip.TEXT)
KINDS: dict[str, Kind] = {
    k.name: k
    for k in (mmdit.KIND, vae.KIND, vocoder.KIND, synchformer.KIND, *CLIP_PARTS, t5.KIND, stereo.KIND)
}

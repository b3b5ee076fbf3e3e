"""Synchformer: the visual half of the sync encoder, from the whole model's file or from a file of that half alone.

Only `vfeat_extractor.*` is used; the audio half and the transformer above both serve a metric, not the generation. The 2-D
`patch_embed.proj` is in every file and used by none of its authors' code.
"""

from __future__ import annotations

"""The public weight files this pack can read: what they are, where they come from, their licence, where
ComfyUI looks for them.

Sizes and checksums are the publishers' (checkpoint specification 1.1 and 1.2), left empty where that has
none. Nothing here downloads anything.
"""

from __future__ import annotations

from dataclasses import dataclass

FOLDER = "models/foley"  # below ComfyUI's folder; models/mmaudio, which other packs use, serves as well
NON_COMMERCIAL = "CC-BY-NC 4.0 (no commercial use)"
APPLE = "Apple's machine learning research licence (research only; read the model card)"
MMAUDIO = "hkchengrex/MMAudio"
KIJAI = "Kijai/MMAudio_safetensors"


@dataclass(frozen=True)
class PublicFile:
    """One row; `variant` is what `FileReport.variant` says of the file, `size` and `md5` are empty where
    they are not known.
    """

    name: str
    kind: str
    variant: str
    what: str
    size: str
    md5: str
    licence: str
    source: str
    folder: str = FOLDER


# fmt: off
FILES: tuple[PublicFile, ...] = (
    PublicFile("mmaudio_large_44k_v2.pth", "mmdit", "mmaudio_large_44k_v2",
               "flow network, large v2 (recommended)", "3.9 GiB", "01ad4464f049b2d7efdaa4c1a59b8dfe",
               NON_COMMERCIAL, f"{MMAUDIO}, weights/"),
    PublicFile("mmaudio_large_44k_v2_fp16.safetensors", "mmdit", "mmaudio_large_44k_v2",
               "the same in half precision", "2.06 GB", "",
               NON_COMMERCIAL, KIJAI),
    PublicFile("mmaudio_large_44k_v2_fp32.safetensors", "mmdit", "mmaudio_large_44k_v2",
               "the same in full precision", "4.1 GB", "",
               NON_COMMERCIAL, KIJAI),
    PublicFile("mmaudio_large_44k.pth", "mmdit", "mmaudio_large_44k",
               "flow network, large", "3.9 GiB", "fed96c325a6785b85ce75ae1aafd2673",
               NON_COMMERCIAL, f"{MMAUDIO}, weights/"),
    PublicFile("mmaudio_medium_44k.pth", "mmdit", "mmaudio_medium_44k",
               "flow network, medium", "2.4 GiB", "5a56b6665e45a1e65ada534defa903d0",
               NON_COMMERCIAL, f"{MMAUDIO}, weights/"),
    PublicFile("mmaudio_small_44k.pth", "mmdit", "mmaudio_small_44k",
               "flow network, small", "601 MiB", "babd74c884783d13701ea2820a5f5b6d",
               NON_COMMERCIAL, f"{MMAUDIO}, weights/"),
    PublicFile("mmaudio_small_16k.pth", "mmdit", "mmaudio_small_16k",
               "flow network, small, 16 kHz", "601 MiB", "af93cde404179f58e3919ac085b8033b",
               NON_COMMERCIAL, f"{MMAUDIO}, weights/"),
    PublicFile("v1-44.pth", "vae", "vae_44k",
               "mel VAE for 44.1 kHz", "1.2 GiB", "fab020275fa44c6589820ce025191600",
               NON_COMMERCIAL, f"{MMAUDIO}, ext_weights/"),
    PublicFile("mmaudio_vae_44k_fp16.safetensors", "vae", "vae_44k",
               "the same in half precision", "611 MB", "",
               NON_COMMERCIAL, KIJAI),
    PublicFile("mmaudio_vae_44k_fp32.safetensors", "vae", "vae_44k",
               "the same in full precision", "1.2 GB", "",
               NON_COMMERCIAL, KIJAI),
    PublicFile("v1-16.pth", "vae", "vae_16k",
               "mel VAE for 16 kHz", "655 MiB", "69f56803f59a549a1a507c93859fd4d7",
               NON_COMMERCIAL, f"{MMAUDIO}, ext_weights/"),
    PublicFile("bigvgan_generator.pt", "vocoder", "bigvgan_44k",
               "BigVGAN v2 vocoder for 44.1 kHz", "", "",
               "MIT", "nvidia/bigvgan_v2_44khz_128band_512x"),
    PublicFile("best_netG.pt", "vocoder", "bigvgan_16k",
               "BigVGAN vocoder for 16 kHz (Make-An-Audio 2)", "429 MiB", "eeaf372a38a9c31c362120aba2dde292",
               "MIT", f"{MMAUDIO}, ext_weights/"),
    PublicFile("synchformer_state_dict.pth", "synchformer", "synchformer",
               "Synchformer (its visual half is used)", "907 MiB", "5b2f5594b0730f70e41e549b7c94390c",
               "MIT", f"{MMAUDIO}, ext_weights/"),
    PublicFile("mmaudio_synchformer_fp16.safetensors", "synchformer", "synchformer",
               "the same in half precision", "475 MB", "",
               "MIT", KIJAI),
    PublicFile("apple_DFN5B-CLIP-ViT-H-14-384_fp16.safetensors", "clip", "dfn5b_vit_h14_378",
               "CLIP, half precision", "1.97 GB", "",
               APPLE, KIJAI),
    PublicFile("open_clip_pytorch_model.bin", "clip", "dfn5b_vit_h14_378",
               "CLIP DFN5B ViT-H/14", "", "",
               APPLE, "apple/DFN5B-CLIP-ViT-H-14-384"),
    PublicFile("model.safetensors", "clip", "vit_h14_224",
               "MetaCLIP ViT-H/14", "", "",
               NON_COMMERCIAL, "facebook/metaclip-h14-fullcc2.5b"),
    PublicFile("model.safetensors", "t5", "t5_base",
               "T5-Base text encoder", "", "",
               "Apache-2.0", "google-t5/t5-base"),
)
# fmt: on

PART_OF = {"clip_visual": "clip", "clip_text": "clip"}  # a network that comes inside another kind's file
OWN = "networks of this kind are not published; `kling-foley train` makes them."


def files_for(kind: str, variant: str | None = None) -> list[PublicFile]:
    """The rows of a kind; of one variant where it has rows of its own."""
    rows = [f for f in FILES if f.kind == PART_OF.get(kind, kind)]
    return [f for f in rows if f.variant == variant] or rows


def advice(kind: str, variant: str | None = None) -> str:
    """A sentence that names the file to get."""
    rows = files_for(kind, variant)
    if not rows:
        return f"Get a whole file: {OWN}"
    first = rows[0]
    more = f" (or {', '.join(f.name for f in rows[1:3])})" if rows[1:] else ""
    return f"Get {first.name}{more} from {first.source} and put it into {first.folder}."

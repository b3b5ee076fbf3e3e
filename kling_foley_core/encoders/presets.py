"""The encoders' sizes in one table, each with its parameter count (checked by the tests on the meta device).

Paper (fact sheet 1.1): T5-Base, MetaCLIP ViT-bigG-14 and Synchformer. MMAudio's public weights: DFN5B
ViT-H-14, both towers, and Synchformer. *_SMALL: ours, for training on one machine without any file from
elsewhere; 64 px show every ball of Foley World and cost a thirteenth of 224 px.
"""

from __future__ import annotations

from .sync.motion import MotionConfig
from .sync.synchformer import SynchformerConfig
from .text.clip import ClipTextConfig
from .text.t5 import T5TextConfig
from .visual.clip import VisualConfig
from .visual.look import LookConfig

# Positions for 378 px, fed with 384 (specification 5.1). 632 682 240 parameters.
CLIP_DFN5B_H14_384 = VisualConfig(
    width=1280, layers=32, heads=16, mlp=5120, patch=14, image_size=378, input_size=384, projection=1024
)
# 632 076 800 parameters.
METACLIP_H14_224 = VisualConfig(
    width=1280, layers=32, heads=16, mlp=5120, patch=14, image_size=224, input_size=224, projection=1024
)
# The paper's: open_clip's ViT-bigG-14-quickgelu. 1 844 907 264 parameters.
METACLIP_BIGG = VisualConfig(
    width=1664, layers=48, heads=16, mlp=8192, patch=14, image_size=224, input_size=224, projection=1280
)
# 376 080 parameters.
VISUAL_SMALL = LookConfig(image_size=64, widths=(16, 32, 64, 128), projection=128)

# The text tower of DFN5B and of MetaCLIP ViT-H-14 alike. 352 984 064 parameters.
CLIP_H14_TEXT = ClipTextConfig(width=1024, layers=24, heads=16, mlp=4096, vocabulary=49408, length=77)

# 109 628 544 parameters.
T5_BASE = T5TextConfig(width=768, layers=12, heads=12, head_width=64, mlp=3072, vocabulary=32128, length=77)
# 820 864 parameters. Reads bytes (text/byte_tokenizer.py), so it needs 160 places where T5-Base has 77: a
# caption of 28 words has about 155 bytes.
T5_SMALL = T5TextConfig(width=128, layers=4, heads=4, head_width=32, mlp=512, vocabulary=259, length=160)

# 121 850 112 parameters; the public file's 590 592 more are a convolution that is not used.
SYNCHFORMER = SynchformerConfig(image_size=224, patch=16, patch_frames=2, dim=768, depth=12, heads=12)
# 1 076 304 parameters.
SYNC_SMALL = MotionConfig(
    image_size=64,
    widths=(48, 96),
    hidden=192,
    kernel=5,
    dim=128,
    beyond="reflect",
    fine=16,
    reach=(1, 2),
)

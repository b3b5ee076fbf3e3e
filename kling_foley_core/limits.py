"""What a file or a caller may ask for at most.

All such limits stand here, and each is checked before anything is allocated, built or opened. Our choice
throughout: far above what is used, far below what does harm.
"""

from __future__ import annotations

MAX_BATCH = 64  # sounds at once
MAX_SECONDS = 6 * 3600  # of one sound, which is made in windows; each hour takes 25 MB as a latent
MAX_TRAINING_SECONDS = 600  # of a clip to train on: attention runs over all of it
MAX_STEPS = 10_000  # of sampling; the host's own samplers take as many

MAX_HEADER = 4 * 2**20  # bytes of a safetensors header; the format allows 100 MB, which take seconds to read
MAX_TENSORS = 20_000  # of one file
MAX_NAME = 1_000  # characters of a tensor's name
MAX_DIMENSIONS = 8  # of one tensor
MAX_TENSOR_BYTES = 2**63 - 1  # of one tensor: torch counts no further, even where another side is 0
MAX_SHARED = 4  # times the file's size that its tensors may have in all: some are stored once and used twice
MAX_PICKLE_STEPS = 300_000  # operations of a torch file's pickle, some 30 a tensor
MAX_PICKLE_BYTES = 16 * 2**20
MAX_ZIP_DIRECTORY = 8 * 2**20  # bytes
MAX_FLOW_BLOCKS = 32  # of either kind in a flow network, as its config or its tensors' names say
MAX_LAYERS = 64  # of an encoder, a vocoder or a renderer; CLIP ViT-bigG has 48
MAX_LEVEL_BLOCKS = 8  # of one level of a VAE
MAX_WIDTH = 2**16  # any other number of a config
MAX_VOCABULARY = 2**19
MAX_PICTURE = 1024  # pixels on a side that an encoder looks at
MAX_STAGES = 6  # entries of a list in a config
MAX_CONFIG_TEXT = 2**16  # characters of all configs in a file's metadata
MAX_LORA_RANK = 4096  # of one layer's factors
MAX_TOKENIZER = 8 * 2**20  # bytes of a tokenizer.json; T5's has 1.4 MB
MAX_RECIPE = 2**18  # bytes

MAX_FOLDER_ENTRIES = 20_000  # names looked at in a folder of models and below it
MAX_FOLDER_DEPTH = 6  # folders below it
MAX_WEIGHT_FILES = 2_000  # whose headers are read

MAX_FRAME_PIXELS = 2**26  # of one picture of a film: 8192x8192
MAX_FRAME_RATIO = 100  # the longer side to the shorter: a view's crop scales the shorter one to its size
MAX_ANIMATION_PIXELS = 2**30  # of all pictures of an animated WebP, which is decoded whole
MAX_ANIMATION_BYTES = 2**28  # of an animated WebP, which is read whole
MAX_FRAME_RATE = 1000  # frames a second; headers with as many tell their clock
MAX_FILM_SECONDS = 12 * 3600  # of a film or sound; timestamps can say anything, and time goes with them
MAX_HELD_SECONDS = 3600  # of frames or sound that are read whole into memory
MAX_BLOCKS = 200_000  # of a container's framing that are looked at: half an hour of film and sound
MAX_SAMPLES = 2**22  # that a small mp4 may list, a larger one as many as it has bytes; and runs of samples
MAX_PNG_CHUNK = 2**29  # bytes, which are decoded in one piece: a whole picture of 16 bits may lie in one
MAX_CHANNELS = 64  # of a sound
MAX_SAMPLING_RATE = 768_000  # samples a second
MIN_SAMPLING_RATE = 1_000  # of a sound in the graph: below it nothing is heard

MAX_MANIFEST = 2**30  # bytes of a table of clips
MAX_MANIFEST_LINE = 2**20  # characters
MAX_MANIFEST_ROWS = 5_000_000  # some 2 kB of memory each
MAX_CLIP_FILES = 2_000_000  # names in a folder of clips and below it
MAX_CAPTION = 4_000  # characters; text encoders read 77 tokens
MAX_LABELS = 10_000  # of one clip

MAX_RESULT = 2**30  # bytes of an evaluation's result.json; a clip takes some 2 kB

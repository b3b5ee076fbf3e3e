"""LAION-CLAP and MS-CLAP: sounds and captions as vectors of one space; their cosine says how they agree."""

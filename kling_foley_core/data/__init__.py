"""Films and sounds in, training samples out: manifests, curation, extraction, shards; recordings for the
codec."""

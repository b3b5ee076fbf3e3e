"""What a sound holds, found without knowing its truth: power in bands, onsets."""

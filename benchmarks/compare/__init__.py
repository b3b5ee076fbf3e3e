"""MMAudio's own code and ours side by side: benchmarks/compare_reference.py."""

"""The parts of a tracker and the model that joins them. PostNormAttention in the order of execution:
tracker, fusions, backbones, heads, losses."""

"""The parts of a tracker and the model that joins them. Read in the order of execution:
tracker, fusions, backbones, heads, losses."""

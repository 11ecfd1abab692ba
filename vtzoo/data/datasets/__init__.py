"""Readers."""
from vtzoo.data.datasets.got10k import GOT10k as GOT10k

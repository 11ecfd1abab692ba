"""Readers."""
from vtzoo.data.datasets.got10k import GOT10k as GOT10k
from vtzoo.data.synthetic import Synthetic as Synthetic

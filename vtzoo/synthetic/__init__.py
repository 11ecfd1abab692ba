"""The embedded data set, drawn by a procedure. Reading order: dataset, scene, cast, actors, things, looks, frames."""

from vtzoo.synthetic.dataset import Synthetic

__all__ = ['Synthetic']

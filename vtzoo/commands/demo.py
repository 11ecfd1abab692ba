"""Another name of `vtzoo track`.

vtzoo demo video.mp4 --box 100,80,60,40 --save result.mp4
"""

from vtzoo.commands.track import add_arguments, parse_box, run

__all__ = ['add_arguments', 'parse_box', 'run']

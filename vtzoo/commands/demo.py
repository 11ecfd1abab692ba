"""Another name of `vtzoo track`.

vtzoo demo VIDEO_OR_FOLDER --box x,y,w,h --out result.mp4
"""

from vtzoo.commands.track import add_arguments, parse_box, run

__all__ = ['add_arguments', 'parse_box', 'run']

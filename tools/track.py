"""Track objects through a video, a camera or a stream: the same as `vtzoo track`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('track')

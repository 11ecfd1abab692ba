"""Track an object through a video: the same as `vtzoo demo`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('demo')

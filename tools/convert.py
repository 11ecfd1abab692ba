"""Convert a released checkpoint: the same as `vtzoo convert`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('convert')

"""Run a tracker over a benchmark: the same as `vtzoo test`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('test')

"""Parameters, MACs and speed: the same as `vtzoo benchmark`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('benchmark')

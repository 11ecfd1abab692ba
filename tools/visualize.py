"""Show what a tracker looks at: the same as `vtzoo visualize`."""
from vtzoo.cli import run_tool

if __name__ == '__main__':
    run_tool('visualize')

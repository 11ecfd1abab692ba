"""One module a command of ``vtzoo``."""

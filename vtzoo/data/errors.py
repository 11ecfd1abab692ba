"""What can be wrong with a set on disk. Each message names the file or the frame."""


class FrameError(ValueError):
    """A frame that is missing or cannot be decoded; says which."""


class MissingFrameError(FrameError):
    """A frame that is not there at all."""


class AnnotationError(ValueError):
    """An annotation file or archive that is missing, unreadable or contradicts its frames; says which."""


class MissingSequenceError(AnnotationError):
    """A sequence that is not there at all."""

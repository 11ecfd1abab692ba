"""A tracker as the VOT toolkit talks to it: over TraX, one image and one region at a time."""

from __future__ import annotations

from pathlib import Path

from vtzoo.api import load_tracker
from vtzoo.data.images import decode


def serve(config: str, checkpoint: str, device: str) -> None:
    """Answer the toolkit's requests until it quits. What the toolkit gives as a mask arrives as its rectangle."""
    from trax import FileImage, Rectangle, Region, Server, TraxStatus

    tracker = load_tracker(config, checkpoint, device, 'vot2020')
    with Server([Region.RECTANGLE], [FileImage.PATH], tracker_name='vtzoo', tracker_description=config) as server:
        while True:
            request = server.wait()
            if request.type == TraxStatus.QUIT:
                return
            path = Path(request.image['color'].path())
            image = decode(path.read_bytes(), str(path))
            if request.type == TraxStatus.INITIALIZE:
                box, score = request.objects[0][0].bounds(), 1.0
                tracker.init(image, box)
            else:
                result = tracker.track(image)
                box, score = result.box, result.score
            server.status([(Rectangle.create(*box), {'confidence': str(score)})])

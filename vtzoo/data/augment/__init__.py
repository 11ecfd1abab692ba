"""Changes to the finished crops: colour and flips, for all crops of a sample at once or each alone."""

from vtzoo.data.augment.base import Augmentation, augment
from vtzoo.data.augment.photometric import Blur, Colour, Compression, LowResolution, Noise
from vtzoo.data.augment.released import Brightness, Flip, Grey

__all__ = ['Augmentation', 'Blur', 'Brightness', 'Colour', 'Compression', 'Flip', 'Grey', 'LowResolution', 'Noise',
           'augment']

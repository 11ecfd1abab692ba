"""One reader a data set; a new one is a file here and a line below."""

from vtzoo.data.datasets.coco import COCO
from vtzoo.data.datasets.got10k import GOT10k
from vtzoo.data.datasets.imagenet_det import ImageNetDET
from vtzoo.data.datasets.imagenet_vid import ImageNetVID
from vtzoo.data.datasets.lasot import LaSOT
from vtzoo.data.datasets.lasot_ext import LaSOTExt
from vtzoo.data.datasets.nfs import NFS
from vtzoo.data.datasets.otb import OTB
from vtzoo.data.datasets.own import OwnData
from vtzoo.data.datasets.tiny_imagenet import TinyImageNet
from vtzoo.data.datasets.tnl2k import TNL2K
from vtzoo.data.datasets.trackingnet import TrackingNet
from vtzoo.data.datasets.uav20l import UAV20L
from vtzoo.data.datasets.uav123 import UAV123
from vtzoo.data.datasets.uav123_10fps import UAV123At10FPS
from vtzoo.data.datasets.vot2020 import VOT2020

__all__ = ['COCO', 'NFS', 'OTB', 'TNL2K', 'UAV20L', 'UAV123', 'VOT2020', 'GOT10k', 'ImageNetDET', 'ImageNetVID',
           'LaSOT', 'LaSOTExt', 'OwnData', 'TinyImageNet', 'TrackingNet', 'UAV123At10FPS']

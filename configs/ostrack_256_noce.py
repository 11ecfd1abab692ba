# OSTrack-256 without candidate elimination.
_base_ = '_base_/ostrack_vit_b.py'

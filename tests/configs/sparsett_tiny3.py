"""The same, recorded without a fourth stage."""
_base_ = 'sparsett_tiny.py'

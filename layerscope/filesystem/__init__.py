"""Layers of entries → each byte's fate, and the final filesystem."""

from layerscope.filesystem.fates import settle
from layerscope.filesystem.filesystem import Fate, Filesystem, Hidden, LayerBytes

__all__ = ["Fate", "Filesystem", "Hidden", "LayerBytes", "settle"]

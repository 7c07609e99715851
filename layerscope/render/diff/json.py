"""The JSON contract, its part of what changed: written as the report of an image is."""

from layerscope.render.json import render

__all__ = ["render"]

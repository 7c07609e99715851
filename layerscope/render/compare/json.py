"""The JSON contract, its part of several images: written as the report of one is."""

from layerscope.render.json import render

__all__ = ["render"]

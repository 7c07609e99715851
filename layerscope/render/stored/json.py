"""The JSON contract, its part of what is stored: written as the whole report is."""

from layerscope.render.json import render

__all__ = ["render"]

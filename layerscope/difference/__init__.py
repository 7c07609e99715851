"""What changed from one image to another: two analyses → one report.

``sides`` keeps of an analysis what is compared. ``align`` puts the instructions of both beside each other, ``pairing``
finds packages and findings again, ``orders`` knows which version is the later one, ``paths`` compares the final
filesystems, and each has its part of the report made beside it. Whatever chooses among equals does so without asking
which image is the old one: with the images in the other order the answer is the same, mirrored. (A room named ``diff``
would stand in the way of ``layerscope.diff()``.)
"""

from layerscope.difference.report import differ
from layerscope.difference.sides import Side, look

__all__ = ["Side", "differ", "look"]

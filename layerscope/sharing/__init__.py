"""Several images: what they share, and what a machine that holds them all stores and pulls.

``forest`` puts the stacks of all images into one forest of layers, ``reading`` fills it from whatever is named,
``summary`` makes the report of it with ``pairs`` and ``pulls``, ``advice`` tells what could be shared and ``stale``
which bases are in use in several versions, ``named`` reads a list of images or of a cluster's pods. ``compare`` does it
all. (A room of that name would stand in the way of ``layerscope.compare()``.)
"""

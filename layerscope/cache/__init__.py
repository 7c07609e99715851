"""What was read once is not read again: entries on the user's disk, of layers, documents and reports (docs/cache.md).

``store`` keeps bytes under keys, whatever they are; ``program`` says for which layerscope they hold; ``packing`` turns
records into bytes, ``columns`` a layer's entries, ``facts`` what is known of its files; ``layers`` puts these together.
"""

from layerscope.cache.store import Cache

__all__ = ["Cache"]

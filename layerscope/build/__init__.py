"""What the builder says it did: the history as Dockerfile instructions, and the layer that each one made.

    >>> from layerscope.build.attribution import attribute
    >>> from layerscope.model import HistoryEntry
    >>> claim = HistoryEntry(created_by="RUN /bin/sh -c apk add curl # buildkit")
    >>> attribute([claim], layer_count=1).instructions[0].text
    'apk add curl'

``attribution`` matches instructions to layers, ``dialects`` knows how each builder writes, ``gotext`` undoes
what Go's formatting did to an instruction, ``command`` frees a RUN's command from shell and build arguments. ``base``
finds the base image, with what ``comments`` of builders say of it. The folder ``dockerfile`` finds the lines of a
Dockerfile; only who wants those imports it.
"""

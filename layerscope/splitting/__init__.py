"""The multi-stage proposal: an image → a Dockerfile that builds the same program without what only built it.

``propose`` is the way in. ``seam`` finds where the user's part begins; ``system`` knows the distribution's packages,
``roles`` which of them serve building alone, ``effects`` and ``loose`` what files are that no package owns;
``programs`` and ``needs`` find what is run and what that cannot do without; ``decide`` puts it together. ``ledger``
accounts for every byte, ``notes`` says what is uncertain; ``cover``, ``accounts``, ``carried``, ``stage`` and ``write``
make the Dockerfile. How it reasons and where it stops: ``docs/split.md``.
"""

"""Benchmarks of the `layerscope` command, run by `python -m benchmarks`.

Nothing here imports layerscope: only its command line is used.  Sizes are in bytes and times in seconds
unless a name says otherwise; "MB" is 1,000,000 bytes everywhere.
"""

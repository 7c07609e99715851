"""What layerscope is measured against: programs that import only what they need.

They are run by path, so that a baseline pays no more than an interpreter's start; that is never subtracted.
"""

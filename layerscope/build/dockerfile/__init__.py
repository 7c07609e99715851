"""A Dockerfile, and which of its lines each instruction of an image's history is.

``lexer`` knows words and variables, ``syntax`` the file.
"""

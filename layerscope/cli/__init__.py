"""The command line: one module a command.

Every module of this folder is a command, named as the module is, with a function of that name; there is no
other list of them. What commands share is in ``kit``.
"""

"""Greet whoever is named, in HTML."""

import getpass
import sys

import jinja2
from markupsafe import _speedups

template = jinja2.Environment(autoescape=True).from_string("<p>Hello {{ name }}, says {{ user }}</p>")
print(template.render(name=sys.argv[1], user=getpass.getuser()))
print(_speedups.escape("a & b"))

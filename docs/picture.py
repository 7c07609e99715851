"""Draw the README's picture: what `layerscope inspect` prints on a terminal, as SVG.

Run by `make picture`; takes the command's output from standard input, and a file and a width as arguments.
"""

import io
import re
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

file, width = Path(sys.argv[1]), int(sys.argv[2])
console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
console.print(Text.from_ansi(sys.stdin.read().replace("\r", "")))
picture = console.export_svg(title="layerscope inspect tidewatch.tar.xz", unique_id="layerscope")
# The reader's own monospaced font does: a picture in a README fetches nothing.
picture = re.sub(r"@font-face \{.*?\}\n", "", picture, flags=re.DOTALL)
file.write_text("\n".join(line.rstrip() for line in picture.splitlines()) + "\n", encoding="utf-8")

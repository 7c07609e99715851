"""Manual pages, documentation and translations below /usr/share.

Nobody reads manual pages in a container, and a program that is not told another language speaks English. Debian's own
slim images leave these folders out.

Say so before packages are installed, so that they are never written: a path-exclude in /etc/dpkg/dpkg.cfg.d, --nodocs
or tsflags=nodocs for dnf; or start from a slim base. Deleted later they stay in the image.

Kept, as in the slim images, are copyright files, which licences ask for, locale.alias and the lists of languages and
currencies; and by their names licences and notices. Keep also the translations that your users see. Layers with less
than 100 kB of it are left out.
"""

import re
from collections.abc import Iterator
from typing import Final

from layerscope.rules.kit.ballast import ballast, is_copied
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_LEAST: Final = 100_000
"""Bytes of one layer; slim images have some too, from packages that put licences elsewhere."""
_FOLDERS: Final = (
    "usr/share/doc",
    "usr/share/gnome/help",
    "usr/share/groff",
    "usr/share/gtk-doc",
    "usr/share/help",
    "usr/share/info",
    "usr/share/linda",
    "usr/share/lintian/overrides",
    "usr/share/locale",
    "usr/share/man",
    "usr/share/omf",
    "usr/local/share/doc",
    "usr/local/share/info",
    "usr/local/share/man",
)
_SHARE: Final = "usr/share/"
"""What the packages of distributions write to; /usr/local is for what is made without them."""
_KEPT: Final = re.compile(
    r"usr/share/(?:doc/kde/HTML/C/|gnome/help/[^/]+/C/|help/C/|omf/[^/]+/[^/]+-C\.emf$"
    r"|locale/(?:all_languages$|languages$|locale\.alias$|currency/|l10n/))"
    r"|usr/(?:local/)?share/doc/(?:.*/)?(?i:copyright|copying|licen[cs]e|notice)[^/]*$",
    re.DOTALL,
)
"""debuerreotype's .slimify-includes, and what else looks like a licence."""
_SLIM: Final = ("doc", "info", "locale", "man")
"""Folders of /usr/share that most packages write to."""
_DPKG: Final = (
    r"Before the first installation, RUN printf 'path-exclude=/usr/share/%s/*\n' {folders} > "
    r"/etc/dpkg/dpkg.cfg.d/slim && printf 'path-include=/usr/share/%s\n' 'doc/*/copyright' locale/locale.alias >> "
    "/etc/dpkg/dpkg.cfg.d/slim; or start FROM a -slim base."
)
_RPM: Final = "Install without them: RUN dnf install -y --setopt=tsflags=nodocs …; or start FROM a minimal base."
_OTHER: Final = "Delete them in the instruction that writes them: RUN … && rm -rf"
_COPIED: Final = "Leave them out of what is copied, or of the stage that they come from."


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer."""
    files = (
        number
        for folder in _FOLDERS
        for number in evidence.below(folder)
        if not _KEPT.match(evidence.entry(number).path)
    )
    for layer, names, claims in ballast(evidence, files, _LEAST):
        paths = evidence.paths(names)
        yield Finding(
            message=f"manual pages, documentation and translations written by {evidence.named_layer(layer)}, which "
            "hardly any container shows to anybody",
            remedy=_remedy(evidence, layer, paths),
            layer=layer,
            paths=paths,
            claims=claims,
        )


def _remedy(evidence: Evidence, layer: int, paths: tuple[str, ...]) -> str:
    if is_copied(evidence, layer):
        return _COPIED
    folders = [folder for folder in _FOLDERS if any(path.startswith(f"{folder}/") for path in paths)]
    shared = [folder.removeprefix(_SHARE) for folder in folders if folder.startswith(_SHARE)]
    if shared and evidence.at("var/lib/dpkg/status"):
        return _DPKG.format(folders=" ".join(sorted({*_SLIM, *shared})))
    if shared and any(
        next(evidence.below(folder), None) is not None for folder in ("var/lib/rpm", "usr/lib/sysimage/rpm")
    ):
        return _RPM
    return " ".join((_OTHER, *(f"/{folder}" for folder in folders))) + "."


RULES: Final = (Rule("docs-and-locales", Severity.LOW, Confidence.MEDIUM, __doc__, find),)

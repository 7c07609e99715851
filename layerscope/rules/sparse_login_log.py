"""A huge /var/log/lastlog or /var/log/faillog, from a user with a large number.

Both have one record for each number up to the largest that was ever used, 292 and 32 bytes. On a disk the unused ones
take no room, since the file has holes; a layer's tar writes every one of them, so a user 1000000000 makes the image
hundreds of gigabytes larger, and the build slow or impossible.

Do not let useradd write there: RUN useradd --no-log-init -u 1000000000 app (or -l). adduser calls useradd; on Alpine
the matter does not arise. Or give the user a smaller number.

Files of less than 1 MB, that is of numbers up to 3,400, are left out.
"""

from collections.abc import Iterator
from typing import Final

from layerscope.rules.kit.ballast import ballast
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity

_LEAST: Final = 1_000_000
"""Bytes: the record of user 1000, whom every image may have, ends at 292 kB."""
_HUGE: Final = 100_000_000
_PATHS: Final = ("var/log/faillog", "var/log/lastlog", "var/log/tallylog")


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer."""
    logs = [number for path in _PATHS for number in evidence.at(path) if evidence.entry(number).size >= _LEAST]
    for layer, names, claims in ballast(evidence, logs):
        paths = evidence.paths(names)
        yield Finding(
            message=f"/{paths[0]}, nearly empty but with room for every user up to the largest number, written by "
            f"{evidence.named_layer(layer)}",
            remedy="Make the user without it: RUN useradd --no-log-init …; or with a smaller number.",
            layer=layer,
            paths=paths,
            claims=claims,
            severity=Severity.HIGH if sum(claims.values()) >= _HUGE else None,
        )


RULES: Final = (Rule("sparse-login-log", Severity.MEDIUM, Confidence.HIGH, __doc__, find),)

"""Settings of one environment, copied into the image: application-prod.yml, appsettings.Staging.json, .env.

An image with production's settings in it is production's image: the one that was tested is another, each change of a
setting takes a build, and whoever has the image reads where everything runs.

Leave such files out (.dockerignore), and give them when the container runs: in Kubernetes a ConfigMap, as files
(volumeMounts) or variables (envFrom); elsewhere docker run --env-file. Defaults that hold everywhere may stay in the
image.

Looked at is what COPY and ADD bring and the final filesystem shows: files of settings (YAML, JSON, TOML, properties,
INI, XML) whose name states an environment, in config/ the environment alone (config/production.json), files of
variables (.env), and kubeconfig. Left out are .env.example and its like, what lies in packages and tests, and what
holds secrets (secret-in-image).
"""

from collections.abc import Iterator
from typing import Final

from layerscope.model import Entry, EntryKind
from layerscope.rules.kit.ballast import is_copied
from layerscope.rules.kit.credentials import PROBE, held
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Rule, Severity
from layerscope.secrets import ENV_FILES, ENVIRONMENTS

_SUFFIXES: Final = ("yml", "yaml", "json", "toml", "properties", "ini", "conf", "cfg", "xml", "config", "env")
_SETTINGS: Final = frozenset(
    {
        *("app", "application", "appsettings", "bootstrap", "conf", "config", "configuration", "database", "db"),
        *("env", "environment", "parameters", "settings", "values"),
    }
)
"""What the names of such files begin with."""
_FOLDERS: Final = frozenset({"conf", "config", "configs", "configuration", "env", "environments", "envs", "settings"})
_OF_OTHERS: Final = frozenset(
    {
        *("bower_components", "dist-packages", "gems", "node_modules", "site-packages", "vendor"),
        *("__tests__", "example", "examples", "fixtures", "spec", "test", "tests", "testdata"),
    }
)
_NAMED: Final = 4


def find(evidence: Evidence) -> Iterator[Finding]:
    """One finding for each layer."""
    copied = [layer for layer in sorted(evidence.instruction_of) if is_copied(evidence, layer)]
    if not copied:
        return
    settings = _candidates(evidence, copied[0], copied[-1])
    for layer, numbers in evidence.by_layer(settings).items():
        left = [number for number in numbers if evidence.is_kept(number) and held(evidence, number) is None]
        if left and layer in copied:
            paths = evidence.paths(left)
            names = list(dict.fromkeys(path.rpartition("/")[2] for path in paths))
            more = ", …" if len(names) > _NAMED else ""
            yield Finding(
                message=f"settings of one environment, brought along by {evidence.named_layer(layer)}: "
                f"{', '.join(names[:_NAMED])}{more}",
                remedy=f"List in .dockerignore: {', '.join(f'**/{name}' for name in names[:_NAMED])}{more}; and give "
                "it when the container runs: a ConfigMap, mounted or as variables (envFrom).",
                layer=layer,
                paths=paths,
            )


def _candidates(evidence: Evidence, first: int, last: int) -> set[int]:
    """Look for settings in the layers from the first to the last one that was copied."""
    entries, starts = evidence.filesystem.entries, (*evidence.filesystem.starts, len(evidence.filesystem.entries))
    start, end = starts[first], starts[last + 1]
    found = {number for name in (*ENV_FILES, "kubeconfig") for number in evidence.named(name)}
    found.update(number for number in evidence.named("config") if entries[number].parent.endswith(".kube"))
    for suffix in _SUFFIXES:
        numbers = evidence.suffixed(suffix)
        found.update(number for number in numbers if start <= number < end and _states_environment(entries[number]))
    return {number for number in found if _is_settings(entries[number])}


def _is_settings(entry: Entry) -> bool:
    """Tell whether this is a file of the user's own, with something in it."""
    return entry.kind is EntryKind.FILE and entry.size > 0 and _OF_OTHERS.isdisjoint(entry.parent.split("/"))


def _states_environment(entry: Entry) -> bool:
    """Tell whether a name is made of what it sets and where: ``application-prod``, ``config/production``."""
    words = entry.name.replace("-", ".").replace("_", ".").split(".")
    if words[-2].lower() not in ENVIRONMENTS:
        return False
    if len(words) > 2:
        return words[0].lower() in _SETTINGS
    return words[-1] == "env" or entry.parent.rpartition("/")[2] in _FOLDERS


RULES: Final = (Rule("baked-configuration", Severity.LOW, Confidence.MEDIUM, __doc__, find, (PROBE,)),)

"""Files that hold credentials: private keys, and what tools log in with. Proven by what is in them.

Only that a file holds some is told, and of what kind. To add a tool, add its row to ``STORES``.
"""

import re
from collections.abc import Iterator
from typing import Final

from msgspec import Struct

from layerscope.filesystem.texts import TextProbe
from layerscope.model import Entry
from layerscope.rules.kit.evidence import Evidence
from layerscope.secrets import ENV_FILES, is_placeholder, set_by_file

LIMIT: Final = 64 * 1024
"""Bytes of a file that may hold credentials; collections of certificates are larger."""

_JSON: Final = r'"\s*+:\s*+"(?P<value>[^"]++)"'
_ADDRESS: Final = r"://[^\s/:@]*+:(?P<value>[^\s/@]++)@"
_DOCKER: Final = rf'"(?:auth|identitytoken|registrytoken|password){_JSON}'
_KUBERNETES: Final = (
    r"^[ \t-]*+(?:token|password|client-key-data|id-token|refresh-token):[ \t]*+[\"']?+(?P<value>[^\s\"'#]++)"
)


class Store(Struct, frozen=True):
    """Where a tool keeps what it logs in with."""

    what: str
    names: tuple[str, ...]
    shape: str
    """Found in the file, as a regular expression; the group ``value`` is the secret, and no placeholder."""
    folders: tuple[str, ...] = ()
    """The folder that the file lies in is named so; none: it may be any."""


STORES: Final = (
    Store(
        "a login of npm",
        (".npmrc",),
        r"^[^#;\n]*?_(?:authToken|auth|password)[ \t]*+=[ \t]*+[\"']?+(?P<value>[^\s\"']++)",
    ),
    Store("a login of Yarn", (".yarnrc.yml",), r"^[ \t]*+npmAuth(?:Token|Ident):[ \t]*+[\"']?+(?P<value>[^\s\"'#]++)"),
    Store("a password of PyPI", (".pypirc",), r"^[ \t]*+password[ \t]*+[=:][ \t]*+(?P<value>\S++)"),
    Store("a password of pip's index", ("pip.conf",), _ADDRESS),
    Store("passwords of netrc", (".netrc",), r"\bpassword\s++(?P<value>\S++)"),
    Store("a login of a registry", ("config.json",), _DOCKER, (".docker",)),
    Store("a login of a registry", (".dockercfg",), _DOCKER),
    Store("a login of a registry", ("auth.json",), _DOCKER, ("containers",)),
    Store("a login of git", (".git-credentials",), _ADDRESS),
    Store("a login of git", ("credentials",), _ADDRESS, ("git",)),
    Store("a token of GitHub", ("hosts.yml",), r"\boauth_token:[ \t]*+(?P<value>\S++)", ("gh",)),
    Store(
        "an access key of AWS",
        ("credentials", "config"),
        r"^[ \t]*+aws_secret_access_key[ \t]*+=[ \t]*+(?P<value>\S++)",
        (".aws",),
    ),
    Store(
        "credentials of Google Cloud",
        ("application_default_credentials.json",),
        rf'"(?:refresh_token|private_key){_JSON}',
    ),
    Store("a token of Hugging Face", ("token", "stored_tokens"), r"(?P<value>hf_\w{10})", ("huggingface",)),
    Store("credentials of a Kubernetes cluster", ("config",), _KUBERNETES, (".kube",)),
    Store("credentials of a Kubernetes cluster", ("kubeconfig",), _KUBERNETES),
    Store("credentials of a Kubernetes cluster", ("admin.conf", "kubelet.conf"), _KUBERNETES, ("kubernetes",)),
    Store("passwords of PostgreSQL", (".pgpass",), r"^[^#\n:]++(?::[^\n:]*+){3}:(?P<value>\S++)"),
    Store("a password of MySQL", (".my.cnf",), r"^[ \t]*+password[ \t]*+=[ \t]*+[\"']?+(?P<value>[^\s\"']++)"),
    Store("a token of Vault", (".vault-token",), r"^(?P<value>(?:hv)?s\.\w{10})"),
    Store("a token of Terraform", ("credentials.tfrc.json",), rf'"token{_JSON}'),
    Store(
        "a token of Cargo",
        ("credentials.toml", "credentials"),
        r"^[ \t]*+token[ \t]*+=[ \t]*+\"(?P<value>[^\"\n]++)\"",
        (".cargo",),
    ),
    Store("a password of Maven", ("settings.xml",), r"<password>(?P<value>[^<]++)</password>", (".m2",)),
    Store(
        "a login of Composer",
        ("auth.json",),
        rf'"(?:password|github\.com|gitlab\.com|token){_JSON}',
        (".composer", "composer"),
    ),
    Store(
        "a password of NuGet",
        ("NuGet.Config", "nuget.config"),
        r'key="ClearTextPassword"\s++value="(?P<value>[^"]++)"',
    ),
)

_KEY_SUFFIXES: Final = ("pem", "key", "p8")
_KEY_NAMES: Final = (
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "id_ecdsa_sk", "id_ed25519_sk"),
    *("ssh_host_rsa_key", "ssh_host_dsa_key", "ssh_host_ecdsa_key", "ssh_host_ed25519_key"),
)
_KEY: Final = (
    rb"(?m)^-----BEGIN (?P<kind>(?:[A-Z0-9]{2,9} ){0,3})PRIVATE KEY(?: BLOCK)?-----\s"
    rb"(?P<body>[^-]*+(?:-(?!----)[^-]*+)*+)"
)
_LEAST_KEY: Final = 48
"""Characters that the shortest key (Ed25519) takes, its frame left out: an ellipsis is none."""
_SERVICE_ACCOUNT: Final = rb'"private_key"\s*+:\s*+"-----BEGIN [A-Z ]{0,20}PRIVATE KEY-----[^"]{48}'
_ACCOUNT_WORDS: Final = ("account", "credential", "firebase", "gcloud", "gcp", "key", "secret")

_STORES_OF: Final = {name: [each for each in STORES if name in each.names] for store in STORES for name in store.names}
_NAMES: Final = ENV_FILES.union(_KEY_NAMES, _STORES_OF)
_SUFFIXES: Final = (*_KEY_SUFFIXES, "env", "json", "kubeconfig")
_ENDS: Final = tuple(f".{suffix}" for suffix in _SUFFIXES)
_SSH: Final = ".ssh"


class Held(Struct, frozen=True):
    """What a file holds."""

    what: str
    variables: tuple[str, ...] = ()
    """Of a ``.env`` file the names of those that hold secrets."""
    is_key: bool = False
    """A private key: packages ship some too, for their tests."""
    is_locked: bool = False
    """Of use only to who knows a passphrase."""


def _is_candidate(entry: Entry) -> bool:
    """Tell whether a file may hold credentials, by its name first: this is asked of every file."""
    name = entry.name
    if not (name in _NAMES or name.endswith(_ENDS) or entry.parent.endswith(_SSH)) or not 0 < entry.size <= LIMIT:
        return False
    if name.endswith(".json") and name not in _NAMES:
        if "node_modules" in entry.parent:
            return False
        lower = name.lower()
        return any(word in lower for word in _ACCOUNT_WORDS)
    return True


PROBE: Final = TextProbe(_is_candidate, LIMIT, secret=True)


def candidates(evidence: Evidence) -> list[int]:
    """List the files that may hold credentials, of all layers."""
    return sorted({number for number in _named(evidence) if PROBE.wants(evidence.entry(number))})


def _named(evidence: Evidence) -> Iterator[int]:
    for name in _NAMES:
        yield from evidence.named(name)
    for suffix in _SUFFIXES:
        yield from evidence.suffixed(suffix)
    for folder in (f"{home}/.ssh" for home in evidence.homes):
        yield from evidence.below(folder)


def held(evidence: Evidence, number: int) -> Held | None:
    """Return what credentials a file holds; ``None`` for none, or where that cannot be known."""
    text = PROBE.read(evidence, number)
    return None if text is None else held_by(evidence.entry(number), text)


def held_by(entry: Entry, text: bytes) -> Held | None:
    """Judge a file by its name and contents."""
    for match in re.finditer(_KEY, text):
        if sum(map(len, match["body"].split())) >= _LEAST_KEY:
            return Held("a private key", is_key=True, is_locked=b"ENCRYPTED" in match["kind"] + match["body"][:40])
    if entry.name.endswith(".json") and re.search(_SERVICE_ACCOUNT, text):
        return Held("the key of a service account of Google Cloud")
    decoded = text.decode("utf-8", "replace")
    if entry.name in ENV_FILES or entry.name.endswith(".env"):
        variables = set_by_file(decoded)
        return Held("secrets among variables", variables) if variables else None
    return next((Held(store.what) for store in _stores(entry) if _is_in(store.shape, decoded)), None)


def _stores(entry: Entry) -> Iterator[Store]:
    """Yield the rows that a file's name and folder fit."""
    folder = entry.parent.rpartition("/")[2]
    name = "kubeconfig" if entry.name.endswith(".kubeconfig") else entry.name
    for store in _STORES_OF.get(name, ()):
        if not store.folders or folder in store.folders:
            yield store


def _is_in(shape: str, text: str) -> bool:
    return any(not is_placeholder(match["value"]) for match in re.finditer(shape, text, re.MULTILINE))

"""Variables and texts that hold secrets: told by a variable's name and value, or by the shape that a token has.

What is told is that there is one, and the variable's name; never the value, nor how long it is. Texts are hostile: all
that is here is linear in their length, and of a very long one only the beginning is read.
"""

import re
from collections.abc import Iterator
from typing import Final

ENVIRONMENTS: Final = frozenset(
    {
        *("prod", "production", "live", "preprod", "preproduction", "pre-production", "staging", "stage", "stg"),
        *("dev", "develop", "development", "local", "qa", "uat", "test", "testing", "sandbox", "integration", "ci"),
    }
)
"""What people call the surroundings that a program runs in."""
ENV_FILES: Final = frozenset({".env"}.union(*({f".env.{each}", f".env.{each}.local"} for each in ENVIRONMENTS)))
"""Files of variables; ``.env.example`` and its like are none."""

_TEXT_LIMIT: Final = 64 * 1024
_SECRET_NAMES: Final = (
    *("PASSWORD", "PASSWD", "PASSPHRASE", "TOKEN", "SECRET", "SECRET_KEY_BASE", "API_KEY", "APIKEY", "ACCESS_KEY"),
    *("PRIVATE_KEY", "SECRET_KEY", "SIGNING_KEY", "ENCRYPTION_KEY"),
)
"""How such names end; _FILE behind one makes it the name of a path."""
_ASSIGNMENT_MARKS: Final = tuple({f"{name.rpartition('_')[2]}=": None for name in _SECRET_NAMES})
"""One of these is in every text that gives a value to such a name."""
_PUBLIC_NAMES: Final = ("NEXT_PUBLIC_", "NUXT_PUBLIC_", "PUBLIC_", "REACT_APP_", "VITE_", "VUE_APP_")
"""How names begin that a build writes into what browsers load."""
_SHORTEST: Final = 3
_NOTHING: Final = frozenset({"true", "false", "yes", "off", "none", "null", "nil", "undefined", "empty", "unset"})
_STAND_INS: Final = (
    *("change-me", "change_me", "changeit", "changeme", "dummy", "example", "fixme", "insert", "placeholder", "..."),
    *("redacted", "replace", "todo", "xxx", "your-", "your_", "***"),
)
_LONGEST_STAND_IN: Final = 64
"""Characters up to which a value may be a stand-in: what is longer and random holds such words by chance."""
_FILLED_IN_LATER: Final = ("$", "<", "{", "%", "`", "[", "@")
_PATHS: Final = ("/", "./", "../", "~")
_TOKEN_MARKS: Final = (
    ("_", ("gh", "_pat_", "npm_", "hf_", "k_live_")),
    ("A", ("AIza", "pypi-AgEI")),
    ("K", ("PRIVATE KEY-----",)),
    ("x", ("xox",)),
    ("-", ("glpat-", "sk-ant-", "sk-proj-")),
)
"""One of these is in every text that has one of the following; before them a letter of theirs, found faster."""
_TOKENS: Final = (
    r"(?<![A-Za-z0-9_])(?:gh[pousr]_[A-Za-z0-9]{36}|github_pat_\w{22}|glpat-[\w-]{20}|npm_[A-Za-z0-9]{36}"
    r"|hf_[A-Za-z0-9]{30}|pypi-AgEI[\w-]{16}|xox[abeprs]-[\w-]{10}|[rs]k_live_[A-Za-z0-9]{16}"
    r"|sk-(?:ant|proj)-[\w-]{20}|AIza[\w-]{35}|dckr_pat_[\w-]{20})"
    r"|-----BEGIN (?:[A-Z]{2,9} ){0,3}PRIVATE KEY-----(?:\s|\\n)*+[A-Za-z0-9+/]{16}"
)
"""GitHub, GitLab, npm, Hugging Face, PyPI, Slack, Stripe, Anthropic, OpenAI, Google, Docker; private keys."""
_WHOLE: Final = rf"-----BEGIN (?:[A-Z]{{2,9}} ){{0,3}}PRIVATE KEY-----[^-]*+|(?:{_TOKENS})[\w+/=.-]*+"
_STARS: Final = "***"
_USERINFO: Final = r"://[^\s/:@\"']*+:([^\s/@\"'$]++)@"
_HEADER: Final = r"(?i:authorization:[ \t]*+(?:bearer|basic|token))[ \t]++([^\s\"'\\]++)"
_ASSIGNMENT: Final = r"""(?<![\w.$/])([A-Za-z_]\w*+)=("[^"\n]*+"|'[^'\n]*+'|[^\s;&|<>()"'`]++)"""
_ENV_LINE: Final = r"^[ \t]*+(?:export[ \t]++)?+([A-Za-z_][\w.]*+)[ \t]*+=[ \t]*+([^\n]*+)"


def is_secret_name(name: str) -> bool:
    """Tell whether a variable is named as one that holds a secret."""
    upper = name.upper()
    return upper.endswith(_SECRET_NAMES) and not upper.startswith(_PUBLIC_NAMES)


def is_placeholder(value: str) -> bool:
    """Tell whether a value only stands for one, or says that there is none."""
    lower = value.lower()
    return (
        len(value) < _SHORTEST
        or lower in _NOTHING
        or value.startswith(_FILLED_IN_LATER)
        or "${" in value
        or "$(" in value
        or (len(value) <= _LONGEST_STAND_IN and any(word in lower for word in _STAND_INS))
    )


def is_secret(name: str, value: str) -> bool:
    """Tell whether a variable holds a secret: a token, an address with a password, or what its name says."""
    value = value.strip().strip("\"'")
    if is_token(value) or _has_password(value):
        return True
    return is_secret_name(name) and "://" not in value and not value.startswith(_PATHS) and not is_placeholder(value)


def is_token(text: str) -> bool:
    """Tell whether there is a token in a text, by shapes that nothing else has."""
    return _may_have_token(text) and re.search(_TOKENS, text[:_TEXT_LIMIT]) is not None


def _may_have_token(text: str) -> bool:
    for letter, marks in _TOKEN_MARKS:  # noqa: SIM110 - as in the next
        if letter in text and _has_any(marks, text):
            return True
    return False


def _has_any(marks: tuple[str, ...], text: str) -> bool:
    for mark in marks:  # noqa: SIM110 - asked of thousands of instructions, and any() takes twice the time
        if mark in text:
            return True
    return False


def assigned(text: str) -> Iterator[tuple[str, str]]:
    """Yield the ``NAME=value`` of a command or an instruction, quotes taken off; what a shell would fill in is not."""
    text = text[:_TEXT_LIMIT]
    if "=" in text:
        for match in re.finditer(_ASSIGNMENT, text):
            if "$" not in match[2] or match[2].startswith("'"):
                yield match[1], match[2].strip("\"'")


def set_by_file(text: str) -> tuple[str, ...]:
    """List the variables of a ``.env`` file that hold secrets."""
    lines = re.finditer(_ENV_LINE, text[:_TEXT_LIMIT], re.MULTILINE)
    return tuple(dict.fromkeys(line[1] for line in lines if is_secret(line[1], line[2].partition(" #")[0])))


def is_shown(text: str) -> bool:
    """Tell whether a command has a secret written into it: a token, a password in an address or in a header."""
    text = text[:_TEXT_LIMIT]
    if is_token(text) or _has_password(text):
        return True
    return "uthorization" in text.lower() and any(not is_placeholder(match[1]) for match in re.finditer(_HEADER, text))


def redacted(text: str) -> str:
    """Return an instruction's text with three stars for each secret in it."""
    # Asked of each instruction of thousands of images, of which nearly none has a secret.
    has_token = _may_have_token(text)
    has_address = "@" in text and "://" in text
    has_header = ":" in text and "UTHORIZATION:" in text.upper()
    # Without a token or a password in an address anywhere, only a name makes a value one to hide.
    has_value = has_token or has_address or ("=" in text and _has_any(_ASSIGNMENT_MARKS, text.upper()))
    if not (has_value or has_header):
        return text  # as nearly all do
    start, rest = text[:_TEXT_LIMIT], text[_TEXT_LIMIT:]
    if has_value:
        start = re.sub(_ASSIGNMENT, lambda match: _without(match, 2, is_secret(match[1], match[2])), start)
    for shape, is_likely in ((_USERINFO, has_address), (_HEADER, has_header)):
        if is_likely:
            start = re.sub(shape, lambda match: _without(match, 1, not is_placeholder(match[1])), start)
    return (re.sub(_WHOLE, _STARS, start) if has_token else start) + rest


def _without(match: re.Match[str], group: int, hides: bool) -> str:
    """Return what matched, with stars in the place of a group if that is to be hidden."""
    if not hides:
        return match[0]
    return match[0][: match.start(group) - match.start()] + _STARS + match[0][match.end(group) - match.start() :]


def _has_password(text: str) -> bool:
    if "://" not in text or "@" not in text:
        return False
    return any(not is_placeholder(match[1]) for match in re.finditer(_USERINFO, text[:_TEXT_LIMIT]))

"""No output repeats a secret that stands in an instruction: neither the report nor another rule's message."""

import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest
from builders import file
from looking import COPY, META, RUN, archive_of

from layerscope.secrets import redacted

TOKEN = "ghp_" + "a1B2" * 9
PASSWORD = "hunter2-correct-horse"
KEY = "-----BEGIN RSA PRIVATE KEY-----\\nMIIEowIBAAKCAQEAtest+/xyz\\nMIIEowIBAAK\\n-----END RSA PRIVATE KEY-----"

TEXTS = {
    "A=b API_TOKEN=s3cr3t-value C=d": "A=b API_TOKEN=*** C=d",
    'DB_PASSWORD="correct horse" make': "DB_PASSWORD=*** make",
    "PATH=/usr/bin:/bin TOKEN_FILE=/run/token": "PATH=/usr/bin:/bin TOKEN_FILE=/run/token",
    "DB_PASSWORD=changeme PASSWORD=$PASSWORD": "DB_PASSWORD=changeme PASSWORD=$PASSWORD",
    f"git clone https://x:{TOKEN}@host/a": "git clone https://x:***@host/a",
    f"echo {TOKEN} > /t": "echo *** > /t",
    f"curl -H 'Authorization: Bearer {PASSWORD}' host": "curl -H 'Authorization: Bearer ***' host",
    f"printf '{KEY}' > /k": "printf '***-----END RSA PRIVATE KEY-----' > /k",
    f"printf '{KEY}' > /k".replace("\\n", "\n"): "printf '***-----END RSA PRIVATE KEY-----' > /k",
    "apt-get install -y curl": "apt-get install -y curl",
}


@pytest.mark.parametrize(("text", "told"), TEXTS.items())
def test_secrets_in_a_text_become_stars_and_nothing_else_does(text: str, told: str) -> None:
    assert redacted(text) == told


@pytest.mark.parametrize(
    "prefix",
    [
        *(f"gh{letter}_" for letter in "pousr"),
        *("github_pat_", "glpat-", "npm_", "hf_", "pypi-AgEI", "sk_live_", "rk_live_", "sk-ant-", "sk-proj-", "AIza"),
        *("dckr_pat_", *(f"xox{letter}-" for letter in "abeprs")),
    ],
)
def test_every_kind_of_token_becomes_stars(prefix: str) -> None:
    """However quickly a text without any is passed over."""
    assert redacted(f"login {prefix}{'a1B2' * 9} now") == "login *** now"


@pytest.mark.parametrize("output", ["json", "table"])
def test_an_image_full_of_secrets_tells_none(tmp_path: Path, output: str) -> None:
    path = tmp_path / "image.tar"
    path.write_bytes(
        archive_of(
            [
                COPY(". /app", file("app/prod.sqlite", b"SQLite format 3\0" + bytes(100_000))),
                META(f"ENV API_TOKEN={TOKEN} DB_PASSWORD={PASSWORD}"),
                RUN(f"GITHUB_TOKEN={TOKEN} make", file("usr/sbin/nginx", b"n", mode=0o755)),
                RUN(f"curl https://me:{PASSWORD}@host/", file("usr/sbin/sshd", b"s", mode=0o755)),
                RUN(f"echo {TOKEN} && rm -rf /app", file(".wh.app")),
            ]
        )
    )
    command = [sys.executable, "-m", "layerscope", "inspect", str(path), "--format", output, "--no-trunc"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout

    assert TOKEN not in told
    assert PASSWORD not in told
    assert "***" in told
    assert all(rule in told for rule in ("secret-in-image", "several-services", "removed-later"))


def test_the_time_is_linear_in_the_text() -> None:
    for text in ("A_TOKEN=" * 20_000, "://" * 60_000, "authorization: bearer " * 9_000, "-----BEGIN " * 15_000):
        start = monotonic()
        redacted(text)
        assert monotonic() - start < 2

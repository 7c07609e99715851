"""Secrets are found by what is in files and texts, and are never told."""

import base64
import json
from collections.abc import Sequence
from time import monotonic
from typing import Any

import pytest
from builders import file, symlink, whiteout
from hypothesis import given, settings
from hypothesis import strategies as st
from looking import COPY, META, RUN, Step, looked

from layerscope.rules import Found
from layerscope.rules.kit.rule import Confidence

# Made here, so that nobody's scanner takes them for real ones.
BODY = base64.b64encode(bytes(range(200))).decode()
TOKEN = "ghp_" + "a1B2" * 9
HF = "hf_" + "aB" * 17
PASSWORD = "hunter2-correct-horse"


def pem(kind: str = "", body: str = BODY) -> bytes:
    lines = "\n".join(body[at : at + 64] for at in range(0, len(body), 64))
    return f"-----BEGIN {kind}PRIVATE KEY-----\n{lines}\n-----END {kind}PRIVATE KEY-----\n".encode()


KEY = pem()
CERTIFICATE = KEY.replace(b"PRIVATE KEY", b"CERTIFICATE")


def secrets(*steps: Step, run: dict[str, Any] | None = None) -> list[Found]:
    """Look, and see that no finding gives away a secret."""
    found = looked("secret-in-image", *steps, run=run)
    for each in found:
        told = repr(each.finding)
        assert not any(secret in told for secret in (TOKEN, HF, PASSWORD, BODY[:32]))
        assert "rotate" in each.finding.remedy or "installs" in each.finding.remedy
        assert not each.finding.claims
    return found


def seen(found: Sequence[Found]) -> list[tuple[str, str]]:
    return [(each.finding.message.partition(", brought by")[0], each.confidence) for each in found]


@pytest.mark.parametrize("kind", ["", "RSA ", "EC ", "OPENSSH ", "DSA "])
@pytest.mark.parametrize("path", ["app/tls/server.key", "app/key.pem", "root/.ssh/id_rsa", "home/me/.ssh/deploy"])
def test_private_keys_are_proven_by_their_contents(path: str, kind: str) -> None:
    [found] = secrets(COPY(". /app", file(path, pem(kind)), file("app/main.py", b"m")))

    assert (found.finding.layer, found.finding.paths) == (0, (path,))
    assert (found.severity, found.confidence) == ("high", "high")
    assert found.finding.message == "a private key, brought by the COPY of layer 0, for everybody who has the image"
    assert found.finding.remedy == (
        "List it in .dockerignore. Where a RUN needs it: RUN --mount=type=secret,id=…; where the program does: a "
        "Kubernetes Secret; and rotate it: whoever pulled the image has it."
    )


@pytest.mark.parametrize(
    "contents",
    [
        CERTIFICATE,
        KEY.replace(b"PRIVATE", b"PUBLIC"),
        b"-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----\n",
        b"-----BEGIN PRIVATE KEY-----\n",
        b'KEY = "' + KEY,
        b"",
        b"\xff\x00" * 500,
        KEY + bytes(64 * 1024),
    ],
)
def test_what_is_no_key_is_not_or_too_large_to_look_into(contents: bytes) -> None:
    members = (file(path, contents) for path in ("app/a.pem", "app/a.key", "root/.ssh/id_ed25519", "etc/ssl/b.pem"))

    assert secrets(COPY(". /app", *members)) == []


def test_a_name_alone_and_a_link_prove_nothing() -> None:
    named = symlink("root/.ssh/id_rsa", "/run/secrets/key"), file("root/.ssh/id_dsa", b"x"), file("root/.npmrc", b"a=b")

    assert secrets(COPY(". /", *named)) == []
    assert secrets(COPY(". /", file("app/notes.txt", KEY), symlink("app/a.key", "notes.txt"))) == []


def test_a_key_that_a_later_layer_deletes_is_still_there() -> None:
    [found] = secrets(
        COPY("id_rsa /root/.ssh/", file("root/.ssh/id_rsa", KEY)),
        RUN("git clone x"),
        RUN(f"rm /root/.ssh/id_rsa # {PASSWORD}", whiteout("root/.ssh")),
    )

    assert found.finding.layer == 0
    assert found.finding.message == (
        "a private key, brought by the COPY of layer 0, for everybody who has the image; the RUN of layer 2 hides it, "
        "and it is still there"
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("usr/lib/python3/dist-packages/tornado/test/test.key", None),
        ("usr/local/lib/python3.12/test/certdata/keycert.pem", None),
        ("app/node_modules/public-encrypt/test/test_key.pem", None),
        ("usr/share/doc/x/examples/key.pem", None),
        ("usr/local/bundle/gems/x/spec/server.key", None),
        ("usr/local/go/src/crypto/tls/testdata/key.pem", None),
        ("app/node_modules/dev-server/ssl/server.pem", Confidence.LOW),
        ("opt/app/tests/server.key", Confidence.LOW),
        ("usr/src/app/docker/server.key", Confidence.HIGH),
    ],
)
def test_keys_that_packages_ship_are_everybodys(path: str, expected: Confidence | None) -> None:
    found = secrets(RUN("install", file(path, KEY)))

    assert [each.confidence for each in found] == ([expected] if expected else [])


def test_what_is_copied_below_usr_is_no_packages() -> None:
    env = file("usr/share/nginx/html/.env", f"API_KEY={PASSWORD}".encode())

    assert secrets(RUN("apt-get install x", env)) == []
    assert len(secrets(COPY(". /usr/share/nginx/html", env))) == 1


@pytest.mark.parametrize("path", ["etc/ssl/private/ssl-cert-snakeoil.key", "etc/ssh/ssh_host_ed25519_key"])
def test_keys_that_an_installation_made_are_the_same_in_all_containers(path: str) -> None:
    [found] = secrets(RUN("apt-get install -y x", file(path, KEY)))

    assert found.confidence == Confidence.MEDIUM
    assert "the same in all containers" in found.finding.message
    assert found.finding.remedy.startswith("Delete it in the instruction that installs the package")


def test_a_key_behind_a_passphrase_is_less_sure() -> None:
    old = b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\n" + BODY.encode()

    for contents in (pem("ENCRYPTED "), old):
        assert seen(secrets(COPY(". /", file("a.key", contents)))) == [
            ("a private key behind a passphrase", Confidence.MEDIUM)
        ]


STORES = {
    "root/.npmrc": (f"registry=x\n//registry.example.org/:_authToken={TOKEN}\n", "a login of npm"),
    "app/.yarnrc.yml": (f'npmAuthToken: "{PASSWORD}"\n', "a login of Yarn"),
    "root/.pypirc": (f"[pypi]\nusername = __token__\npassword = {PASSWORD}\n", "a password of PyPI"),
    "etc/pip.conf": (f"[global]\nindex-url = https://me:{PASSWORD}@example.org/x\n", "a password of pip's index"),
    "root/.netrc": (f"machine example.org login me password {PASSWORD}\n", "passwords of netrc"),
    "root/.docker/config.json": (json.dumps({"auths": {"x": {"auth": PASSWORD}}}), "a login of a registry"),
    "root/.git-credentials": (f"https://me:{PASSWORD}@example.org\n", "a login of git"),
    "root/.config/git/credentials": (f"https://me:{PASSWORD}@example.org\n", "a login of git"),
    "root/.config/gh/hosts.yml": (f"example.org:\n    oauth_token: {TOKEN}\n", "a token of GitHub"),
    "home/a/.aws/credentials": (f"[default]\naws_secret_access_key = {PASSWORD}\n", "an access key of AWS"),
    "app/application_default_credentials.json": (
        json.dumps({"refresh_token": PASSWORD}),
        "credentials of Google Cloud",
    ),
    "app/service-account.json": (
        json.dumps({"type": "service_account", "private_key": KEY.decode()}),
        "the key of a service account of Google Cloud",
    ),
    "root/.cache/huggingface/token": (HF, "a token of Hugging Face"),
    "root/.cache/huggingface/stored_tokens": (f"[me]\nhf_token = {HF}\n", "a token of Hugging Face"),
    "root/.kube/config": (
        f"users:\n- name: x\n  user:\n    token: {PASSWORD}\n",
        "credentials of a Kubernetes cluster",
    ),
    "app/prod.kubeconfig": (f"    client-key-data: {PASSWORD}\n", "credentials of a Kubernetes cluster"),
    "etc/kubernetes/admin.conf": (f"    client-key-data: {PASSWORD}\n", "credentials of a Kubernetes cluster"),
    "root/.pgpass": (f"db:5432:app:me:{PASSWORD}\n", "passwords of PostgreSQL"),
    "root/.my.cnf": (f"[client]\npassword = '{PASSWORD}'\n", "a password of MySQL"),
    "root/.cargo/credentials.toml": (f'[registry]\ntoken = "{PASSWORD}"\n', "a token of Cargo"),
    "root/.m2/settings.xml": (f"<server><password>{PASSWORD}</password></server>", "a password of Maven"),
    "root/.composer/auth.json": (
        json.dumps({"http-basic": {"x": {"password": PASSWORD}}}),
        "a login of Composer",
    ),
    "app/NuGet.Config": (f'<add key="ClearTextPassword" value="{PASSWORD}" />', "a password of NuGet"),
    "root/.terraform.d/credentials.tfrc.json": (
        json.dumps({"credentials": {"x": {"token": PASSWORD}}}),
        "a token of Terraform",
    ),
    "root/.vault-token": ("hvs." + "aB3" * 10, "a token of Vault"),
}


@pytest.mark.parametrize("path", STORES)
def test_what_tools_log_in_with_is_found(path: str) -> None:
    text, what = STORES[path]

    assert seen(secrets(RUN("login", file(path, text.encode())))) == [(what, Confidence.HIGH)]


@pytest.mark.parametrize("path", STORES)
@pytest.mark.parametrize("stand_in", ["${SECRET}", "<secret>", "", "your-secret-here"])
def test_placeholders_are_no_secrets(path: str, stand_in: str) -> None:
    text, _ = STORES[path]
    emptied = text.replace(KEY.decode(), "x").replace(json.dumps(KEY.decode())[1:-1], stand_in)
    for secret in (PASSWORD, TOKEN, HF, "aB3" * 10):
        emptied = emptied.replace(secret, stand_in)

    assert secrets(RUN("login", file(path, emptied.encode()))) == []


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("app/config.json", json.dumps({"auth": PASSWORD})),
        ("app/config", f"token: {PASSWORD}"),
        ("app/token", HF),
        ("root/.npmrc", f"# //x/:_authToken={PASSWORD}\n"),
        ("app/node_modules/x/.npmrc", f"_auth={PASSWORD}"),
        ("app/package.json", json.dumps({"private_key": KEY.decode()})),
    ],
)
def test_names_in_other_places_comments_and_packages_are_not(path: str, text: str) -> None:
    assert secrets(RUN("x", file(path, text.encode()))) == []


@pytest.mark.parametrize("name", [".env", ".env.production", ".env.local", "prod.env"])
def test_variables_of_a_file_are_judged_by_name_and_value(name: str) -> None:
    text = (
        f"# SMTP_PASSWORD={PASSWORD}\nPORT=80\nexport DB_PASSWORD='{PASSWORD}'\nAPI_KEY={PASSWORD} # x\nTOKEN=\n"
        f"KEY_PATH=/run/x\nSECRET=${{X}}\nDATABASE_URL=postgres://me:{PASSWORD}@db/x\nJWT_SECRET=changeme\n"
        f"AUTH_TOKEN_FILE=/run/secrets/t\nDB_PASSWORD=again-{PASSWORD}\n"
    )

    [found] = secrets(COPY(". /app", file(f"app/{name}", text.encode())))

    assert found.finding.message.startswith("secrets among variables (DB_PASSWORD, API_KEY, DATABASE_URL), brought by")
    assert found.confidence == Confidence.MEDIUM


def test_what_a_file_and_an_instruction_bring_again_is_told_once_a_layer() -> None:
    members = file("a.key", KEY), file("b.key", KEY)

    found = secrets(COPY(". /", *members), COPY(". /", *members))

    assert [(each.finding.layer, each.finding.paths) for each in found] == [
        (0, ("a.key", "b.key")),
        (1, ("a.key", "b.key")),
    ]
    assert "the COPY of layer 1 hides it" in found[0].finding.message


def test_variables_that_env_sets() -> None:
    [found] = secrets(
        META(f"ENV DB_PASSWORD={PASSWORD} PORT=80"), run={"Env": ["PATH=/bin", f"DB_PASSWORD={PASSWORD}", "PORT=80"]}
    )

    assert (found.finding.instruction, found.finding.layer, found.confidence) == (0, None, Confidence.MEDIUM)
    assert found.finding.message == (
        "secrets in variables of ENV (instruction 0): DB_PASSWORD, which stays in the image's history and configuration"
    )
    assert found.finding.remedy.startswith("Set it when the container runs, from a Kubernetes Secret; and rotate it")


def test_a_variable_that_a_later_one_empties_stays_in_the_history_and_a_token_is_sure() -> None:
    [found] = secrets(META(f"ENV T={TOKEN}"), META("ENV T="), run={"Env": ["T="]})

    assert (found.finding.instruction, found.confidence) == (0, Confidence.HIGH)


def test_variables_that_no_instruction_tells_of() -> None:
    [found] = secrets(RUN("x", file("a", b"")), run={"Env": [f"API_TOKEN={PASSWORD}"]})

    assert found.finding.instruction is None
    assert "secrets in variables of the image's configuration: API_TOKEN," in found.finding.message


@pytest.mark.parametrize(
    "variable",
    [
        "PASSWORD=",
        "DB_PASSWORD_FILE=/run/secrets/x",
        "TOKEN=/run/secrets/x",
        "GPG_KEY=A035C8C19219BA821ECEA86B64E628F8D684696D",
        "TOKENIZERS_PARALLELISM=false",
        "ALLOW_EMPTY_PASSWORD=yes",
        "API_KEY=${API_KEY}",
        "API_KEY=<your key>",
        "SECRET_KEY_BASE=dummy",
        "TOKEN_URL=https://example.org/token",
        "API_TOKEN=https://example.org/token",
        "NEXT_PUBLIC_MAP_TOKEN=abcdefgh",
        "SITE=https://example.org/@scope:1/x",
        "PASSWORD",
        "=x",
    ],
)
def test_variables_that_are_no_secrets(variable: str) -> None:
    assert secrets(META(f"ENV {variable}"), RUN(variable, file("a", b"a")), run={"Env": [variable]}) == []


def test_build_arguments_are_told_once() -> None:
    install = Step(f"RUN |2 NPM_TOKEN={PASSWORD} V=1 /bin/sh -c npm ci # buildkit", (file("a", b"a"),))
    build = Step(f"RUN |2 NPM_TOKEN={PASSWORD} V=1 /bin/sh -c npm run build # buildkit", (file("b", b"b"),))

    [found] = secrets(META("ARG NPM_TOKEN"), META("ARG V=1"), install, build)

    assert (found.finding.instruction, found.finding.layer, found.confidence) == (2, 0, Confidence.MEDIUM)
    assert found.finding.message.startswith("secrets in build arguments of RUN (instruction 2): NPM_TOKEN, which")
    assert "RUN --mount=type=secret,id=…,env=…" in found.finding.remedy
    assert len(secrets(META(f"ARG NPM_TOKEN={PASSWORD}"), install)) == 1


def test_a_build_argument_that_holds_the_words_of_the_command() -> None:
    """Where the arguments end is not to be found by what follows them."""
    [found] = secrets(Step(f"RUN |1 NPM_TOKEN={PASSWORD} /bin/sh -c {PASSWORD[0]} # buildkit", (file("a", b"a"),)))
    assert "build arguments of RUN (instruction 0): NPM_TOKEN" in found.finding.message


@pytest.mark.parametrize(
    "command",
    [
        f"git clone https://me:{PASSWORD}@example.org/x",
        f"git clone https://{TOKEN}@example.org/x",
        f"curl -H 'Authorization: Bearer {PASSWORD}' https://example.org",
        f"npm config set //x/:_authToken {TOKEN}",
        f'curl -H "authorization: token {TOKEN}" x',
        f"echo '{KEY.decode()}' > /k",
        f"printf '{KEY.decode()}' > /k".replace("\n", "\\n"),
    ],
)
def test_what_is_written_into_a_command_is_sure(command: str) -> None:
    [found] = secrets(RUN("apk add git", file("a", b"a")), RUN(command, file("b", b"b")))

    assert (found.finding.instruction, found.finding.layer, found.confidence) == (1, 1, Confidence.HIGH)
    assert found.finding.message.startswith("a token or a password in the text of RUN (instruction 1), which")


def test_variables_of_a_command_are_less_sure() -> None:
    [found] = secrets(RUN(f"export DB_PASSWORD='{PASSWORD}' && migrate", file("a", b"a")))

    assert found.confidence == Confidence.MEDIUM
    assert "in variables of a command of RUN (instruction 0): DB_PASSWORD," in found.finding.message


@pytest.mark.parametrize(
    "command",
    [
        "git clone https://me:${TOKEN}@example.org/x",
        "git clone https://me:$TOKEN@example.org/x",
        'curl -H "Authorization: Bearer $TOKEN" https://example.org',
        'TOKEN="$(cat /run/secrets/t)" npm ci',
        "TOKEN=`cat /run/secrets/t` npm ci",
        "password=$1 && x",
        "git clone ssh://git@example.org:22/x",
        "pip install 'x @ git+https://example.org/x@v1'",
    ],
)
def test_what_is_filled_in_when_it_runs_is_not(command: str) -> None:
    assert secrets(RUN(command, file("a", b"a"))) == []


def test_of_many_variables_some_are_named_and_odd_names_of_files_do_no_harm() -> None:
    env = [f"V{number}_PASSWORD={PASSWORD}{number}" for number in range(20_000)]

    [found] = secrets(RUN("x", file("a", b"a")), run={"Env": env})
    assert "V0_PASSWORD, V1_PASSWORD, V2_PASSWORD, V3_PASSWORD, V4_PASSWORD, V5_PASSWORD and 19994 more, which" in (
        found.finding.message
    )
    [odd] = secrets(COPY(". /", file(b"a\n\x1b[31m\xff/k.pem", KEY)))
    assert odd.finding.paths == ("a\n\x1b[31m\udcff/k.pem",)


@pytest.mark.parametrize(
    "piece",
    [
        "://a:",
        '"auth":"',
        "-----BEGIN PRIVATE KEY-----\n",
        "password ",
        "A=",
        "_auth ",
        "ghp_",
        "-",
        "\n",
        "Authorization: ",
    ],
)
def test_hostile_texts_take_no_more_than_their_length(piece: str) -> None:
    text = (piece * (60_000 // len(piece)))[:60_000]
    names = ["root/.npmrc", "root/.netrc", "root/.docker/config.json", "root/.git-credentials", ".env", "a.pem"]

    start = monotonic()
    secrets(RUN(text, *(file(name, text.encode()) for name in names)), META(f"ENV {text}"), run={"Env": [f"A={text}"]})

    assert monotonic() - start < 5


@settings(max_examples=50, deadline=None)
@given(st.sampled_from([*STORES, ".env", "a.pem"]), st.binary(max_size=300), st.text(max_size=60))
def test_whatever_is_in_a_file_or_an_instruction_is_judged(path: str, contents: bytes, text: str) -> None:
    created_by = text.encode("utf-8", "replace").decode()

    secrets(RUN(created_by, file(path, contents)), META(f"ENV A_TOKEN={created_by}"), run={"Env": [created_by]})

import pytest
from builders import file, symlink, whiteout
from looking import COPY, RUN, Step, looked

from layerscope.rules.kit.rule import Confidence, Severity


@pytest.mark.parametrize(
    "name",
    [
        "application-prod.yml",
        "application.staging.properties",
        "appsettings.Production.json",
        "config.production.json",
        "config_dev.toml",
        "settings.qa.ini",
        "values-uat.yaml",
        "db.local.cfg",
        "config/production.json",
        "config/environments/staging.yaml",
        ".env",
        ".env.production",
        ".env.local",
        "prod.env",
        "kubeconfig",
        ".kube/config",
    ],
)
def test_settings_of_an_environment_belong_to_it(name: str) -> None:
    member = file(f"app/{name}", b"PORT=80\n")

    [found] = looked("baked-configuration", COPY(". /app", member, file("app/main.py", b"m")))

    base = name.rpartition("/")[2]
    assert (found.severity, found.confidence) == (Severity.LOW, Confidence.MEDIUM)
    assert (found.finding.layer, found.finding.paths, found.finding.claims) == (0, (f"app/{name}",), {})
    assert found.finding.message == f"settings of one environment, brought along by COPY . /app: {base}"
    assert found.finding.remedy == (
        f"List in .dockerignore: **/{base}; and give it when the container runs: a ConfigMap, mounted or as variables "
        "(envFrom)."
    )
    assert looked("baked-configuration", RUN("make", member)) == []
    assert looked("baked-configuration", Step("ADD rootfs.tar.xz / # buildkit", (member,))) == []


@pytest.mark.parametrize(
    "name",
    [
        ".env.example",
        ".env.sample",
        ".env.template",
        ".env.production.example",
        ".envrc",
        "application.yml",
        "appsettings.json",
        "production.json",
        "webpack.config.prod.js",
        "tsconfig.prod.json",
        "package-dev.json",
        "config.production.js",
        "config",
        "config/default.json",
        "node_modules/x/config/production.json",
        "site-packages/x/.env",
        "tests/config/test.json",
    ],
)
def test_what_is_the_same_everywhere_or_others_is_not(name: str) -> None:
    assert looked("baked-configuration", COPY(". /app", file(f"app/{name}", b"PORT=80\n"))) == []


def test_what_is_deleted_empty_a_link_or_holds_secrets_is_not() -> None:
    members = file(".env.dev", b""), symlink(".env.prod", "/run/env"), file(".env", b"DB_PASSWORD=hunter2-horse\n")

    assert looked("baked-configuration", COPY(". /", *members)) == []
    assert looked("baked-configuration", COPY(". /", file(".env", b"A=1")), RUN("rm .env", whiteout(".env"))) == []
    assert len(looked("secret-in-image", COPY(". /", *members))) == 1


def test_each_layer_is_told_and_of_many_names_some() -> None:
    names = ("dev", "prod", "qa", "staging", "test")
    many = (file(f"app/application-{name}.yml", name.encode() * 10) for name in names)

    found = looked(
        "baked-configuration", COPY("a /", file("a/.env", b"A=1")), RUN("x", file("b/.env", b"A=1")), COPY("c /", *many)
    )

    assert [each.finding.layer for each in found] == [0, 2]
    assert found[1].finding.message.endswith(
        ": application-staging.yml, application-prod.yml, application-test.yml, application-dev.yml, …"
    )
    assert len(found[1].finding.paths) == 5


def test_names_are_told_as_they_are() -> None:
    [found] = looked("baked-configuration", COPY(". /", file("a\n\x1b/.env", b"A=1")))

    assert found.finding.paths == ("a\n\x1b/.env",)

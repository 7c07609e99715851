from collections.abc import Sequence
from pathlib import Path

import pytest
from builders import docker_archive, file, folder, tar_of
from looking import COPY, META, RUN, Step, looked

import layerscope
from layerscope.report import FindingReport
from layerscope.rules import Found
from layerscope.rules.kit.rule import Severity

SOURCES = file("app/main", b"m" * 100), file("app/package.json", b"p" * 10)
INSTALLED = file("app/dependency", b"d" * 5000)


def found_in(*steps: Step) -> list[Found]:
    return looked("cache-busting-copy", *steps)


def install(command: str) -> Step:
    return RUN(command, INSTALLED)


@pytest.mark.parametrize("what", [". .", ". /app", "./ ./", "--chown=app:app . /app", "* /app/", "a b . /app"])
def test_the_context_copied_before_an_install_is_found(what: str) -> None:
    [found] = found_in(
        RUN("base", file("bin/sh", b"s" * 7)),
        COPY(what, *SOURCES),
        META("ENV NODE_ENV=production"),
        install("npm ci --omit=dev"),
        RUN("npm run build", file("app/dist", b"o" * 900)),
    )

    assert (found.finding.layer, found.finding.claims, found.severity) == (1, {}, Severity.MEDIUM)
    assert "before RUN npm ci --omit=dev:" in found.finding.message
    assert " 6,010 bytes to push" in found.finding.message
    assert "COPY package.json package-lock.json ./, then RUN npm ci," in found.finding.remedy


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        ("pip install --no-cache-dir -r requirements.txt", "requirements.txt"),
        ("python3 -m pip install -r requirements/prod.txt .", "requirements.txt"),
        ("pip3.12 install flask", "requirements.txt"),
        ("uv pip install --system -r requirements.txt", "requirements.txt"),
        ("uv sync --frozen", "uv.lock"),
        ("poetry config x y && poetry install", "poetry.lock"),
        ("pipenv install --deploy --system", "Pipfile.lock"),
        ("yarn --frozen-lockfile", "yarn.lock"),
        ("yarn install", "yarn.lock"),
        ("corepack enable && pnpm i", "pnpm-lock.yaml"),
        ("bundle install --jobs 4", "Gemfile.lock"),
        ("composer install --no-dev", "composer.lock"),
        ("go mod download", "go.sum"),
        ("CGO_ENABLED=0 go build -o /bin/x ./...", "go.sum"),
        ("cargo build --release", "Cargo.lock"),
        ("./mvnw -B package", "pom.xml"),
        ("cd app && gradle build", "build.gradle"),
        ("dotnet restore", "*.csproj"),
        ("conda env update -f environment.yml", "environment.yml"),
        ("mix deps.get --only prod", "mix.lock"),
        ("apt-get update && apt-get install -y curl", "above the COPY"),
        ("apk add --no-cache curl", "above the COPY"),
        ("microdnf install -y curl", "above the COPY"),
    ],
)
def test_every_way_to_install_has_its_remedy(command: str, remedy: str) -> None:
    [found] = found_in(COPY(". .", *SOURCES), install(command))

    assert remedy in found.finding.remedy


@pytest.mark.parametrize(
    "command",
    [
        "npm run ci",
        "npm --version",
        "mvn --version",
        "yarn build",
        "pip install .",
        "pip install --no-deps -e .",
        "pip install /wheels/x.whl dist/y.whl",
        "apt-get install -y ./x.deb",
        "apt-get purge curl",
        "go vet ./...",
        "echo npm ci",
        "make",
    ],
)
def test_what_installs_nothing_from_elsewhere_is_not(command: str) -> None:
    assert found_in(COPY(". .", *SOURCES), install(command)) == []


@pytest.mark.parametrize(
    "what",
    ["package.json ./", "src /app/src", "/app /app", "/ /", "--from=build . .", "requirements.txt .", "", "."],
)
def test_what_is_not_the_whole_context_is_not(what: str) -> None:
    assert found_in(COPY(what, *SOURCES), install("npm ci")) == []


def test_dependencies_installed_before_are_not() -> None:
    first = COPY("package.json ./", file("app/package.json", b"{}"))
    context = COPY(". .", *SOURCES)

    assert found_in(first, install("npm ci"), context, RUN("npm run build", INSTALLED)) == []
    assert found_in(first, install("npm ci"), context, install("npm install --omit=dev")) == []
    assert found_in(first, install("go mod download"), context, install("go build ./...")) == []
    assert found_in(first, install("mvn dependency:go-offline"), context, install("mvn package")) == []
    # Other packages of the same tool are no preparation, nor are the same ones of another.
    assert len(found_in(first, install("npm install -g pnpm"), context, install("npm ci"))) == 1
    assert len(found_in(first, install("pip install --upgrade pip"), context, install("pip install -r x.txt"))) == 1
    assert len(found_in(first, install("apt-get install -y a"), context, install("apt-get install -y b"))) == 1


def test_the_copy_nearest_below_is_to_blame_and_the_largest_install_named() -> None:
    found = found_in(
        COPY(". /base", file("base/x", b"x")),
        install("pip install flask"),
        COPY(". .", *SOURCES),
        RUN("apk add git", file("usr/bin/git", b"g" * 10)),
        install("npm ci"),
    )

    assert [each.finding.layer for each in found] == [0, 2]
    assert "before RUN npm ci:" in found[1].finding.message


def test_an_install_that_brings_no_bytes_is_not() -> None:
    assert found_in(COPY(". .", *SOURCES), RUN("npm ci", folder("app"))) == []
    assert found_in(COPY(". .", *SOURCES), Step("RUN /bin/sh -c npm ci # buildkit", None)) == []


# The classic builder's history: COPY dir:<sha256> in <where the Dockerfile says>.

COPIED = f"/bin/sh -c #(nop) COPY dir:{'a1' * 32} in . "
NPM_CI = "/bin/sh -c npm ci"


def told(folder: Path, created_by: Sequence[str], *layers: bytes) -> tuple[FindingReport, ...]:
    path = folder / "image.tar"
    path.write_bytes(docker_archive(layers, created_by=created_by))
    return layerscope.inspect(str(path), rules=layerscope.Choice(select=("cache-busting-copy",))).findings


def test_a_folder_of_the_classic_builder_counts_where_it_holds_a_project(tmp_path: Path) -> None:
    [found] = told(tmp_path, [COPIED, NPM_CI], tar_of([folder("app"), *SOURCES]), tar_of([INSTALLED]))

    assert (found.layer, found.instruction) == (0, 0)
    assert " 5,110 bytes " in found.message


@pytest.mark.parametrize(
    "members",
    [
        [],
        [file("app/src/main", b"m")],
        [file("app/package.json", b"p"), file("app/package-lock.json", b"p")],
        [file("app/main", b"m"), file("app/deep/package.json", b"p")],
    ],
)
def test_other_folders_of_the_classic_builder_are_not(tmp_path: Path, members: list[bytes]) -> None:
    assert told(tmp_path, [COPIED, NPM_CI], tar_of(members), tar_of([INSTALLED])) == ()


def test_without_knowing_which_instruction_made_which_layer_nothing_is_told(tmp_path: Path) -> None:
    assert told(tmp_path, [COPIED, NPM_CI, "/bin/sh -c x"], tar_of(SOURCES), tar_of([INSTALLED])) == ()

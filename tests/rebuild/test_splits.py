"""What is promised: the Dockerfile that ``split`` writes builds, its container does the same, and it is that small."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from apps import APPLICATIONS, Application
from bases import build
from engines import Engine, layerscope_command

pytestmark = [pytest.mark.engine, pytest.mark.xdist_group("split")]

SHARE = 0.03
"""How far a prediction may be off."""
AS_GOOD = 0.9
"""How much of what a person saves by hand must be saved."""
LINKS = 0.001
"""How much of an image symbolic links are at most."""
CONFIGURATION = (
    "Cmd",
    "Entrypoint",
    "Env",
    "ExposedPorts",
    "Healthcheck",
    "Labels",
    "OnBuild",
    "StopSignal",
    "User",
    "Volumes",
    "WorkingDir",
)
SPLIT = [each.name for each in APPLICATIONS.values() if each.by_hand]
WHOLE = [each.name for each in APPLICATIONS.values() if not each.by_hand]


class Built(NamedTuple):
    """An image as the engine has it, and what its container prints."""

    image: str
    content_bytes: int
    configuration: dict[str, Any]
    output: str


class Workshop:
    """An engine with everything that it takes to build one application after another."""

    def __init__(self, engine: Engine, base: Callable[[str], str], folder: Path) -> None:
        self._engine = engine
        self._base = base
        self._folder = folder
        self._images: list[str] = []

    def build(self, application: Application, how: str, dockerfile: str) -> Built:
        """Build and run; a stage that was built before is not built again."""
        for name, base in application.bases.items():
            self._engine.docker("tag", self._base(base), name)
        image = f"{application.name}:{how}"
        self._images.append(image)
        options, buildkit = ("--no-cache=false",), application.buildkit
        build(self._engine, image, dockerfile, application.context, *options, buildkit=buildkit)
        seen = json.loads(self._engine.docker("image", "inspect", image))[0]
        configuration = {key: seen["Config"].get(key) or None for key in CONFIGURATION}
        configuration["Env"] = sorted(configuration["Env"] or ())  # in whatever order
        output = self._engine.docker("run", "--rm", "--network=none", image)
        return Built(image, seen["Size"], configuration, f"{output}\n")

    def written(self, image: str, dockerfile: str, *options: object) -> str:
        """Ask layerscope, of an image in the engine and its Dockerfile; return what it prints."""
        path = self._folder / "Dockerfile"
        path.write_text(dockerfile)
        words = ("split", image, "--dockerfile", path, "--pull", "never", *options)
        done = layerscope_command(*words, coverage=False, DOCKER_HOST=self._engine.host)
        assert (done.returncode, done.stderr) == (0, "")
        return done.stdout

    def split(self, image: str, dockerfile: str) -> dict[str, Any]:
        """Ask for all that there is to say."""
        return dict(json.loads(self.written(image, dockerfile, "--format", "json")))

    def clear(self) -> None:
        """Forget the images of an application; they are large."""
        if self._images:
            self._engine.docker("rmi", "--force", *self._images)
            self._images.clear()


@pytest.fixture(scope="module")
def workshop(engine: Engine, base: Callable[[str], str], tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(engine, base, tmp_path_factory.mktemp("workshop"))


class Outcome(NamedTuple):
    """An application as it was, as a person splits it, and as each proposal has it."""

    application: Application
    before: Built
    by_hand: Built
    content_bytes: int
    """Of the image as it was, as layerscope tells."""
    proposals: list[dict[str, Any]]
    after: list[Built]


@pytest.fixture(scope="module", params=SPLIT)
def outcome(request: pytest.FixtureRequest, workshop: Workshop) -> Iterator[Outcome]:
    application = APPLICATIONS[request.param]
    before = workshop.build(application, "before", application.dockerfile)
    with ThreadPoolExecutor() as meanwhile:
        by_hand = meanwhile.submit(workshop.build, application, "by-hand", application.by_hand)
        split = workshop.split(before.image, application.dockerfile)
        after = [workshop.build(application, each["kind"], each["dockerfile"]) for each in split["proposals"]]
    yield Outcome(application, before, by_hand.result(), split["content_bytes"], split["proposals"], after)
    workshop.clear()


def test_the_container_does_the_same(outcome: Outcome) -> None:
    expected = outcome.application.output
    assert outcome.before.output == outcome.by_hand.output == expected
    assert [each.output for each in outcome.after] == [expected for _ in outcome.proposals]
    assert [each.configuration for each in outcome.after] == [outcome.before.configuration for _ in outcome.proposals]


def test_the_image_is_as_small_as_was_predicted(
    outcome: Outcome, record_property: Callable[[str, object], None]
) -> None:
    before, by_hand = outcome.before.content_bytes, outcome.by_hand.content_bytes
    missed = {}
    # The sizes that BuildKit notes have no symbolic links in them.
    assert 0 <= outcome.content_bytes - before <= (LINKS * before if outcome.application.buildkit else 0)
    for proposal, built in zip(outcome.proposals, outcome.after, strict=True):
        predicted, after = proposal["predicted_content_bytes"], built.content_bytes
        assert predicted + proposal["saved_bytes"] == outcome.content_bytes
        missed[proposal["kind"]] = abs(predicted - after) / after
        row = (
            outcome.application.name,
            proposal["kind"],
            *(f"{each:,}" for each in (before, predicted, after)),
            f"{predicted - after:+,} ({(predicted - after) / after:+.2%})" if predicted != after else "0",
            f"{by_hand:,}",
            f"{(before - after) / (before - by_hand):.1%}",
        )
        record_property("split", row)
    assert missed
    assert max(missed.values()) <= SHARE, missed


def test_it_saves_what_a_person_would(outcome: Outcome) -> None:
    """The first proposal is the surest; the best one is as good as a person's."""
    by_hand = outcome.before.content_bytes - outcome.by_hand.content_bytes
    saved = [outcome.before.content_bytes - each.content_bytes for each in outcome.after]
    assert max(saved) >= AS_GOOD * by_hand, (saved, by_hand)
    assert min(saved) > 0


@pytest.mark.parametrize("outcome", ["c-static"], indirect=True)  # one is enough: it takes another save of the image
def test_the_first_proposal_is_what_is_written(outcome: Outcome, workshop: Workshop, tmp_path: Path) -> None:
    dockerfile = outcome.application.dockerfile
    path = tmp_path / "written"
    options = ("--format", "dockerfile", "--output", path)
    assert workshop.written(outcome.before.image, dockerfile, *options) == ""
    assert path.read_text() == outcome.proposals[0]["dockerfile"]


def test_nothing_is_left_to_split(outcome: Outcome, workshop: Workshop) -> None:
    """Of what was split here, nothing more is proposed."""
    for built, proposal in zip(outcome.after, outcome.proposals, strict=True):
        assert workshop.split(built.image, proposal["dockerfile"])["proposals"] == []


@pytest.mark.parametrize("name", WHOLE)
def test_nothing_to_split(name: str, workshop: Workshop) -> None:
    application = APPLICATIONS[name]
    built = workshop.build(application, "whole", application.dockerfile)
    assert built.output == application.output
    split = workshop.split(built.image, application.dockerfile)
    assert split["proposals"] == []
    assert split["reason"] in " ".join(workshop.written(built.image, application.dockerfile).split())
    workshop.clear()

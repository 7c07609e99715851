"""The Python API: what it promises beside the command."""

import inspect as introspection
import re
import subprocess
import sys
import typing
from pathlib import Path

import msgspec
import pytest
from builders import file, folder, tar_of
from images import COMPRESSIONS, GZIP, LAYERS, Saved, as_folder, as_tar, docker_10, inspect_piped, oci

import layerscope
from layerscope import errors, report
from layerscope.render.json import render
from layerscope.render.kit.view import View

EXAMPLE = Path(__file__).parents[1] / "fixtures" / "example" / "tidewatch.tar.xz"


@pytest.fixture
def image(tmp_path: Path) -> Path:
    path = tmp_path / "app.tar"
    path.write_bytes(as_tar(docker_10()))
    return path


def test_public_names() -> None:
    for name in layerscope.__all__:
        assert getattr(layerscope, name) is not None
    assert layerscope.Report is report.Report
    assert layerscope.LayerscopeError is errors.LayerscopeError
    with pytest.raises(AttributeError, match="'layerscope' has no attribute 'nothing'"):
        layerscope.nothing  # noqa: B018
    assert (Path(layerscope.__file__).parent / "py.typed").is_file()


def test_the_signatures_of_the_documentation() -> None:
    page = (EXAMPLE.parents[2] / "docs" / "python.md").read_text("utf-8")
    told = re.findall(r"`layerscope\.(\w+)\(([^)]*(?:\(\)[^)]*)*)\) -> layerscope\.(\w+)`", page)
    functions = {name: getattr(layerscope, name) for name in layerscope.__all__ if name[0].islower()}
    assert {name for name, _, _ in told} == functions.keys()
    for name, parameters, result in told:
        signature = introspection.signature(functions[name])
        bare = [each.replace(annotation=introspection.Parameter.empty) for each in signature.parameters.values()]
        written = introspection.Signature(bare)
        assert " ".join(f"({parameters})".split()) == str(written).replace("'", '"')
        assert getattr(signature.return_annotation, "__name__", signature.return_annotation) == result


def test_typed_and_documented() -> None:
    hints = typing.get_type_hints(layerscope.inspect)
    parameters = introspection.signature(layerscope.inspect).parameters
    assert hints.keys() == {*parameters, "return"}
    assert hints["return"] is layerscope.Report
    documentation = introspection.getdoc(layerscope.inspect) or ""
    assert all(f"``{name}``" in documentation for name in parameters)
    assert all(each.__doc__ for each in vars(errors).values() if isinstance(each, type))


def test_error_tree_as_it_is_drawn() -> None:
    drawn = dict(re.findall(r"(\w+Error) +([23]) ", errors.__doc__ or ""))
    made = {name: each for name, each in vars(errors).items() if isinstance(each, type)}
    assert drawn == {name: str(each.exit_code) for name, each in made.items() if name != "LayerscopeError"}


def test_same_report_as_the_command(image: Path) -> None:
    command = [sys.executable, "-m", "layerscope", "inspect", str(image), "--format", "json", "--top", "2"]
    printed = subprocess.run(command, capture_output=True, check=True).stdout
    made = layerscope.inspect(str(image), top=2)
    assert printed.decode() == render(made, View())
    decoded = msgspec.json.decode(printed, type=layerscope.Report)
    assert (decoded.totals, decoded.layers) == (made.totals, made.layers)


def test_same_image_same_report(image: Path) -> None:
    assert layerscope.inspect(str(image)) == layerscope.inspect(str(image))


# What the summary names


@pytest.mark.parametrize("top", [0, 1, 3, 100])
def test_top(top: int) -> None:
    whole = layerscope.inspect(str(EXAMPLE), top=1000)
    part = layerscope.inspect(str(EXAMPLE), top=top)
    assert part.directories == whole.directories[:top]
    assert part.files == whole.files[:top]
    assert part.wasted == whole.wasted[:top]
    assert part.totals == whole.totals


def test_lists_are_sorted_and_add_up() -> None:
    made = layerscope.inspect(str(EXAMPLE), top=100_000)
    for paths in (made.directories, made.files):
        assert list(paths) == sorted(paths, key=lambda each: (-each.content_bytes, each.path))
    assert list(made.wasted) == sorted(made.wasted, key=lambda each: (-each.wasted_bytes, each.path))
    assert sum(each.content_bytes for each in made.files) == made.totals.kept_bytes
    assert sum(each.wasted_bytes for each in made.wasted) == made.totals.wasted_bytes
    for each in made.wasted:
        assert sum(copy.content_bytes for copy in each.copies) == each.wasted_bytes
        assert all(copy.by_layer > copy.layer for copy in each.copies)
    for fate, total in (("overwritten", made.totals.overwritten_bytes), ("removed", made.totals.removed_bytes)):
        copies = [copy for each in made.wasted for copy in each.copies if copy.fate == fate]
        assert sum(copy.content_bytes for copy in copies) == total


def test_what_is_wasted(image: Path) -> None:
    made = layerscope.inspect(str(image))
    assert [(each.path, each.wasted_bytes, each.copies) for each in made.wasted] == [
        ("app/conf", 1000, (report.CopyReport(0, 1000, "overwritten", 1),)),
        ("var/cache/two", 800, (report.CopyReport(0, 800, "removed", 2),)),
        ("var/cache/one", 700, (report.CopyReport(0, 700, "removed", 1),)),
    ]
    assert made.totals.efficiency == (6907 - 2500) / 6907
    assert [(each.path, each.content_bytes, each.layer) for each in made.files] == [
        ("app/größe.bin", 3000, 0),
        ("var/cache/three", 900, 2),
        ("app/conf", 500, 1),
        ("app/link", 4, 0),
        ("app/caf\udce9", 3, 0),
    ]
    assert [(each.path, each.content_bytes) for each in made.directories] == [("app", 3507), ("var/cache", 900)]


def test_folders_of_which_one_below_has_nearly_all_are_left_out(tmp_path: Path) -> None:
    files = [folder("a"), file("a/b/c/big", b"x" * 9600), file("a/small", b"y" * 400), file("d/one", b"z" * 10)]
    path = tmp_path / "root.tar"
    path.write_bytes(tar_of(files))
    shown = [(each.path, each.content_bytes) for each in layerscope.inspect(str(path)).directories]
    assert shown == [("a/b/c", 9600), ("d", 10)]  # of a, a/b/c has 96 %
    path.write_bytes(tar_of([*files, file("a/e", b"y" * 400)]))
    shown = [(each.path, each.content_bytes) for each in layerscope.inspect(str(path)).directories]
    assert shown == [("a", 10400), ("a/b/c", 9600), ("d", 10)]  # 92 %


# Progress


class Heard:
    def __init__(self) -> None:
        self.started: list[tuple[str, int | None]] = []
        self.bytes = 0

    def start(self, what: str, total: int | None, *_: object) -> None:
        self.started.append((what, total))
        self.bytes = 0

    def advance(self, amount: int, *_: object) -> None:
        assert amount >= 0
        self.bytes += amount


def test_progress_of_a_file(image: Path) -> None:
    heard = Heard()
    layerscope.inspect(str(image), progress=heard)
    total = sum(map(len, LAYERS))
    assert heard.started == [(f"reading {image}", total)]
    assert heard.bytes == total


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_progress_of_a_folder(compression: str, tmp_path: Path) -> None:
    compress = COMPRESSIONS[compression]
    root = as_folder(oci(compress), tmp_path / "layout")
    heard = Heard()
    layerscope.inspect(str(root), progress=heard)
    total = sum(len(compress(layer)) for layer in LAYERS)
    assert (heard.started, heard.bytes) == ([(f"reading {root}", total)], total)


def test_progress_of_a_compressed_archive(tmp_path: Path) -> None:
    packed = GZIP(as_tar(docker_10()))
    path = tmp_path / "app.tar.gz"
    path.write_bytes(packed)
    heard = Heard()
    layerscope.inspect(str(path), progress=heard)
    assert (heard.started, heard.bytes) == ([(f"reading {path}", len(packed))], len(packed))


def test_progress_of_a_pipe() -> None:
    large = as_tar(docker_10(Saved(layers=[tar_of([file("x", bytes(3_000_000))])])))
    for data in (large, GZIP(large)):
        heard = Heard()
        inspect_piped(data, progress=heard)
        assert [total for _, total in heard.started] == [None]
        assert heard.bytes == len(data)

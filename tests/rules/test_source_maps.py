import pytest
from builders import file
from looking import COPY, RUN, looked, reclaimable


@pytest.mark.parametrize("name", ["a.js.map", "a.min.css.map", "a.d.ts.map", "a.MJS.MAP"])
def test_source_maps_are_found(name: str) -> None:
    [found] = looked(
        "source-maps", RUN("npm ci", file(f"app/node_modules/x/{name}", b"m" * 100), file("app/x.js", b"x"))
    )

    assert (found.finding.layer, reclaimable(found)) == (0, 100)
    assert "find /app/node_modules/x -name '*.map' -delete" in found.finding.remedy


@pytest.mark.parametrize("name", ["world.map", "System.map", "a.js", "js.map"])
def test_other_maps_are_not(name: str) -> None:
    assert looked("source-maps", RUN("npm ci", file(f"app/{name}", b"m"))) == []


def test_copied_ones_belong_into_dockerignore() -> None:
    assert (
        "**/*.map in .dockerignore" in looked("source-maps", COPY("dist /", file("a.js.map", b"m")))[0].finding.remedy
    )

"""Packages of .NET: those of an application, by what the SDK wrote beside it, and .NET's own shared parts."""

import json
from typing import Any

import pytest
from builders import file
from owning import RUN, by_name, debian, inspected, packages_of, stanza

from layerscope.report import PackageReport

TARGET = ".NETCoreApp,Version=v8.0/linux-x64"
LIST = "app/Shop.deps.json"


def listed(libraries: dict[str, dict[str, Any]], path: str = LIST, target: str = TARGET) -> bytes:
    """Write a .deps.json; of libraries that are no packages the ``type`` stands among the fields."""
    kinds = {name: {"type": each.pop("type", "package"), "sha512": ""} for name, each in libraries.items()}
    document = {
        "runtimeTarget": {"name": target, "signature": ""},
        "compilationOptions": {},
        "targets": {".NETCoreApp,Version=v8.0": {}, target: libraries},
        "libraries": kinds,
    }
    return file(path, json.dumps(document).encode())


def test_a_package_with_all_that_was_published_of_it() -> None:
    assets = {
        "runtime": {"lib/net8.0/Big.Json.dll": {"assemblyVersion": "13.0.0.0"}},
        "resources": {"lib/net8.0/de/Big.Json.resources.dll": {"locale": "de"}},
        "native": {"runtimes/linux-x64/native/libbig.so": {"fileVersion": "0"}},
        "runtimeTargets": {"runtimes/osx/native/libbig.dylib": {"rid": "osx"}},
    }
    [found] = packages_of(
        RUN("mkdir", file("app/other.dll", b"o")),
        RUN(
            "dotnet publish",
            listed(
                {"Shop/1.0.0": {"type": "project", "dependencies": {"Big.Json": "13.0.3"}}, "Big.Json/13.0.3": assets}
            ),
            file("app/Shop.dll", b"s" * 7),
            file("app/Big.Json.dll", b"1" * 10),
            file("app/Big.Json.xml", b"2" * 200),
            file("app/de/Big.Json.resources.dll", b"3" * 3000),
            file("app/libbig.so", b"4" * 40_000),
            file("app/runtimes/osx/native/libbig.dylib", b"5" * 500_000),
        ),
    )

    assert found == PackageReport(
        manager="dotnet",
        name="Big.Json",
        version="13.0.3",
        content_bytes=543_210,
        layer=1,
        requested=True,
        reason="asked for by Shop",
        wanted_by=None,
        development=False,
        record=LIST,
    )


def test_who_dragged_it_in() -> None:
    def dll(name: str, *needs: str) -> dict[str, Any]:
        return {"dependencies": dict.fromkeys(needs, "1"), "runtime": {f"lib/net8.0/{name}.dll": {}}}

    libraries = {
        "Shop/1.0.0": {"type": "project", "dependencies": {"Web": "1", "Core": "1", "Meta": "1"}},
        "Core/1.0.0": {"type": "project", "dependencies": {"Data": "1"}, "runtime": {"Core.dll": {}}},
        "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.1": {"type": "runtimepack"} | dll("System"),
        "Web/1.0.0": dll("Web", "log", "absent"),
        "Log/1.0.0": dll("Log", "Web"),
        "Data/1.0.0": dll("Data"),
        "Meta/1.0.0": {"dependencies": {"Deep": "1"}},
        "Deep/1.0.0": dll("Deep", "Gone"),
        "Gone/1.0.0": dll("Gone", "Last"),
        "Last/1.0.0": dll("Last"),
        "Left/1.0.0": dll("Left"),
    }
    there = ("System", "Web", "Log", "Data", "Deep", "Last", "Left", "Core")
    packages = packages_of(RUN("publish", listed(libraries), *(file(f"app/{name}.dll", b"x" * 9) for name in there)))

    assert {each.name: (each.requested, each.reason, each.content_bytes) for each in packages} == {
        "Microsoft.NETCore.App.Runtime.linux-x64": (False, "published along with the application", 9),
        "Web": (True, "asked for by Shop", 9),
        "Log": (False, "Web depends on it", 9),
        "Data": (True, "asked for by Core", 9),
        "Meta": (True, "asked for by Shop", 0),
        "Deep": (False, "Meta depends on it", 9),
        "Last": (False, "", 9),
        "Left": (False, "nothing installed wants it", 9),
    }


@pytest.mark.parametrize("root", ["usr/share/dotnet", "opt/dotnet"])
def test_the_shared_parts(root: str) -> None:
    app = "shared/Microsoft.NETCore.App/8.0.1"
    inner = listed({"Tool/1": {"runtime": {"Tool.dll": {}}}}, f"{root}/sdk/8.0.101/Tool.deps.json")
    packages = by_name(
        packages_of(
            RUN(
                "dotnet-install.sh",
                file(f"{root}/dotnet", b"d" * 2),
                file(f"{root}/host/fxr/8.0.1/libhostfxr.so", b"h" * 10),
                file(f"{root}/{app}/System.dll", b"s" * 100),
                file(f"{root}/{app}/fr/System.dll", b"s" * 200),
                file(f"{root}/shared/Microsoft.AspNetCore.App/8.0.1/Web.dll", b"w" * 1000),
                file(f"{root}/packs/Microsoft.NETCore.App.Ref/8.0.1/ref/net8.0/System.xml", b"r" * 4000),
                file(f"{root}/sdk/8.0.101/Tool.dll", b"t" * 10_000),
                inner,
                file(f"{root}/templates/8.0.1/a.nupkg", b"n" * 20_000),
                file(f"{root}/LICENSE.txt", b"l"),
            )
        )
    )

    assert {(each.name, each.version): each.content_bytes for each in packages.values()} == {
        ("Microsoft.NETCore.DotNetHostResolver", "8.0.1"): 12,
        ("Microsoft.NETCore.App", "8.0.1"): 300,
        ("Microsoft.AspNetCore.App", "8.0.1"): 1000,
        ("Microsoft.NETCore.App.Ref", "8.0.1"): 4000,
        ("Microsoft.NET.Sdk", "8.0.101"): 30_000 + int(inner[124:135], 8),
    }
    assert packages["Microsoft.NETCore.App"].record == f"{root}/{app}/System.dll"


def test_what_the_distribution_installed_is_the_distributions() -> None:
    path = "usr/lib/dotnet/shared/Microsoft.NETCore.App/8.0.1/System.dll"
    members = (file(path, b"s"), file("usr/lib/dotnet/host/fxr/8.0.1/libhostfxr.so", b"h"))
    books = debian(stanza("dotnet-runtime-8.0"), lists={"dotnet-runtime-8.0": [path]})

    assert {each.name for each in packages_of(RUN("apt-get install", *books, *members))} == {
        "dotnet-runtime-8.0",
        "Microsoft.NETCore.DotNetHostResolver",
    }


@pytest.mark.parametrize(
    "text", [b"{}", b"[]", b'{"targets": 7}', b'{"runtimeTarget": 1, "targets": {}, "libraries": {}}']
)
def test_what_others_call_so_is_passed_over(text: bytes) -> None:
    assert packages_of(RUN("COPY", file("srv/js.deps.json", text))) == ()


@pytest.mark.parametrize("text", [b"", b"{", b'{"runtimeTarget": ' + b"[" * 100_000, b" " * (8 * 1024 * 1024 + 1)])
def test_a_broken_list_costs_the_answer_and_not_the_report(text: bytes) -> None:
    report = inspected(RUN("publish", file(LIST, text), file("usr/share/dotnet/host/fxr/8/libhostfxr.so", b"h")))

    assert report.packages == ()
    [note] = report.notes
    assert note.startswith(f"Packages of dotnet were given up: {LIST} is ")


def test_files_elsewhere_are_not_claimed() -> None:
    paths = ("../../etc/passwd", "/etc/passwd", "..", "")
    assets = {kind: {path: {} for path in paths} for kind in ("runtime", "resources", "runtimeTargets")}
    report = inspected(RUN("publish", listed({"A/1": assets}), file("etc/passwd", b"x" * 900)))

    assert report.totals.unowned_bytes == report.totals.kept_bytes

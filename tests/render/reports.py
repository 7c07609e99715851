"""Reports to render, built as a reader of images would."""

from msgspec.structs import replace

from layerscope.report import (
    CopyReport,
    FindingReport,
    ImageReport,
    InstructionReport,
    LayerReport,
    PackageReport,
    PathReport,
    PlatformReport,
    Report,
    Totals,
    WastedPathReport,
)

MB = 1_000_000
KB = 1_000


def instruction(index: int, kind: str, text: str, layer: int | None = None, content: int = 0) -> InstructionReport:
    return InstructionReport(
        index=index,
        kind=kind,
        text=text,
        created=None,
        layer=layer,
        content_bytes=content,
        dockerfile=None,
        builder="buildkit",
        empty=layer is None,
        in_base=None,
    )


def layer(
    index: int, content: int, *, overwritten: int = 0, removed: int = 0, instruction: int | None = None
) -> LayerReport:
    return LayerReport(
        index=index,
        diff_id="sha256:" + f"{index:x}" * 64,
        chain_id="sha256:" + f"{index:x}" * 64,
        digest=None,
        media_type=None,
        content_bytes=content,
        tar_bytes=content + 10_240,
        blob_bytes=None,
        kept_bytes=content - overwritten - removed,
        overwritten_bytes=overwritten,
        removed_bytes=removed,
        entries=1,
        instruction=instruction,
        in_base=None,
        present=True,
    )


def report(
    layers: tuple[LayerReport, ...],
    instructions: tuple[InstructionReport, ...],
    *,
    reference: str = "app:latest",
    blob_bytes: int | None = None,
    entries: int = 0,
    findings: tuple[FindingReport, ...] = (),
    directories: tuple[PathReport, ...] = (),
    files: tuple[PathReport, ...] = (),
    wasted: tuple[WastedPathReport, ...] = (),
    packages: tuple[PackageReport, ...] = (),
    unowned: tuple[PathReport, ...] = (),
    unowned_bytes: int | None = None,
    notes: tuple[str, ...] = (),
) -> Report:
    content = sum(layer.content_bytes for layer in layers)
    overwritten = sum(layer.overwritten_bytes for layer in layers)
    removed = sum(layer.removed_bytes for layer in layers)
    kept = content - overwritten - removed
    return Report(
        schema_version=1,
        image=ImageReport(
            reference=reference,
            source="docker-archive",
            image_id="sha256:4f1c0d2b9a77" + "0" * 52,
            digest=None,
            platform=PlatformReport(os="linux", architecture="amd64", variant=""),
            created=None,
            base=None,
        ),
        totals=Totals(
            content_bytes=content,
            tar_bytes=content,
            blob_bytes=blob_bytes,
            kept_bytes=kept,
            overwritten_bytes=overwritten,
            removed_bytes=removed,
            wasted_bytes=overwritten + removed,
            efficiency=kept / content if content else 1.0,
            reclaimable_bytes=0,
            base_reclaimable_bytes=0,
            layers=len(layers),
            entries=entries,
            unowned_bytes=unowned_bytes,
        ),
        layers=layers,
        instructions=instructions,
        findings=findings,
        directories=directories,
        files=files,
        wasted=wasted,
        packages=packages,
        unowned=unowned,
        notes=notes,
    )


def shop() -> Report:
    """An image as many are: a Python service of 14 instructions, with the usual sins."""
    apt = "set -eux; \tapt-get update; "
    apt += "\tapt-get install -y --no-install-recommends build-essential libpq-dev curl git"
    layers = (
        layer(0, 77_834_211, overwritten=1_204_112, instruction=0),
        layer(1, 9_213_007, removed=312, instruction=3),
        layer(2, 312_908_551, removed=41_870_233, instruction=5),
        layer(3, 0, instruction=6),
        layer(4, 4_113, instruction=7),
        layer(5, 148_220_941, overwritten=18_300_120, instruction=8),
        layer(6, 21_400_330, overwritten=21_390_018, instruction=9),
        layer(7, 21_390_018, instruction=10),
        layer(8, 0, instruction=11),
    )
    instructions = (
        instruction(
            0,
            "ADD",
            "file:5d673d25da3a14ce1f6cf66e4c7fd4f4b85a3759a9d93efb3fd9ff852b5b56e4 in /",
            0,
            77_834_211,
        ),
        instruction(1, "ENV", "PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin"),
        instruction(2, "ENV", "LANG=C.UTF-8"),
        instruction(
            3,
            "RUN",
            "/bin/sh -c set -eux; \tapt-get update; \tapt-get install -y ca-certificates",
            1,
            9_213_007,
        ),
        instruction(4, "CMD", '["python3"]'),
        instruction(5, "RUN", apt, 2, 312_908_551),
        instruction(6, "WORKDIR", "/srv/shop", 3, 0),
        instruction(7, "COPY", "requirements.txt . ", 4, 4_113),
        instruction(8, "RUN", "pip install -r requirements.txt", 5, 148_220_941),
        instruction(9, "COPY", ". .", 6, 21_400_330),
        instruction(10, "RUN", "chown -R shop:shop /srv/shop", 7, 21_390_018),
        instruction(11, "RUN", "apt-get purge -y build-essential && rm -rf /var/lib/apt/lists/*", 8, 0),
        instruction(12, "USER", "shop"),
        instruction(13, "ENTRYPOINT", '["gunicorn", "--bind", "0.0.0.0:8000", "shop.wsgi:application"]'),
    )
    lists = "var/lib/apt/lists/mirror.example_debian_dists_bookworm_main_binary-amd64_Packages.lz4"
    return report(
        layers,
        instructions,
        reference="registry.example.org/shop/api:2.4",
        blob_bytes=203_998_120,
        entries=18_204,
        directories=(
            PathReport("usr", 389_204_118, None),
            PathReport("usr/lib", 201_338_901, None),
            PathReport("usr/local/lib/python3.12/site-packages", 121_004_551, None),
            PathReport("usr/lib/gcc/x86_64-linux-gnu/12", 98_410_662, None),
            PathReport("srv/shop", 21_390_018, None),
        ),
        files=(
            PathReport("usr/lib/gcc/x86_64-linux-gnu/12/cc1plus", 32_220_984, 2),
            PathReport(
                "usr/local/lib/python3.12/site-packages/numpy.libs/libscipy_openblas64_-99b71e71.so",
                24_901_223,
                5,
            ),
            PathReport("srv/shop/static/bundle.js.map", 9_120_440, 7),
            PathReport("usr/bin/perl", 3_790_864, 0),
        ),
        wasted=(
            WastedPathReport(lists, 19_400_112, (CopyReport(2, 19_400_112, "removed", 8),)),
            WastedPathReport(
                "root/.cache/pip/http-v2/a/b/c", 18_300_120, (CopyReport(5, 18_300_120, "overwritten", 7),)
            ),
            WastedPathReport("srv/shop/static/bundle.js.map", 9_120_440, (CopyReport(6, 9_120_440, "overwritten", 7),)),
            WastedPathReport("usr/lib/git-core/git", 3_980_112, (CopyReport(2, 3_980_112, "removed", 8),)),
            WastedPathReport(
                "var/lib/dpkg/status",
                1_204_112,
                (CopyReport(0, 600_112, "overwritten", 1), CopyReport(1, 604_000, "overwritten", 2)),
            ),
        ),
        notes=("The archive holds the layers uncompressed.",),
    )


__all__ = ["KB", "MB", "instruction", "layer", "replace", "report", "shop"]

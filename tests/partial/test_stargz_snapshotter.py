"""Layers by the library of stargz-snapshotter 0.12 (``estargz.Build``, as Debian 12 has it), in chunks of 100 bytes.

They are layers of fixtures/archives/docker-20.10-classic.tar, whose files are this project's own. The library puts a
landmark into the tar, and of eStargz the table as its last file.
Annotations have the names of that time.
"""

from pathlib import Path

import pytest
from partially import Local, hold

from benchmarks.seekable import TOC_DIGEST, ZSTD_DIGEST, ZSTD_POSITION, Made
from layerscope.layers.partial import read_partially

FOLDER = Path(__file__).parent
MADE = {
    "stargz-snapshotter-site.tar.gz": {
        TOC_DIGEST: "sha256:d61fc8c05eb8a55d23cad8a09429d95cc40cd59c8a0e6df30950b27efe415ed7"
    },
    "stargz-snapshotter-links.tar.gz": {
        TOC_DIGEST: "sha256:86796a9172d77690f64b9ef5511e99dec8a03093bb2b1bdb44f13af6cc1732e3"
    },
    "stargz-snapshotter-site.tar.zst": {
        ZSTD_DIGEST.replace(
            "io.github.", "io."
        ): "sha256:27653db96b7b601bb0157badb538947b7b02488d80afdd5221d0277e37d4e900",
        ZSTD_POSITION.replace("io.github.", "io."): "1038:615:2500:1",
    },
    "stargz-snapshotter-links.tar.zst": {
        ZSTD_DIGEST.replace(
            "io.github.", "io."
        ): "sha256:304dc1a03629e76dd0b8fb055f2a8e46d864fa81770eeea7559383354c271ec9",
        ZSTD_POSITION.replace("io.github.", "io."): "629:466:2003:1",
    },
}


@pytest.mark.parametrize("name", MADE)
def test_layers_of_stargz_snapshotter(name: str) -> None:
    made = Made((FOLDER / name).read_bytes(), MADE[name])
    hold(made, tar_bytes=False)
    paths = [entry.path for entry in read_partially(Local(made.blob), made.annotations, "here").entries]
    assert ".no.prefetch.landmark" in paths
    assert ("stargz.index.json" in paths) == name.endswith("gz")

"""What tools of Python, and conda, keep for their next run: a table, a row each."""

from typing import Final

from layerscope.rules.kit.caches import INSTALLS_AGAIN, Cache
from layerscope.rules.kit.places import Place

_PIP: Final = r"http(-v2)?/([0-9a-f]/){5}|wheels/[0-9a-f]{2}/[0-9a-f]{2}/"

CACHES: Final = (
    Cache(
        name="pip-cache",
        what="downloads and wheels that pip keeps",
        why=INSTALLS_AGAIN,
        places=tuple(Place(folder, _PIP) for folder in ("~cache/pip", "$PIP_CACHE_DIR")),
        step="pip install …",
        clean="pip install --no-cache-dir …",
    ),
    Cache(
        name="uv-cache",
        what="downloads and unpacked wheels that uv keeps",
        why=INSTALLS_AGAIN,
        places=tuple(
            Place(
                folder, r"(archive|wheels|built-wheels|sdists|simple|flat-index|git|interpreter|builds|binaries)-v\d+/"
            )
            for folder in ("~cache/uv", "$UV_CACHE_DIR")
        ),
        step="UV_LINK_MODE=copy uv sync --locked",
        clean="uv sync --locked --no-cache",
        left_out="environments that uv makes in its cache (environments-v…), and Python itself "
        "(~/.local/share/uv/python).",
        runs="uvx|uv (tool )?run",
    ),
    Cache(
        name="poetry-cache",
        what="downloads and package indexes that Poetry keeps",
        why=INSTALLS_AGAIN,
        places=tuple(
            Place(f"{home}/{folder}", shape)
            for home in ("~cache/pypoetry", "$POETRY_CACHE_DIR")
            for folder, shape in (("cache/repositories", ""), ("artifacts", r"[0-9a-f]{2}/[0-9a-f]{2}/"))
        ),
        step="poetry install --only main",
        clean="poetry install --only main --no-cache",
        left_out="virtualenvs, beside them: they are what the program runs.",
    ),
    Cache(
        name="pipenv-cache",
        what="downloads and wheels that Pipenv keeps",
        why=INSTALLS_AGAIN,
        places=tuple(
            Place(folder, rf"{_PIP}|hash-cache/|pkgs/[^/]+\.(whl|zip|tar\.gz)$|depcache")
            for folder in ("~cache/pipenv", "$PIPENV_CACHE_DIR")
        ),
        step="pipenv install --deploy",
        left_out="virtual environments, wherever they are.",
    ),
    Cache(
        name="conda-pkgs",
        what="packages that conda (or mamba) downloaded and unpacked",
        why=INSTALLS_AGAIN,
        places=tuple(
            Place(
                folder,
                r"urls(\.txt)?$|cache/[0-9a-f]{8}\.|[^/]+\.(conda|tar\.bz2)$|[^/]+-[^/-]+-[^/-]+/",
                sign=r"^urls(\.txt)?$|^[^/]+-[^/-]+-[^/-]+(\.(conda|tar\.bz2)$|/info/index\.json$)",
            )
            for folder in (
                "/opt/conda/pkgs",
                "/opt/miniconda3/pkgs",
                "/opt/miniforge3/pkgs",
                "~/.conda/pkgs",
                "~/.mamba/pkgs",
                "~/miniconda3/pkgs",
                "~/anaconda3/pkgs",
                "~/miniforge3/pkgs",
                "~/micromamba/pkgs",
                "$CONDA_DIR/pkgs",
                "$CONDA_PREFIX/pkgs",
                "$MAMBA_ROOT_PREFIX/pkgs",
                "$CONDA_PKGS_DIRS",
            )
        ),
        step="conda install -y …",
        clean="{step} && conda clean -afy",
        left_out="unpacked files that an environment shares (hard links): they are what the program runs.",
    ),
    Cache(
        name="pre-commit-cache",
        what="hooks and their environments that pre-commit installed",
        why="read only when a commit is checked",
        places=(
            Place("~cache/pre-commit", r"repo[^/]*/|py_env|db\.db"),
            Place("$PRE_COMMIT_HOME", r"repo[a-z0-9_]{6,8}/|db\.db", sign=r"^db\.db$"),
        ),
        step="pre-commit install-hooks",
        runs="pre-commit",
    ),
)

RULES: Final = tuple(row.rule() for row in CACHES)

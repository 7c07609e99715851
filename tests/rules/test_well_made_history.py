"""A Dockerfile as guides want it gives no rule that judges instructions anything to say."""

from builders import file, folder, symlink
from looking import COPY, META, RUN, look

RULES = {
    "cache-busting-copy",
    "consecutive-runs",
    "healthcheck-ignored-by-kubernetes",
    "shell-form-entrypoint",
    "stale-package-index",
}
BASE = file("bin/dash", b"d" * 1000), symlink("bin/sh", "dash"), file("var/lib/dpkg/status", b"s" * 90_000)
STATUS = file("var/lib/dpkg/status", b"s" * 95_000)
WELL_MADE = (
    COPY("rootfs /", *BASE),
    META('CMD ["bash"]'),
    RUN(
        "apt-get update && apt-get install -y --no-install-recommends libpq5 && rm -rf /var/lib/apt/lists/*",
        folder("var/lib/apt/lists"),
        STATUS,
        file("usr/lib/libpq.so.5", b"l" * 4000),
    ),
    META("WORKDIR /app"),
    COPY("requirements.txt ./", file("app/requirements.txt", b"flask\n")),
    RUN("pip install --no-cache-dir -r requirements.txt", file("app/lib/flask.py", b"f" * 50_000)),
    COPY(". .", file("app/main.py", b"m" * 900), file("app/requirements.txt", b"flask\n")),
    RUN("python -m compileall .", file("app/main.pyc", b"c" * 100)),
    META("USER 1000"),
    META('ENTRYPOINT ["tini" "--"]'),
    META('CMD ["python" "main.py"]'),
)
CONFIG = {"Entrypoint": ["tini", "--"], "Cmd": ["python", "main.py"], "Healthcheck": {"Test": ["NONE"]}, "User": "1000"}


def test_a_well_made_history_is_left_in_peace() -> None:
    assert [each for each in look(WELL_MADE, CONFIG) if each.rule.name in RULES] == []


def test_an_ill_made_one_is_not() -> None:
    lists = file("var/lib/apt/lists/x_Packages", b"i" * 5000)
    ill_made = (
        WELL_MADE[0],
        COPY(". .", file("app/main.py", b"m" * 900)),
        RUN("apt-get update", lists),
        RUN("apt-get install -y libpq5", STATUS, file("usr/lib/libpq.so.5", b"l" * 4000)),
        RUN("apt-get install -y curl", file("var/lib/dpkg/status", b"s" * 96_000)),
    )
    config = {"Cmd": ["/bin/sh", "-c", "python main.py"], "Healthcheck": {"Test": ["CMD", "true"]}}

    assert {each.rule.name for each in look(ill_made, config)} >= RULES

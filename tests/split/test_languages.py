"""Python, Node, Java, Go, Rust: what each leaves behind, and what each needs to run."""

import json

from builders import file, folder, symlink
from splitting import COPY, RUN, actions, debian, last_stage, package, program, proposed

GCC = package("gcc", {"usr/bin/gcc": b"g" * 4_000_000}, Section="devel", Depends="libc6")
PYTHON = package("python3", {"usr/lib/python3.11/ssl.py": b"s" * 400}, Section="python", Depends="python3-minimal")
MINIMAL = package("python3-minimal", {"usr/bin/python3.11": program("libc.so.6")}, Section="python")
PIP = package(
    "python3-pip", {"usr/bin/pip": b"p" * 50}, Section="python", Depends="python3, python3-setuptools", Recommends="gcc"
)
SETUPTOOLS = package(
    "python3-setuptools", {"usr/lib/python3/dist-packages/setuptools.py": b"s" * 700}, Section="python"
)
PACKAGES = (GCC, PYTHON, MINIMAL, PIP, SETUPTOOLS)
AUTOMATIC = ["python3", "python3-minimal", "python3-setuptools"]
PYTHON_LINK = symlink("usr/bin/python3", "python3.11")
INSTALL = "apt-get install -y python3-pip gcc"
RECIPE = f"FROM x\nRUN {INSTALL}\nRUN pip install .\nCOPY . /app\n"


def metadata(name: str, *requires: str) -> bytes:
    lines = [f"Name: {name}", "Version: 1", *(f"Requires-Dist: {each}" for each in requires)]
    return file(f"usr/local/lib/python3.11/dist-packages/{name}-1.dist-info/METADATA", "\n".join(lines).encode())


def python(*members: bytes, cmd: tuple[str, ...] = ("python3", "/app/app.py")) -> str:
    """Propose for an application with packages of Python in the system's own folder; return the last stage."""
    steps = (
        RUN(INSTALL, PYTHON_LINK, *debian(PACKAGES, AUTOMATIC)),
        RUN("pip install .", *members),
        COPY(". /app", file("app/app.py", b"a" * 90)),
    )
    return last_stage(proposed(RECIPE, *steps, run={"Cmd": list(cmd)}))


def test_system_wide_packages_come_without_pip_and_with_all_of_the_interpreter() -> None:
    speedups = file("usr/local/lib/python3.11/dist-packages/fast/_speedups.so", program("libc.so.6", interpreter=""))

    assert python(speedups, metadata("fast")) == (
        "FROM x\n"
        "RUN apt-get update \\\n"
        "    && apt-get install -y --no-install-recommends python3 \\\n"
        "    && apt-get clean \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
        "COPY --from=build /app /app\n"
        "COPY --from=build /usr/local /usr/local\n"
    )


def test_setuptools_stays_where_a_package_wants_it() -> None:
    assert "install-recommends python3 python3-setuptools " in python(metadata("old", "setuptools"))


MAGIC = package("libmagic1", {"usr/lib/libmagic.so.1": program("libc.so.6", interpreter="")}, Section="libs")
MAGIC_DEV = package(
    "libmagic-dev", {"usr/include/magic.h": b"m" * 90}, Section="libdevel", Depends="libmagic1 (= 1), libz-dev"
)
CURL = package("libcurl4", {"usr/lib/libcurl.so.4": program("libc.so.6", interpreter="")}, Section="libs")
CMAKE = package("cmake", {"usr/bin/cmake": b"c" * 4_000_000}, Section="devel", Depends="libcurl4")


def test_a_program_of_an_interpreter_keeps_the_libraries_whose_headers_were_asked_for() -> None:
    """It may open them by name (ctypes), which no file tells; a tool's own libraries it does not."""
    install = "apt-get install python3-pip libmagic-dev cmake"
    recipe = f"FROM x\nRUN {install}\nCOPY . /app\n"
    packages = (*PACKAGES, MAGIC, MAGIC_DEV, CURL, CMAKE)
    steps = (
        RUN(install, PYTHON_LINK, *debian(packages, [*AUTOMATIC, "gcc", "libmagic1", "libcurl4"])),
        COPY(". /app", file("app/app.py", b"a" * 90), file("app/app", program("libc.so.6"), mode=0o755)),
    )

    by_python = proposed(recipe, *steps, run={"Cmd": ["python3", "/app/app.py"]})
    assert "install-recommends libmagic1 python3 " in last_stage(by_python)
    assert next(each.reason for each in by_python.steps if each.what == "libmagic1") == (
        "libmagic-dev was asked for by name, and the program may load it while it runs"
    )
    assert "install-recommends" not in last_stage(proposed(recipe, *steps, run={"Cmd": ["/app/app"]}))


def test_pip_stays_where_the_container_runs_it() -> None:
    assert "install-recommends python3-pip " in python(metadata("x"), cmd=("pip", "list"))


def test_a_virtual_environment_keeps_its_interpreters_package() -> None:
    environment = (
        file("opt/venv/pyvenv.cfg", b"home = /usr/bin\n"),
        symlink("opt/venv/bin/python", "python3"),
        symlink("opt/venv/bin/python3", "/usr/bin/python3"),
        file("opt/venv/bin/serve", b"#!/opt/venv/bin/python\nimport x\n", mode=0o755),
        file("opt/venv/lib/python3.11/site-packages/x.py", b"x"),
    )
    stage = python(*environment, cmd=("/opt/venv/bin/serve",))

    assert "install-recommends python3 " in stage
    assert "COPY --from=build /opt /opt\n" in stage


NODE = package("nodejs", {"usr/bin/node": program("libc.so.6")}, Section="javascript", Depends="libc6")
NPM = package("npm", {"usr/bin/npm": b"n" * 2_000_000}, Section="javascript", Depends="nodejs, node-x")
NODE_X = package("node-x", {"usr/share/nodejs/x.js": b"x" * 100_000}, Section="javascript")
LOCK = {
    "lockfileVersion": 3,
    "packages": {"node_modules/typescript": {"dev": True}, "node_modules/is-odd": {}},
}
MODULES = (
    file("app/package.json", b'{"dependencies": {"is-odd": "*"}, "devDependencies": {"typescript": "*"}}'),
    file("app/node_modules/.package-lock.json", json.dumps(LOCK).encode()),
    file("app/node_modules/typescript/package.json", b'{"name": "typescript", "version": "5"}'),
    file("app/node_modules/typescript/tsc.js", b"t" * 3_000_000),
    file("app/node_modules/is-odd/package.json", b'{"name": "is-odd", "version": "3"}'),
    file("app/node_modules/is-odd/index.js", b"i" * 60),
)


def test_development_packages_are_pruned_in_a_stage_between() -> None:
    steps = (
        RUN("apt-get install nodejs npm", *debian((NODE, NPM, NODE_X), ["node-x"])),
        RUN("npm install", *MODULES, file("root/.npm/_cacache/x", b"c" * 5_000)),
        COPY("index.js /app", file("app/index.js", b"j")),
    )
    proposal = proposed(
        "FROM x\nRUN apt-get install nodejs npm\nRUN npm install\nCOPY index.js /app\n",
        *steps,
        run={"Cmd": ["node", "/app/index.js"]},
    )

    assert proposal.dockerfile.endswith(
        "\n# What only development and building need, taken out of the folders that are copied.\n"
        "FROM build AS pruned\n"
        "USER root\n"
        "RUN cd /app && npm prune --omit=dev\n"
        "\n"
        "FROM x\n"
        "RUN apt-get update \\\n"
        "    && apt-get install -y --no-install-recommends nodejs \\\n"
        "    && apt-get clean \\\n"
        "    && rm -rf /var/lib/apt/lists/*\n"
        "COPY --from=pruned /app /app\n"
    )
    gone = actions(proposal, "drop")
    assert gone["/app/node_modules"] == 3_000_000 + len(b'{"name": "typescript", "version": "5"}')
    assert gone["/root/.npm"] == 5_000


def test_development_packages_that_the_container_starts_stay() -> None:
    steps = (
        RUN("apt-get install nodejs npm", *debian((NODE, NPM, NODE_X), ["node-x"])),
        RUN("npm install", *MODULES),
    )
    recipe = "FROM x\nRUN apt-get install nodejs npm\nRUN npm install\n"
    run = {"Cmd": ["node", "/app/node_modules/typescript/tsc.js"]}

    assert "COPY --from=build /app /app\n" in proposed(recipe, *steps, run=run).dockerfile


JVM = "usr/lib/jvm/java-17"
JRE = package("openjdk-17-jre-headless", {f"{JVM}/bin/java": program("libc.so.6")}, Section="java")
JDK = package(
    "openjdk-17-jdk-headless",
    {f"{JVM}/bin/javac": b"j" * 4_000_000},
    Section="java",
    Depends="openjdk-17-jre-headless (= 1)",
)
ALTERNATIVES = (
    symlink("usr/bin/java", "/etc/alternatives/java"),
    symlink("etc/alternatives/java", f"/{JVM}/bin/java"),
    file(f"{JVM}/bin/classes.jsa", b"c" * 9_000),
)


def test_a_development_kit_becomes_a_runtime() -> None:
    books = debian((JRE, JDK), ["openjdk-17-jre-headless"])
    steps = (
        RUN("apt-get install openjdk-17-jdk-headless", *ALTERNATIVES, *books),
        COPY("src /app/src", file("app/src/Main.java", b"m" * 70)),
        RUN("jar", file("app/app.jar", b"j" * 800)),
    )
    proposal = proposed(
        "FROM x\nRUN apt-get install openjdk-17-jdk-headless\nCOPY src /app/src\nRUN jar\n",
        *steps,
        run={"Cmd": ["/bin/sh", "-c", "java -jar app.jar"], "WorkingDir": "/app"},
    )

    assert "install-recommends openjdk-17-jre-headless " in proposal.dockerfile
    assert "\nCOPY --from=build /app/app.jar /app/app.jar\n" in proposal.dockerfile
    assert actions(proposal, "drop")["/app/src"] == 70
    assert actions(proposal, "install")["openjdk-17-jre-headless"] > 9_000  # what its set-up makes is its own


def test_of_rust_only_the_program_is_left() -> None:
    target = "src/target/release"
    cargo = package("cargo", {"usr/bin/cargo": b"c" * 5_000_000}, Section="devel")
    steps = (
        RUN("apt-get install cargo", *debian((cargo,))),
        COPY(". /src", folder("src"), file("src/Cargo.toml", b"t"), file("src/src/main.rs", b"m")),
        RUN(
            "cargo build --release",
            file(f"{target}/app", program("libc.so.6"), mode=0o755),
            file(f"{target}/app.d", b"d"),
            file(f"{target}/.cargo-lock"),
            file("src/target/CACHEDIR.TAG", b"c"),
            file(f"{target}/deps/app-1234", program("libc.so.6"), mode=0o755),
            file("root/.cargo/registry/cache/x.crate", b"x" * 300),
        ),
    )
    stage = last_stage(
        proposed(
            "FROM x\nRUN apt-get install cargo\nCOPY . /src\nRUN cargo build --release\n",
            *steps,
            run={"Cmd": ["target/release/app"], "WorkingDir": "/src"},
        )
    )

    assert stage == f"FROM x\nCOPY --from=build /{target}/app /{target}/app\n"

"""Real engines, private to the tests: in folders of their own, stopped by process number, nothing left behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import layerscope

IN_CI = os.environ.get("CI", "").lower() in {"1", "true", "yes"}
PATH = f"/usr/sbin:/usr/bin:/sbin:/bin:{os.environ['PATH']}"
"""Debian's client before any other: it fits Debian's engine."""
BARE = {
    "PATH": PATH,
    "PYTHONPATH": str(Path(layerscope.__file__).parents[1]),
    "HOME": "/nonexistent",
    "LAYERSCOPE_NO_CACHE": "1",
    "PYTHONWARNINGS": "error",
    "PYTHONDEVMODE": "1",
}
"""For layerscope as a process: whatever it does not close is told on standard error."""
COVERAGE = {name: value for name, value in os.environ.items() if name.startswith("COV")}
PATIENCE = 60
"""Seconds for an engine to start or to stop."""


class Engine(NamedTuple):
    """A daemon that answers at ``host``; its files are in ``folder``."""

    host: str
    folder: Path
    secure_host: str = ""
    """The same, over TLS."""
    certificates: Path = Path()

    def docker(self, *arguments: object, **environment: str) -> str:
        """Ask by the docker command; return what it prints."""
        usual = {"HOME": str(self.folder), "DOCKER_CONFIG": str(self.folder / "client"), "DOCKER_HOST": self.host}
        return checked("docker", *arguments, **usual | environment)

    def build(self, name: str, dockerfile: str, context: Path, *options: object, buildkit: bool = False) -> str:
        """Build an image without a network; return its name."""
        recipe = self.folder / f"{name.replace('/', '-').replace(':', '-')}.dockerfile"
        recipe.write_text(dockerfile)
        options = ("--quiet", "--network=none", "--no-cache", *options, f"--file={recipe}", f"--tag={name}", context)
        self.docker("build", *options, DOCKER_BUILDKIT=str(int(buildkit)))
        return name

    def save(self, image: str, path: Path) -> Path:
        self.docker("save", "--output", path, image)
        return path


def checked(*command: object, **environment: str) -> str:
    """Run a command that must not fail; return what it prints."""
    words = list(map(str, command))
    words[0] = shutil.which(words[0], path=PATH) or words[0]
    environment = {"PATH": PATH} | environment
    done = subprocess.run(words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}\n{done.stderr}"
    return done.stdout.strip()


def layerscope_command(
    *arguments: object,
    before: tuple[object, ...] = (),
    coverage: bool = True,
    stdin: Path | None = None,
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Run layerscope as a process, under the command ``before``, in an environment of its own."""
    words = [*map(str, before), sys.executable, "-m", "layerscope", *map(str, arguments)]
    environment = BARE | (COVERAGE if coverage else {}) | environment
    with (stdin or Path(os.devnull)).open("rb") as source:
        return subprocess.run(words, env=environment, stdin=source, capture_output=True, text=True, check=False)


def absent(*programs: str) -> str:
    """Tell why real engines cannot run here; empty if they can."""
    if not sys.platform.startswith("linux"):
        return "engines are started on Linux only"
    if os.geteuid() != 0:
        return "only root can start an engine"
    missing = [program for program in programs if not shutil.which(program, path=PATH)]
    return f"not installed: {', '.join(missing)}" if missing else ""


@contextmanager
def daemon(log: Path, *command: object, ready: Callable[[], bool]) -> Iterator[None]:
    """Run a daemon until the end of the block.

    Its mounts are its own, and it is told to end when this process dies, however that dies.
    """
    words = ["setpriv", "--pdeathsig=TERM", "unshare", "--mount", *map(str, command)]
    environment = {"PATH": PATH, "HOME": str(log.parent), "LANG": "C.UTF-8"}
    with log.open("wb") as output:
        process = subprocess.Popen(words, env=environment, stdin=subprocess.DEVNULL, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + PATIENCE
        while not ready():
            assert process.poll() is None, f"{command[0]} ended at its start:\n{log.read_text()[-4000:]}"
            assert time.monotonic() < deadline, f"{command[0]} does not answer:\n{log.read_text()[-4000:]}"
            time.sleep(0.1)
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def answers(address: str | tuple[str, int]) -> bool:
    """Tell whether somebody listens at a socket's path or at a port."""
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as client:
        return client.connect_ex(address) == 0


def free_port() -> int:
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


@contextmanager
def docker_engine(folder: Path) -> Iterator[Engine]:
    """Run a Docker daemon: on a socket without, on a port with TLS; without a network of its own for containers."""
    port = free_port()
    certificates = make_certificates(folder / "certificates")
    engine = Engine(f"unix://{folder}/docker.sock", folder, f"tcp://127.0.0.1:{port}", certificates)
    command = (
        "dockerd",
        f"--data-root={folder}/data",
        f"--exec-root={folder}/run",
        f"--pidfile={folder}/docker.pid",
        f"--host={engine.host}",
        f"--host={engine.secure_host}",
        "--tlsverify",
        f"--tlscacert={certificates}/ca.pem",
        f"--tlscert={certificates}/cert.pem",
        f"--tlskey={certificates}/key.pem",
        "--iptables=false",
        "--bridge=none",
        "--experimental",  # for --squash
    )
    with daemon(folder / "dockerd.log", *command, ready=lambda: answers(f"{folder}/docker.sock")):
        engine.docker("import", base_image(folder / "base.tar"), "base:1")
        yield engine


@contextmanager
def podman_engine(folder: Path) -> Iterator[Engine]:
    """Let Podman serve its socket; Docker's command can speak to it."""
    host = f"unix://{folder}/podman.sock"
    folders = (f"--root={folder}/data", f"--runroot={folder}/run", f"--tmpdir={folder}/tmp")
    command = ("podman", *folders, "--cgroup-manager=cgroupfs", "system", "service", "--time=0", host)
    with daemon(folder / "podman.log", *command, ready=lambda: answers(f"{folder}/podman.sock")):
        yield Engine(host, folder)


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Run a registry; return its address, a name for the engine too: plain HTTP is allowed on the loopback."""
    port = free_port()
    settings = folder / "registry.yml"
    settings.write_text(
        f"version: 0.1\nlog: {{level: warn}}\nstorage: {{filesystem: {{rootdirectory: {folder}/registry}}}}\n"
        f"http: {{addr: 127.0.0.1:{port}}}\n"
    )
    with daemon(
        folder / "registry.log", "docker-registry", "serve", settings, ready=lambda: answers(("127.0.0.1", port))
    ):
        yield f"127.0.0.1:{port}"


def make_certificates(folder: Path) -> Path:
    """Make an authority, and a certificate of 127.0.0.1 that serves both sides, named as Docker names them."""
    folder.mkdir()

    def openssl(verb: str, text: str) -> None:
        checked("openssl", verb, *(word.replace("DIR", str(folder)) for word in text.split()))

    curve = "-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes"
    use = "-addext keyUsage=critical,keyCertSign,digitalSignature"
    (folder / "extensions").write_text("subjectAltName=IP:127.0.0.1\nextendedKeyUsage=serverAuth,clientAuth\n")
    openssl("req", f"-x509 {curve} {use} -subj /CN=authority -keyout DIR/ca-key.pem -out DIR/ca.pem")
    openssl("req", f"-new {curve} -subj /CN=engine -keyout DIR/key.pem -out DIR/cert.csr")
    signed_by = "-CA DIR/ca.pem -CAkey DIR/ca-key.pem -CAcreateserial -extfile DIR/extensions"
    openssl("x509", f"-req -in DIR/cert.csr {signed_by} -out DIR/cert.pem")
    return folder


def base_image(path: Path) -> Path:
    """Write the root file system of BusyBox, from Debian's static one."""
    busybox = Path("/bin/busybox")
    with tarfile.open(path, "w") as tar:
        for folder in ("bin", "etc", "root", "tmp"):
            member = tarfile.TarInfo(folder)
            member.type, member.mode = tarfile.DIRTYPE, 0o1777 if folder == "tmp" else 0o755
            tar.addfile(member)
        tar.add(busybox, "bin/busybox")
        for applet in checked(busybox, "--list").split():
            if applet != "busybox":
                member = tarfile.TarInfo(f"bin/{applet}")
                member.type, member.linkname = tarfile.SYMTYPE, "busybox"
                tar.addfile(member)
    return path

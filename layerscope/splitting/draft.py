"""What was decided of an image → its proposals, written out."""

import re
from collections.abc import Collection, Mapping
from itertools import chain, count
from typing import Final

from msgspec.structs import replace

from layerscope.analysis import Analysis
from layerscope.build.dockerfile import Source
from layerscope.packages import Owned
from layerscope.splitting import notes, scratch
from layerscope.splitting.accounts import Folder, accounts_of, folders_of
from layerscope.splitting.below import Below
from layerscope.splitting.byhand import removed
from layerscope.splitting.carried import carried
from layerscope.splitting.cover import Cover, cover, folders_above, folders_to_make, together
from layerscope.splitting.decide import Decision, first_entry
from layerscope.splitting.ledger import Line, State, entered, lines_of
from layerscope.splitting.needs import elf_of
from layerscope.splitting.paths import Paths
from layerscope.splitting.quoting import in_shell
from layerscope.splitting.records import Proposal, Step
from layerscope.splitting.seam import Seam
from layerscope.splitting.stage import Stage
from layerscope.splitting.stage import lines_of as stage_lines
from layerscope.splitting.system import System
from layerscope.splitting.write import free_name, joined, of_dockerfile, of_history, root_of

_MANY_COPIES: Final = 8
_DOCKER_CLEAN: Final = "etc/apt/apt.conf.d/docker-clean"
_LOADED_FROM: Final = re.compile(r"(?:usr/(?:local/)?)?lib(?:64)?/(?:[^/]+-linux-[^/]+/)?$")
"""Folders that the linker's cache tells of."""
_NONINTERACTIVE: Final = "DEBIAN_FRONTEND"


class Draft:
    """What the proposals for one image have in common, and how each is written."""

    def __init__(
        self, analysis: Analysis, seam: Seam, system: System | None, decision: Decision, source: Source | None
    ) -> None:
        self._analysis = analysis
        self._files = analysis.files
        self._seam = seam
        self._system = system
        self._decision = decision
        self._source = source
        self._escape = source.dockerfile.escape if source else "\\"
        self._accounts = accounts_of(self._files, seam)
        self._content = sum(layer.content for layer in analysis.filesystem.layers)
        self._base = sum(layer.content for layer in analysis.filesystem.layers[: seam.layers])
        self._cover, self._deleted = self._covered()
        if source:
            self._first, self._name = of_dockerfile(source)
            self._root = root_of(source)
        else:
            self._name = free_name("build", None, seam.reference or "")
            self._first, self._root = of_history(seam, self._name)

    def on_the_same_base(self) -> Proposal:
        """Write the stage that stands on what the image stands on."""
        system, decision = self._system, self._decision
        asked = tuple(system.to_ask_for(decision.packages)) if system else ()
        shown = carried(self._analysis.image.run_config, self._seam, self._escape)
        made = self._made()
        between = self._between(self._cover)
        lines = {**lines_of(self._files, system, decision), **self._copied(self._cover)}
        has_accounts = bool(self._accounts.users or self._accounts.groups)
        state = State(self._files, self._seam, system, decision, installs=bool(asked), accounts=has_accounts)
        ledger = entered(self._files, self._seam, lines, state)
        for name, why in decision.packages.items():
            ledger.mention(Line("install", name, why))
        predicted = self._base + ledger.kept_bytes
        return Proposal(
            kind="multi-stage",
            predicted_content_bytes=predicted,
            saved_bytes=self._content - predicted,
            steps=(
                Step("keep", self._root, self._base, f"the base as it is ({_layers(self._seam.layers)})"),
                *ledger.steps("install", "copy"),
                *(Step("make", each, 0, "as it is in the image") for each in made),
                Step("carry", _keywords(shown.lines), 0, "the image's own configuration"),
                *ledger.steps("drop"),
            ),
            dockerfile=self._written(between, self._on_base(between, asked, made, shown.lines)),
            claims=ledger.claims,
            notes=(
                *notes.of_needs(decision),
                *shown.notes,
                *notes.of_packages(decision, self._seam, system, asked),
                *notes.of_owners(self._cover),
            ),
        )

    def _made(self) -> tuple[str, ...]:
        """Write the commands that make accounts and folders again, and remove what packages bring and nobody wants."""
        accounts = self._accounts.commands(shadow=self._has("usr/sbin/useradd"))
        gone = [f"rm -rf {in_shell(f'/{path}')}" for path in removed(self._files, self._seam)]
        return (*accounts, *(each.command() for each in self._folders()), *gone)

    def _on_base(
        self, between: list[str], asked: tuple[str, ...], made: tuple[str, ...], configuration: tuple[str, ...]
    ) -> Stage:
        return Stage(
            base=self._root,
            source=self._source_of(between),
            cover=self._cover,
            gathered=self._gathered,
            configuration=configuration,
            gathers=bool(self._cover.gathered),
            folders_of_links=self._folders_of_links(),
            install=asked,
            manager=self._system.manager if self._system else "",
            noninteractive=self._is_noninteractive(),
            cleans=not self._has(_DOCKER_CLEAN),
            made=made,
            relinks=self._has_libraries(),
            as_root=self._leaves_off_as_another(),
        )

    def on_nothing(self, paths: Paths) -> Proposal | None:
        """Write the stage that stands on nothing, for a program that needs itself and its libraries at most."""
        run, owned = self._analysis.image.run_config, self._analysis.owned or Owned()
        found = scratch.fits(self._files, run, owned, self._system, self._decision, paths)
        if found is None:
            return None
        copied = cover(self._files, {*self._decision.artefacts, *found}).without(self._decision.astray)
        if copied.links:
            copied = copied.in_one(self._files)
        shown = carried(run, self._seam, self._escape, whole=True)
        folders = self._folders()
        between = self._between(copied, folders)
        stage = Stage(
            "scratch",
            self._source_of(between),
            copied,
            self._gathered,
            shown.lines,
            gathers=bool(copied.gathered or folders),
        )
        whole = replace(self._seam, layers=0)
        nothing = Line("drop", "all else", "neither the program nor a library of it needs it")
        lines = {**dict.fromkeys(range(len(self._files.filesystem.entries)), nothing), **self._copied(copied, found)}
        state = State(self._files, whole, None, self._decision, installs=False, accounts=False)
        ledger = entered(self._files, whole, lines, state)
        is_linked = any(elf_of(self._files, number) for number in found)
        return Proposal(
            kind="multi-stage-scratch",
            predicted_content_bytes=ledger.kept_bytes,
            saved_bytes=self._content - ledger.kept_bytes,
            steps=(
                Step("keep", "scratch", 0, "an empty base"),
                *ledger.steps("copy"),
                *(Step("make", each.command(), 0, "as it is in the image") for each in folders),
                Step("carry", _keywords(shown.lines), 0, "the image's own configuration, the base's included"),
                *ledger.steps("drop"),
            ),
            dockerfile=self._written(between, stage),
            claims=ledger.claims,
            notes=(*shown.notes, *notes.of_owners(copied), notes.on_nothing(is_linked=is_linked)),
        )

    def _written(self, between: list[str], stage: Stage) -> str:
        return joined(self._first, [between, list(stage_lines(stage, self._files, self._escape))])

    # What is copied.

    def _covered(self) -> tuple[Cover, tuple[str, ...]]:
        """Find the paths to copy, and what is better deleted before it than copied around."""
        files, decision = self._files, self._decision
        development = {number for number, root in decision.heap.development.items() if root in decision.pruned}
        plain = cover(files, decision.artefacts, development).without(decision.astray)
        left = {number for number, place in decision.places.items() if number not in decision.artefacts} | development
        cleared = cover(files, decision.artefacts, left).without(decision.astray)
        if len(together(plain.copies)) <= _MANY_COPIES:
            return plain, ()
        inside = Below(each.path for each in cleared.copies if each.is_folder)
        within = [number for number in left - development if inside.holder(files.entry(number).path) is not None]
        deleted = tuple(f"/{each.path}" for each in cover(files, within).copies)
        if len(deleted) + len(together(cleared.copies)) < len(together(plain.copies)):
            return cleared, deleted
        return plain, ()

    @property
    def _gathered(self) -> str:
        """The folder in which hard links are put together: one that the image does not have."""
        folders = self._files.filesystem.folders
        return next(f"/{name}" for name in chain(["copied"], map("copied-{}".format, count(2))) if name not in folders)

    def _source_of(self, between: list[str]) -> str:
        return free_name("pruned", self._source, self._root) if between else self._name

    def _between(self, copied: Cover, folders: Collection[Folder] = ()) -> list[str]:
        """Write the stage in which is deleted what lies among what is copied, and links and folders are put together.

        It has no lines where nothing has to be done.
        """
        commands = [f"cd {in_shell('/' + root)} && npm prune --omit=dev" for root in sorted(self._decision.pruned)]
        if self._deleted:
            commands.append("rm -rf " + " ".join(map(in_shell, self._deleted)))
        if copied.gathered:
            # Of absolute paths GNU's cp looks for folders to take modes and owners from in the working directory.
            paths = [in_shell(each.path) for each in copied.gathered]
            gather = f" {self._escape}\n        ".join(["cp -a --parents --", *paths, f"{self._gathered}/"])
            commands += ["cd /", f"mkdir {self._gathered}", gather]
        commands += [each.command(self._gathered) for each in folders]
        if not commands:
            return []
        comment = "# What is copied, made ready: without what only building needs, its hard links in one folder."
        if folders:
            comment = "# What is copied, made ready: with the folders and links that no instruction could make there."
        elif not copied.gathered:
            comment = "# What only development and building need, taken out of the folders that are copied."
        text = f"RUN {f' {self._escape}{chr(10)}    && '.join(commands)}"
        return [comment, f"FROM {self._name} AS {free_name('pruned', self._source)}", "USER root", text]

    def _copied(self, copied: Cover, reasons: Mapping[int, str] | None = None) -> dict[int, Line]:
        """Say of each file that is copied by which path, and why."""
        lines: dict[int, Line] = {}
        for each in copied.copies:
            why = next((reasons[number] for number in each.numbers if number in reasons), "") if reasons else ""
            line = Line("copy", f"/{each.path}{'/' if each.is_folder else ''}", why or self._why(each.numbers))
            lines.update(dict.fromkeys(each.numbers, line))
        for number in copied.links:
            lines[number] = Line("copy", f"/{self._files.entry(number).path}", "a link, made again")
        return lines

    def _why(self, numbers: Collection[int]) -> str:
        decision = self._decision
        for number in numbers:
            if number in decision.started.needed:
                return decision.started.needed[number]
        for number in numbers:
            if number in decision.needed:
                return f"/{decision.needed[number]} needs it"
        if any(number in decision.heap.changed for number in numbers):
            return "an instruction changed what a package brought"
        return "an instruction made it, and it may be needed to run"

    def _folders(self) -> list[Folder]:
        decision, entry = self._decision, self._files.entry
        filled: set[str] = set()
        for number in (*decision.places, *decision.heap.changed, *decision.effects):
            at = entry(number).parent
            while at and at not in filled:
                filled.add(at)
                at = at.rpartition("/")[0]
        for numbers in decision.heap.of_packages.values():
            filled.update(entry(number).parent for number in numbers)
        return folders_of(
            self._files,
            self._seam,
            self._cover.copies,
            lambda path: path in filled or decision.sorter.is_left(path),
            self._analysis.image.run_config.working_dir.strip("/"),
        )

    def _folders_of_links(self) -> tuple[str, ...]:
        """List the folders of links that neither base nor packages nor copies bring."""
        heap, kept, entry = self._decision.heap, self._decision.packages, self._files.entry
        installed = {entry(number).parent for name in kept for number in heap.of_packages.get(name, ())}
        below = self._files.filesystem.entries[: first_entry(self._files, self._seam.layers)]
        return folders_to_make(
            {entry(number).parent for number in self._cover.links},
            {*installed, *folders_above(self._cover.copies)},
            below,
        )

    # What the base has.

    def _has(self, *paths: str) -> bool:
        return any(
            self._files.layer_of(number) < self._seam.layers for path in paths for number in self._files.at(path)
        )

    def _has_libraries(self) -> bool:
        """Tell whether libraries are copied to where the loader looks for them by its cache alone."""
        entries = (self._files.entry(number) for number in self._decision.artefacts)
        return self._has("sbin/ldconfig", "usr/sbin/ldconfig") and any(
            (".so" in each.name and _LOADED_FROM.match(f"{each.parent}/")) or each.parent == "etc/ld.so.conf.d"
            for each in entries
        )

    def _is_noninteractive(self) -> bool:
        told = (each.text for each in self._seam.instructions if each.kind in ("ARG", "ENV", "RUN"))
        return any(_NONINTERACTIVE in text for text in told)

    def _leaves_off_as_another(self) -> bool:
        users = [each.text.strip() for each in self._seam.below if each.kind == "USER"]
        return bool(users) and users[-1].partition(":")[0] not in ("", "0", "root")


def _layers(number: int) -> str:
    return f"{number} layer{'' if number == 1 else 's'}"


def _keywords(lines: Collection[str]) -> str:
    return ", ".join(dict.fromkeys(line.partition(" ")[0] for line in lines)) or "nothing"

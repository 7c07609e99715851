"""Names as a tar spells them → one clean spelling of each path, relative to the root."""

from sys import intern


class PathCleaner:
    """Cleans the paths of one tar; remembers its folders, since names come folder by folder."""

    def __init__(self) -> None:
        self._folders: dict[bytes, str] = {b"": ""}

    def split(self, raw: bytes) -> tuple[str, str]:
        """Split a path into its folder and its last component; the root is two empty strings.

        ``..`` at the root stays at the root, as in a container: nothing is outside.
        """
        folder, _, last = raw.rpartition(b"/")
        if last in (b"", b".", b".."):
            folder, _, name = self.clean(raw).rpartition("/")
            return intern(folder), name
        parent = self._folders.get(folder)
        if parent is None:
            parent = self._folders[folder] = intern(self.clean(folder))
        return parent, last.decode("utf-8", "surrogateescape")

    def clean(self, raw: bytes) -> str:
        """Clean a whole path."""
        components: list[bytes] = []
        for component in raw.split(b"/"):
            if component == b"..":
                del components[-1:]
            elif component not in (b"", b"."):
                components.append(component)
        return b"/".join(components).decode("utf-8", "surrogateescape")

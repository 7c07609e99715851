"""The Dockerfile that a person names, and what its build was given."""

from collections.abc import Sequence

from layerscope.errors import UsageError
from layerscope.reference import Recipe


def recipe_of(path: str | None, target: str | None, build_args: Sequence[str]) -> Recipe | None:
    """Put the options together; raises UsageError for those that make no sense alone."""
    if path is None:
        if target is not None or build_args:
            option = "--build-arg" if build_args else "--target"
            raise UsageError(
                f"{option} is about a Dockerfile, and none is named", hint="Name it with --dockerfile FILE."
            )
        return None
    pairs = [each.partition("=") for each in build_args]
    for name, equals, _ in pairs:
        if not name or not equals:
            raise UsageError(f"--build-arg {name}: not NAME=VALUE", hint="For example --build-arg VERSION=1.2")
    return Recipe(path, target, {name: value for name, _, value in pairs})

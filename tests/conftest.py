"""What all tests share: the corpus of real images and tars, and how hard Hypothesis tries."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

os.environ["LAYERSCOPE_NO_CACHE"] = "1"  # no test reads what another left, but those of the cache, which say so

settings.register_profile("default", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=5000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

CORPUS = Path(__file__).parents[2] / "shared" / "corpus"


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Where real images and tars lie; tests that need them say so when they are absent."""
    if not CORPUS.is_dir():
        pytest.skip(f"the corpus is not here: {CORPUS}")
    return CORPUS

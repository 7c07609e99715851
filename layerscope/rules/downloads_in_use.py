"""What looks like a cache, and is what the program runs with: models, browsers, modules. A table, a row each."""

from typing import Final

from layerscope.rules.kit.caches import Wanted
from layerscope.rules.kit.places import Place

DOWNLOADS: Final = (
    Wanted(
        name="model-files",
        what="models or data sets that a library downloaded while the image was built",
        advice="Nothing need be done where the program loads them. To ship them apart from the program, mount them as "
        "a volume, or copy them in an early layer of their own, which changes of the program leave alone.",
        places=(
            *(
                Place(folder, r"(hub|xet|datasets|assets|transformers|diffusers)/")
                for folder in ("~cache/huggingface", "$HF_HOME")
            ),
            *(
                Place(folder, r"(models|datasets|spaces)--|[0-9a-f]{64}$")
                for folder in ("$HF_HUB_CACHE", "$HUGGINGFACE_HUB_CACHE", "$TRANSFORMERS_CACHE")
            ),
            *(Place(folder, r"(hub|sentence_transformers)/") for folder in ("~cache/torch", "$TORCH_HOME")),
            Place("~cache/whisper", r"[^/]+\.pt$"),
            Place("$SENTENCE_TRANSFORMERS_HOME", r"(models--|sentence-transformers_)[^/]+/"),
            *(Place(folder) for folder in ("~/nltk_data", "/usr/share/nltk_data", "/usr/local/share/nltk_data")),
            Place("$NLTK_DATA", r"(chunkers|corpora|grammars|models|sentiment|stemmers|taggers|tokenizers)/"),
            *(Place(folder, r"(blobs|manifests)/") for folder in ("~/.ollama/models", "$OLLAMA_MODELS")),
        ),
    ),
    Wanted(
        name="browser-binaries",
        what="browsers and test runners that Playwright, Puppeteer, Cypress or Selenium downloaded",
        advice="Nothing need be done where the program drives them. Where it drives one of several, install that one "
        "alone: npx playwright install --with-deps chromium; where it drives none, set "
        "PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1, PUPPETEER_SKIP_DOWNLOAD=1 or CYPRESS_INSTALL_BINARY=0 before installing.",
        places=(
            *(
                Place(folder, r"(chromium|chrome|firefox|webkit|msedge|ffmpeg)[^/]*/")
                for folder in ("~cache/ms-playwright", "/ms-playwright", "$PLAYWRIGHT_BROWSERS_PATH")
            ),
            *(
                Place(folder, r"(chrome|chromium|firefox)[^/]*/")
                for folder in ("~cache/puppeteer", "$PUPPETEER_CACHE_DIR")
            ),
            *(Place(folder, r"\d+\.\d+\.\d[^/]*/Cypress/") for folder in ("~cache/Cypress", "$CYPRESS_CACHE_FOLDER")),
            Place("~cache/selenium", r"(chrome|chromedriver|firefox|geckodriver|msedgedriver)/"),
        ),
    ),
    Wanted(
        name="deno-modules",
        what="modules that Deno downloaded and compiled",
        advice="Nothing need be done where the program is run by deno run: it reads them. A program that was compiled "
        "(deno compile) does without: copy it into the image alone.",
        places=tuple(
            Place(folder, r"(deps|gen|npm|registries|remote)/") for folder in ("~cache/deno", "/deno-dir", "$DENO_DIR")
        ),
    ),
)

RULES: Final = tuple(row.rule() for row in DOWNLOADS)

"""File contents with the compressibility of real ones: text, machine code and already compressed data."""

from __future__ import annotations

import itertools
import random
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Texture = Literal["text", "code", "packed"]

_POOL = 24 << 20
_PIECE = 192 << 10


def _draw(tokens: Sequence[bytes], exponent: float, rng: random.Random, length: int) -> bytes:
    """`length` bytes of tokens drawn with Zipf-like frequencies."""
    weights = list(itertools.accumulate((rank + 3) ** -exponent for rank in range(len(tokens))))
    mean = sum(map(len, tokens)) / len(tokens)
    out = b""
    while len(out) < length:
        out += b"".join(rng.choices(tokens, cum_weights=weights, k=int((length - len(out)) / mean) + 1000))
    return out[:length]


def _text(rng: random.Random) -> bytes:
    """Source-like text: a vocabulary of words, phrases made of them, some numbers."""
    letters = "etaoinshrdlucmfwypvbgk"
    word_ends = (" ", " ", " ", "(", ".", ", ", ";\n", " = ", "\n    ", "_", ") {\n  ")
    words = ["".join(rng.choices(letters, k=rng.randint(2, 11))) + rng.choice(word_ends) for _ in range(12_000)]
    phrases = ["".join(rng.choices(words[:6_000], k=rng.randint(2, 9))) for _ in range(9_000)]
    tokens = words[:3_000] + phrases + words[3_000:] + [f"{rng.randrange(10**6):x} " for _ in range(3_000)]
    rng.shuffle(tokens)
    return _draw([token.encode() for token in tokens], 1.15, rng, _POOL)


def _code(rng: random.Random) -> bytes:
    """Machine-code-like bytes: frequent short sequences with operands, tables, runs of zeros."""
    common = bytes(rng.choices(range(256), k=48)) + bytes(16)
    tokens = [bytes(rng.choices(common, k=rng.randint(2, 9))) for _ in range(7_000)]
    tokens += [rng.randbytes(rng.randint(1, 4)) for _ in range(5_000)]
    tokens += [bytes(rng.choice((4, 8, 16, 40))) for _ in range(500)]
    rng.shuffle(tokens)
    return _draw(tokens, 1.2, rng, _POOL)


class Contents:
    """Pools of bytes from which files take slices at random places, so that no two files are alike."""

    def __init__(self, seed: str) -> None:
        """Make the pools: about 72 MB of memory and some seconds."""
        rng = random.Random(seed)
        self._pools: dict[Texture, memoryview] = {
            "text": memoryview(_text(rng)),
            "code": memoryview(_code(rng)),
            "packed": memoryview(rng.randbytes(_POOL)),
        }

    def pieces(self, texture: Texture, size: int, rng: random.Random) -> Iterator[memoryview]:
        """`size` bytes of one texture, in slices of at most 192 KiB."""
        pool = self._pools[texture]
        while size:
            length = min(size, _PIECE)
            start = rng.randrange(_POOL - length)
            yield pool[start : start + length]
            size -= length

from builders import file, whiteout
from looking import COPY, RUN, looked, reclaimable


def test_what_a_later_instruction_deletes_is_found_with_both() -> None:
    [found] = looked(
        "removed-later",
        COPY("model.bin /tmp/", file("tmp/model.bin", b"m" * 5000), file("tmp/small", b"s" * 10)),
        RUN("rm /tmp/model.bin /tmp/small", whiteout("tmp/model.bin"), whiteout("tmp/small")),
    )

    assert reclaimable(found) == 5010
    assert found.finding.layer == 0
    assert found.finding.paths == ("tmp/model.bin", "tmp/small")
    assert "COPY model.bin /tmp/" in found.finding.message
    assert "RUN rm /tmp/model.bin" in found.finding.message


def test_what_is_kept_or_overwritten_is_not() -> None:
    assert looked("removed-later", RUN("a", file("a", b"1")), RUN("b", file("a", b"22"))) == []

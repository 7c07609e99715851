from typing import Any

import pytest
from looking import META, RUN, looked

from layerscope.rules import Found
from layerscope.rules.kit.rule import Severity

STEPS = (
    RUN("make"),
    META('HEALTHCHECK &{["CMD" "old"] "0s" "0s" "0s" \'\\x00\'}'),
    META("HEALTHCHECK CMD x"),
    META("CMD x"),
)


def found_in(config: dict[str, Any]) -> list[Found]:
    return looked("healthcheck-ignored-by-kubernetes", *STEPS, run=config)


@pytest.mark.parametrize(
    ("config", "command"),
    [
        ({"Healthcheck": {"Test": ["CMD", "/app/check", 'a "b"\\']}}, '["/app/check", "a \\"b\\"\\\\"]'),
        ({"Healthcheck": {"Test": ["CMD-SHELL", "test -f /x\n&& y"]}}, '["/bin/sh", "-c", "test -f /x\\n&& y"]'),
        (
            {"Healthcheck": {"Test": ["CMD-SHELL", "check"]}, "Shell": ["/bin/bash", "-o", "pipefail", "-c"]},
            '["/bin/bash", "-o", "pipefail", "-c", "check"]',
        ),
    ],
)
def test_the_remedy_is_the_very_command_as_a_probe(config: dict[str, Any], command: str) -> None:
    [found] = found_in(config)

    assert f"livenessProbe: {{exec: {{command: {command}}}}}, and a readinessProbe like it." in found.finding.remedy
    assert (found.severity, found.finding.instruction, found.finding.claims) == (Severity.INFORMATION, 2, {})


@pytest.mark.parametrize(
    "test",
    [["CMD", "/usr/bin/curl", "-f", "localhost"], ["CMD-SHELL", "timeout=3 wget -q localhost || exit 1"]],
)
def test_who_asks_over_http_needs_no_program_for_it(test: list[str]) -> None:
    [found] = found_in({"Healthcheck": {"Test": test}})

    assert found.finding.remedy.endswith("or httpGet probes, for which the image needs no curl or wget.")


@pytest.mark.parametrize("test", [["NONE"], [], None, ["CMD"], ["CMD-SHELL"], ["what"]])
def test_what_no_engine_runs_is_no_health_check(test: list[str] | None) -> None:
    assert found_in({"Healthcheck": {"Test": test}}) == []
    assert found_in({}) == []


def test_without_a_history_no_instruction_is_named() -> None:
    [found] = looked("healthcheck-ignored-by-kubernetes", RUN("make"), run={"Healthcheck": {"Test": ["CMD", "x"]}})

    assert found.finding.instruction is None

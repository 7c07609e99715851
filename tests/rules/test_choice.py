"""Which rules look, which findings are told, and what a broken rule costs."""

from collections.abc import Iterator

import pytest
from builders import file, whiteout
from hypothesis import given
from hypothesis import strategies as st
from looking import RUN, archive_of

import layerscope
from layerscope import Choice, LayerscopeError
from layerscope.errors import DamagedError
from layerscope.rules import Found, Judgement, Rule, all_rules, judge, probes_of, rules_of
from layerscope.rules.kit.evidence import Evidence
from layerscope.rules.kit.rule import Confidence, Finding, Severity


def rule(name: str, *findings: Finding, error: LayerscopeError | None = None) -> Rule:
    def find(_: Evidence) -> Iterator[Finding]:
        yield from findings
        if error:
            raise error

    return Rule(name, Severity.LOW, Confidence.LOW, "A page.", find)


def judged(*rules: Rule, min_bytes: int = 0) -> Judgement:
    return judge(NoEvidence(), rules, min_bytes)  # type: ignore[arg-type]  # none is looked at


class NoEvidence:
    def in_base(self, *_: object) -> None:
        """Know of no base image."""


def test_names_and_patterns_choose() -> None:
    assert [each.name for each in rules_of(Choice(select=("removed-later",)))] == ["removed-later"]
    assert {each.name for each in rules_of(Choice(select=("*-later",)))} == {"overwritten-later", "removed-later"}
    ignored = rules_of(Choice(ignore=("removed-*",)))
    assert len(ignored) == len(all_rules()) - 1
    assert rules_of(Choice(ignore=("*",))) == ()


@pytest.mark.parametrize("choice", [Choice(select=("nonsense",)), Choice(ignore=("x*",))])
def test_a_name_that_fits_none_is_refused(choice: Choice) -> None:
    with pytest.raises(LayerscopeError, match="names no rule") as caught:
        rules_of(choice)
    assert caught.value.exit_code == 2


def test_contents_are_only_read_for_rules_that_ask() -> None:
    assert probes_of([rule("a")]) is None
    assert probes_of([rule("a"), Rule("b", Severity.LOW, Confidence.LOW, "", lambda _: (), digests=True)]) == ()


def test_most_bytes_first_then_by_severity_and_name() -> None:
    small, large = Finding("", "", claims={1: 5}), Finding("", "", claims={1: 9, 2: 1})
    grave = Finding("", "", severity=Severity.HIGH)

    found = judged(rule("b", small, grave), rule("a", large, Finding("", ""))).found

    assert [(each.rule.name, each.reclaimable_bytes) for each in found] == [("a", 10), ("b", 5), ("b", 0), ("a", 0)]
    assert found[2].severity is Severity.HIGH
    assert found[3].confidence is Confidence.LOW


def test_a_file_that_two_claim_counts_once_with_the_larger_claim() -> None:
    judgement = judged(rule("a", Finding("", "", claims={1: 5, 2: 7})), rule("b", Finding("", "", claims={1: 9})))

    assert judgement.reclaimable_bytes == 16


def test_small_claims_are_left_out_and_what_claims_nothing_stays() -> None:
    found = judged(rule("a", Finding("x", "", claims={1: 5}), Finding("y", "")), min_bytes=6).found

    assert [each.finding.message for each in found] == ["y"]


def test_a_rule_that_meets_damage_costs_its_findings_only() -> None:
    judgement = judged(rule("a", Finding("x", ""), error=DamagedError("broken")), rule("b", Finding("y", "")))

    assert [each.finding.message for each in judgement.found] == ["y"]
    assert judgement.warnings == ("The rule a was given up: broken.",)


def test_through_the_python_api(tmp_path: object) -> None:
    path = f"{tmp_path}/image.tar"
    with open(path, "wb") as image:  # noqa: PTH123
        image.write(archive_of([RUN("make", file("a", b"a" * 500)), RUN("rm", whiteout("a"))]))

    told = layerscope.inspect(path, rules=Choice(select=("removed-later",)))
    [finding] = told.findings
    assert (finding.rule, finding.reclaimable_bytes, finding.instruction) == ("removed-later", 500, 0)
    assert told.totals.reclaimable_bytes == 500
    assert layerscope.inspect(path, rules=Choice(ignore=("*",))).findings == ()
    assert isinstance(judged(), Judgement)
    assert Found  # part of what the package offers


CLAIMS = st.dictionaries(st.integers(0, 5), st.integers(1, 9), max_size=4)


@given(st.lists(st.tuples(CLAIMS, st.sampled_from([True, False, None])), max_size=6))
def test_what_is_claimed_in_the_base_and_outside_adds_up_to_all(made: list[tuple[dict[int, int], bool | None]]) -> None:
    found = tuple(Found(rule("a"), Finding("", "", claims=claims), in_base) for claims, in_base in made)
    apart, together = Judgement(found, ()), Judgement(found, (), include_base=True)
    own = [claims for claims, in_base in made if not in_base]

    assert together.base_reclaimable_bytes == 0
    assert apart.reclaimable_bytes + apart.base_reclaimable_bytes == together.reclaimable_bytes
    assert apart.reclaimable_bytes == sum(max(each.get(entry, 0) for each in own) for entry in set().union(*own))
    assert min(apart.reclaimable_bytes, apart.base_reclaimable_bytes) >= 0

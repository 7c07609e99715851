"""Gems of Ruby: in every folder of them, those that come with Ruby too, and why they are there."""

from time import process_time

import pytest
from builders import file
from owning import RUN, by_name, debian, inspected, packages_of, stanza

from layerscope.packages.kit.gemspecs import Gem, parse_gemspec
from layerscope.report import PackageReport

HOME = "usr/local/bundle"
RUBY = "usr/local/lib/ruby/gems/3.3.0"


def specification(
    name: str,
    version: str = "1.0.0",
    platform: str = "ruby",
    *,
    needs: tuple[str, ...] = (),
    programs: tuple[str, ...] = (),
    files: tuple[str, ...] = (),
) -> bytes:
    """Write what RubyGems does of an installed gem."""

    def listed(items: tuple[str, ...]) -> str:
        return ", ".join(f'"{item}".freeze' for item in items)

    return "\n".join(
        (
            f"# -*- encoding: utf-8 -*-\n# stub: {name} {version} {platform} lib\n",
            f'Gem::Specification.new do |s|\n  s.name = "{name}".freeze\n  s.version = "{version}"',
            *((f"  s.executables = [{listed(programs)}]",) if programs else ()),
            *((f"  s.files = [{listed(files)}]",) if files else ()),
            *(f'  s.add_runtime_dependency(%q<{need}>.freeze, ["~> 1"])' for need in needs),
            '  s.add_development_dependency(%q<rspec>.freeze, [">= 0"])\nend\n',
        )
    ).encode()


def gem(name: str, size: int = 0, home: str = HOME, needs: tuple[str, ...] = ()) -> tuple[bytes, bytes]:
    return (
        file(f"{home}/specifications/{name}-1.0.0.gemspec", specification(name, needs=needs)),
        file(f"{home}/gems/{name}-1.0.0/lib/{name}.rb", b"x" * size),
    )


def test_a_gem_with_all_that_was_installed_with_it() -> None:
    text = specification("nokogiri", "1.16.0", "x86_64-linux", programs=("nokogiri",))
    full = "nokogiri-1.16.0-x86_64-linux"
    [nokogiri] = packages_of(
        RUN("ruby", file("usr/local/bin/ruby", b"r" * 9)),
        RUN(
            "gem install nokogiri",
            file(f"{HOME}/specifications/{full}.gemspec", text),
            file(f"{HOME}/gems/{full}/lib/nokogiri.rb", b"1" * 10),
            file(f"{HOME}/gems/{full}/ext/deep/er.c", b"2" * 200),
            file(f"{HOME}/extensions/x86_64-linux/3.3.0/{full}/nokogiri.so", b"3" * 3000),
            file(f"{HOME}/doc/{full}/ri/cache.ri", b"4" * 40_000),
            file(f"{HOME}/cache/{full}.gem", b"5" * 500_000),
            file(f"{HOME}/bin/nokogiri", b"6" * 6_000_000),
            file(f"{HOME}/gems/other-1/x", b"o"),
            file(f"{HOME}/extensions/x86_64-linux/3.3.0/other-1/x.so", b"o"),
        ),
    )

    assert nokogiri == PackageReport(
        manager="gem",
        name="nokogiri",
        version="1.16.0",
        content_bytes=6_543_210 + len(text),
        layer=1,
        requested=None,
        reason="",
        wanted_by=None,
        development=False,
        record=f"{HOME}/specifications/{full}.gemspec",
    )


def test_gems_that_come_with_ruby_lie_in_its_library() -> None:
    text = specification(
        "json", programs=("json",), files=("lib/json.rb", "json/ext.so", "gone.rb", "../../../../../x")
    )
    library = "usr/local/lib/ruby/3.3.0"
    [json] = packages_of(
        RUN(
            "make install",
            file(f"{RUBY}/specifications/default/json-1.0.0.gemspec", text),
            file(f"{library}/json.rb", b"1" * 10),
            file(f"{library}/x86_64-linux/json/ext.so", b"2" * 200),
            file(f"{library}/set.rb", b"s"),
            file("usr/local/bin/json", b"3" * 3000),
        )
    )

    assert json.content_bytes == 3210 + len(text)
    assert (json.requested, json.reason) == (False, "part of Ruby")


def test_who_dragged_it_in() -> None:
    default = file(f"{RUBY}/specifications/default/json-1.0.0.gemspec", specification("json"))
    members = (
        gem("rails", needs=("rack", "absent", "json")),
        gem("rack", needs=("rails", "base")),
        gem("base"),
        gem("top", needs=("rails",)),
        gem("base", home="srv/vendor/bundle/ruby/3.3.0"),
        gem("alone", needs=("rack",), home="srv/vendor/bundle/ruby/3.3.0"),
    )
    packages = packages_of(RUN("bundle install", default, *(member for each in members for member in each)))

    assert {(each.record.split("/")[0], each.name): (each.requested, each.reason) for each in packages} == {
        ("usr", "json"): (False, "part of Ruby"),
        ("usr", "top"): (None, ""),
        ("usr", "rails"): (None, "top depends on it"),
        ("usr", "rack"): (None, "alone depends on it"),
        ("usr", "base"): (None, "rack depends on it, for alone"),
        ("srv", "alone"): (None, ""),
        ("srv", "base"): (None, ""),
    }


def test_what_the_distribution_installed_is_the_distributions() -> None:
    home = "usr/share/rubygems-integration/all"
    paths = [f"{home}/specifications/rake-1.0.0.gemspec", f"{home}/gems/rake-1.0.0/lib/rake.rb"]
    books = debian(stanza("rake"), lists={"rake": paths})

    assert [each.manager for each in packages_of(RUN("apt-get install", *books, *gem("rake", home=home)))] == ["dpkg"]


def test_a_gemspec_elsewhere_is_no_gem() -> None:
    assert packages_of(RUN("COPY", file("app/app.gemspec", specification("app")), file("specifications/x", b"x"))) == ()


def test_gemspecs_as_they_come() -> None:
    old = b"""s.add_dependency(%q<a>, [">= 0"])\ns.add_dependency(%q<t>)\ns.add_development_dependency(%q<t>)"""

    assert parse_gemspec(old, "mime-types-data-3.2023.08-java") == Gem("mime-types-data", "3.2023.08", ("a",), (), ())
    assert parse_gemspec(b"\xff\0", "odd") == Gem("odd", "", (), (), ())
    assert parse_gemspec(b"# stub: a-2b 1.0.pre ruby lib", "a-2b-1.0.pre").name == "a-2b"


def test_a_huge_gemspec_costs_the_answer_and_not_the_report() -> None:
    at = f"{HOME}/specifications/a-1.gemspec"
    report = inspected(RUN("gem install", file(at, b" " * (1024 * 1024 + 1)), *gem("b")))

    assert report.packages == ()
    assert report.notes == (f"Packages of gem were given up: {at} is larger (1,048,577 bytes) than is read.",)


@pytest.mark.parametrize("text", [b"s.files = [" * 50_000, b"# stub: " * 100_000, b"s.add_dependency(%q<a" * 40_000])
def test_gemspecs_made_to_be_slow_are_read_in_a_moment(text: bytes) -> None:
    started = process_time()
    packages = packages_of(RUN("gem install", file(f"{HOME}/specifications/a-1.gemspec", text)))

    assert process_time() - started < 5
    assert by_name(packages)["a"].version == "1"


def test_many_versions_that_all_need_one_another() -> None:
    started = process_time()
    specifications = [
        file(f"{HOME}/specifications/a-{number}.gemspec", specification("a", str(number), needs=("a", "b")))
        for number in range(3000)
    ]
    packages = packages_of(RUN("gem install", *specifications))

    assert process_time() - started < 20
    assert len(packages) == 3000

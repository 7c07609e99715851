import pytest
from builders import file
from looking import RUN, looked, reclaimable


@pytest.mark.parametrize("name", ["lastlog", "faillog"])
def test_a_login_log_with_room_for_a_large_user_is_found(name: str) -> None:
    [found] = looked("sparse-login-log", RUN("useradd -u 9999 app", file(f"var/log/{name}", bytes(2_920_000))))

    assert (found.finding.layer, found.finding.paths, reclaimable(found)) == (0, (f"var/log/{name}",), 2_920_000)
    assert "RUN useradd --no-log-init …" in found.finding.remedy


def test_one_of_an_ordinary_user_is_not() -> None:
    assert looked("sparse-login-log", RUN("useradd app", file("var/log/lastlog", bytes(292_292)))) == []
    assert looked("sparse-login-log", RUN("x", file("srv/log/lastlog", bytes(2_920_000)))) == []

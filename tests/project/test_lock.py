"""pyproject.toml, requirements.lock and environment.yml say the same, and name no host."""

import re

import pytest
import yaml
from packaging.utils import canonicalize_name

from course_lib.core import paths
from course_lib.project import lock

ROOT = paths.root()


def test_every_declared_package_is_pinned_within_its_range():
    pins = lock.pins(ROOT)
    for wanted in lock.declared(ROOT):
        (pin,) = pins[canonicalize_name(wanted.name)].specifier
        assert wanted.specifier.contains(pin.version), f"{wanted} is locked at {pin.version}"
        assert pins[canonicalize_name(wanted.name)].marker is None


def test_each_row_is_one_exact_public_version():
    for pin in lock.pins(ROOT).values():
        (specifier,) = pin.specifier
        assert specifier.operator == "=="
        assert re.fullmatch(r"[0-9][0-9a-z.]*", specifier.version), pin
        assert pin.url is None and not pin.extras


@pytest.mark.parametrize("system", lock.SYSTEMS)
def test_packages_of_one_system_carry_its_marker(system):
    (environment, *_) = [values for name, values in lock.needed() if name == system]
    wanted = {
        n for n, p in lock.pins(ROOT).items() if not p.marker or p.marker.evaluate(environment)
    }
    linux_only = {n for n in lock.pins(ROOT) if n.startswith(("nvidia-", "cuda-")) or n == "triton"}
    assert len(linux_only) > 10
    assert linux_only <= wanted if system == "linux" else not linux_only & wanted
    assert ("pywinpty" in wanted) == ("colorama" in wanted) == (system == "win32")
    assert ("pexpect" in wanted) == (system != "win32")
    assert ("appnope" in wanted) == (system == "darwin")


@pytest.mark.parametrize("name", ["pyproject.toml", "requirements.lock", "environment.yml"])
def test_no_host_and_no_folder_of_a_machine(name):
    text = (ROOT / name).read_text(encoding="utf-8")
    assert "://" not in text and "--find-links" not in text and "index-url" not in text
    assert not re.search(r"\b[\w-]+\.(org|com|io|net)\b", text)


def test_conda_gets_the_same_python_and_the_same_lock():
    conda = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    project = lock.tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    *plain, packages = conda["dependencies"]
    assert plain == [f"python{project['requires-python']}", "pip"]
    assert packages == {"pip": ["--constraint requirements.lock", "--editable ."]}


@pytest.mark.slow
def test_renewing_the_lock_changes_nothing_when_nothing_changed():
    assert lock.write(ROOT) == (ROOT / "requirements.lock").read_text(encoding="utf-8")

"""The doctor names each thing that is wrong, says what to do, and its exit code tells."""

import hashlib
import json

import pytest

from course_lib.project import doctor


def wrong(section):
    return [finding for finding in section() if finding.state == doctor.WRONG]


@pytest.fixture
def pack(tmp_path, monkeypatch):
    """One whole pack in a folder of its own, and no other."""
    folder = tmp_path / "data" / "tiny"
    folder.mkdir(parents=True)
    content = b"ten bytes."
    (folder / "images.bin").write_bytes(content)
    stated = {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    (folder / "card.json").write_text(json.dumps({"name": "tiny", "files": {"images.bin": stated}}))
    from course_lib.data import pack as reader

    for module in (doctor.paths, reader):
        monkeypatch.setattr(module, "packs", lambda: [tmp_path / "data"])
    monkeypatch.setattr(doctor, "PACKS", ("tiny",))
    return folder


def test_a_whole_pack_is_right(pack):
    (finding,) = doctor.packs()
    assert finding.state == doctor.RIGHT and "1 files" in finding.text


@pytest.mark.parametrize(
    "content, said",
    [(b"ten", "3 bytes instead of 10"), (b"TEN BYTES.", "altered"), (None, "missing")],
)
def test_a_damaged_file_is_named(pack, content, said):
    file = pack / "images.bin"
    file.unlink() if content is None else file.write_bytes(content)
    (finding,) = wrong(doctor.packs)
    assert (
        said in finding.advice
        and "images.bin" in finding.advice
        and "git checkout" in finding.advice
    )


@pytest.mark.parametrize("card", ["{", "{}", "[]"])
def test_a_damaged_card_is_named(pack, card):
    (pack / "card.json").write_text(card)
    (finding,) = wrong(doctor.packs)
    assert "tiny" in finding.text and finding.advice


def test_a_missing_pack_is_named(pack, monkeypatch):
    monkeypatch.setattr(doctor, "PACKS", ("tiny", "lost"))
    (finding,) = wrong(doctor.packs)
    assert finding.text == "pack lost" and "COURSE_DATA" in finding.advice


def test_what_differs_from_the_lock_is_named(monkeypatch):
    from course_lib.project import lock

    real = lock.metadata
    fake = {"einops": ("0.0.1", []), "timm": None}
    monkeypatch.setattr(lock, "metadata", lambda name: fake.get(name, real(name)))
    missing, differing = wrong(doctor.packages)
    assert missing.text.endswith("missing: timm") and "make lab" in missing.advice
    assert "einops 0.0.1 (lock: ==" in differing.text


def test_a_library_that_does_not_load_is_a_finding(monkeypatch):
    monkeypatch.setattr(doctor, "LIBRARIES", ("numpy", "timm"))
    monkeypatch.setitem(doctor.sys.modules, "timm", None)
    (finding,) = wrong(doctor.libraries)
    assert finding.text.startswith("timm does not load")


def test_more_threads_than_cores_is_wrong(monkeypatch):
    import torch

    monkeypatch.setattr(torch, "get_num_threads", lambda: 4096)
    (finding,) = wrong(doctor.machine)
    assert "4096 threads" in finding.text and "unset OMP_NUM_THREADS" in finding.advice


def test_a_home_that_cannot_be_written_is_wrong(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("COURSE_HOME", str(tmp_path / "file" / "home"))
    (finding,) = wrong(doctor.folders)
    assert "COURSE_HOME" in finding.advice


def test_the_device_and_its_bfloat16_are_told():
    device, precision = doctor.accelerator()
    assert device.text.startswith("accelerator: ")
    assert "bfloat16" in precision.text and "ms in float32" in precision.text


@pytest.mark.parametrize("state, code", [(doctor.RIGHT, 0), (doctor.NOTE, 0), (doctor.WRONG, 1)])
def test_exit_code(state, code, monkeypatch, capsys):
    def section():
        yield doctor.Finding(state, "this", "do that")

    monkeypatch.setattr(doctor, "SECTIONS", (section,))
    assert doctor.main() == code
    assert "do that." in capsys.readouterr().out


def test_a_broken_library_does_not_stop_the_examination(monkeypatch, capsys):
    def broken():
        raise ImportError("libtorch is gone")
        yield

    def later():
        yield doctor.Finding(doctor.RIGHT, "still examined")

    monkeypatch.setattr(doctor, "SECTIONS", (broken, later))
    assert doctor.main() == 1
    said = capsys.readouterr().out
    assert "libtorch is gone" in said and "still examined" in said

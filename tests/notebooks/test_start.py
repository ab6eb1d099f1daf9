"""The start page goes on when packs, nets and results are missing."""

from course_lib.core import paths
from course_lib.project import notebooks
from course_lib.widgets import neighbours


def test_run_all_without_any_pack(monkeypatch, tmp_path, capsys):
    cells = notebooks.read_source(paths.root() / "lectures" / "00_start.py").cells
    code = [cell.source for cell in cells if cell.cell_type == "code"]
    monkeypatch.setattr(paths, "packs", lambda: [tmp_path / "data"])
    for module in ("course_lib.data.pack", "course_lib.data.emoji"):
        monkeypatch.setattr(f"{module}.packs", lambda: [tmp_path / "data"], raising=False)
    neighbours.searched.cache_clear()
    names: dict = {}
    for source in code:
        exec(source, names)
    out = capsys.readouterr().out
    for name in ("fashion", "stamps", "photos", "emoji"):
        assert f"The data pack '{name}' is not in {tmp_path / 'data'}" in out
    assert "The floors are not stored yet." in out
    assert "No exercise tried yet" in out

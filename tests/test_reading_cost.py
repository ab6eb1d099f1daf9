"""How much one must read to follow SimCLR from an image to the update of a weight."""

from course_lib.core.paths import PACKAGE

FILES = """
train/batches.py
methods/base.py
methods/contrastive/simclr.py
views/augment.py
views/crop.py
views/color.py
views/blur.py
train/loop.py
train/optimisers.py
core/schedules.py
""".split()


def test_at_most_500_lines_from_image_to_update():
    lines = {}
    for name in FILES:
        text = (PACKAGE / name).read_text(encoding="utf-8")
        lines[name] = sum(bool(line.strip()) for line in text.splitlines())
    print("\n".join(f"{count:4d} {name}" for name, count in lines.items()))
    assert sum(lines.values()) <= 500, lines

"""Makes the pictures of README.md from the packs and the stored nets: python docs/pictures.py."""

from pathlib import Path

from course_lib.widgets import neighbours

QUERY = 1  # as many right neighbours as the label-free net has on average


def main() -> None:
    picture = neighbours.draw(neighbours.compute(QUERY, revealed=True))
    folder = Path(__file__).parent / "pictures"
    folder.mkdir(exist_ok=True)
    picture.savefig(folder / "neighbours.png", metadata={"Software": ""})


if __name__ == "__main__":
    main()

"""Blind neighbours: right neighbours, a secret kept until the reveal, a game that counts fairly."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.data import Dataset
from course_lib.evaluate import extract
from course_lib.widgets import encoders, guess, neighbours

SMALL = {"bank": 90, "queries": 8}


def pictures(n: int, classes: int) -> Dataset:
    """A grey picture with a stripe, a place for each class: alike within a class only."""
    label = torch.arange(n) % classes
    image = torch.full((n, 3, 24, 24), 60, dtype=torch.uint8)
    for row, kind in enumerate(label.tolist()):
        image[row, kind % 3, :, 2 * kind : 2 * kind + 3] = 250
    columns = {"image": image, "label": label, "index": torch.arange(n)}
    return Dataset("scenes", "test", {}, columns, tuple(f"kind {i}" for i in range(classes)))


def stored(name: str = "label-free") -> list[str]:
    """That net, where the course holds it."""
    return [name] if encoders.stored_file(encoders.STORED[name]) else []


@pytest.fixture
def scenes(monkeypatch):
    """Small sets in place of the real scenes, and an empty memory before and after."""
    neighbours.searched.cache_clear()
    monkeypatch.setattr(neighbours.data, "load", lambda name, split, n: pictures(n, 9))
    yield
    neighbours.searched.cache_clear()


def test_neighbours_are_the_nearest_and_counted(scenes):
    arrays = neighbours.compute(3, k=5, **SMALL)
    assert {row["encoder"] for row in arrays["rows"]} == {"pixels", "random"} | set(stored())
    pixels = next(row for row in arrays["rows"] if row["encoder"] == "pixels")
    assert pixels["images"].shape == (5, 3, 24, 24)
    assert pixels["words"] == ["kind 3"] * 5 and pixels["hits"] == [True] * 5
    assert arrays["shares"]["pixels"] == 1 and arrays["chance"] == 1 / 9


def test_backgrounds_of_equal_pictures_do_not_differ(scenes):
    values = neighbours.backgrounds(k=4, **SMALL)
    assert values["pixels"] == 0 < values["any picture"]


def test_corners_see_corners_only():
    image = torch.zeros(2, 3, 40, 40, dtype=torch.uint8)
    image[:, :, 10:30] = 200
    assert neighbours.corners(image).shape == (2, 3, 4)
    assert neighbours.corners(image).max() == 0
    image[1, 2, -1, 0] = 100
    assert neighbours.corners(image)[1, 2].tolist() == [0, 0, 1, 0]


def test_the_order_is_shuffled_by_the_query_and_the_same_again():
    names = ["pixels", "random", "label-free"]
    orders = [tuple(neighbours.order(names, query)) for query in range(60)]
    assert orders == [tuple(neighbours.order(names, query)) for query in range(60)]
    assert len(set(orders)) == 6
    assert all(sorted(order) == sorted(names) for order in orders)


def texts(fig) -> str:
    """Everything that is written in a figure."""
    found = [text.get_text() for text in fig.findobj(lambda a: hasattr(a, "get_text"))]
    return " ".join(found)


def test_nothing_gives_the_rows_away_before_the_reveal(scenes):
    hidden = neighbours.compute(1, **SMALL)
    secret = texts(neighbours.draw(hidden)) + neighbours.alt(hidden)
    assert not any(name in secret for name in neighbours.style.NAMES.values())
    assert "%" not in secret
    shown = neighbours.compute(1, revealed=True, **SMALL)
    told = texts(neighbours.draw(shown)) + neighbours.alt(shown)
    assert "raw pixels" in told and "random net" in told and "chance" in told


def test_a_fourth_row_where_it_is_asked_for(scenes, monkeypatch):
    names = {*stored("label-free"), *stored("supervised"), "pixels", "random"}
    four = neighbours.compute(2, wanted=neighbours.ALL, **SMALL)
    assert {row["encoder"] for row in four["rows"]} == names
    assert {row["encoder"] for row in neighbours.compute(2, **SMALL)["rows"]} == names - {
        "supervised"
    }
    drawn = []
    monkeypatch.setattr(neighbours.style, "show", lambda fig, alt: drawn.append(alt))
    game = guess.Game(2, wanted=neighbours.ALL, **SMALL)
    assert len(game.guesses) == len(names) == len(set(game.names))
    for row, name in zip(game.guesses, [r["encoder"] for r in four["rows"]], strict=True):
        row.value = name
    game.button.click()
    assert game.score == [len(names)] * 2 and drawn[-1].count("Row ") == len(names)


@pytest.mark.parametrize("wrong", [{"query": -1}, {"query": 8}, {"k": 0}, {"k": 11}])
def test_numbers_out_of_range_are_refused(scenes, wrong):
    with pytest.raises(CourseError, match="not -?[0-9]+"):
        neighbours.compute(**wrong, **SMALL)


def test_the_game_waits_for_guesses_and_counts_each_query_once(scenes, monkeypatch):
    drawn = []
    monkeypatch.setattr(neighbours.style, "show", lambda fig, alt: drawn.append(alt))
    game = guess.Game(2, **SMALL)
    game.button.click()
    assert "Guess every row first" in game.verdict.value and not drawn
    truth = neighbours.order(["pixels", "random", *stored()], 2)
    for row, name in zip(game.guesses, truth[::-1], strict=True):
        row.value = name
    game.button.click()
    assert game.score == [len(truth) % 2, len(truth)] and "raw pixels" in drawn[-1]
    for row, name in zip(game.guesses, truth, strict=True):
        row.value = name
    game.button.click()
    assert f"{len(truth)} of {len(truth)} right" in game.verdict.value
    assert game.score == [len(truth) % 2, len(truth)]
    game.query.value = 3
    assert game.verdict.value == "" and all(row.value is None for row in game.guesses)
    assert "raw pixels" not in drawn[-1] and drawn[-1].startswith("Query 3")


def test_a_stored_net_is_used_and_a_damaged_one_left_out(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(encoders.paths, "packs", lambda: [tmp_path / "data"])
    image = torch.randint(0, 256, (4, 3, 40, 40), dtype=torch.uint8)
    assert list(encoders.encoders(image)) == ["pixels", "random"]
    folder = tmp_path / "results" / "nets"
    folder.mkdir(parents=True)
    net = encoders.nets.build("convnet", width=8)
    state = {name: value.half() for name, value in net.state_dict().items()}
    content = {"net": "convnet", "spec": {"width": 8}, "state": state}
    file = folder / f"{encoders.STORED['label-free']}.pt"
    torch.save(content, file)
    assert extract(encoders.encoders(image)["label-free"], image).shape == (4, 32)
    file.write_bytes(b"no net")
    assert list(encoders.encoders(image)) == ["pixels", "random"]
    assert "is no stored net" in capsys.readouterr().out


@pytest.mark.slow
def test_what_the_start_page_says_of_the_real_scenes_holds():
    bank, queries = neighbours.BANK, neighbours.QUERIES
    found = neighbours.searched(bank, queries, neighbours.START)
    share = neighbours.shares(found, 6)
    chance = 1 / len(found["test"].classes)
    assert 0.5 > share["random"] > share["pixels"] > 2 * chance
    differ = neighbours.backgrounds()
    assert max(differ["pixels"], differ["random"]) < 0.9 * differ["any picture"]

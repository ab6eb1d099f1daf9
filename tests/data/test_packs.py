"""The published packs: what their cards promise, nothing shared between splits, a licence for
everything, and one sentence for a value that makes no sense."""

import importlib.util
import itertools

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from course_lib import data
from course_lib.core.errors import CourseError
from course_lib.core.paths import root
from course_lib.data import photos, stamps
from course_lib.data.pack import Pack

PACKS = ("fashion", "stamps", "photos", "emoji")
FREE = {"public domain", "CC0-1.0", "CC-BY-4.0", "GPL-2.0-or-later"}
ATTRIBUTED = {"CC-BY-2.0", "CC-BY-3.0", "CC-BY-SA-4.0"}


def splits(name, **spec):
    return {split: data.load(name, split, **spec) for split in data.SPLITS}


def pictures(dataset):
    """A set of hashes of the images."""
    return {hash(image.tobytes()) for image in dataset.image.numpy()}


def assert_disjoint(parts):
    for one, other in itertools.combinations(parts, 2):
        assert one and other
        assert not set(one) & set(other)


@pytest.fixture(scope="module")
def fashion():
    return splits("fashion")


@pytest.fixture(scope="module")
def common():
    """data/common.py, which the build scripts share."""
    spec = importlib.util.spec_from_file_location("common", root() / "data" / "common.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PACKS)
def test_folder_holds_what_the_card_says_and_nothing_else(name):
    pack = Pack(name)
    for file in pack.card["files"]:
        assert pack.read(file)
    by_hand = {"card.json", "README.md", "LICENSE", "build.py", "labels.json", "choices.json"}
    binary = {
        file.relative_to(pack.folder).as_posix()
        for file in pack.folder.rglob("*")
        if file.is_file() and file.suffix in (".xz", ".webp")
    }
    assert binary == {file for file in pack.card["files"] if file.endswith((".xz", ".webp"))}
    assert not by_hand & pack.card["files"].keys()
    for file in ("README.md", "LICENSE", "build.py"):
        assert (pack.folder / file).stat().st_size > 0
    assert pack.card["sources"] and pack.card["licence"]


def test_packs_stay_small():
    files = [stated for name in PACKS for stated in Pack(name).card["files"].values()]
    assert sum(stated["bytes"] for stated in files) < 37.5e6


@pytest.mark.slow
def test_fashion_is_the_published_set(fashion):
    parts = fashion
    for split, part in parts.items():
        assert len(part) == part.card["splits"][split] == len(part.label)
        assert part.label.bincount().tolist() == part.card["class_counts"][split]
        assert part.image.shape[1:] == (1, 28, 28) and part.image.dtype == torch.uint8
    assert [len(part) for part in parts.values()] == [50_000, 10_000, 10_000]
    first = parts["train"]
    assert first.classes[first.label[0]] == "ankle boot"  # as in the published order
    official = torch.cat([parts["train"].image, parts["val"].image])
    mean = official.sum(dtype=torch.int64).item() / official.numel() / 255
    assert mean == pytest.approx(0.2860, abs=1e-4)  # the mean that everybody normalises with
    assert_disjoint([pictures(part) for part in parts.values()])


def test_fashion_labels_belong_to_their_images(fashion):
    test = fashion["test"]
    pixels = F.avg_pool2d(test.image.float(), 4).flatten(1)
    means = torch.stack([pixels[test.label == c].mean(0) for c in range(10)])
    for split in ("train", "val"):
        part = fashion[split]
        for rows in torch.arange(len(part)).split(2500):  # any file out of order would show
            small = F.avg_pool2d(part.image[rows].float(), 4).flatten(1)
            right = torch.cdist(small, means).argmin(1) == part.label[rows]
            assert 0.6 < right.float().mean() < 0.75


def test_stamps_match_their_card_and_share_nothing():
    parts = splits("stamps")
    card = parts["train"].card
    assert {split: len(part) for split, part in parts.items()} == card["splits"]
    assert sum(card["splits"].values()) == card["stamps"]
    assert_disjoint([part.text["caption_en"] for part in parts.values()])
    assert_disjoint([pictures(part) for part in parts.values()])
    assert all(len(part) / card["stamps"] > 0.1 for part in parts.values())
    for label, counts in (("category", card["categories"]), ("style", card["styles"])):
        column = torch.cat([part.columns[label] for part in parts.values()])
        assert column.bincount().tolist() == list(counts.values())


def test_stamp_descriptions_are_as_complete_as_the_card_says():
    parts = splits("stamps")
    stated = Pack("stamps").card["captions"]
    assert list(stated) == "en fr de es it pt ru ja nl ca ro bg".split()
    for language, count in stated.items():
        words = [word for part in parts.values() for word in part.text[f"caption_{language}"]]
        assert sum(bool(word) for word in words) == count
    assert min(stated.values()) > 0.95 * stated["en"]


@pytest.mark.slow
def test_stamp_alpha_is_clean():
    test = data.load("stamps", "test", background="alpha")
    colour, alpha = test.image[:, :3], test.image[:, 3]
    assert torch.equal(alpha, test.columns["mask"])
    assert not (colour * (alpha == 0)[:, None]).any()
    assert alpha.flatten(1).amax(1).min() > 60  # something is there, if only glass
    assert (alpha == 0).flatten(1).any(1).float().mean() > 0.95  # and it is cut out
    grey = data.load("stamps", "test").image
    assert torch.equal(grey[:, 0][alpha == 0].unique(), torch.tensor([128], dtype=torch.uint8))
    white = data.load("stamps", "test", size=40, background="white").image
    assert white.shape[1:] == (3, 40, 40) and white[:, :, 0, 0].float().mean() > 230


def test_cutouts_for_scenes_differ_and_fill_the_frame():
    rgba, names = stamps.cutouts()
    assert len(rgba) == len(names) == len(set(names)) >= 200
    assert rgba.shape[1:] == (4, 96, 96) and rgba.dtype == torch.uint8
    assert not (rgba[:, :3] * (rgba[:, 3:] == 0)).any()
    seen = rgba[:, 3] > 8
    extent = torch.stack([seen.any(1).sum(1), seen.any(2).sum(1)]).amax(0)
    assert extent.min() >= 92  # of 96: faint edges do not count
    assert (rgba[:, 3] > 128).flatten(1).float().mean(1).min() > 0.12
    first = stamps.shrink(stamps.premultiply(rgba[:64]), 10).flatten(1)
    assert F.pdist(first).min() > 2.5  # the nearest two of the first 64, in 10 x 10 RGBA


def test_noun():
    assert stamps.noun("A dumper. It carries its load in the front.") == "a dumper"
    assert stamps.noun("Saturn—the second largest planet") == "Saturn"
    assert stamps.noun("Sweet yellow corn.") == "sweet yellow corn"


def test_every_photo_has_author_licence_and_row():
    pack = Pack("photos")
    table = pack.read("ATTRIBUTION.md").decode().splitlines()
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in table if " | " in line}
    for photo in pack.card["photos"]:
        assert photo["author"].strip()
        assert photo["licence"] in FREE | ATTRIBUTED
        assert photo["scene_ok"] == (photo["licence"] in FREE)
        row = rows[photo["file"].removeprefix("images/")]
        assert photo["licence"] in row and photo["author"].replace("|", "/") in row
        with Image.open(pack.folder / photo["file"]) as image:
            assert 200 <= min(image.size) <= 256
    licences = (pack.folder / "LICENSE").read_text()
    assert all(licence in licences for licence in pack.card["licences"])


def test_photos_match_their_card_and_share_no_place():
    parts = splits("photos")
    card = parts["train"].card
    places = {split: [] for split in parts}
    for photo in card["photos"]:
        places[photo["split"]].append(photo["place"])
    assert {split: len(part) for split, part in parts.items()} == card["splits"]
    assert sum(card["splits"].values()) == len(card["photos"]) == sum(card["topics"].values())
    assert_disjoint(places.values())
    assert_disjoint([part.columns["photo"].tolist() for part in parts.values()])
    assert_disjoint([pictures(part) for part in parts.values()])
    for part in parts.values():
        assert part.label.unique().numel() == len(part.classes)
        assert [card["photos"][k]["file"] for k in part.columns["photo"]] == part.text["file"]


def test_photo_crops_depend_on_seed_photo_and_number_only():
    few = data.load("photos", "val", crops=2, size=32)
    many = data.load("photos", "val", crops=3, size=32)
    number = len(Pack("photos").card["photos"])
    assert len(many) == 3 * few.card["splits"]["val"] and number > many.columns["photo"].max()
    assert torch.equal(many.image.view(-1, 3, 3, 32, 32)[:, :2], few.image.view(-1, 2, 3, 32, 32))
    other = data.load("photos", "val", crops=2, size=32, seed=1)
    assert (other.image != few.image).flatten(1).any(1).all()
    box = photos.random_squares(5, 200, 0, 300, 256)
    left, top, right, bottom = np.array(box).T
    assert np.allclose(right - left, bottom - top)
    assert left.min() >= 0 and top.min() >= 0 and right.max() <= 300 and bottom.max() <= 256
    assert (right - left).min() < 0.45 * 256 and (right - left).max() > 0.95 * 256


def test_scene_backgrounds_are_allowed_and_from_their_split():
    card = Pack("photos").card
    counts = []
    for split in data.SPLITS:
        allowed = [
            photo["scene_ok"] and photo["background_ok"] and photo["split"] == split
            for photo in card["photos"]
        ]
        grounds = photos.backgrounds(split, 80)
        assert grounds.shape == (sum(allowed), 3, 80, 80) and grounds.dtype == torch.uint8
        counts.append(len(grounds))
    assert sum(counts) == card["backgrounds"] and min(counts) >= 20


def test_emoji_are_complete():
    card = Pack("emoji").card
    index = Pack("emoji").json("index.json.xz")
    assert len(index) == card["concepts"] == sum(card["concept_splits"].values())
    assert sum(len(entry["styles"]) for entry in index) == card["images"]
    for entry in index:
        assert len(entry["styles"]) >= 8
        assert list(entry["names"]) == card["languages"] and all(entry["names"].values())
        assert list(entry["tags"]) == card["tag_languages"]
        assert entry["group"] in card["groups"] and entry["subgroup"] in card["subgroups"]
    licences = (Pack("emoji").folder / "LICENSE").read_text()
    for style, facts in card["styles"].items():
        assert sum(style in entry["styles"] for entry in index) == facts["images"]
        (row,) = [line for line in licences.splitlines() if f" {style}.webp" in line]
        assert row.endswith(facts["licence"])


@pytest.mark.slow
def test_emoji_split_by_family_of_designs():
    parts = splits("emoji", label="concept", background="alpha")
    names = list(parts["train"].card["styles"])
    families = {name: facts["family"] for name, facts in parts["train"].card["styles"].items()}
    drawn = [
        {families[names[style]] for style in part.columns["style"].unique().tolist()}
        for part in parts.values()
    ]
    assert drawn == [{"google", "twitter", "openmoji", "microsoft"}, {"emojione"}, {"mozilla"}]
    assert_disjoint([pictures(part) for part in parts.values()])
    assert sum(map(len, parts.values())) == parts["train"].card["images"]
    for part in parts.values():
        assert (part.image[:, 3].flatten(1).amax(1) > 60).all()  # no empty picture
        assert torch.equal(part.label, part.columns["concept"])
        row = len(part) // 2
        assert part.text["name_en"][row] == part.classes[part.label[row]]


@pytest.mark.slow
def test_emoji_split_by_concept_keeps_twins_together():
    styles = ("openmoji-line", "fluent-contrast", "noto", "fxemoji")
    parts = splits("emoji", by="concept", label="subgroup", styles=styles, background="alpha")
    assert_disjoint([part.columns["concept"].tolist() for part in parts.values()])
    assert_disjoint([part.columns["twin"].tolist() for part in parts.values()])
    assert_disjoint([pictures(part) for part in parts.values()])
    train = parts["train"]
    assert torch.equal(train.label.unique(), train.label.unique().sort().values)
    assert len(train.columns["twin"].unique()) < len(train.columns["concept"].unique())


def test_emoji_sizes_and_backgrounds():
    alpha = data.load("emoji", "test", background="alpha").image
    white = data.load("emoji", "test").image
    empty = (alpha[:, 3] == 0)[:, None].expand_as(white)
    assert (white[empty] == 255).all() and not (alpha[:, :3][empty]).any()
    small = data.load("emoji", "test", size=24).image.float()
    assert small.shape[1:] == (3, 24, 24)
    assert (small - F.avg_pool2d(white.float(), 2)).abs().mean() < 12  # only smaller
    cut = data.load("emoji", "test", size=24, background="alpha").image.float() / 255
    on_white = (cut[:, :3] * cut[:, 3:] + 1 - cut[:, 3:]) * 255
    assert (on_white - small).abs().max() < 4  # hidden colours do not bleed when it shrinks


@pytest.mark.parametrize(
    ("name", "spec", "message"),
    [
        ("fashion", {"size": 4}, "whole size from 8 to 96 px, not 4"),
        ("fashion", {"size": 32.0}, "whole size from 8 to 96 px, not 32.0"),
        ("stamps", {"size": 128}, "from 16 to 96 px, not 128"),
        ("stamps", {"label": "categories"}, "no label 'categories': did you mean 'category'"),
        ("stamps", {"background": "gray"}, "no background 'gray': did you mean 'grey'"),
        ("photos", {"size": 300}, "from 16 to 256 px, not 300"),
        ("photos", {"crops": 0}, "1 to 1000 crops of each photograph, not 0"),
        ("emoji", {"by": "families"}, "not split by 'families': did you mean 'family'"),
        ("emoji", {"label": "groups"}, "no label 'groups': did you mean 'group'"),
        ("emoji", {"size": 64}, "from 16 to 48 px, not 64"),
        ("emoji", {"background": "black"}, "no background 'black'"),
        ("emoji", {"styles": ("nota",)}, "no style 'nota': did you mean 'noto'"),
        ("emoji", {"styles": ("noto",)}, "has none of noto: it has fxemoji"),
    ],
)
def test_wrong_values_are_one_sentence(name, spec, message):
    with pytest.raises(CourseError) as caught:
        data.load(name, "test", **spec)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_square_keeps_hidden_colours_out(common):
    pixels = np.zeros((40, 20, 4), np.uint8)
    pixels[...] = (255, 0, 0, 0)  # hidden red
    pixels[10:30, 5:15] = (0, 0, 255, 255)
    small = common.square(common.crop(Image.fromarray(pixels)), 8)
    assert small.shape == (8, 8, 4)
    assert small[..., 3].max() == 255 and small[..., 3].any(1).all()  # the longer side fills it
    assert small[..., 0].max() == 0  # no red
    assert common.square(Image.fromarray(pixels[10:30, 5:15]), 60, 2.0)[..., 3].any(1).sum() == 40


def test_mosaic_is_read_back_in_order(common):
    tiles = np.random.default_rng(0).integers(0, 256, (7, 4, 4, 3), np.uint8)
    grid = common.mosaic(tiles, 3)
    assert grid.shape == (12, 12, 3)
    for k, tile in enumerate(tiles):
        y, x = divmod(k, 3)
        assert np.array_equal(grid[4 * y : 4 * y + 4, 4 * x : 4 * x + 4], tile)

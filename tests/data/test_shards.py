"""Shards: written and read back, ordered by arithmetic, and nothing damaged that goes unnamed."""

import io
import json
import tarfile

import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from typer.testing import CliRunner

from course_lib import data
from course_lib.core.errors import CourseError
from course_lib.data.dataset import Dataset, with_index
from course_lib.data.streaming import Index, Line, Shares, build_index, stream, write
from course_lib.data.streaming.__main__ import app
from course_lib.data.streaming.tar import encoded, pixels, put, scan
from course_lib.train.batches import batches_of
from tests.tiny import tiny_data

CPU = torch.device("cpu")
SIZES = [(60, 12, 3), (61, 12, 4), (7, 6, 2), (100, 8, 8), (33, 32, 1), (59, 20, 5), (5, 4, 4)]


@pytest.fixture(scope="module")
def stamps():
    """The pictures of one split of a pack, small."""
    return data.load("stamps", "val", size=16)


@pytest.fixture
def index(stamps, tmp_path):
    """Shards of the pack, 9 samples each."""
    return write(stamps, tmp_path / "shards", samples=9)


def shards_of(index):
    return sorted(index.parent.glob("*.tar"))


def numbers(shares, counts, steps, mix=2, seed=5):
    """Rank → step → the numbers of its samples."""
    lines = {epoch: Line(counts, seed, epoch, mix) for epoch in range(10)}
    return [
        [
            torch.cat([lines[e].numbers(a, b) for e, a, b in shares.spans(step, rank)])
            for step in range(steps)
        ]
        for rank in range(shares.ranks)
    ]


class Largest(TorchDispatchMode):
    """How many numbers the largest tensor has that is made meanwhile."""

    numbers = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):
        out = function(*args, **(kwargs or {}))
        for tensor in out if isinstance(out, tuple | list) else [out]:
            if torch.is_tensor(tensor):
                self.numbers = max(self.numbers, tensor.numel())
        return out


def cut(total, pieces):
    """Uneven counts of shards, the same every time."""
    ends = torch.randperm(total - 1, generator=torch.Generator().manual_seed(total))[: pieces - 1]
    return torch.diff(torch.cat([torch.tensor([0, total]), ends + 1]).sort().values)


@pytest.mark.parametrize(("samples", "batch", "ranks"), SIZES)
def test_every_sample_comes_once_an_epoch_on_any_number_of_ranks(samples, batch, ranks):
    counts = cut(samples, min(7, samples))
    steps = -(-3 * samples // batch)
    seen = numbers(Shares(samples, batch, ranks), counts, steps)
    assert all(len(part) == batch // ranks for rank in seen for part in rank)
    places = torch.cat([torch.cat([rank[step] for rank in seen]) for step in range(steps)])
    for epoch in range(3):  # places are in the order of steps and ranks, epochs one after the other
        one = places[epoch * samples : (epoch + 1) * samples]
        assert torch.equal(one.sort().values, torch.arange(samples))


def test_a_billion_samples_on_a_thousand_ranks_are_arithmetic():
    """Every rank's piece of an epoch begins where the one before ends, every step where the last
    did, and groups of shards hold what they should; nothing near 10^9 numbers is laid out."""
    samples, ranks, batch, epoch = 10**9, 1024, 65_536, 3
    shares, counts = Shares(samples, batch, ranks), torch.full((100_000,), 10_000)
    first, last = epoch * samples // batch, ((epoch + 1) * samples - 1) // batch
    assert epoch * samples % batch, "the epoch should begin inside a batch"
    place = 0
    for rank in range(ranks):
        at = {e: a for e, a, _ in [*shares.spans(first + 1, rank), *shares.spans(first, rank)]}
        ends = {e: b for e, _, b in [*shares.spans(last - 1, rank), *shares.spans(last, rank)]}
        assert at[epoch] == place
        place = ends[epoch]
    assert place == samples
    for rank in (0, 511, 1023):
        here = [span for step in range(first, last + 1) for span in shares.spans(step, rank)]
        inside = [(a, b) for e, a, b in here if e == epoch]
        assert all(b == a for (_, b), (a, _) in zip(inside, inside[1:], strict=False))
        assert sum(b - a for _, a, b in here) == 64 * (last + 1 - first)
    with Largest() as largest:
        line = Line(counts, 0, epoch, mix=4)
        for place in (0, 39_990, samples // 3, samples - 100):
            some = line.numbers(place, place + 100)
            assert len(some.unique()) == 100 and 0 <= some.min() and some.max() < samples
    assert largest.numbers == 100_000, "one number a shard is the most that may be laid out"
    group = line.group(777).sort().values
    shards = line.shards[4 * 777 : 4 * 778].sort().values
    assert torch.equal(
        group, torch.cat([torch.arange(k * 10_000, (k + 1) * 10_000) for k in shards])
    )
    assert torch.equal(line.shards.sort().values, torch.arange(100_000))


def test_order_is_a_function_of_seed_epoch_and_shards_alone():
    counts = cut(200, 11)
    line = Line(counts, 3, 1, mix=3).numbers(0, 200)
    pieces = [Line(counts, 3, 1, mix=3).numbers(a, a + 25) for a in range(0, 200, 25)]
    assert torch.equal(torch.cat(pieces), line)
    one = torch.tensor([200])  # a single shard: only what is inside can change
    for seed, epoch in ((4, 1), (3, 2)):
        assert not torch.equal(Line(counts, seed, epoch).shards, Line(counts, 3, 1).shards)
        inside = [Line(one, *draw).numbers(0, 200) for draw in ((seed, epoch), (3, 1))]
        assert not torch.equal(*inside)


def test_a_rank_reads_its_own_shards_and_at_most_two_it_shares():
    counts, shares = torch.full((64,), 10), Shares(640, 64, 8)
    first = numbers(shares, counts, 10, mix=1)
    read = [{int(k) // 10 for part in rank for k in part} for rank in first]
    assert all(len(shards) <= 8 + 1 for shards in read)
    assert sum(map(len, read)) <= 64 + 7


@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("kind", ["png", "npy"])
def test_what_is_written_is_read_to_the_bit(channels, kind, tmp_path):
    image = torch.randint(0, 256, (23, channels, 5, 7), dtype=torch.uint8)
    columns = with_index({"image": image, "label": torch.arange(23) % 3})
    shards = stream(write(Dataset("a", "val", {}, columns, tuple("abc")), tmp_path, 6, kind))
    assert (len(shards), shards.split, shards.classes) == (23, "val", tuple("abc"))
    assert shards.image.shape == (23, channels, 5, 7)
    whole = shards.whole()
    with tarfile.open(tmp_path / "val-000000.tar") as tar:
        keys = [int(name[:9]) for name in tar.getnames()[::2]]
    assert sorted(keys) != list(range(6)), "shards should not be runs of the data"
    assert torch.equal(whole.image[:6], image[keys])
    assert torch.equal(whole.label[:6], columns["label"][keys])
    rows = torch.tensor([22, 0, 9])
    for name, column in shards.batch(rows).items():
        assert torch.equal(column, whole.columns[name][rows]), name


def test_writing_twice_gives_the_same_bytes(stamps, tmp_path):
    for name in "ab":
        write(stamps, tmp_path / name, samples=30)
    first, second = ({f.name: f.read_bytes() for f in (tmp_path / n).iterdir()} for n in "ab")
    assert first == second and len(first) == 4


def test_without_labels(tmp_path):
    columns = with_index({"image": tiny_data(8).image})
    shards = stream(write(Dataset("a", "train", {}, columns), tmp_path, 3))
    assert shards.classes == () and set(shards.batch(slice(2, 5))) == {"image", "index"}


def test_batches_are_of_the_stream_and_any_step_stands_alone(stamps, index):
    total = len(stamps)
    walked, jumped = (batches_of(stream(index), 8, 7, CPU) for _ in range(2))
    steps = [walked.at(step) for step in range(2 * total // 8)]
    again = jumped.at(len(steps) - 1)
    assert all(torch.equal(column, again[name]) for name, column in steps[-1].items())
    whole = stream(index).whole()
    for batch in steps:
        for name, column in batch.items():
            assert torch.equal(column, whole.columns[name][batch["index"]]), name
    seen = torch.cat([batch["index"] for batch in steps])[:total]
    assert torch.equal(seen.sort().values, torch.arange(total))
    assert len({int(k) // 9 for k in steps[0]["index"]}) > 1, "shards should be mixed"


def test_going_through_in_order_gives_every_sample(stamps, index):
    seen = torch.cat([batch["index"] for batch in batches_of(stream(index), 16, 0, CPU)])
    assert torch.equal(seen, torch.arange(len(stamps)))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"batch": 0}, "batch=0 must lie between 1 and the"),
        ({"batch": 1000}, "batch=1000 must lie between 1 and the"),
        ({"mix": 0}, "mix=0 must be 1 or more"),
        ({"skip": -1}, "skip=-1 must be 0 or more"),
        ({"memory": 1e-6}, r"mix=4 shards together takes up to .* and memory=1e-06 are allowed"),
    ],
)
def test_wrong_settings_are_one_sentence(index, change, message):
    with pytest.raises(CourseError, match=message):
        batches_of(stream(index, **{k: v for k, v in change.items() if k != "batch"}),
                change.get("batch", 8), 0, CPU)  # fmt: skip


def test_chosen_visits_and_columns_in_memory_are_refused(index):
    with pytest.raises(CourseError, match="set uniform=false"):
        batches_of(stream(index), 8, 0, CPU).at(0, torch.arange(80))
    with pytest.raises(CourseError, match="labels of a stream are in its shards"):
        _ = stream(index).label


def halve(shard):
    shard.write_bytes(shard.read_bytes()[: shard.stat().st_size // 2])


def unmark(shard):
    """Without the zero blocks at its end, as a writer that was killed leaves it."""
    with tarfile.open(shard) as tar:
        tar.getmembers()
        end = tar.offset
    shard.write_bytes(shard.read_bytes()[:end])


def scratch(shard):
    """One byte of the header of the fifth member."""
    with tarfile.open(shard) as tar:
        at = tar.getmembers()[4].offset
    content = bytearray(shard.read_bytes())
    content[at + 10] ^= 1
    shard.write_bytes(content)


def blot(shard):
    """The middle of the second image."""
    with tarfile.open(shard) as tar:
        member = tar.getmembers()[2]
    content = bytearray(shard.read_bytes())
    middle = member.offset_data + member.size // 2
    content[middle : middle + 40] = bytes(40)
    shard.write_bytes(content)


DAMAGE = {
    "is missing": lambda shard: shard.unlink(),
    "is cut off after [1-9] samples": halve,
    "is cut off after 9 samples": unmark,
    "is damaged after 2 samples, at byte": scratch,
    "is no tar file": lambda shard: shard.write_bytes(b"x" * 2000),
    "is (empty|no tar file)": lambda shard: shard.write_bytes(b""),
}


@pytest.mark.parametrize("wrong", DAMAGE)
def test_an_index_is_only_made_of_whole_shards(index, wrong):
    DAMAGE[wrong](shards_of(index)[3])
    with pytest.raises(CourseError, match=rf"val-000003\.tar {wrong}"):
        build_index(f"{index.parent}/val-{{000000..000005}}.tar")


@pytest.mark.parametrize("wrong", [name for name in DAMAGE if name != "is cut off after 9 samples"])
def test_a_damaged_shard_is_named_counted_and_skipped_up_to_the_limit(index, wrong):
    bad, said = shards_of(index)[3], []
    DAMAGE[wrong](bad)
    shards = stream(index, skip=9, say=said.append)
    batches = batches_of(shards, 8, 1, CPU)
    seen = torch.cat([batches.at(step)["index"] for step in range(2 * len(shards) // 8)])
    assert len(seen) == 2 * len(shards) // 8 * 8, "a batch is not full"
    kept = [line for line in said if bad.name in line]
    assert len(kept) >= 1 and all(str(bad) in line for line in said)
    assert 3 <= shards.source.lost <= 9
    whole = set(range(len(shards))) - set(range(27, 36))
    assert whole <= set(seen.tolist())
    lost = whole ^ set(range(len(shards))) ^ (set(seen.tolist()) - whole)
    assert len(lost) == shards.source.lost
    few = stream(index, skip=shards.source.lost, say=said.append)
    assert len(few.whole()) == len(shards) - shards.source.lost
    with pytest.raises(
        CourseError, match=rf"cannot be read and skip=2 .*{bad.name}.*copy it again"
    ):
        stream(index, skip=2, say=said.append).whole()


def test_a_cut_is_seen_wherever_it_is_and_no_part_of_a_member_is_taken(index):
    content = shards_of(index)[0].read_bytes()
    with tarfile.open(shards_of(index)[0]) as tar:
        ends = [m.offset_data + m.size for m in tar]
    for cut in [*range(0, ends[-1], 331), *(end - 1 for end in ends)]:
        samples, wrong = scan(io.BytesIO(content[:cut]), cut)
        assert wrong, cut
        assert sum(len(sample.members) for sample in samples) == sum(end <= cut for end in ends)


def replace_member(shard, number, name=None, content=None):
    """The same shard with another member in the place of one, or without it."""
    with tarfile.open(shard) as tar:
        members = [(m.name, tar.extractfile(m).read()) for m in tar]
    old = members[number]
    members[number] = (name or old[0], old[1] if content is None else content)
    with tarfile.open(shard, "w") as tar:
        for one in members:
            put(tar, *one)


def other_size():
    return encoded(torch.zeros(3, 20, 24, dtype=torch.uint8), "png")


SAMPLES = {
    "cannot be decoded": {"number": 2, "content": b"no image at all"},
    "is 3x20x24 instead of 3x16x16": {"number": 2, "content": other_size()},
    r"has no label from 0 to \d+ in .cls": {"number": 3, "content": b"999"},
    "has no label from 0 to": {"number": 3, "content": b"a dog"},
    r"has no image \(png, jpg": {"number": 2, "name": "000000000.txt"},
}


@pytest.mark.parametrize("wrong", SAMPLES)
def test_a_bad_sample_is_named_and_the_others_are_seen(stamps, index, wrong):
    bad, said = shards_of(index)[2], []
    with tarfile.open(bad) as tar:
        name = tar.getnames()[2][:9]
    words = dict(SAMPLES[wrong])
    if "name" in words:
        words["name"] = f"{name}.txt"
    replace_member(bad, **words)
    fresh = build_index(f"{index.parent}/*.tar", classes=stamps.classes)
    shards = stream(fresh, skip=1, say=said.append)
    batches = batches_of(shards, 8, 1, CPU)
    seen = torch.cat([batches.at(step)["index"] for step in range(len(shards) // 8 + 1)])
    assert set(range(len(shards))) - set(seen.tolist()) == {19}
    (line,) = said
    assert f"{bad}: {name}" in line and "1 of at most 1 samples" in line
    with pytest.raises(CourseError, match=f"1 sample cannot be read and skip=0.*{name}.*{wrong}"):
        stream(fresh, skip=0).whole()


def test_altered_bytes_of_a_png_do_not_pass(index, stamps):
    blot(shards_of(index)[0])
    shards = stream(index, say=lambda line: None)
    assert len(shards.whole()) == len(shards) - 1
    content, image = bytearray(encoded(stamps.image[3], "png")), stamps.image[3]
    caught = 0
    for place in range(0, len(content), 3):
        content[place] ^= 4
        try:
            decoded = pixels("png", bytes(content), 3, None)
        except Exception:  # whatever Pillow raises
            caught += 1
        else:
            assert torch.equal(decoded, image), place
        content[place] ^= 4
    assert caught > 100


def test_an_error_without_words_is_named_by_its_kind(index, monkeypatch):
    def fail(*_):
        raise EOFError

    monkeypatch.setattr("course_lib.data.streaming.source.pixels", fail)
    with pytest.raises(CourseError, match=r"which cannot be decoded \(EOFError\): copy it again"):
        stream(index, skip=0).whole()


def test_no_sample_at_all_is_one_sentence(index):
    for shard in shards_of(index):
        shard.write_bytes(b"x" * 2000)
    with pytest.raises(CourseError, match=r"No sample of .*val\.json can be read"):
        stream(index, say=lambda line: None).whole()


def test_a_shard_that_goes_away_later_is_skipped_too(index):
    said: list[str] = []
    shards = stream(index, say=said.append)
    shards_of(index)[3].unlink()
    assert len(shards.whole()) == len(shards) - 9
    (line,) = said
    assert "val-000003.tar: it cannot be opened (9 of at most 100 samples)" in line
    instead = shards.batch(slice(27, 36))["index"]  # those of the next shard, each once
    assert torch.equal(instead, torch.arange(36, 45))


def test_size_brings_every_image_to_one(index):
    replace_member(shards_of(index)[2], 2, content=other_size())
    shards = stream(build_index(f"{index.parent}/*.tar"), size=8, skip=0)
    assert shards.whole().image.shape == (len(shards), 3, 8, 8)


def test_an_index_that_does_not_fit_is_one_sentence(index):
    """More samples, fewer, or others of the same number."""
    stored = json.loads(index.read_text())
    for change in ({"nsamples": 8}, {"nsamples": 10}, {"filesize": 5}):
        rows = [row | change if k == 1 else row for k, row in enumerate(stored["shardlist"])]
        index.write_text(json.dumps(stored | {"shardlist": rows}))
        with pytest.raises(CourseError, match=r"val-000001\.tar holds 9 samples in .* says"):
            stream(index).whole()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"shardlist": []}', "\x00"])
def test_what_is_no_index_is_one_sentence(index, text):
    index.write_text(text)
    with pytest.raises(CourseError, match=r"does not say what an index .*streaming index"):
        stream(index)


def test_no_index_no_shards_no_images(index, tmp_path):
    with pytest.raises(CourseError, match="There is no index .*nothing.json: `python -m"):
        stream(tmp_path / "nothing.json")
    with pytest.raises(CourseError, match="No shard is called .*x-"):
        build_index(f"{index.parent}/x-*.tar")
    with tarfile.open(tmp_path / "text.tar", "w") as tar:
        tar.add(index, "a.txt")
    with pytest.raises(CourseError, match=r"No sample of .*text\.tar holds an image"):
        build_index(str(tmp_path / "text.tar"))


def test_index_by_pattern_is_that_of_the_writer(stamps, index):
    listed, numbered = index.with_name("a.json"), index.with_name("b.json")
    last = len(shards_of(index)) - 1
    build_index(f"{index.parent}/val-*.tar", listed, stamps.classes)
    build_index(f"{index.parent}/val-{{000000..{last:06d}}}.tar", numbered)
    written, one, two = (Index.read(file) for file in (index, listed, numbered))
    assert written.files == one.files == two.files and written.sizes == one.sizes == two.sizes
    assert torch.equal(written.counts, one.counts) and written.shape == one.shape == two.shape
    assert written.classes == one.classes and set(two.classes) <= set(map(str, range(15)))


def test_names_in_folders_end_at_the_first_dot_after_the_folder(stamps, tmp_path):
    with tarfile.open(tmp_path / "a.tar", "w") as tar:
        put(tar, "__meta__/a.json", b"{}")
        for k, name in enumerate(("v1.0/x", "v1.0/y", "v2.0/y")):
            put(tar, f"{name}.PNG", encoded(stamps.image[k], "png"))
            put(tar, f"{name}.cls", b"0")
            put(tar, f"{name}.seg.png", b"not the image")
    shards = stream(build_index(str(tmp_path / "a.tar")), skip=0)
    assert torch.equal(shards.whole().image, stamps.image[:3])


def test_commands(tmp_path):
    run = CliRunner().invoke
    folder = tmp_path / "shards"
    done = run(app, ["write", "stamps", str(folder), "--split", "val", "--samples", "40"])
    assert done.exit_code == 0 and done.output.strip() == str(folder / "val.json")
    done = run(app, ["index", f"{folder}/*.tar"])
    assert done.output.strip() == str(folder / "index.json")
    done = run(app, ["check", str(folder / "index.json")])
    total = len(stream(folder / "index.json"))
    assert (done.exit_code, done.output) == (0, f"{total} of {total} samples can be read.\n")
    blot(folder / "val-000001.tar")
    done = run(app, ["check", str(folder / "index.json")])
    assert done.exit_code == 1 and f"{total - 1} of {total} samples" in done.output
    assert "val-000001.tar: " in done.output

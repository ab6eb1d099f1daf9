"""Which nets the claims on MAE read out, and with how many labels."""

from course_lib.claims import u08


def test_tuned_nets_are_read_out_and_only_finetuning_has_few_labels(monkeypatch):
    tuned = {"MAE, ViT": "mae batch=64", "SimCLR, ViT": "simclr net=vit lr=0.001"}
    asked = []
    monkeypatch.setattr(u08, "CHOSEN_VIT", tuned)
    monkeypatch.setattr(u08, "scenes", lambda: {"train": "images"})
    monkeypatch.setattr(u08, "trained", lambda words, seed, steps: ("trained", words, seed, steps))
    monkeypatch.setattr(u08, "create", lambda recipe, data: ("untrained", recipe.batch, data))
    monkeypatch.setattr(u08, "tested", lambda *a, per_class: asked.append((*a, per_class)) or 0.5)
    for arm in ("MAE, finetune", "untrained, finetune", "MAE, linear", "SimCLR, linear"):
        assert u08.read_out(arm, 2) == 0.5
    mae = ("trained", "mae batch=64", 2, 0)
    assert asked == [
        (mae, "finetune", 2, 50),
        (("untrained", 64, "images"), "finetune", 2, 50),
        (mae, "linear", 2, None),
        (("trained", "simclr net=vit lr=0.001", 2, 0), "linear", 2, None),
    ]


def test_both_halves_decide():
    values = {"MAE, finetune": [0.4], "untrained, finetune": [0.2], "MAE": [0.3], "SimCLR": [0.5]}
    assert u08.starts_well_reads_badly(values, 0.03)
    assert not u08.starts_well_reads_badly(values, 0.3)
    assert not u08.starts_well_reads_badly(values | {"MAE": [0.6]}, 0.03)

# %% [markdown]
# # Lab 1: judging a representation
#
# A representation is judged by what a simple readout finds in it. In this lab you build the two
# tools of that trade, an objective and a readout, and then you learn to distrust their results:
# your own expectations, other people's runs, and claims.
#
# | exercise | kind | estimated minutes |
# |---|---|---|
# | 1. A stable cross-entropy and its gradient | implement | 20 |
# | 2. A weighted vote of neighbours | implement | 20 |
# | 3. What a probe reads best | predict | 10 |
# | 4. Which probes to trust | diagnose | 15 |
# | 5. Claim court | judge | 20 |
# | **core, together** | | **85** |
# | *extensions*, after exercises 1, 2 and 5 | | 10 each |
#
# Below each answer is a check. Run it as often as you like: it says whether the answer is right
# and, if not, on which small input it goes wrong, or which misunderstanding it looks like. Three
# hints wait behind a button that comes with the first wrong answer; `hint("u01/softmax_ce")` opens
# one at any time. Nothing here costs anything but time.

# %%
import torch
import torch.nn.functional as F

from course_lib import data, evaluate
from course_lib.core.errors import CourseError
from course_lib.grading import check, hint, prediction, show_progress, solved
from course_lib.grading.exercises.u01 import claim_court, readout_order, sick_probe
from course_lib.widgets import claim_table, encoders, style

# %% [markdown] exercise="u01/softmax_ce"
# ## 1. A stable cross-entropy and its gradient
# *Estimated: 20 minutes.*
#
# The objective that most nets of this course are compared with. Two things are learnt by writing
# it: what the gradient asks of the logits, and how one keeps exp from overflowing, which you will
# need for every contrastive loss. PyTorch's own function neither takes votes nor returns what is
# asked here.


# %% answer="u01/softmax_ce"
def softmax_ce(logits, votes):
    """logits (B, K), votes (B, K) → loss (B,), gradient (B, K)"""
    ### BEGIN SOLUTION
    target = votes.to(logits.dtype) / votes.sum(dim=1, keepdim=True)
    largest = logits.max(dim=1, keepdim=True).values
    total = (logits - largest).exp().sum(dim=1, keepdim=True)
    log_softmax = logits - largest - total.log()
    loss = -(target * log_softmax).sum(dim=1)
    return loss, (log_softmax.exp() - target) / logits.shape[0]
    ### END SOLUTION


# %% check="u01/softmax_ce"
check("u01/softmax_ce", softmax_ce)

# %% [markdown]
# **See it.** One image, four classes, three votes for the first class and one for the second. Your
# function is asked for many values of the first logit. Before you run the cell: where is the loss
# lowest, and is it 0 there?

# %%
if solved("u01/softmax_ce"):
    z = torch.linspace(-8, 8, 161)
    rows = torch.stack([z, *torch.tensor([[0.5], [-0.5], [0.0]]).expand(3, 161)], dim=1)
    votes = torch.tensor([[3, 1, 0, 0]]).expand(161, 4)
    loss, gradient = softmax_ce(rows, votes)
    fig = style.figure(9, 2.8)
    left, right = fig.subplots(1, 2)
    left.plot(z, loss, color=style.RIGHT)
    lowest = int(loss.argmin())
    left.plot(z[lowest], loss[lowest], "o", color=style.INK)
    style.label(left, "first logit", "loss of the image", "three votes of four: never 0")
    right.plot(z, len(z) * gradient[:, 0], color=style.RIGHT)
    right.axhline(0, color=style.INK, lw=1, ls=":")
    right.plot(z[lowest], 0, "o", color=style.INK)
    style.label(right, "first logit", "its slope", "share in softmax − share of votes")
    style.show(
        fig,
        "Left: the loss falls as the first logit grows, has its lowest point where the first class "
        "gets three quarters of the softmax, and rises slowly after it. Right: the slope is minus "
        "three quarters far to the left, 0 at that point, and one quarter far to the right.",
    )

# %% [markdown]
# The slope is bounded: however wrong a logit is, it is pulled with a force of at most 1. It ends
# where softmax gives the class just the share of its votes; what is left of the loss there is the
# voters' own disagreement, which no net can remove.
#
# **Extension** (*10 minutes*). Minimise a loss with your own gradient, without autograd: start from
# logits of 0 for the votes of a few images, subtract the gradient times a learning rate a hundred
# times, and watch the mean loss come down. Then replace the gradient by
# `-target * torch.sigmoid(-logits)`, that of the sigmoid loss without its (1 − y) term, and look at
# the logits of classes that nobody voted for.

# %%
# Room for the extension.

# %% [markdown] exercise="u01/weighted_knn"
# ## 2. A weighted vote of neighbours
# *Estimated: 20 minutes.*
#
# The vote by which DINO's features were compared (Caron and others, 2021, arXiv 2104.14294). It has
# no parameter that could make up for bad features, so it says how these lie. The released code of
# that paper cuts the test set into 100 chunks and fails on fewer than 100 images; yours needs none.


# %% answer="u01/weighted_knn"
def weighted_knn(bank, labels, queries, own, k, temperature, classes):
    """bank (N, D), labels (N,), queries (Q, D), own (Q,) → scores (Q, classes), predicted (Q,)"""
    ### BEGIN SOLUTION
    similarity = F.normalize(queries, dim=1) @ F.normalize(bank, dim=1).T
    itself = own[:, None] == torch.arange(len(bank))[None]
    similarity[itself] = -torch.inf
    top, index = similarity.sort(dim=1, descending=True)
    top, index = top[:, :k], index[:, :k]
    weight = ((top - top[:, :1]) / temperature).exp()
    votes = F.one_hot(labels[index], classes) * weight[:, :, None]
    scores = votes.sum(dim=1) / weight.sum(dim=1, keepdim=True)
    first, second = scores.sort(dim=1, descending=True).values[:, :2].T
    predicted = torch.where(first - second < 1e-4, -1, scores.argmax(dim=1))
    return scores, predicted
    ### END SOLUTION


# %% check="u01/weighted_knn"
check("u01/weighted_knn", weighted_knn)

# %% [markdown]
# **Use it.** Your function on four representations of the same images of clutter: 2,000 images of
# the training set vote on 500 of val. In the last two columns they vote on 500 of themselves: once
# with the right `own`, and once with −1, so that each may vote for itself. Guess the last column
# before you run the cell.


# %%
def knn_accuracy(bank, labels, queries, own, right):
    """Share of right predictions, in percent; a tie counts as wrong."""
    _, predicted = weighted_knn(bank, labels, queries, own, 20, 0.07, 10)
    return 100 * (predicted == right).double().mean().item()


def described(encoder, train, val):
    """A row of the table below."""
    bank, queries = (evaluate.extract(encoder, part.image) for part in (train, val))
    nobody, itself = torch.full((len(val),), -1), torch.arange(len(val))
    accuracy = [
        knn_accuracy(bank, train.label, queries, nobody, val.label),
        knn_accuracy(bank, train.label, bank[: len(val)], itself, train.label[: len(val)]),
        knn_accuracy(bank, train.label, bank[: len(val)], nobody, train.label[: len(val)]),
    ]
    return [bank.shape[1], *(f"{number:.1f}" for number in accuracy)]


# %%
if solved("u01/weighted_knn"):
    train, val = data.load("clutter", "train", n=2000), data.load("clutter", "val", n=500)
    known = {"raw pixels": evaluate.RawPixels(), "random": evaluate.random_encoder(train.image)}
    for name in ("simclr", "supervised"):
        if file := encoders.stored_file(f"clutter-{name}"):
            known[name] = encoders.load(file)
    style.table(
        ["encoder", "numbers an image", "val (%)", "bank, without itself (%)", "bank, itself (%)"],
        [[name, *described(encoder, train, val)] for name, encoder in known.items()],
        "Accuracy of your weighted_knn, k = 20, T = 0.07",
    )

# %% [markdown]
# The last column is what one reports who forgets to exclude the query. Read it as if it were the
# only one: which encoder would you choose? An image that votes for itself has the largest weight,
# and the fewer others are about as near, the more its own vote decides. So the mistake does not
# flatter all alike: it rewards features in which every image is far from all others.
#
# **Extension** (*10 minutes*). Choose k and T for one encoder, on val. How much does the choice
# matter beside the choice of the encoder? Which T makes k matter least, and why?

# %%
# Room for the extension.

# %% [markdown] exercise="u01/readout_order"
# ## 3. What a probe reads best
# *Estimated: 10 minutes.*

# %% answer="u01/readout_order"
# Best first: "raw pixels", "PCA 64", "random", "simclr", "supervised", in your order.
order = {
    1: [..., ..., ..., ..., ...],
    10: [..., ..., ..., ..., ...],
    100: [..., ..., ..., ..., ...],
}
### BEGIN SOLUTION
order = {
    1: ["supervised", "simclr", "random", "PCA 64", "raw pixels"],
    10: ["supervised", "simclr", "random", "raw pixels", "PCA 64"],
    100: ["supervised", "simclr", "random", "raw pixels", "PCA 64"],
}
### END SOLUTION

# %% check="u01/readout_order"
check("u01/readout_order", order)

# %% [markdown]
# **Reveal.** What was measured, best on top: a large mark for the mean, a small one for each seed,
# and where your first prediction put each encoder. Then go back and correct your order; the first
# one stays on record, and being wrong in it is how this exercise works.

# %%
try:
    if first := prediction("u01/readout_order"):
        readout_order.reveal(first)
except CourseError as error:
    print(error)

# %% [markdown]
# Look at the distances too, not only at the order. Which encoder gains most from more labels, and
# which needs them least? What would you have to add to compare the *training* of simclr and
# supervised fairly, if labels are what is scarce?

# %% [markdown] exercise="u01/sick_probe"
# ## 4. Which probes to trust
# *Estimated: 15 minutes.*
#
# A linear probe is a few lines of code, and there are many ways to get it wrong without an error
# message. Most make the score better than it is, one makes it worse. The logs are made up for this
# exercise; their mistakes are not. Every log shows all that you need, in its numbers.

# %%
sick_probe.show(draw=1)  # or any other whole number, which then is your "draw"

# %% answer="u01/sick_probe"
diagnosis = {"draw": 1, "A": ..., "B": ..., "C": ..., "D": ..., "E": ...}
### BEGIN SOLUTION
diagnosis = {
    "draw": 1,
    "A": "not frozen",
    "B": "healthy",
    "C": "batchnorm",
    "D": "projector",
    "E": "duplicates",
}
### END SOLUTION

# %% check="u01/sick_probe"
check("u01/sick_probe", diagnosis)

# %% [markdown] exercise="u01/claim_court"
# ## 5. Claim court
# *Estimated: 20 minutes.*
#
# From here on you will read many sentences of the form "this beats that". Each lecture's claims are
# judged by fixed rules, written down before anything was measured. Here you write such rules.

# %%
claim_court.show(claim_court.exhibit(1))  # one of those that the check asks about


# %% answer="u01/claim_court"
def verdict(study):
    """study, a dict → "held", "not held", "void" or "invalid" """
    ### BEGIN SOLUTION
    new, old = study["new"], study["old"]
    frozen = study["readout"] != "finetune"
    if new["labels"] != old["labels"] or sorted(new["seeds"]) != sorted(old["seeds"]):
        return "invalid"
    for arm in (new, old):
        before, after = arm["encoder"]
        if arm["chosen on"] != "val" or (frozen and before != after):
            return "invalid"
    mean_new, mean_old = (sum(arm["test"]) / len(arm["test"]) for arm in (new, old))
    if max(mean_new, mean_old) <= max(study["floors"].values()):
        return "void"
    if mean_old + study["margin"] > 1:
        return "void"
    old_by_seed = dict(zip(old["seeds"], old["test"], strict=True))
    paired = zip(new["seeds"], new["test"], strict=True)
    gaps = [value - old_by_seed[seed] for seed, value in paired]
    agree = sum(gap > 0 for gap in gaps) >= 2
    return "held" if agree and sum(gaps) / len(gaps) >= study["margin"] else "not held"
    ### END SOLUTION


# %% check="u01/claim_court"
check("u01/claim_court", verdict)

# %% [markdown]
# **Extension** (*10 minutes*). Put the course itself on trial. These claims compare their first two
# arms by the same default rule. Their files hold no hashes and no splits: the functions that
# measured them refuse to read an encoder that changes, and to choose on test. So those entries are
# filled in below. Do you and the course agree? Then change a floor, a margin or a seed's value in
# `study` and find out how much it takes to turn a verdict.

# %%
if solved("u01/claim_court"):
    for key in ("R040-before-projector", "R040-augmentation"):
        if (claim := claim_table.stored(key)) is None:
            continue
        same = {"seeds": claim.seeds, "labels": "all", "chosen on": "val", "encoder": ["", ""]}
        study = {"margin": claim.margin, "readout": "linear", "floors": claim.floors}
        for role, values in zip(("new", "old"), list(claim.arms.values())[:2], strict=True):
            study[role] = same | {"test": values}
        print(f"{claim.sentence}\n  you: {verdict(study)}; the course: {claim.verdict}\n")

# %% [markdown]
# ## What you have now
#
# A loss whose gradient you know, a readout that cannot flatter, a prediction with its error, an eye
# for six ways to fool oneself with a probe, and rules that are fixed before one looks. You will
# use all five in every unit that follows.

# %%
show_progress("u01")

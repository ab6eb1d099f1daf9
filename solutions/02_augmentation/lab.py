# %% [markdown]
# # Lab 2: augmentation
#
# An augmentation is a distribution over changed copies of an image. It says what a net should not
# care about, and sometimes its label has to change along. In this lab you write the two mixtures
# that most training recipes use, design an augmentation under a budget, predict which one helps
# what, and find out what is wrong with the runs of others. Whoever has time goes on with the
# extensions, in any order: each stands by itself.
#
# **What you should know.** Images as tensors, softmax and cross-entropy, what a linear readout is,
# mean and covariance of a random vector. The lecture helps and is not needed: every exercise says
# what it takes. No net is trained here; all that is measured is measured in closed form or in
# seconds.
#
# | core | kind | estimated minutes |
# |---|---|---|
# | 1. A label for what was really pasted | implement | 20 |
# | 2. Mixing at any layer | implement | 15 |
# | 3. Augment under a budget | design | 25 |
# | 4. Which augmentation helps what | predict | 10 |
# | 5. Augmentation that went wrong | diagnose | 15 |
# | **together** | | **85** |
#
# | extensions | kind | estimated minutes |
# |---|---|---|
# | A. Blocks that are left out | implement | 15 |
# | B. Augmentation without sampling | implement | 25 |
# | C. Which cue a net follows | implement | 15 |
# | D. What a table shows | judge | 20 |
#
# Below each answer is a check. Run it as often as you like: it says whether the answer is right
# and, if not, on which small input it goes wrong, or which misunderstanding it looks like. Three
# hints wait behind a button that comes with the first wrong answer; `hint("u02/cutmix")` opens one
# at any time. Nothing here costs anything but time.

# %%
import math

import torch
import torch.nn.functional as F

from course_lib import data
from course_lib.grading import check, hint, prediction, show_progress, solved
from course_lib.grading.exercises.u02 import budget as budgets
from course_lib.grading.exercises.u02 import policy_order, sick_run, table_court
from course_lib.widgets import style

# %% [markdown] exercise="u02/cutmix"
# ## 1. A label for what was really pasted
# *Estimated: 20 minutes.*
#
# CutMix (Yun and others, 2019, arXiv 1905.04899) pastes a box of one image into another and mixes
# their labels by area. A box may stick out of the image. Code that was copied many times forgot
# that, and taught nets labels that were not true. You write the version whose labels are.


# %% answer="u02/cutmix"
def cutmix(images, labels, partner, lam, centre, classes):
    """images (B, H, W, C), labels, partner, lam (B,), centre (B, 2) → mixed, targets"""
    ### BEGIN SOLUTION
    mixed, targets = images.clone(), torch.zeros(len(images), classes)
    height, width = images.shape[1:3]
    for n in range(len(images)):
        scale, other = math.sqrt(1 - lam[n].item()), int(partner[n])
        r, c = int(height * scale), int(width * scale)
        y, x = centre[n, 0].item() - r // 2, centre[n, 1].item() - c // 2
        ys, xs = slice(max(y, 0), min(y + r, height)), slice(max(x, 0), min(x + c, width))
        mixed[n, ys, xs] = images[other, ys, xs]
        pasted = mixed[n, ys, xs, 0].numel() / (height * width)
        targets[n, labels[n]] += 1 - pasted
        targets[n, labels[other]] += pasted
    return mixed, targets
    ### END SOLUTION


# %% check="u02/cutmix"
check("u02/cutmix", cutmix)

# %% [markdown]
# **See it.** Four mixtures of clothes: the same λ, and four centres. Before you run the cell: which
# of the four has the largest share of its partner, if all are meant to have 0.4 of it?

# %%
if solved("u02/cutmix"):
    clothes = data.load("fashion", "val", size=28)
    pair = clothes.image[[0, 1], 0][:, :, :, None].float()  # (2, 28, 28, 1)
    own = pair[:1].expand(4, -1, -1, -1)
    centres = torch.tensor([[14, 14], [4, 14], [26, 26], [0, 0]])
    both, turn = torch.cat([own, pair[1:].expand(4, -1, -1, -1)]), torch.arange(8).roll(4)
    known = torch.tensor([0] * 4 + [1] * 4)
    made, soft = cutmix(both, known, turn, torch.full((8,), 0.6), centres.repeat(2, 1), 2)
    titles = [f"label {a:.2f} + {b:.2f}" for a, b in soft[:4].tolist()]
    style.show(
        style.image_grid(made[:4].byte().permute(0, 3, 1, 2), titles, columns=4, side=1.6),
        "The same piece of clothing four times, with a box of another one: in the middle, at the "
        "upper border, and in two corners. The more of the box is cut off, the smaller is the "
        "second number of the label.",
    )

# %% [markdown]
# **Measure it.** λ is drawn uniformly in CutMix, so the boxes are *meant* to cover one half on
# average. Guess two numbers before you run the cell: how much is really pasted, on average? And how
# wrong is a label, on average, that is weighed by λ all the same?

# %%
if solved("u02/cutmix"):
    torch.manual_seed(0)
    count = 400
    blank = torch.arange(2.0).repeat(count // 2)[:, None, None, None].expand(count, 28, 28, 1)
    lam, where = 1 - torch.rand(count), torch.randint(28, (count, 2))
    _, soft = cutmix(
        blank, torch.arange(2).repeat(count // 2), torch.arange(count).roll(1), lam, where, 2
    )
    real = soft[torch.arange(count), (torch.arange(count) + 1) % 2]
    print(f"meant to be pasted: {(1 - lam).mean():.2f}; really pasted: {real.mean():.2f}")
    print(f"mean error of a label that is weighed by lam: {(1 - lam - real).abs().mean():.2f}")

# %% [markdown]
# Clipping takes more away than it seems, since large boxes nearly always stick out. So CutMix is a
# milder augmentation than its λ says, and whoever labels by λ names the partner far too often.

# %% [markdown] exercise="u02/mixup"
# ## 2. Mixing at any layer
# *Estimated: 15 minutes.*
#
# Mixup (Zhang and others, 2017, arXiv 1710.09412) blends two images; Manifold Mixup (Verma and
# others, 2018, arXiv 1806.05236) blends what a layer made of them. One function does both. The
# check also asks how the loss pulls at the images, since each is in two mixtures.


# %% answer="u02/mixup"
def mixed_loss(x, labels, partner, lam, layers, k):
    """x (B, D), labels, partner, lam (B,), layers: L matrices, k → loss (B,), to_x (B, D)"""
    ### BEGIN SOLUTION
    images = x.detach().clone().requires_grad_()
    share, features = lam.unsqueeze(1), images
    for number, matrix in enumerate(layers):
        if number > 0:
            features = features.relu()
        if number == k:
            features = torch.lerp(features[partner], features, share)
        features = F.linear(features, matrix)
    own_loss = F.cross_entropy(features, labels, reduction="none")
    other_loss = F.cross_entropy(features, labels[partner], reduction="none")
    total = lam * own_loss + (1 - lam) * other_loss
    (pull,) = torch.autograd.grad(total.mean(), images)
    return total.detach(), pull
    ### END SOLUTION


# %% check="u02/mixup"
check("u02/mixup", mixed_loss)

# %% [markdown]
# **See it.** Two images of two classes and a net of three layers. λ goes from 0 (all of the
# partner) to 1 (all of the image). Your function draws the loss when images are mixed, when
# features are, and what the *best* loss is that any net could have on such a label: its entropy.
# Before you run the cell: where must all curves with the same label meet, and can one lie below the
# best?

# %%
if solved("u02/mixup"):
    torch.manual_seed(3)
    layers = [torch.randn(8, 4), torch.randn(8, 8) / 2, torch.randn(2, 8)]
    x, lam = torch.randn(2, 4), torch.linspace(0, 1, 101)
    fig = style.figure(6, 2.8)
    ax = fig.subplots()
    for k, dash in ((0, "-"), (1, "--"), (2, ":")):
        first = [
            mixed_loss(x, torch.tensor([0, 1]), torch.tensor([1, 0]), one.expand(2), layers, k)[0][
                0
            ]
            for one in lam
        ]
        ax.plot(lam, torch.stack(first).detach(), dash, label=f"mixed at k = {k}")
    best = -torch.xlogy(lam, lam) - torch.xlogy(1 - lam, 1 - lam)
    ax.plot(lam, best, color=style.INK, lw=1, label="the best there is")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    style.label(ax, "λ, the share of the image", "loss")
    style.show(
        fig,
        "Three curves of the loss for mixing at three places. They meet at both ends, where "
        "nothing is mixed, and differ between; a thin line, an arch from 0 to 0, lies below them.",
    )

# %% [markdown]
# At both ends nothing is mixed, so the place does not matter. Between, the loss of a mixture is
# never 0: the arch is what the label itself leaves open. That is why a training loss under mixing
# says little, and a training accuracy that is read on mixtures nothing.

# %% [markdown] exercise="u02/budget"
# ## 3. Augment under a budget
# *Estimated: 25 minutes.*
#
# "More augmentation is better" cannot be true: what a readout is made indifferent to, it can no
# longer use. Here augmentation costs, by the variance that it causes. You are told what will happen
# outside, and decide what to spend on.


# %% answer="u02/budget"
def policy(brief, images, operations, budget):
    """brief: a sentence, images (N, 64), operations: name → (64, 64), budget → name → weight"""
    ### BEGIN SOLUTION
    shifts = {
        "the camera shakes sideways": ("left", "right"),
        "the camera nods": ("up", "down"),
        "the belt runs late": ("left",),
    }
    if brief in shifts:
        names = [f"{way} {pixels}" for way in shifts[brief] for pixels in (1, 2)]
    elif brief == "a hand covers one half":
        names = [name for name in operations if name.endswith("covered")]
    else:
        names = ["mirrored"]
    copies = torch.stack([images, *(images @ operations[name].T for name in names)]).double()

    def spread(weight):
        chances = torch.full((len(copies), 1, 1), weight, dtype=torch.float64)
        chances[0] = 1 - weight * len(names)
        centre = (chances * copies).sum(dim=0)
        return (chances * (copies - centre).square()).sum() / copies[0].square().sum()

    steps = torch.linspace(0, 1 / (len(names) + 1), 400).tolist()
    return dict.fromkeys(names, max(weight for weight in steps if spread(weight) <= budget))
    ### END SOLUTION


# %% check="u02/budget"
check("u02/budget", policy)

# %% [markdown]
# **Spend it otherwise.** For one question of each brief: the error outside without augmentation,
# with your policy, with the same budget for light alone (or as much of it as light can spend), and
# with all that happens outside and no budget. For which brief is the budget felt most?

# %%
if solved("u02/budget"):
    rows = []
    for number in (10, 3, 7, 1, 4):
        brief, images, operations, limit = budgets.exhibit(number)
        mine = policy(brief, images, operations, limit)
        # Half of them darker, half brighter: by x / 2 each, so the relative trace is share / 4.
        share = min(4 * limit, 1.0)
        light = {"darker": share / 2, "brighter": share / 2}
        used = [name for name, weight in mine.items() if weight > 0]
        freely = dict.fromkeys(used, 1 / (len(used) + 1))
        errors = [budgets.error(number, weights) for weights in ({}, mine, light, freely)]
        rows.append([brief, f"{limit:.3f}", *(f"{error:.3f}" for error in errors)])
    style.table(
        ["brief", "budget", "none", "yours", "light alone", "no budget"],
        rows,
        "Squared error of the readout on fresh pictures, as they come outside",
    )

# %% [markdown]
# No picture was sampled for any of these numbers. The readout that least squares finds on endlessly
# many augmented pictures depends on their mean and covariance alone, and for linear operations both
# are sums. Extension B goes into that.

# %% [markdown] exercise="u02/policy_order"
# ## 4. Which augmentation helps what
# *Estimated: 10 minutes.*

# %% answer="u02/policy_order"
# Best first: "none", "sideways", "up and down", "mirrored", "half covered", in your order.
order = {
    "as taken": [..., ..., ..., ..., ...],
    "moved sideways": [..., ..., ..., ..., ...],
    "which way round": [..., ..., ..., ..., ...],
}
### BEGIN SOLUTION
order = {
    "as taken": ["none", "mirrored", "half covered", "up and down", "sideways"],
    "moved sideways": ["sideways", "none", "half covered", "mirrored", "up and down"],
    "which way round": ["none", "up and down", "half covered", "sideways", "mirrored"],
}
### END SOLUTION

# %% check="u02/policy_order"
check("u02/policy_order", order)

# %% [markdown]
# **Reveal.** What was measured just now, best on top: a large mark for the mean, a small one for
# each of the three measurements, and where your first prediction put each augmentation. Then go
# back and correct your order; the first one stays on record, and being wrong in it is how this
# exercise works.

# %%
if first := prediction("u02/policy_order"):
    policy_order.reveal(first)

# %% [markdown]
# One augmentation wins on one task, loses on the next and makes the third impossible. A linear
# readout is an extreme case: it cannot put up with a change *and* stay sharp. A convolutional net
# has more room; that an augmentation of the wrong kind destroys a task holds for it too.

# %% [markdown] exercise="u02/sick_run"
# ## 5. Augmentation that went wrong
# *Estimated: 15 minutes.*
#
# Most mistakes in augmentation raise no error and leave no mark on a loss curve. The logs are made
# up for this exercise; their mistakes are not. Every log shows all that you need, in its numbers.

# %%
sick_run.show(draw=1)  # or any other whole number, which then is your "draw"

# %% answer="u02/sick_run"
diagnosis = {"draw": 1, "A": ..., "B": ..., "C": ..., "D": ..., "E": ...}
### BEGIN SOLUTION
diagnosis = {
    "draw": 1,
    "A": "same draws",
    "B": "healthy",
    "C": "read on mixtures",
    "D": "hole of the mean",
    "E": "same draws",
}
### END SOLUTION

# %% check="u02/sick_run"
check("u02/sick_run", diagnosis)

# %% [markdown]
# **Think on** (*5 minutes, not checked*). Which of these mistakes makes a reported score too high,
# which too low, and which only makes training worse? Which of your own runs prints enough to tell?

# %% [markdown]
# ## Extensions
# Here ends the core. What follows stands each by itself: choose.

# %% [markdown] exercise="u02/depth"
# ## Extension A. Blocks that are left out
# *Estimated: 15 minutes.*
#
# Stochastic depth (Huang and others, 2016, arXiv 1603.09382) trains a deep residual net as if it
# were a shallow one, another one each time. Some of the code that is passed around confuses the
# probability to survive with that to be dropped; the paper's p is the former.


# %% answer="u02/depth"
def depth(x, branches, drop, coins, train):
    """x (B, D), branches: L times (D, D), drop, coins (L, B), train → y (B, D), expected"""
    ### BEGIN SOLUTION
    number, expected = len(branches), 0.0
    for index, matrix in enumerate(branches):
        stays = 1 - drop * (index + 1) / number
        expected += stays
        gate = (coins[index] < stays).to(x.dtype).unsqueeze(1) if train else stays
        x = x + gate * F.relu(F.linear(x, matrix))
    return x, expected
    ### END SOLUTION


# %% check="u02/depth"
check("u02/depth", depth)

# %% [markdown]
# **See it.** Twelve blocks, and three ways of testing beside the mean over 2,000 draws of coins:
# as the paper does, without any scaling, and with every block scaled by the survival of the last
# one. What comes nearest to the mean?

# %%
if solved("u02/depth"):
    torch.manual_seed(0)
    branches = [torch.randn(16, 16) / 12 for _ in range(12)]
    x, coins = torch.randn(1, 16).expand(2000, -1), torch.rand(12, 2000)
    drawn, expected = depth(x, branches, 0.5, coins, True)
    mean, coin = drawn.mean(dim=0), coins[:, :1]
    tests = {
        "as the paper": depth(x[:1], branches, 0.5, coin, False)[0],
        "not scaled": depth(x[:1], branches, 0.0, coin, False)[0],
        "all scaled by the last": depth(x[:1], [m / 2 for m in branches], 0.0, coin, False)[0],
    }
    print(f"blocks on average: {expected:.2f} of 12")
    for name, y in tests.items():
        print(f"{name}: {(y - mean).norm() / mean.norm():.3f} of the mean's length away from it")

# %% [markdown]
# Scaling does not give the mean exactly, since relu and the blocks above bend what they are given.
# It gives each branch the size that the next one is used to. What does the net save in time? Only
# what is not computed: multiplying a branch by 0 saves nothing.

# %% [markdown] exercise="u02/moments"
# ## Extension B. Augmentation without sampling
# *Estimated: 25 minutes.*
#
# How many augmented copies does it take to know the expected loss to one percent? For linear
# augmentations it takes none: the moments can be written down (Balestriero and others, 2022, arXiv
# 2202.08325). You write them for shifts, with the number of draws that they spare.


# %% answer="u02/moments"
def moments(x, chance, readout, target, share):
    """x (D,), chance (2R + 1,), readout (K, D), target (K,), share → mean, cov, loss, draws"""
    ### BEGIN SOLUTION
    reach = chance.numel() // 2
    copies = torch.zeros(chance.numel(), x.numel(), dtype=x.dtype)
    for row, step in enumerate(range(-reach, reach + 1)):
        length = x.numel() - abs(step)
        copies[row].narrow(0, max(step, 0), length).copy_(x.narrow(0, max(-step, 0), length))
    mean = (chance.unsqueeze(1) * copies).sum(dim=0)
    cov = torch.einsum("s,si,sj->ij", chance, copies - mean, copies - mean)
    loss = (F.linear(mean, readout) - target).pow(2).sum() + torch.trace(readout @ cov @ readout.T)
    each = (F.linear(copies, readout) - target).pow(2).sum(dim=1)
    variance = (chance * (each - loss).pow(2)).sum().item()
    needed = variance / (share * loss.item()) ** 2
    return mean, cov, loss.item(), max(math.ceil(needed), 1)
    ### END SOLUTION


# %% check="u02/moments"
check("u02/moments", moments)

# %% [markdown]
# **See it.** The middle row of a piece of clothing, shifted by up to 3 pixels, and a random
# readout. Draws of the shift estimate the loss: how far are they from your exact one, and how far
# should they be? The dot is where your `draws` says that one percent is reached.

# %%
if solved("u02/moments"):
    torch.manual_seed(0)
    row = data.load("fashion", "val", size=28).image[2, 0, 14].double() / 255
    chance, readout = torch.full((7,), 1 / 7).double(), torch.randn(3, 28).double()
    target = readout @ row + 1  # what the unshifted row should give, and does not
    mean, cov, loss, draws = moments(row, chance, readout, target, 0.01)
    single = torch.eye(7).double()
    each = torch.tensor([moments(row, one, readout, target, 1.0)[2] for one in single])
    sizes, errors = [2**n for n in range(2, 15)], []
    for size in sizes:
        picked = each[torch.randint(7, (200, size))].mean(dim=1)
        errors.append((picked / loss - 1).square().mean().sqrt())
    fig = style.figure(6, 2.8)
    ax = fig.subplots()
    ax.loglog(sizes, errors, "o", label="measured, 200 tries each")
    ax.loglog(
        sizes, [0.01 * math.sqrt(draws / n) for n in sizes], "-", lw=1, label="from your draws"
    )
    ax.loglog(draws, 0.01, "D", color=style.WRONG, label="one percent")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5))
    style.label(ax, "draws", "relative error of the loss")
    style.show(
        fig,
        "Points that fall along a straight line in a plot with two logarithmic axes: ten times the "
        "draws make about a third of the error. The line goes through the dot at one percent.",
    )
    hidden = loss - (readout @ mean - target).square().sum().item()
    print(f"expected loss {loss:.3f}, of which {hidden:.3f} come from the covariance")

# %% [markdown]
# The part that comes from the covariance is a penalty on the readout: it weighs most those
# directions in which the augmentation moves the image. Ridge regression uses nothing else, and that
# is why exercise 3 needed no training.

# %% [markdown] exercise="u02/shape_bias"
# ## Extension C. Which cue a net follows
# *Estimated: 15 minutes.*
#
# A cat with the skin of an elephant: what does a net call it? Geirhos and others (2018, arXiv
# 1811.12231) asked, and found that nets trained on ImageNet mostly name the skin. The number they
# gave leaves out many images; which, is what you write here.


# %% answer="u02/shape_bias"
def shape_bias(probabilities, group, shape, texture, sure):
    """probabilities (N, F), group (F,), shape, texture (N,), sure → bias, each, decided"""
    ### BEGIN SOLUTION
    total = group.max().item() + 1
    score = torch.stack([probabilities.T[group == kind].mean(0) for kind in range(total)])
    highest, named = score.max(0)
    votes = torch.zeros(2, total, dtype=torch.int64)
    for n in range(len(shape)):
        if highest[n] < sure or shape[n] == texture[n]:
            continue
        if named[n] in (shape[n], texture[n]):
            votes[int(named[n] == texture[n]), shape[n]] += 1
    decided = votes.sum(0)
    each = votes[0].double() / decided
    return each.nanmean().item(), each, decided
    ### END SOLUTION


# %% check="u02/shape_bias"
check("u02/shape_bias", shape_bias)

# %% [markdown]
# **Use it.** A made-up net on 600 images of four kinds. It sees both cues, texture a little better,
# and doubts. `sure` goes up: what happens to the bias, and to the number of images that it is made
# of? Shape and texture were drawn apart from each other, so they agree in some images; the last
# column is the bias of those who forget to leave these out.

# %%
if solved("u02/shape_bias"):
    torch.manual_seed(0)
    shape, texture = torch.randint(4, (2, 600))
    seen = F.one_hot(shape, 4) + 1.3 * F.one_hot(texture, 4) + 0.7 * torch.randn(600, 4)
    probabilities = (2 * seen).softmax(dim=1).double()
    rows = []
    for sure in (0.0, 0.5, 0.7, 0.9):
        bias, _, decided = shape_bias(probabilities, torch.arange(4), shape, texture, sure)
        answers = torch.where(probabilities.amax(dim=1) >= sure, probabilities.argmax(dim=1), -1)
        forgot = (answers == shape).sum() / ((answers == shape) | (answers == texture)).sum()
        rows.append([sure, f"{bias:.3f}", int(decided.sum()), f"{forgot:.3f}"])
    style.table(
        ["sure", "shape bias", "decided", "with agreeing images"], rows, "A net that doubts"
    )

# %% [markdown]
# The fewer images are decided, the more the bias is a property of the threshold. Report the number
# of decided images beside it, always. And what does a bias of 0.3 *not* say? Not that the net knows
# no shapes: only which cue wins where the two disagree.

# %% [markdown] exercise="u02/table_court"
# ## Extension D. What a table shows
# *Estimated: 20 minutes.*
#
# The table by which regularisers are often compared holds rows from its own authors and rows copied
# from other papers, with a star. From such tables people read "A beats B". Here you write down when
# one may.

# %%
table_court.show(*table_court.exhibit(1))  # one of those that the check asks about


# %% answer="u02/table_court"
def verdict(claim, table):
    """claim: a dict, table: a dict → one of the four words"""
    ### BEGIN SOLUTION
    if "names" not in claim:
        for cue in table.values():
            losses = list(cue["drop"].values())
            if len(losses) >= 3 and min(losses) > 0:
                return "contradicted"
        return "unresolved"
    said = []
    for low, high in zip(claim["names"], claim["names"][1:], strict=False):
        one, two = table[low], table[high]
        common = [seed for seed in one["error"] if seed in two["error"]]
        better = [one["error"][seed] < two["error"][seed] for seed in common]
        if any(one[what] != two[what] for what in ("source", "net", "epochs")):
            said.append("not comparable")
        elif len(common) < 3 or len(set(better)) > 1:
            said.append("unresolved")
        else:
            said.append("supported" if better[0] else "contradicted")
    order_of_words = ["contradicted", "not comparable", "unresolved", "supported"]
    return min(said, key=order_of_words.index)
    ### END SOLUTION


# %% check="u02/table_court"
check("u02/table_court", verdict)

# %% [markdown]
# **Use it.** Top-1 errors of ResNet-50 on ImageNet as the CutMix paper lists them (arXiv
# 1905.04899), one number a method. Rows with a star were copied there from other papers; what their
# schedules were is not in the table, so their epochs stand as unknown here. Before you run the
# cell: what may be said of each of these claims?

# %%
if solved("u02/table_court"):
    own = {"source": "ours", "net": "ResNet-50", "epochs": 300}
    copied = {"source": "Ghiasi 2018", "net": "ResNet-50", "epochs": "unknown"}
    listed = {"baseline": 23.68, "Mixup": 22.58, "Manifold Mixup": 22.50, "CutMix": 21.40}
    rows = {name: own | {"error": {1: error}} for name, error in listed.items()}
    rows["DropBlock"] = copied | {"error": {1: 21.87}}
    for names in (
        ["CutMix", "baseline"],
        ["CutMix", "DropBlock"],
        ["CutMix", "Manifold Mixup", "Mixup", "baseline"],
    ):
        print(f"{' < '.join(names)}: {verdict({'names': names}, rows)}")
    tried = {cue: {"drop": {1: 0.0, 2: -0.1, 3: 0.1}} for cue in ("seam", "border")}
    print(f"SSL has no shortcuts: {verdict({'says': 'no shortcut'}, tried)}")

# %% [markdown]
# Unresolved is not wrong: a difference of two points on ImageNet is hardly chance. It says what the
# *table* shows, by a rule that was written down before anybody looked. What would have to be in it
# to settle the first claim?

# %% [markdown]
# ## What you have now
#
# Labels that tell the truth about a mixture, a loss that can be mixed anywhere, an augmentation
# that is paid for, an order that you predicted and one that was measured, and an eye for seven ways
# in which augmentation goes wrong in silence.

# %%
show_progress("u02")

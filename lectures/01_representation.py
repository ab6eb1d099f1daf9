# %% [markdown]
# # 1. What is a representation?
#
# Take a grey picture of 40 × 40 points: 1,600 numbers. A net computes 64 numbers from them, and
# from nothing else. So the 64 cannot know anything about the picture that the 1,600 do not know;
# and much that the 1,600 know is lost on the way. Now ask both for help: *which of the pictures
# that you have seen is most like this one?* and name the picture accordingly. How often is the name
# right?

# %%
from course_lib.widgets import (
    claim_table,
    glossary,
    label_curves,
    ladder,
    moving,
    neighbours,
    objectives,
    quiz,
    representation,
    source,
    style,
)
from course_lib.widgets.questions import u01

print(representation.mystery())

# %% [markdown]
# **The mystery of this unit: how can less say more?** Write down a guess, one sentence is enough.
# Section 1 has half of the answer, section 5 the other half.
#
# After this unit you can
#
# - say what a representation is, and judge one instead of believing in it;
# - choose data on which a comparison can show something;
# - derive the gradients of the softmax and the sigmoid objective, and say what happens when half of
#   one is forgotten;
# - read out a representation by nearest neighbours, by a linear probe and by fine-tuning, and name
#   the traps of each;
# - say when pretraining is worth its cost, and what a fair comparison needs.
#
# | section | estimated minutes |
# |---|---|
# | Before you start: four questions | 5 |
# | 1. What a representation is, and how one judges it | 30 |
# | 2. Data: where there is something to see | 10 |
# | 3. Model: a small convnet from inside | 10 |
# | 4. Objective: softmax, sigmoids, and a loss with half missing | 25 |
# | 5. Readouts: three questions to a representation | 35 |
# | 6. Pretrain, then fine-tune | 20 |
# | Cheat sheet, reading, corrections | 10 |
#
# The second half of the unit is a notebook of its own, `01_representation_nets.ipynb`: what each
# step from AlexNet to the vision transformer bought, how sure a net may be, and which data a number
# belongs to. Take it after section 3, or at the end.
#
# **Run → Run All Cells** takes less than a minute. Any section can also be started alone: run the
# code cell above, then begin there.

# %% [markdown]
# ## Before you start
# Four questions on what `00_start` showed.

# %%
quiz.show(u01.RECALL)

# %% [markdown]
# ## Words and symbols
# The words and letters of this unit, to look up when you meet them. Open what you need.

# %%
glossary.words(
    "encoder, feature, representation, readout, floor, chance, frozen, split, seed, margin, "
    "cosine similarity, principal components (PCA), random net, label-free, supervised, "
    "logit, softmax, sigmoid, cross-entropy, objective, head, projector, temperature, transfer, "
    "k nearest neighbours (kNN), linear probe, fine-tuning, pretraining, downstream task"
)
glossary.symbols()

# %% [markdown]
# ## 1. What a representation is, and how one judges it
# *Estimated: 30 minutes.*
#
# ### Idea
# A **representation** is a list of numbers that stands for a picture. Raw pixels are one: they
# stand for what a camera measured. The function that computes a representation is an **encoder**,
# and the numbers that it gives are **features**. ([Words and symbols](#Words-and-symbols) explains
# the words of this unit.)
#
# What makes one better than another? Not a look at the numbers. One asks what can be *done* with
# them. The simplest thing to do is to look for the nearest neighbours. Below, as on the start page,
# each row uses another encoder; this time there are four:
#
# - **raw pixels**;
# - **random net**: a convnet that was never trained;
# - **supervised net**: the same convnet, trained to name the object;
# - **label-free net**: the same convnet, trained without any label (by SimCLR, unit 4).
#
# Guess the rows, then press **Reveal**. Do five queries. *By keyboard:* Tab moves between the
# controls, arrow keys move the slider, Enter presses a button.

# %%
neighbours.show(wanted=neighbours.ALL)

# %% [markdown]
# <details>
# <summary><b>What to notice</b> (open it after five queries)</summary>
#
# Each encoder answers the question *what is alike?* in its own way, and every answer is right for
# something. For raw pixels, alike means the same colours at the same places. For the random net:
# the same amount of each colour and texture, wherever it is. For the supervised net: whatever the
# labels called by the same name, and nothing else. For the label-free net: whatever two randomly
# changed copies of one picture have in common.
#
# Compare the mistakes of the two trained nets. Which of them still share colours, brightness or
# shape with the query? A net that is asked for the name only may forget what the picture looked
# like. One that is asked to find copies again may not.
#
# So "good" is short for "good for something". In this course that is most often: naming what is
# seen, from few labels. Other uses (where is it? what is its colour? is it the same bicycle?) would
# judge differently.
#
# </details>

# %% [markdown]
# ### Equation
# An encoder is a function from pictures to lists of $d$ numbers,
#
# $$f:\ \mathbb{R}^{D} \rightarrow \mathbb{R}^{d}, \qquad h = f(x), \qquad d \ll D .$$
#
# $x$ is the picture as a list of $D$ numbers, $h$ its features. A useful $h$ is **compact** ($d$ is
# small), it **keeps what matters** and drops the rest, and it **transfers**: it serves tasks for
# which the encoder was not trained. How alike two pictures are is the cosine of their features,
# $\cos(h, h') = h \cdot h' / (\lVert h \rVert\, \lVert h' \rVert)$.
#
# **Find the error.** A slide of the lecture that this course grew from says it with one line:

# %%
quiz.show(u01.SLIDE_SPACE)

# %% [markdown]
# ### Source
# Two encoders that learn nothing from labels, as they stand in the library. `RawPixels` changes
# nothing. `PCA` gives the **principal components**: among all codes of 64 numbers that are computed
# by a matrix, it is the one from which the pixels can be rebuilt with the smallest squared error.

# %%
from course_lib.evaluate.baselines import PCA, RawPixels

source.show(RawPixels.forward, PCA.forward, PCA.decode)

# %% [markdown]
# ### Picture
# Clothes among clutter (section 2 says more about this set). What do 64 principal components keep
# of the 1,600 pixels?

# %%
representation.show_rebuilt()

# %% [markdown]
# **What to notice.** Most of the variance is kept, and you can hardly tell the item any more.
# Squared error counts pixels, and most pixels are background: broad light and dark areas are cheap
# to describe and pay off at many places, while the edge of a sleeve costs many numbers and changes
# few pixels. *Compact* is easy. *Keeping what matters* needs somebody to say what matters: a label,
# or something that stands for it.
#
# ### What was measured
# Three representations, one readout: the 20 nearest training pictures vote. The net of the first
# arm is the course's convnet at half its width, so that it gives 64 numbers. Each number is a run
# with a seed of its own; pixels and principal components have nothing random in them, so theirs are
# equal. **Floors** are what one reaches without learning anything.

# %%
claim_table.show("R001")

# %% [markdown]
# ### Half of the answer
# The 64 learnt numbers hold no information that is missing in the pixels. No function of $x$ can.
# But a readout is not omniscient: nearest neighbours can only compare lists number by number. In
# the pixels, what the class is lies hidden behind where the item is and what is behind it; two
# shirts at different places have hardly a number in common. The trained encoder drops much of both,
# so that what was hidden is now what a simple comparison sees.
#
# A letter in a locked box and the same letter on the table hold the same information. The second is
# more *usable*. Xu and others (2020) make this precise: they measure information by what a given
# family of readouts can get, and then, unlike Shannon's information, it *can* be created by
# computing. From now on, "a good representation" means: one from which **simple readouts** get what
# we want. The other half of the answer, what "simple" should mean, is section 5.

# %%
quiz.show(u01.SPACE)

# %% [markdown]
# ## 2. Data: where there is something to see
# *Estimated: 10 minutes.*
#
# ### Idea
# Before two representations are compared, one asks whether the data *can* tell them apart. Below
# are the same items twice: from Fashion-MNIST as published, and in **clutter**, at a random place,
# on clouds, among scraps of other items. The third set, **scenes**, is the one that you searched in
# section 1.

# %%
representation.show_items()

# %% [markdown]
# In the first row every item lies in the middle, upright, on black. The first pixel of one boot
# means the same as the first pixel of another. This is a set for which raw pixels are a good
# representation already: somebody made them so when the set was built.
#
# ### Picture
# The further right a mark, the more is reached without training anything but a readout.

# %%
representation.show_floors()

# %% [markdown]
# **What to notice.** Above the best floor, *fashion* leaves little room, and nobody knows how much
# of that can be reached at all. A linear net, trained on the pixels of *fashion* with all labels,
# is measured in section 4; compare it with the first line. A method that does well on Fashion-MNIST
# has shown little about its representation. On *clutter* and *scenes* the floors are low, and what
# lies above them was learnt.
#
# **What to keep in mind.** Clutter and scenes are drawn by a program; a class is one kind of
# cut-out or item. What is found on them is found on them. The rule "first the floors, then the
# claim" holds for every set; it is the numbers that do not carry over.

# %%
quiz.show(u01.DATA)

# %% [markdown]
# ## 3. Model: a small convnet from inside
# *Estimated: 10 minutes.*
#
# ### Idea
# Nearly every comparison of this course keeps the net and changes what it is told to do. So the net
# is small and plain: four stages of convolution, BatchNorm and ReLU, then a mean over all places.
# The stages ask, at every place, for ever larger patterns; the mean forgets the places.
#
# ### Equation
# A stage turns maps $u$ (channels × height × width) into $\max(0, \mathrm{BN}(w * u))$, where $*$
# is a convolution with 3 × 3 weights $w$. The features are the mean of the last maps $u$ over their
# $P$ places,
#
# $$h = \frac{1}{P} \sum_{p} u_{p} .$$
#
# ### Source

# %%
from course_lib.nets.convnet import ConvNet, stage

source.show(stage, ConvNet.__init__, ConvNet.forward)

# %% [markdown]
# ### Picture
# One scene on its way through the supervised net. Of each stage you see six maps, light where they
# respond.

# %%
representation.show_inside()
representation.sizes()

# %% [markdown]
# **What to notice.** The first stage still draws the rings of the object. With each stage the maps
# get coarser and there are more of them: *where* is traded for *what*. The last column, the
# features, holds no place at all.
#
# Most weights sit in the last two stages, though their maps are smallest: a convolution has 3 · 3 ·
# (channels in) · (channels out) weights, whatever the size of the picture.
#
# **And if the picture moves?** Move a scene right and down, and look for it among 300 that were not
# moved: is its own original the nearest by cosine?

# %%
moving.show()

# %% [markdown]
# **What to notice.** Compare raw pixels with the random net. Nobody taught that net that a moved
# picture is the same picture; convolution and the mean over places see to it. So a net is a
# representation before it has seen a single picture, which is why the random net is among the
# floors. Then compare the two trained nets. Being found again is no virtue in itself: to a net that
# was asked for names, two pictures of one kind *should* be hard to tell apart.
#
# How nets came to look like this, and what came after, is told in the second half,
# `01_representation_nets.ipynb`: eight layers, small kernels, shortcuts, tokens.

# %%
quiz.show(u01.MODEL)

# %% [markdown]
# ## 4. Objective: softmax, sigmoids, and a loss with half missing
# *Estimated: 25 minutes.*
#
# ### Idea
# A supervised net learns its features by the way. What it is asked for is the class: a **head**,
# here one matrix $W$ and a bias $b$, turns features into one **logit** a class, $z = W h + b$, and
# the **objective** says how wrong they are. Two objectives are in use. They ask different
# questions:
#
# - **softmax**: *which one* of the $K$ classes is it? Probabilities share one unit.
# - **sigmoids**: *is it* class 1? is it class 2? … $K$ separate questions, any number of which may
#   be answered yes.
#
# ### Equation
# With the target $y$, 1 for a right class and 0 for the others, and $s(z) = 1 / (1 + e^{-z})$:
#
# $$\text{softmax:}\quad p_i = \frac{e^{z_i}}{\sum_j e^{z_j}}, \qquad L = -\sum_i y_i \log p_i$$
#
# $$\text{sigmoids:}\quad p_i = s(z_i), \qquad
#   L = -\sum_i \big[\, y_i \log p_i + (1 - y_i) \log (1 - p_i) \,\big]$$
#
# Work out the derivative with respect to one logit. For softmax, write
# $\log p_i = z_i - \log \sum_j e^{z_j}$; the derivative of the second term with respect to $z_k$ is
# $p_k$, so with $\sum_i y_i = 1$
#
# $$\frac{\partial L}{\partial z_k} = -y_k + p_k \sum_i y_i = p_k - y_k .$$
#
# For sigmoids, use $\frac{d}{dz} \log s(z) = 1 - s(z)$ and $\frac{d}{dz} \log (1 - s(z)) = -s(z)$:
#
# $$\frac{\partial L}{\partial z_k} = -y_k (1 - p_k) + (1 - y_k)\, p_k = p_k - y_k .$$
#
# The same: **what the net says minus what is right**. Training stops pushing where the two agree.
#
# ### Source

# %%
from course_lib.methods.supervised.classification import classification_loss

source.show(classification_loss)

# %% [markdown]
# Both come from PyTorch in a form that survives large logits. Written as above, $e^{z}$ overflows
# in 32-bit numbers from about $z = 89$; the lab lets you write the stable form yourself.
#
# **Find the error.** Another slide, about a set whose pictures have several labels each:

# %%
quiz.show(u01.SLIDE_LOSS)

# %% [markdown]
# ### Picture
# The two losses of *one* class along its logit. Training moves the logit to where its curve falls.

# %%
objectives.show()

# %% [markdown]
# ### Try it: a loss that falls to nothing
# *A live run of seconds.* A linear net on the pixels of *fashion*, three objectives, the same
# pictures in the same order. Before you run it, guess: for which objective does the training loss
# get smallest? And which net would you take home?

# %%
import torch
import torch.nn.functional as F

from course_lib.data import load

train, val = load("fashion", "train"), load("fashion", "val")
x, x_val = (part.image.flatten(1).float() / 255 for part in (train, val))  # (N, 784)


def learn(objective: str, steps: int = 400) -> dict[str, list[float]]:
    """Trains a linear head on pixels; returns what happened on the way."""
    generator = torch.Generator().manual_seed(0)  # every objective sees the same batches
    head = torch.nn.Linear(784, 10)
    torch.nn.init.zeros_(head.weight)
    torch.nn.init.zeros_(head.bias)
    optimiser = torch.optim.Adam(head.parameters(), lr=1e-3)
    history = {"step": [], "loss": [], "accepted": [], "accuracy": []}
    for step in range(steps + 1):
        rows = torch.randint(len(train), (256,), generator=generator)
        z, label = head(x[rows]), train.label[rows]  # (B, K), (B,)
        if objective == "positive only":
            loss = -F.logsigmoid(z.gather(1, label[:, None])).mean()  # no term for y = 0
        else:
            loss = classification_loss(z, label, objective)
        if step % 20 == 0:
            with torch.no_grad():
                z_val = head(x_val)
            p = z_val.softmax(dim=1) if objective == "softmax" else z_val.sigmoid()
            history["step"].append(step)
            history["loss"].append(loss.item())
            history["accepted"].append((p > 0.5).float().sum(dim=1).mean().item())
            history["accuracy"].append((p.argmax(dim=1) == val.label).float().mean().item())
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return history


runs = {objective: learn(objective) for objective in objectives.LINES}
objectives.show_runs(runs)

# %% [markdown]
# **What to notice.** *Accepted* means a probability above one half, and the dotted line is at one
# class a picture. With half of the loss missing, training looks perfect: the loss falls fastest and
# furthest. And the net says yes to everything. Nothing in its log gives it away, because log and
# objective share the same blind spot. Whoever watches only the loss would publish this.
#
# A second look at the wrong half of the picture before: the gradient of a wrong class is not small,
# it is exactly zero, so no learning rate and no patience can help. Losses of different objectives,
# by the way, cannot be compared: sigmoids add up ten questions, softmax asks one.
#
# ### What was measured

# %%
claim_table.show("R002-positive-only", "R002-softmax-sigmoid")

# %% [markdown]
# The first table is the run above with three seeds and more steps. The second asks whether softmax
# and sigmoids differ where both fit, one class a picture: its rule is that they lie close together.
# Look at *how* close, too. Within a margin is not the same as equal, and if one arm leads in every
# seed, the lead is small but hardly luck.

# %%
quiz.show(u01.OBJECTIVE)

# %% [markdown]
# ## 5. Readouts: three questions to a representation
# *Estimated: 35 minutes.*
#
# ### Idea
# A **readout** is a simple way to get an answer out of features. Three are used wherever
# representations are compared, and each asks another question:
#
# | readout | what is trained | the question |
# |---|---|---|
# | **k nearest neighbours** | nothing | Are alike pictures close together *as they are*? |
# | **linear probe** | a matrix and a bias | Can each class be cut off by a flat cut? |
# | **fine-tuning** | everything | Is this a good place to *start* from? |
#
# Going down, more is trained. That does not make each easier than the one above: with many pictures
# in its bank kNN draws borders of any shape, a probe draws flat ones only. And the last readout
# asks hardly about the representation any more, since it changes it. "Is this representation
# learning, or learning a good initialisation?" asks one of the lectures behind this course. Keep
# the question; unit 8 returns to it.

# %% [markdown]
# ### 5.1 Nearest neighbours
# Take the $k$ training pictures whose features have the largest cosine with those of the query.
# Each votes for its class $y_i$, and near ones count more; the class with the most votes wins:
#
# $$\text{votes for class } c \;=\; \sum_{i\, \in\, \text{nearest } k} e^{\cos(h, h_i) / T}\;
#   [\, y_i = c \,], \qquad k = 20,\ T = 0.07 .$$
#
# $[\,\cdot\,]$ is 1 where the statement is true and 0 elsewhere. The smaller the **temperature**
# $T$, the more the very nearest decide. Settings as in DINO (Caron and others 2021). This is the
# whole source:

# %%
from course_lib.evaluate import knn

source.show(knn)

# %% [markdown]
# **Traps.**
#
# - *Length.* Without `F.normalize`, long vectors vote more. Some released encoders hide a scale in
#   their output (in ImageBind those for sound, depth, heat and motion do), and then a product is no
#   cosine.
# - *Oneself.* If the query is in the bank, it is its own nearest neighbour. Hence `exclude_self`.
# - *Too many voters.* With one label a class the bank holds ten pictures, so 20 cannot vote; here
#   all ten do, which must be said. The code released with DINO cuts the test pictures into 100
#   pieces and fails with fewer than 100.
# - *Useless numbers.* A hundred features of pure noise change every cosine. kNN cannot switch them
#   off, a probe can: that is one reason why the two disagree.

# %% [markdown]
# ### 5.2 Linear probe
# Keep the encoder **frozen** and train one matrix and a bias on its features, with the softmax
# objective of section 4 and a penalty on large weights:
#
# $$\min_{W,\, b}\ \ \frac{1}{N} \sum_{i=1}^{N} -\log p_{y_i}(W h_i + b)
#   \;+\; \frac{\lambda}{2} \lVert W \rVert^2 .$$
#
# $p_{y_i}$ is the softmax probability of the right class of picture $i$. The problem is convex:
# there is one best answer, and it does not depend on how one gets there. So the library solves it
# to the end at six strengths $\lambda$, and val chooses between them.

# %%
from course_lib.evaluate import fit

source.show(fit)

# %% [markdown]
# **Traps.**
#
# - *The encoder moves.* A net left in training mode updates its BatchNorm statistics with every
#   batch it sees, so the "frozen" encoder changes while it is read. `extract` in the library
#   compares all weights and statistics before and after, and refuses.
# - *Test leaks in.* `moments` takes mean and spread from the *training* pictures. Taken from test,
#   the probe would know something of all test pictures at once.
# - *The wrong layer.* Label-free nets are trained through a **projector** and read out before it.
#   Unit 4 measures how much that matters.
# - *Not solved.* A probe trained for a few epochs with a rate that suits one encoder compares
#   learning rates, not encoders.
#
# And for every readout: **settings are chosen on val**. The library's one reporting function knows
# no other way:

# %%
from course_lib.core.errors import CourseError
from course_lib.evaluate import report

try:
    report({}, "clutter", select="test")
except CourseError as error:
    print(error)

# %% [markdown]
# ### 5.3 Fine-tuning
# Now everything may move. Start from the encoder's weights $\theta_0$ and from the solved probe,
# and go downhill together:
#
# $$\min_{\theta,\, W,\, b}\ \ \frac{1}{N} \sum_{i=1}^{N} -\log p_{y_i}(W f_\theta(x_i) + b),
#   \qquad \text{starting at } \theta = \theta_0 .$$
#
# Starting from the probe rather than from a random head has a reason: the gradients of a random
# head are random, and in its first steps it would spoil features that were fine (Kumar and others
# 2022).

# %%
from course_lib.evaluate.finetune import FineTuned, finetune

source.show(FineTuned, finetune)

# %% [markdown]
# **Traps.**
#
# - *Unequal care.* Fine-tuning has a rate, a length, a schedule. If one arm got twenty tries and
#   the other one, the tries were compared. Here every arm gets the same two rates, chosen on val,
#   and the same number of steps.
# - *Too many labels.* With enough labels training may forget where it started, and all arms end
#   alike. A comparison of starting points belongs where labels are few.
# - *Moving at rate zero.* With `lr=0` the result must be the probe's, exactly. If it is not,
#   something moves that should not: a test worth writing for any fine-tuning code.

# %% [markdown]
# ### 5.4 The readout ladder
# Five encoders on *clutter*: raw pixels, 64 principal components, a random net, a label-free net
# (SimCLR) and a supervised net. The last two were trained on all training pictures, the supervised
# one with all their labels. Then readouts get 1, 10, 100 labels a class, or all.
#
# **First predict**, on paper: the order of the five at one label a class under kNN, and with all
# labels under fine-tuning. Which will change places? Then climb: choose a readout and a number of
# labels. On the left you see how the order changes from your last setting to this one, bold where
# encoders changed places; on the right each small dot is a seed, that is, another draw of labels
# and another training.

# %%
ladder.show()

# %% [markdown]
# All settings in one picture:

# %%
label_curves.show()

# %% [markdown]
# **How to read it.** In the sentence above the ladder, `>` stands where all three seeds agree on
# the order and `≈` where they do not; a change of order across `≈` is no news. (Pixels and
# principal components with all labels have nothing random in them: their three runs are one, and
# half a point between two of them may be luck with the test pictures.) Then look for three things:
#
# 1. *Along a line of labels:* how much does each readout gain from more labels? kNN and the probe
#    can only sort what the encoder left; fine-tuning can make new features.
# 2. *From panel to panel:* who gains most from kNN to the probe? Such an encoder has the class in
#    its features, among other things that disturb a cosine. Does any lose? It may be that its
#    classes lie in many small patches, which neighbours find and no flat cut does. And is
#    fine-tuning always above the probe that it started from, also with one label a class?
# 3. *The random net:* under fine-tuning it is "training from scratch". The gap between it and the
#    others is what pretraining is worth at that number of labels. (The supervised net had seen all
#    labels before. At few labels a class it is no competitor, but shows what could be reached.)
#
# "Encoder A is better than encoder B" is therefore half a sentence. Better *read out how, from how
# many labels, on which data?*

# %% [markdown]
# ### 5.5 What was measured
# Three claims about readouts. SimCLR (unit 4) learns to find two changed copies of one picture
# among many others; rotation prediction (unit 3) learns to say by how many quarter turns a picture
# was turned. Neither uses a label. The first claim ranks encoders under one readout. The other two
# ask whether the *lead* of one encoder over another depends on the readout: their arms come in
# pairs, and what counts is how the two differences compare. Predict each verdict before you look.

# %%
claim_table.show("R071", "R072", "R074")

# %% [markdown]
# **Judge for yourself.** Read the line of small print under the second table: kNN had all labels
# there, the probe 100 a class. And all nets were trained for six epochs, but in a step rotation
# prediction sees each picture four times, in all four turns, and SimCLR twice. Are objective and
# readout the only things that differ? What would you run to be sure?
#
# <details>
# <summary><b>The pattern in the papers, for comparison</b></summary>
#
# In the table of the DINO paper (Caron and others 2021; ImageNet, ViT-S, the same number of
# weights) DINO reaches 77.0 % under a linear probe and 74.5 % under kNN, MoCo v2 72.7 % and 64.4 %:
# under kNN the lead is more than twice as large. There, the probe hides most of the difference. In
# the MAE paper (He and others 2021, arXiv 2111.06377) the order even turns round: masked
# autoencoders are behind contrastive methods under a linear probe and ahead after fine-tuning.
# Those are large nets, on photographs. Ours are small ones, on drawn pictures; where the tables
# above come out otherwise, it is the tables that are true here.
#
# </details>
#
# ### The other half of the answer
# What should "simple" mean in "good for simple readouts"? Each of the three readouts is an answer,
# and a stand-in for how the representation will be used: searching a photo collection is kNN, a
# classifier for a shop is a probe, a new task with data of its own is fine-tuning. Choose the
# readout before you look at the results, and report more than one.
#
# And the mystery? *Less can say more to a listener who cannot sort.* Give the listener enough
# labels and the right to retrain everything, and pixels are enough, for the net inside that readout
# then computes the 64 numbers itself.

# %%
quiz.show(u01.READOUTS)

# %% [markdown]
# ## 6. Pretrain, then fine-tune
# *Estimated: 20 minutes.*
#
# ### Idea
# Labels for the task at hand are few; other data is plenty. So train in two steps: first on
# something that can be had in quantity, then, from there, on the task. Nearly every large model of
# today is made this way.
#
# ### Equation
#
# $$\theta_0 = \arg\min_\theta L_{\text{pre}}(\theta), \qquad
#   \theta = \arg\min_\theta L_{\text{task}}(\theta)\ \text{ started at } \theta_0 .$$
#
# $L_{\text{pre}}$ is the objective of pretraining: labels of other classes, or none at all.
# Everything is in the words *started at*: if the second minimisation forgot its start, the first
# would be for nothing. One expects it to forget the less, the fewer labels pull at it.
#
# ### Source
# This is the experiment behind the next table, as it ran. Pretraining: *clutter* with labels, but
# only pictures of eight of its ten classes. Then both arms get the same few labels of all ten.

# %%
from course_lib.claims import u01 as claims_of_unit_1

source.show(claims_of_unit_1.eight_classes, claims_of_unit_1.transfer)

# %% [markdown]
# ### What was measured
# Guess first: how many points does the head start bring at 10 labels a class, how many at 500?

# %%
claim_table.show("R011")

# %% [markdown]
# **How to read it.** Two gaps count, pretrained minus scratch, at few and at many labels. The rule
# wants a clear gap at 10 a class, and that it is larger there than at 500. Keep two things in mind
# that the table cannot say: pretraining has cost steps that the other arm did not get, and all
# labels of eight classes; and these eight are among the ten of the task, which is as near as a
# pretraining task can be.
#
# ### Try it: the same from no labels at all
# *A live run of about 15 seconds.* Two starts: a random net, and the label-free net of section 1,
# which has seen *scenes* but no label. Ten labels a class for 64 classes. For both: solve the
# probe, choose its strength on val, fine-tune everything for 100 steps. What do you expect in the
# four cells?

# %%
from course_lib.data import load
from course_lib.evaluate import accuracy, extract, finetune, fit, predict, subset
from course_lib.widgets.encoders import encoders

train, val = load("scenes", "train", n=8000), load("scenes", "val", n=1000)
rows = subset(train.label, per_class=10, seed=0)
images, labels = train.image[rows], train.label[rows]
found = []
for name, encoder in encoders(train.image, ("random", "label-free")).items():
    features, of_val = extract(encoder, images), extract(encoder, val.image)

    def score(probe, of_val=of_val):
        return accuracy(probe.logits(of_val).argmax(dim=1), val.label)

    probe = max(fit(features, labels, len(train.classes)), key=score)
    tuned = finetune(encoder, probe, images, labels, batch=64, epochs=10)
    after = accuracy(predict(tuned, val.image), val.label)
    found.append((style.NAMES[name], f"{100 * score(probe):.1f}", f"{100 * after:.1f}"))
style.table(
    ["start", "linear probe (%)", "after fine-tuning (%)"],
    found,
    "Accuracy on 1,000 val images of scenes, one seed: an illustration, not a claim",
)

# %% [markdown]
# **What to notice.** Fine-tuning starts where the probe ends, so a row shows what moving the
# encoder adds, and the column shows what the start is worth. Compare how much each start gains:
# what was learnt before need not be learnt again from 640 labels.
#
# ### Train it yourself
# The next cell trains the supervised net of the ladder from the beginning and reads it out, some
# minutes on two cores. It does nothing until you write `RUN = True`. The run is kept in the folder
# `runs/mine`: if you stop it, the same cell goes on where it was. For another recipe, name another
# folder.

# %%
RUN = False
if RUN:
    from course_lib.evaluate import report, table
    from course_lib.train import recipe_from
    from course_lib.train import train as train_method

    recipe = recipe_from("supervised", {"data": "clutter", "epochs": 6})
    method = train_method(recipe, out="runs/mine")
    print(table(report({"mine": method}, "clutter", ("knn", "linear"))))

# %% [markdown]
# Things to change: `epochs`; `"loss": "sigmoid"`; `"width": 16` for 64 features; `"data":
# "fashion"`, here and in `report`, and see how little the floors leave.

# %%
quiz.show(u01.TRANSFER)

# %% [markdown]
# ## Cheat sheet
#
# | | |
# |---|---|
# | representation | $h = f(x)$, few numbers; good if *simple readouts* get what one wants |
# | before any claim | floors: chance, raw pixels, a random net. Too high? Other data |
# | softmax | which one class? $L = -\log p_y$; gradient $p - y$ |
# | sigmoids | yes or no for each class; needs the $(1 - y)$ term; gradient $p - y$ |
# | kNN | nothing trained; unit length, $k = 20$, $T = 0.07$; are alike pictures close? |
# | linear probe | frozen encoder; convex, solved; $\lambda$ from val; does a flat cut do? |
# | fine-tuning | all weights, from the solved probe; same search for all; a good start? |
# | a comparison | one thing differs; three seeds; settings from val; test once; rule first |
# | pretraining | say at how many labels; count its cost; keep test pictures out of it |
#
# ## Further reading
#
# - Bengio, Courville and Vincent (2013), *Representation learning: a review and new perspectives*,
#   arXiv 1206.5538. What one may want from a representation, before it was clear how to get it.
# - Xu, Zhao, Song, Stewart and Ermon (2020), *A theory of usable information under computational
#   constraints*, arXiv 2002.10689. Why the mystery is none.
# - Alain and Bengio (2016), *Understanding intermediate layers using linear classifier probes*,
#   arXiv 1610.01644.
# - Wu, Xiong, Yu and Lin (2018), *Unsupervised feature learning via non-parametric instance
#   discrimination*, arXiv 1805.01978, and Caron and others (2021), *Emerging properties in
#   self-supervised vision transformers*, arXiv 2104.14294. Where the weighted kNN comes from.
# - Yosinski, Clune, Bengio and Lipson (2014), *How transferable are features in deep neural
#   networks?*, arXiv 1411.1792.
# - Kumar, Raghunathan, Jones, Ma and Liang (2022), *Fine-tuning can distort pretrained features and
#   underperform out-of-distribution*, arXiv 2202.10054.
# - He, Girshick and Dollár (2018), *Rethinking ImageNet pre-training*, arXiv 1811.08883. Where
#   pretraining saves time and does not raise the end.
# - Wightman, Touvron and Jégou (2021), *ResNet strikes back*, arXiv 2110.00476. Sigmoids in place
#   of softmax for one class a picture, when pictures are mixed.
# - Xiao, Rasul and Vollgraf (2017), *Fashion-MNIST*, arXiv 1708.07747.

# %% [markdown]
# <details>
# <summary><b>Corrections to the slides behind this unit</b></summary>
#
# The course grew from lectures by S. Yun and J.-H. Kim (self-supervised learning) and by I. Misra
# (self-supervised learning in vision, 2022). What is to be read with care there, where it concerns
# this unit:
#
# - *C01.* The loss printed for sigmoids on JFT-300M is $-\sum_i y_i \log \hat y_i$. It needs the
#   term for $y_i = 0$; see section 4.
# - *C02.* "Image space 256^(3×300×300) → 1,024" sets a number of pictures beside a number of
#   dimensions. It should say $\mathbb{R}^{270{,}000} \rightarrow \mathbb{R}^{1{,}024}$; see section
#   1.
# - *C42.* The table of DINO with kNN beside linear probes is right as printed; its message is the
#   difference between the two columns; see section 5.
# - *C27.* In the table of fine-tuned nets, 87.1 for SimMIM stands under ViT-H. It belongs to
#   another net, SwinV2-H, at 512 pixels, and cannot be compared along the row.
# - *C36.* In the same table BEiT's line says "IN1K+DALLE": its tokenizer was trained on other data,
#   so that line differs from its neighbours in more than the method.
#
# *C09, C11, C31* and *C37*, on nets and data sets, stand at the end of the second half.
#
# </details>
#
# ---
# **Where to go now:** the second half of this unit, `01_representation_nets.ipynb`; then its lab,
# `01_representation/lab.ipynb`; then unit 2.
#
# <small>Pictures on this page. *fashion* and *clutter*: Fashion-MNIST, MIT licence. *scenes*: Tux
# Paint stamps, GNU General Public License, version 2 or any later version. The full texts are in
# `data/`, beside each pack. Text and other figures: CC BY 4.0.</small>

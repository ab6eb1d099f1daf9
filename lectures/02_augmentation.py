# %% [markdown]
# # 2. Augmentation: what may change
#
# A net is trained on pictures so that it can name pictures. One would think that those of training
# should look like those that it will be asked about. Here is a picture, and five of those that nets
# are really trained on:

# %%
from course_lib.widgets import (
    boxes,
    by_heart,
    changes,
    claim_table,
    depths,
    dropped,
    glossary,
    mixing_board,
    order_seen,
    policy,
    quiz,
    source,
)
from course_lib.widgets.questions import u02, u02_inside

changes.show_training()

# %% [markdown]
# Hardly anybody will ever ask about pictures like the last five, and for the last two there is no
# single right answer.
#
# **The mystery of this unit: how can a spoilt picture teach anything?** Write down a guess, one
# sentence is enough. Section 2 has half of the answer, section 6 the other half.
#
# After this unit you can
#
# - say what an augmentation is, and which of four things it changes: input, label, features, or
#   which pictures there are;
# - choose an augmentation for a task, and say for which task the same one does harm;
# - compute the label of a mixed picture, and find the mistake that widely copied code makes;
# - explain why blocks may be left out of a net, and why single places of a map may as well stay;
# - compare methods by more than accuracy, and read a table whose rows come from several papers.
#
# | section | estimated minutes |
# |---|---|
# | Before you start: four questions | 5 |
# | 1. An augmentation is a distribution | 15 |
# | 2. One policy, three tasks | 15 |
# | 3. Changing the input: places, colours, holes | 30 |
# | 4. Two pictures in one, and what to call it | 35 |
# | 5. Inside the net: mixing features, leaving things out | 35 |
# | 6. More than accuracy | 20 |
# | Cheat sheet, reading, corrections | 5 |
#
# The second half of the unit is a notebook of its own, `02_augmentation_theory.ipynb`: what an
# augmentation does in the mean, without drawing a single picture, and what nets look at when
# nobody tells them. Take it after section 2, or at the end.
#
# **Run → Run All Cells** takes less than a minute. Any section can also be started alone: run the
# code cell above, then begin there. Some claims below may say *not measured yet*. Then nothing is
# known, and nothing is said.

# %% [markdown]
# ## Before you start
# Four questions on unit 1.

# %%
quiz.show(u02.RECALL)

# %% [markdown]
# ## Words and symbols
# To look up when you meet them.

# %%
glossary.words(
    "augmentation, policy, invariance, affine map, colour jitter, Cutout, Random Erasing, Mixup, "
    "Manifold Mixup, CutMix, Feature CutMix, label mass, mixed label, Beta distribution, "
    "stochastic depth, survival probability, drop path, DropBlock, realised rate, occlusion, "
    "label smoothing, calibration, expected calibration error (ECE), regulariser, robustness, "
    "residual connection, block, feature map, stage, dropout, effective rank, class activation "
    "map, R², intersection over union (IoU), k nearest neighbours (kNN), reliability diagram, floor"
)
glossary.symbols()

# %% [markdown]
# ## 1. An augmentation is a distribution
# *Estimated: 15 minutes.*
#
# ### Idea
# "We flip the pictures" sounds as if one did something to a data set once. What is really done:
# each time a picture is taken, a change is drawn at random and applied. The net hardly ever sees
# the same numbers twice. So an **augmentation** is no list of new pictures. It is a *distribution*
# of changes $t$: which changes there are, and how likely each is. Several together are called a
# **policy**.
#
# ### Equation
# Without augmentation training minimises the mean loss over $N$ pictures. With it, a mean over
# pictures *and changes*:
#
# $$\min_\theta\ \frac{1}{N} \sum_{i=1}^{N}\ \mathbb{E}_{t}\ L\big(f_\theta(t(x_i)),\, y_i\big) .$$
#
# Here $f_\theta$ is the whole net, head included, and $\mathbb{E}_t$ is the mean over all changes,
# each as often as it is drawn. Training hardly ever computes it. A step takes one draw of each
# picture and hopes that many steps make a good mean. (How many it takes is the mystery of the
# second half.)
#
# Look at what stands in the formula beside $t(x_i)$: the *same* $y_i$. That is the whole statement.
# *Whatever $t$ does, the answer stays.* A policy is a claim about the task, and training does not
# check it.
#
# ### Source
# The core of it in the library: `operations` draws what happens to each picture, `augment` does it.
# `rng` gives every picture its own draws, named and numbered by step, so that a run that was killed
# goes on with the draws that it would have had.

# %%
from course_lib.views.augment import augment, operations

source.show(augment, operations)

# %% [markdown]
# ### Picture
# One picture, three draws of three policies: where things are, colours, holes.

# %%
changes.show(
    {
        "turn, shift, size": changes.PLACE["around upright"],
        "ColorJitter": changes.ALL_FOUR,
        "Cutout": changes.HOLES["Cutout, black"],
    },
    "The first row turns, shifts and scales it, the second changes its colours, the third hides "
    "a square.",
)

# %% [markdown]
# **What to notice.** Each row keeps something and gives something else up. Whoever trains on the
# first row says: *where it stands, how large it is and whether it is upright do not matter*. On the
# second: *its colour does not matter*. On the third: *you must know it from a part*. Are these
# true? It depends on what you want to know.

# %%
quiz.show(u02.DISTRIBUTION)

# %% [markdown]
# ## 2. One policy, three tasks
# *Estimated: 15 minutes.*
#
# ### Idea
# The same pictures can be asked different questions. *What is it? Which way up? Which colour?* A
# change that keeps the answer to one of them may destroy the answer to another.
#
# ### Try it
# Choose how strong each operation is. You see the accuracy on three tasks, for a linear model that
# was trained on *all* draws of your policy at once. (There is a formula for that, so nothing is
# trained while you wait; the second half of the unit derives it.) **First guess:** which operation
# helps one task and ruins another? Then look for a policy that is good for all three.
# *By keyboard:* Tab moves between the controls, arrow keys move a slider.

# %%
policy.show(shift=1)

# %% [markdown]
# <details>
# <summary><b>What to notice</b> (open it after you have tried)</summary>
#
# Turning takes *which way up* down to chance, and recolouring *which colour*. At full strength the
# label says one thing and the picture any, and the model learns that this cue is not to be trusted.
# The other two tasks gain by the same operation. Test pictures differ from one another in colour
# and in orientation, and 96 pictures for training are too few to show that this means nothing for
# their class: the policy says it.
#
# Erasing is another case. It changes no answer, but it hides what one needs to see, and how much of
# that is bearable differs from task to task. So no policy is good as such. A published one carries
# a silent sentence with it: *for naming objects in photographs*.
#
# </details>
#
# ### Half of the answer
# The spoilt picture teaches *what is not the answer*. A label tells a net what a picture is. A
# policy tells it what may change while it stays that, and this is knowledge about the task that no
# label holds. It comes from you. If you are wrong, the net will believe you all the same.
#
# This is also why the course needs augmentation from here on. Unit 4 trains nets without any
# label; there the policy is *nearly all* that anybody tells the net.

# %% [markdown]
# ## 3. Changing the input: places, colours, holes
# *Estimated: 30 minutes.*

# %% [markdown]
# ### 3.1 Places
# #### Idea
# Shift, turn, shrink, slant: all of these are one kind of map. It takes the place $p$ of a pixel,
# counted from the middle of the picture, to a new place $p'$.
#
# #### Equation
#
# $$p' = A\, p + s, \qquad A = \text{scale} \cdot R(\text{angle}) \cdot \text{shear} .$$
#
# $A$ is a 2 × 2 matrix, in which $R$ turns and the shear slants, and $s$ is a shift; this is called
# an **affine** map. The picture is made the other way round: every *new* pixel asks where it comes
# from, $p = A^{-1}(p' - s)$, and takes a weighted mean of the four old pixels around that place. If
# one moved the old pixels instead, some new ones would get nothing.
#
# #### Source

# %%
from course_lib.views import affine

source.show(affine.sample, affine.warp)

# %% [markdown]
# A trap is hidden in `+ 0.5`: a pixel is a small square, and its middle lies half a pixel from its
# edges. Code that forgets it moves every picture by half a pixel, and nobody sees it.
#
# **Find the error.** A slide of the lecture behind this course shows code for three operations.
# Twice something is wrong:

# %%
quiz.show(u02.SLIDE_NAMES + u02.SLIDE_AFFINE)

# %% [markdown]
# #### Picture
# The policy of the slide, and one around "no change":

# %%
changes.show(
    changes.PLACE,
    "First row, with the angles and sizes of the slide: every draw is turned by 30 to 70 degrees "
    "and shrunk, none is upright. Second row: draws lie on both sides of the upright image at its "
    "own size.",
    n=4,
)

# %% [markdown]
# #### What was measured
# The course's convnet on *fashion*, trained on clothes as they are or on clothes that were shifted
# at random, and asked about both kinds. Guess: what does it gain at the side, if anything, and does
# it pay for that in the middle?

# %%
claim_table.show("R013")

# %% [markdown]
# **How to read it.** Two things must hold: a clear gain on shifted clothes, *and* hardly a loss on
# centred ones. The floors show how far raw pixels and a random net get on each kind. You saw in
# unit 1 that a convnet forgets places by its mean at the end. What is left to be learnt, one would
# think, lies at the borders, where an item may be cut, and between the strides.

# %% [markdown]
# ### 3.2 Colours
# #### Idea and equation
# **ColorJitter** draws a factor $a$ around 1 for each of brightness, contrast and saturation, and
# mixes the image with another one,
#
# $$x' = a\, x + (1 - a)\, x_0 ,$$
#
# where $x_0$ is black for brightness, the mean grey of the image for contrast, and the grey image
# for saturation. With $a = 1$ nothing happens; beyond 1 one goes *away* from $x_0$. Hue turns all
# colours around the colour circle. The four come in random order, since another order gives another
# image, and what leaves the range from 0 to 1 is cut off. So jitter has its place before
# normalisation, where that range still holds.
#
# #### Source and picture

# %%
from course_lib.views import jitter

source.show(jitter.sample, jitter.apply)
changes.show(
    changes.COLOUR,
    "A row each for brightness, contrast, saturation and hue.",
)

# %% [markdown]
# **What to notice.** Where a bright picture is made brighter, its light parts become equally white:
# the cut at 1 loses something for good. That is a small thing here and spoils a formula in the
# second half.
#
# #### What was measured
# What does a net lose that learns to ignore colour? SimCLR (unit 4) learns without labels to see
# two changed copies of a picture as the same. Below, one arm's copies are recoloured and the
# other's are not. Then one asks the features two questions. *What was the mean colour of the
# picture?* A linear readout answers, and $R^2$ is the share of the variance that it predicts: 1 is
# all of it, 0 no better than always guessing the mean. And *what does it show?* Here kNN answers.

# %%
claim_table.show("R014")

# %% [markdown]
# **How to read it.** Two arms are about colour: there the claim wants the net with jitter *lower*,
# for it was told that colour does not matter. The other two ask whether it lost anything else. A
# representation with less colour in it is no better or worse: it is made for other questions.

# %% [markdown]
# ### 3.3 Holes
# #### Idea
# Hide a part of the picture and leave the label. A net that knows a boot by its heel alone will be
# lost when the heel is hidden; so it had better know the rest, too. **Cutout** (DeVries and Taylor
# 2017) hides a square of fixed size, whose middle may lie anywhere, so that the border cuts some of
# them. **Random Erasing** (Zhong and others, the same year) hides a rectangle of random size and
# shape, in only some of the pictures, and fills it with noise.
#
# #### Equation
# With a mask $M$, which is 0 in the box and 1 elsewhere, a filling $v$, and $\odot$ for the product
# pixel by pixel:
#
# $$x' = M \odot x + (1 - M) \odot v, \qquad y \text{ stays} .$$
#
# #### Source and picture

# %%
from course_lib.views import erase

source.show(erase.cutout, erase.apply)
changes.show(
    changes.HOLES,
    "Black squares, some cut by the border; squares of the image's mean colour; rectangles of "
    "noise of many sizes and shapes.",
)

# %% [markdown]
# **Traps.**
#
# - *What is zero?* Before normalisation it is black, after it the mean colour of the data set.
#   Cutout's released code has the second; code that copies "zero" into another pipeline may have
#   the first. (The second row above has each image's own mean, which comes near to that.)
# - *One box for the batch.* A function that draws once and is applied to a batch hides the same
#   place in all pictures of a step. Every picture needs its own.
# - *Too large a box* hides the whole object, and the label is then wrong.
#
# #### What was measured
# The convnet on *fashion* again: asked about clothes with a square hidden, and with none.

# %%
claim_table.show("R015")

# %% [markdown]
# **How to read it.** The first four arms decide. Then compare how the hole was filled in training
# with how it is filled in the test: has a net that learnt with black squares learnt about *holes*,
# or about *black squares*? The arms with noise are there to tell.

# %%
quiz.show(u02.INPUT)

# %% [markdown]
# ## 4. Two pictures in one, and what to call it
# *Estimated: 35 minutes.*
#
# ### Idea
# So far the label stayed. Label smoothing, in unit 1, was the opposite: the picture stayed and the
# label was softened, always in the same way. **Mixing** changes both, and the picture says how:
# take two pictures A and B, make one of them, and let the label say how much of each there is.
#
# ### Equation
# **Mixup** (Zhang and others 2017) lays one over the other. With a share $\lambda$ of A:
#
# $$\tilde x = \lambda\, x_A + (1 - \lambda)\, x_B, \qquad
#   \tilde y = \lambda\, y_A + (1 - \lambda)\, y_B, \qquad
#   \lambda \sim \mathrm{Beta}(\alpha, \alpha) .$$
#
# **CutMix** (Yun and others 2019) cuts a box out of B and pastes it into A. With a mask $M$, 0 in
# the box and 1 elsewhere:
#
# $$\tilde x = M \odot x_A + (1 - M) \odot x_B, \qquad
#   \tilde y = \lambda\, y_A + (1 - \lambda)\, y_B, \qquad \lambda = \text{mean of } M .$$
#
# Either way the label adds up to 1: the **label mass** is kept, and softmax's gradient is
# $p - \tilde y$ as ever. Cross-entropy is linear in the target,
# $L(p, \tilde y) = \lambda L(p, y_A) + (1 - \lambda) L(p, y_B)$, so whether one mixes labels or
# losses makes no difference.
#
# The **Beta distribution** draws $\lambda$ between 0 and 1. $\alpha = 1$: all values alike.
# $\alpha = 0.2$: mostly near 0 or 1, hardly a mixture. $\alpha = 2$: mostly around one half. There
# is no right value; the Mixup paper has 0.1 to 0.4 for ImageNet, 1 for CIFAR-10, and more than 1
# where many labels are wrong.
#
# ### Try it: the mixing board
# Choose two pictures and a method, and move $\lambda$. With CutMix, move the box into a corner and
# compare the bars: what $\lambda$ asked for, what is really there, and what the label says. How
# small a share can you get when one half is asked for? (Feature CutMix comes in section 5.)
# *By keyboard:* Tab moves between the controls, arrow keys move a slider.

# %%
mixing_board.show()

# %% [markdown]
# ### Source

# %%
from course_lib.methods.supervised import cutmix, mixup, pairs

source.show(pairs.mixed_label, mixup.blend, cutmix.CutMix.mix, cutmix.box, cutmix.kept_share)

# %% [markdown]
# Partners are drawn among eight neighbours of the batch, in a ring, so that no picture meets
# itself, and so that the eight can stay together when the batch is spread over several processes.
# Here each picture has a $\lambda$ and a box of its own. The released codes draw one for the whole
# batch, so whoever compares must say which.
#
# ### Picture: asked for and pasted
# For a picture of width $W$ and height $H$, CutMix draws $\lambda$, then a box with the sides
# $W \sqrt{1 - \lambda}$ and $H \sqrt{1 - \lambda}$, whose area is $1 - \lambda$ of the picture. Its
# middle may lie anywhere in the picture, and what hangs over the border is cut off. **Guess:** how
# much of a picture is pasted on average, if one half is asked for on average?

# %%
boxes.show()

# %% [markdown]
# **What to notice.** But for rounding to whole pixels no dot lies above the line, and large boxes
# nearly always lose something. So $\lambda$ must be counted again after the cut, as `kept_share`
# does. A widely copied version of the training code lacks that line. It runs, it trains, its loss
# looks like any other, and its labels are wrong by what the last column says. Nothing in the log
# tells.
#
# ### What was measured
# First Mixup, where a part of the labels is wrong. A net that is trained long enough learns wrong
# labels by heart. With Mixup each step shows other mixtures, and a wrong label comes with a
# different partner and weight each time, which should make it harder to learn by heart. The second
# claim is about what the equation asks for: a net that is nearer to linear between pictures.

# %%
claim_table.show("R018")

# %% [markdown]
# **How to read it.** The first table is about new clothes with their right labels. In the second a
# small number alone is no merit: a net that gives every picture the same answer is perfectly
# straight, and one that is less sure has less far to bend. So read it beside the first.
#
# Then CutMix, with three claims. Is the net more accurate? What does the missing line cost? And
# *where does it look*: a **class activation map** shows which places gave how much to the score of
# the right class. How well it covers the object is told by *intersection over union*: of all pixels
# that the map or the object's mask has, the share that both have. A net that was shown parts, so
# one hopes, finds more of the object than its most telling spot.

# %%
claim_table.show("R020")

# %% [markdown]
# **How to read it.** Accuracy needs only the *largest* probability to be right, so it may forgive
# labels that are wrong by a share. Calibration is stricter: a net that was told 0.5 where it saw
# 0.7 may learn to say 0.5. Whether that makes it too modest, or only less too sure, the second
# table must tell. Keep this in mind for section 6.
#
# Counting has its limit. The label goes by pixels, but a box may hold nothing of B but its
# background, or hide all that made A what it was. Then the label is wrong in spite of the right
# count. Draw some boxes on the mixing board and judge for yourself how often.

# %%
quiz.show(u02.LABELS)

# %% [markdown]
# ## 5. Inside the net: mixing features, leaving things out
# *Estimated: 35 minutes.*
#
# An augmentation need not stop at the input. What a layer gives is a picture too, with more
# channels, and one can mix it, hide parts of it, or leave the layer out.

# %% [markdown]
# ### 5.1 Mixing features
# #### Idea and equation
# **Manifold Mixup** (Verma and others 2018) draws a layer $k$ in each step, lets both pictures go
# as far as that layer, and mixes there:
#
# $$\tilde h_k = \lambda\, h_k(x_A) + (1 - \lambda)\, h_k(x_B) .$$
#
# From there on the rest of the net goes on as usual, with the mixed label. $k = 0$ is Mixup.
# **Feature CutMix**, in the comparisons of the CutMix paper, does the same with a box on the maps.
#
# Why mix deeper? Halfway between two pictures lies a double exposure, which is no picture. Halfway
# between two lists of features, so the authors hope, lies something that could be the features of a
# picture. And they predict what training will do: features of a class should come to lie in fewer
# directions.
#
# #### Source

# %%
from course_lib.methods.supervised.mixing import Mixing
from course_lib.nets.stages import after, upto

source.show(Mixing.forward, upto, after)

# %% [markdown]
# Two traps. The layer is drawn once for the whole batch: with one for each sample, BatchNorm would
# take its statistics from a batch of which some are mixed and some not yet. And a box on a map of
# 5 × 5 has whole places only, so its share is counted there, on that grid.
#
# #### What was measured
# The prediction about directions, by **effective rank** (how many directions a class's features
# fill, bridge 3), and then accuracy with a box on the maps.

# %%
claim_table.show("R019", "R021")

# %% [markdown]
# **How to read it.** Fewer directions are no merit as such: they are what was predicted. Of the two
# claims on Feature CutMix one is an identity, which checks the code and must hold for every net;
# the other compares nets.

# %%
quiz.show(u02_inside.HIDDEN)

# %% [markdown]
# ### 5.2 Leaving blocks out: stochastic depth
# #### Idea
# In unit 1 you took a block out of a trained residual net, and it went on working. Why not train
# it like that? **Stochastic depth** (Huang and others 2016) leaves blocks out at random in each
# step: one trains many nets of different depths, which share their weights. It may even save time,
# since a block that is left out need not be computed.
#
# **Find the error.** A slide explains it:

# %%
quiz.show(u02_inside.SLIDE_DEPTH)

# %% [markdown]
# #### Equation
# Block $l$ of $L$ (here $L$ counts blocks, it is no loss) **survives** with probability $q_l$:
#
# $$u_l = \mathrm{relu}\big(b_l\, F_l(u_{l-1}) + u_{l-1}\big), \qquad
#   q_l = 1 - \frac{l}{L} (1 - q_L) ,$$
#
# where $b_l$ is 1 with probability $q_l$ and 0 otherwise. (The paper writes $p_l$ for $q_l$.) Early
# blocks survive more often, since all later ones build on what they give. The expected number of
# blocks is the sum of the $q_l$; for $q_L = 1/2$ it is $(3L - 1)/4$. In use all blocks run, so each
# branch $F_l$ is multiplied by its $q_l$: the sum then has the mean that it had in training. Or one
# divides by $q_l$ in training and changes nothing in use, as dropout in unit 1.
#
# #### Source and picture

# %%
from course_lib.nets.depth import Survival, survivals
from course_lib.nets.resnet import Block

source.show(survivals, Survival.skips, Survival.forward, Block.forward)
depths.show()

# %% [markdown]
# **What to notice.** `skips` draws one coin for the whole batch, and then the block really is not
# called. Many libraries have a coin for each sample instead (*drop path*). That is another
# regulariser: it computes the block for all samples and multiplies by 0 for those that leave it
# out, so it saves no time.
#
# #### What was measured
# Time, accuracy, and what reaches the first block.

# %%
claim_table.show("R016")

# %% [markdown]
# **How to read it.** In the first table less is better, and the arm with a coin for each sample
# shows what skipping is worth. In the second the rule is modest: hardly worse. The third asks for
# the reason that the paper gives: do early blocks get more gradient when fewer others stand between
# them and the loss?

# %%
quiz.show(u02_inside.DEPTHS)

# %% [markdown]
# ### 5.3 Leaving places out: why dropout is weak on maps
# #### Idea
# Dropout sets single numbers to zero. In the fully connected layers of AlexNet that worked well. In
# convolutional layers it was found to help less, and it is rare there today. Why?

# %%
quiz.show(u02_inside.GUESSED)

# %% [markdown]
# #### Picture
# One map of the course's convnet. Above, single places are dropped; below, squares that drop as
# many places on average. On the right each dropped place is guessed from the kept ones around it,
# with the weights that fit best. Of all maps this is the one whose single places are guessed best,
# and the picture one where squares hide much. The table below has the mean over all maps.

# %%
dropped.show()

# %% [markdown]
# **What to notice.** Compare the last column of the table. What can be filled in from next door was
# never really gone: later layers, whose filters look at neighbours too, can do the same. In the
# middle of a square there is nothing near to guess from. So **DropBlock** (Ghiasi and others 2018)
# drops squares: to the net it is then as if a *part of the object* were missing. It is Cutout for
# maps.
#
# #### Equation
# One draws where squares of side $b$ begin, each place with probability
#
# $$\gamma = \frac{1 - \text{keep}}{b^2} \cdot \frac{H W}{(H - b + 1)(W - b + 1)} .$$
#
# The first factor: a square drops $b^2$ places, so one needs $b^2$ times fewer of them. The second:
# squares begin only where they fit. What is left is multiplied by (places) / (places kept), so that
# the mean stays.
#
# #### Source

# %%
from course_lib.nets.dropblock import DropBlock, seed_rate, squares

source.show(seed_rate, squares, DropBlock.forward)
dropped.show_rates()

# %% [markdown]
# **What to notice.** The formula forgets that squares overlap. The more one asks for, the more is
# missing from it. If you compare DropBlock with dropout "at a rate of 0.4", compare what was really
# dropped.
#
# #### What was measured
# The picture above as a claim, with new nets: how well are dropped places predicted from the kept
# ones around them, by the best linear guess? It is told by $R^2$, as in section 3.2. All arms drop
# the same share.

# %%
claim_table.show("R017")

# %%
quiz.show(u02_inside.DROPPED)

# %% [markdown]
# ## 6. More than accuracy
# *Estimated: 20 minutes.*
#
# ### Idea
# Which of all these is the best? The slide answers with a table of ImageNet errors. But what a
# method of this unit promises is mostly something else: to be right when a part is hidden, not to
# be too sure, not to learn wrong labels. So at least three questions belong to each method: *is it
# right? is it as sure as it may be? does it stay right when the picture is spoilt?*
#
# ### Try it: four nets that saw little, too often
# *A live run of about ten seconds.* As in unit 1: a net with one hidden layer learns 1,000 pictures
# of *fashion* by heart, here as they are, with Mixup, with CutMix, and with CutMix whose label was
# not counted again. Dark bars hold many answers, dots stand at the mean confidence of their bin;
# below the diagonal the net is too sure. The table also asks about pictures with a hole. **Guess**
# the order of the four, for each of the three questions.

# %%
by_heart.show()

# %% [markdown]
# **What to notice.** The order depends on the column. Look at whether mixing leaves the net too
# sure or too modest, and what the missing line of CutMix does to its confidence. A small net
# without convolutions is no fair judge of CutMix; the question here is only whether *one* number is
# enough to compare by.
#
# **Change it:** `by_heart.show(("as they are", "Mixup"))` trains two of the four.
#
# ### Find the error: a table of many papers
# The slide's table, from the CutMix paper, has top-1 errors on ImageNet. Some of its lines bear a
# star:

# %%
quiz.show(u02_inside.SLIDE_TABLE)

# %% [markdown]
# ### What was measured
# The same list at the scale of this course, and CutMix without its line: one net, one schedule,
# equal steps, three seeds of each, and four measures. A ring is a seed, a bar the mean; blue are
# those that three seeds can tell from the baseline, the dotted line.

# %%
order_seen.show()

# %% [markdown]
# **How to read it.** A method's difference from the baseline is taken seed by seed. It is blue if a
# 95 % interval around the mean of these differences leaves out 0. If not, the order is not
# resolved, and no sentence about it is supported. Three seeds are few: a gap that is not blue may
# still be real, and of twenty gaps that are none, about one turns blue by luck. Then go through the
# panels: is there a method that leads in all four? (For the calibration error, left is better.) All
# this is at this scale, with this many steps, on this set. A table for ImageNet, with 300 epochs,
# has every right to look different.
#
# ### The other half of the answer
# Section 2 said: a spoilt picture teaches what is *not* the answer. Mixtures add that it can teach
# *how sure to be*. A net that is only shown clear cases, and is rewarded without end for certainty,
# has little reason ever to say "70 %". A picture that *is* 70 % one thing gives it one. Whether it
# then says so of the right pictures is another question, and the one that calibration asks.
#
# So: a spoilt picture holds less about itself, and more about the task. How much of that a given
# net can use on given data, theory does not say. Tables do.

# %% [markdown]
# ### Train it yourself
# The next cell trains a small convnet on *clutter* with CutMix and reads it out; minutes on two
# cores. It does nothing until you write `RUN = True`. The run is kept in `runs/mixing` and goes on
# where it was if you stop it.

# %%
RUN = False
if RUN:
    from course_lib.evaluate import report, table
    from course_lib.train import recipe_from
    from course_lib.train import train as train_method

    recipe = recipe_from("cutmix", {"data": "clutter", "epochs": 6})
    method = train_method(recipe, out="runs/mixing")
    print(table(report({"mine": method}, "clutter", ("knn", "linear"))))

# %% [markdown]
# Things to change: `"mixup"`, `"manifold_mixup"` or `"feature_cutmix"` for `"cutmix"` (and another
# folder); `"corrected": "false"`; `"alpha": 0.2`; `"probability": 0.5`; `"augment.cutout": 12` with
# `"supervised"`. Write down what you expect before you look.

# %%
quiz.show(u02_inside.MEASURES)

# %% [markdown]
# ## What changes what
#
# | | input | label | features | costs or needs |
# |---|---|---|---|---|
# | affine, ColorJitter, grey | changes | stays | | a range that contains "no change" |
# | Cutout, Random Erasing | a hole | stays | | what the hole is filled with |
# | label smoothing (unit 1) | stays | softened | | $\varepsilon$; worse teachers |
# | Mixup | two, laid over | two, by $\lambda$ | | $\alpha$; training accuracy says nothing |
# | CutMix | two, pasted | two, by *counted* area | | the line that counts |
# | Manifold Mixup, Feature CutMix | | two | mixed at a drawn layer | one layer a batch |
# | stochastic depth | | stays | blocks left out | scale by survival in use |
# | DropBlock | | stays | squares left out | realised rate below the nominal one |
#
# ## Cheat sheet
# One page with all formulas, numbers and traps is in `docs/cheatsheets/02.md`. In short:
#
# | | |
# |---|---|
# | augmentation | a distribution of changes $t$; training minimises $\mathbb{E}_t L(f(t(x)), y)$ |
# | what it says | "whatever $t$ does, the answer stays": true for a task, not as such |
# | mixing | $\tilde y = \lambda y_A + (1 - \lambda) y_B$, mass 1; loss linear in $\tilde y$ |
# | CutMix | count $\lambda$ after the cut; asked for one half, pasted less |
# | stochastic depth | survival $q_l = 1 - \frac{l}{L}(1 - q_L)$; scale by it in use |
# | DropBlock | squares, since single places can partly be guessed from their neighbours |
# | to judge | accuracy, calibration, robustness; what seeds cannot tell apart is not resolved |
#
# ## Further reading
#
# - Shorten and Khoshgoftaar (2019), *A survey on image data augmentation for deep learning*,
#   Journal of Big Data 6. What has been tried.
# - DeVries and Taylor (2017), arXiv 1708.04552; Zhong and others (2017), arXiv 1708.04896. Cutout
#   and Random Erasing.
# - Zhang, Cisse, Dauphin and Lopez-Paz (2017), *mixup: beyond empirical risk minimization*, arXiv
#   1710.09412; Verma and others (2018), *Manifold mixup*, arXiv 1806.05236; Yun and others (2019),
#   *CutMix*, arXiv 1905.04899.
# - Thulasidasan and others (2019), *On mixup training: improved calibration and predictive
#   uncertainty for deep neural networks*, arXiv 1905.11001.
# - Huang, Sun, Liu, Sedra and Weinberger (2016), *Deep networks with stochastic depth*, arXiv
#   1603.09382; Ghiasi, Lin and Le (2018), *DropBlock*, arXiv 1810.12890.
# - Xiao, Wang, Efros and Darrell (2020), *What should not be contrastive in contrastive learning*,
#   arXiv 2008.05659. One policy does not fit all tasks.
# - Cubuk and others (2019), *RandAugment*, arXiv 1909.13719; Müller and Hutter (2021),
#   *TrivialAugment*, arXiv 2103.10158. How far one gets with hardly any search for a policy.

# %% [markdown]
# <details>
# <summary><b>Corrections to the slides behind this lecture</b></summary>
#
# - *C06.* Stochastic depth: the slide's $p_l$ is the probability of being dropped; the paper's is
#   that of surviving, which falls from 1 at the image to 0.5 at the last block; see section 5.2.
# - *C08.* The code on the slide does not run (`T.Grayscale`, `T.CenterCrop`); its angles never
#   include upright and its scales only shrink; see section 3.1.
# - *C09.* The errors of the CutMix table are those of the authors' own page. The starred rows come
#   from papers with other schedules, and another table of the same page has 21.60 for 21.40; see
#   section 6.
# - *C14*, on shortcuts, stands in the second half.
#
# </details>
#
# ---
# **Where to go now:** the second half, `02_augmentation_theory.ipynb`; then the lab of this unit,
# `02_augmentation/lab.ipynb`; then unit 3.
#
# <small>Pictures on this page. *fashion* and *clutter*: Fashion-MNIST, MIT licence. *stamps* and
# *scenes*: Tux Paint stamps, GNU General Public License, version 2 or any later version. The full
# texts are in `data/`, beside each pack. Text and other figures: CC BY 4.0.</small>

# %% [markdown]
# # 2b. Augmentation without drawing, and lazy nets
#
# The second half of unit 2. Its first part computes what an augmentation does in the mean, without
# drawing: to *draw* means here to let chance pick one change. Its last part, which needs nothing of
# the first, asks what a net looks at when two rules would do.
#
# Take a small picture of clothes and shift it at random by up to two pixels. There are not many
# pictures that can come out. Training wants their mean loss, and estimates it by drawing one at a
# time:

# %%
from course_lib.widgets import (
    claim_table,
    cues_seen,
    draws_needed,
    glossary,
    moments_seen,
    quiz,
    source,
    weights_seen,
)
from course_lib.widgets.questions import u02_theory

print(draws_needed.mystery())

# %% [markdown]
# **The mystery of this half: why so many draws, for so few pictures?** And must one draw at all?
# Write down a guess. Sections 2 and 3 answer.
#
# After this lecture you can
#
# - compute the mean and the covariance of a picture under shift, erasing or mixing, by hand;
# - say how many draws a given precision costs;
# - read an augmentation as a regulariser: which directions it punishes, and which it leaves alone;
# - tell a shortcut from what was meant, and measure by which cue a net answers.
#
# | section | estimated minutes |
# |---|---|
# | Before you start: three questions | 5 |
# | 1. The mean picture, and how it spreads | 25 |
# | 2. How many draws? | 15 |
# | 3. What training sees: a regulariser with directions | 25 |
# | 4. *Optional:* the derivations | 20 |
# | 5. Models are lazy | 30 |
# | Cheat sheet, reading, corrections | 5 |
#
# **Run → Run All Cells** takes less than a minute. Any section can also be started alone: run the
# code cell above, then begin there. Sections 1 to 3 follow Balestriero, Misra and LeCun (2022).
#
# Some claims below may say *not measured yet*. Then nothing is known, and nothing is said.

# %% [markdown]
# ## Before you start
# Three questions: on unit 1, on probability, and on the first half of this unit.

# %%
quiz.show(u02_theory.RECALL)

# %% [markdown]
# ## Words and symbols
# To look up when you meet them.

# %%
glossary.words(
    "augmentation, policy, covariance, eigenvector, principal components (PCA), Monte Carlo, "
    "closed form, expected loss, relative trace, regulariser, weight decay, ridge regression, "
    "saliency, gradient, TangentProp, shortcut, shape bias, cue conflict, cues, label-free, "
    "linear probe, floor, Cutout, Mixup, Beta distribution, colour jitter, convolution"
)
glossary.symbols()

# %% [markdown]
# ## 1. The mean picture, and how it spreads
# *Estimated: 25 minutes.*
#
# ### Idea
# A picture of $P$ numbers is a point in a space of $P$ dimensions. An augmentation makes a
# **cloud** of points around it: all that the picture may become, each as likely as it is drawn. To
# know where a cloud lies one asks for its mean; to know how far it spreads, and in which
# directions, for its covariance. If these two could be computed, one would know a good deal of an
# augmentation before a single draw.
#
# They can. Most changes of this unit are *linear*: each number of the new picture is a weighted sum
# of numbers of the old one. A shift takes one of them, a blur several. *Erasing* (a black square at
# a random place, as in Cutout) multiplies each by 0 or 1. *Mixing* (Mixup) takes a share of the
# picture and fills up with another one: linear but for what is added.
#
# ### Equation
# Let change number $k$ be the matrix $T_k$, drawn with probability $p_k$. Then
#
# $$\mu = \sum_k p_k\, T_k x, \qquad
#   \Sigma = \sum_k p_k\, (T_k x - \mu)(T_k x - \mu)^\top .$$
#
# $\mu$ is the mean picture, $P$ numbers, and $\Sigma$ has $P \times P$: on its diagonal the
# variance of each pixel, beside it how two pixels move together. In three cases the sum has a form
# that one can write down at once; section 4 derives them:
#
# - *Shift* by $s$ with probability $p(s)$: $\mu$ is $x$ convolved with $p$, and $\Sigma$ follows
#   from the same convolution of products $x_i x_j$, less $\mu_i \mu_j$.
# - *Erasing*, with a random mask $M$ that hides pixel $i$ with probability $q_i$ ($M_i = 0$):
#   $\mu_i = (1 - q_i)\, x_i$ and $\Sigma_{ij} = \mathrm{Cov}(M_i, M_j)\, x_i x_j$.
# - *Mixing*, with a random share $\lambda$ of $x$, whose mean is $\bar\lambda$, and the rest of a
#   picture drawn from others, whose mean is $m$ and covariance $S$:
#   $\mu = \bar\lambda x + (1 - \bar\lambda)\, m$ and
#   $\Sigma = \mathrm{Var}(\lambda)\, (x - m)(x - m)^\top + \mathbb{E}[(1 - \lambda)^2]\, S$.
#
# ### Source
# The sum, and the closed form for erasing.

# %%
from course_lib.views.linear import Family
from course_lib.views.moments import averaged, erase_moments

source.show(Family, averaged, erase_moments)

# %% [markdown]
# ### Picture
# One item of *fashion* under four augmentations: a shift by up to 4 pixels, a turn by up to 30
# degrees, a black square of 12 pixels, and brightness, a factor from 0.5 to 1.5 without any cut.
# Above the mean of all that it may become, below the standard deviation of each pixel, light where
# it varies.

# %%
moments_seen.show()

# %% [markdown]
# **What to notice.** A shift blurs the mean: that is what convolving with $p$ looks like. A pixel
# varies if there is one unlike it within reach of the shift: at edges, and in legs as thin as these
# nearly everywhere. A turn moves most what is far from the middle. Erasing blurs nothing; it
# darkens, and varies only where there is something to hide. Brightness leaves the mean as it is,
# because its factors are 1 in the mean.
#
# **Where it is exact, and where not.** What leaves the frame must be either lost (black comes in)
# or come back on the other side; the formulas differ, and with them the borders of $\mu$. And as
# soon as values are cut off at 1, as ColorJitter does, a change is no longer linear. Then these
# forms do not hold: one adds up all cases if they are few, or draws.
#
# ### Picture: directions
# $\Sigma$ says more than its diagonal. Its eigenvectors, which are pictures too, are the directions
# of the cloud: along number 1 it is longest. (Bridge 3 has eigenvectors once more; for it, run
# `from course_lib.widgets import prerequisites; prerequisites.bridge(3)`.) Here $\Sigma$ is
# averaged over 300 items. Grey is zero; each picture has its own scale, and which side is light
# means nothing, since $-v$ is the same direction as $v$.

# %%
moments_seen.show_directions()

# %% [markdown]
# **What to notice.** Long directions are broad patterns, short ones fine grain. Under shift the
# first is "lighter on one side, darker on the other": roughly what is added to a picture when it
# moves sideways. The last column of the table says how few directions hold most of a cloud: it is
# flat, long in a few directions and thin in all others.
#
# The **relative trace** measures how strong an augmentation is: the mean squared distance of what
# a picture may become from its $\mu$ (that is $\mathrm{tr}\,\Sigma$), over the mean squared
# distance of the items from the mean of all of them. At 1, two draws of one picture would be as far
# apart as two different pictures.

# %%
quiz.show(u02_theory.MEAN)

# %% [markdown]
# ## 2. How many draws?
# *Estimated: 15 minutes.*
#
# ### Idea and equation
# Training does not know $\mu$. It draws. The mean of $n$ independent draws misses the true one,
# typically (as a root mean square), by
#
# $$\text{error} = \sqrt{V / n}, \qquad V = \text{variance of one draw} .$$
#
# On logarithmic axes that is a line with slope $-1/2$: ten times finer costs a hundred times the
# draws. For the mean picture $V = \mathrm{tr}\,\Sigma$, the sum of the diagonal. For a loss it is
# the loss's variance. To be right to a share $e$ of a quantity $q$, that is to make the error
# $e \lVert q \rVert$, takes $n = V / (e^2 \lVert q \rVert^2)$ draws, and since $V$ can be computed,
# so can $n$.
#
# ### Picture
# An item under shift: how far the mean, the covariance and the loss are off after $n$ draws, in
# per cent of what they are. The grey line is 1 %. The loss is that of a linear model. All three are
# known exactly, by adding up all pictures that can come out.

# %%
draws_needed.show()

# %% [markdown]
# And how many draws it takes until the error is 1 %:

# %%
draws_needed.show_needed()

# %% [markdown]
# **What to notice.** Compare the first two columns of numbers. Drawing at random takes some
# pictures twice and others not yet, and that costs far more than taking each of them once: the
# first answer to the mystery. Then compare the other columns. Here a covariance takes more draws
# than a mean. A loss may take fewer or more; where the model is nearly right the mean loss is
# small, and a few bad draws may make up most of it.
#
# ### What was measured
# By drawing for the slopes and by formula for the numbers of draws, on items of *fashion* in full
# size. The paper says that common augmentations take "tens of thousands" of draws for the *loss* to
# be estimated correctly.

# %%
claim_table.show("R022-slope", "R022-draws")

# %% [markdown]
# **How to read it.** The rule about draws asks for one augmentation and one quantity beyond ten
# thousand, no more. So look which ones are, and whether the loss is among them. (Under a flip the
# formula asks no draws for the covariance: a picture and its mirror image lie equally far from
# their mean.) And what has to be known to 1 %? An optimiser steps on with whatever it has, and the
# next batch has other errors. The number does not say that training fails with fewer draws. It says
# that the loss you see at one step is not the loss that you minimise.

# %%
quiz.show(u02_theory.DRAWS)

# %% [markdown]
# ## 3. What training sees: a regulariser with directions
# *Estimated: 25 minutes.*
#
# ### Idea
# If mean and covariance are known, the mean *loss* may be, too, and one can train on all draws at
# once without making any. For a linear model with the squared error this works out exactly, and
# the result is a first idea of what an augmentation is to a net.
#
# ### Equation
# With $f(x) = W x + b$ and target $y$,
#
# $$\mathbb{E}_t\, \lVert f(t(x)) - y \rVert^2
#   \;=\; \underbrace{\lVert f(\mu) - y \rVert^2}_{\text{loss of the mean picture}}
#   \;+\; \underbrace{\mathrm{tr}(W\, \Sigma\, W^\top)}_{\text{a regulariser}} .$$
#
# With the eigenvectors $v_i$ of $\Sigma$ and their eigenvalues $\lambda_i$ the second term is
# $\sum_i \lambda_i \lVert W v_i \rVert^2$: over all directions, the variance of the cloud times how
# much $W$ listens there. It punishes weights *where the augmentation moves pictures, and nowhere
# else*. Add independent noise, equally strong in every pixel, and $\Sigma$ is a multiple of the
# identity: then it is weight decay (Bishop 1995). Every other augmentation is, beside the loss of
# its mean picture, weight decay with directions.
#
# Since nothing in this is higher than a square in $W$, its mean over all items has its minimum in
# closed form, as ridge regression has (`ridge_of` below; section 4 derives it).
#
# And how much does the loss jump from draw to draw? With $g$, the gradient of the loss with respect
# to the *picture* (its **saliency**: where the loss listens), to first order
#
# $$\mathrm{Var}_t\, L \approx g^\top \Sigma\, g .$$
#
# For a $g$ of given length it is small only where $g$ lies along directions in which the cloud is
# thin. Training minimises the mean of the loss and not its variance, but the mean asks for the
# same: here $g = 2\, W^\top (f(\mu) - y)$ is made of the rows of $W$, and the regulariser shortens
# these along the long directions of the cloud. So training has a reason to move the saliency to
# where the cloud is thin: to make the model deaf to what the augmentation does.
#
# ### Source

# %%
from course_lib.views.expected import expected_loss, regulariser, ridge_of

source.show(expected_loss, regulariser, ridge_of)

# %% [markdown]
# **Is it true?** The same linear model twice: from the formula, and by ordinary ridge regression on
# every shifted picture, really made. Then the expected loss of one picture, by formula and from
# draws. (More draws come nearer in general, not each time.)

# %%
from course_lib.views import expected, linear
from course_lib.views.moments import drawn, moments

images, labels = moments_seen.items(200, 14, "train")
targets, shift = draws_needed.one_hot(labels), linear.shift(2, 2)

by_formula = expected.ridge(shift, images, targets, 0.01)
made = shift.every(images).flatten(0, 1).flatten(1)  # (25 · 200, 196)
weight = shift.chances.repeat_interleave(len(images)) / len(images)
by_pictures = expected.ridge_on(made, targets.repeat(len(shift), 1), weight, 0.01)
apart = (by_formula.weight - by_pictures.weight).abs().max()
print(f"weights by formula and on {len(made):,} pictures: {apart:.1e} apart")

exact = expected.expected_loss(by_formula, moments(shift, images[0]), targets[0])
losses = expected.squared(by_formula, shift.every(images[:1])[:, 0].flatten(1), targets[0])
print(f"expected loss of one picture, by formula: {exact:.6f}")
print(f"mean of the losses of all {len(shift)} pictures:    {shift.chances @ losses:.6f}")
for draws in (len(shift), 100, 10_000):
    mean = drawn(shift, draws, seed=0).chances @ losses
    print(f"mean over {draws:6,} draws:                {mean:.6f}")

# %% [markdown]
# ### Picture: what becomes of the weights
# A linear model of small clothes, trained on all draws of an augmentation at once, by formula. Its
# weights for three classes, as pictures: white speaks for the class, black against it, grey is
# zero. Each picture has its own scale.

# %%
weights_seen.show()

# %% [markdown]
# **What to notice.** Under shift the weights become smooth: a weight that differs from its
# neighbour's would give another answer after a shift by one pixel. That is the regulariser at work.
# (A convnet that averages over places is deaf to shifts in another way, by how it is built.)
# Brightness, with a factor $a$, moves a picture $x$ along $x$ only. Its regulariser is
# $\mathrm{Var}(a)\, \lVert W x \rVert^2$: it asks for smaller answers, and for no other pattern of
# weights.
#
# The table: how much of the saliency's energy, $\lVert g \rVert^2$, lies in the ten directions in
# which the augmentation moves pictures most. Compare each row's two numbers with each other, and
# with a random direction.
#
# ### What was measured
# The formulas of section 1 against a sum over all changes; and the saliency of nets with a hidden
# layer, which are not linear, trained on shifted clothes and on clothes as they are. There the ten
# directions are those of each picture's own $\Sigma$.

# %%
claim_table.show("R022-closed-form", "R022-saliency")

# %% [markdown]
# **How to read it.** The first statement is a theorem about linear changes, and its table checks
# code. The second is one about nets, for which we have only a first-order argument: a measurement
# that may come out either way. Compare both nets with a random direction and with the untrained
# net. The paper's abstract offers the argument as a hint why nets move their focus "from edges to
# textures". That is a conjecture about large nets, and nothing here tests it.
#
# ### The answers
# *Why so many draws?* Because luck averages out slowly, however few pictures there are. *Must one
# draw?* For a linear change, a linear model and the squared error: no, not one. For a net there is
# no such formula: one draws, or adds up all cases where they are few. But for small changes one can
# punish directly what they do to the answer (**TangentProp**, Simard and others 1991), and in a
# linear model that is the regulariser above. You have used the formula already: the widget *one
# policy, three tasks* of the first half solves its models like this while you move the sliders.

# %%
quiz.show(u02_theory.REGULARISER)

# %% [markdown]
# ## 4. *Optional:* the derivations
# *Estimated: 20 minutes.* Try each one on paper before you open it.
#
# <details>
# <summary><b>The expected loss.</b> Split f(t(x)) - y: a fixed part, one of mean zero.</summary>
#
# $$f(t(x)) - y = \underbrace{W \mu + b - y}_{r} + W \underbrace{(t(x) - \mu)}_{\delta},
#   \qquad \mathbb{E}\,\delta = 0 .$$
#
# The square is $\lVert r \rVert^2 + 2\, r^\top W \delta + \delta^\top W^\top W \delta$. In the mean
# the middle term vanishes. The last is a number, so it equals its trace, and under a trace factors
# may go round:
# $\mathbb{E}\, \mathrm{tr}(W \delta \delta^\top W^\top) = \mathrm{tr}(W \Sigma W^\top)$.
#
# </details>
#
# <details>
# <summary><b>Ridge regression on all draws.</b> Set the derivative to zero.</summary>
#
# Let the rows of $X$ be the mean pictures of the $N$ items and those of $Y$ their targets, both
# with their mean taken off, which settles the bias. $\bar\Sigma$ is the mean of the items'
# covariances, and $\lambda$ the strength of the penalty. To be minimised is
#
# $$\frac1N \lVert X W^\top - Y \rVert^2 + \mathrm{tr}(W \bar\Sigma W^\top)
#   + \lambda \lVert W \rVert^2 .$$
#
# Its derivative by $W$ is zero where $W (X^\top X / N + \bar\Sigma + \lambda I) = Y^\top X / N$. So
# $\bar\Sigma$ stands beside $\lambda I$: the augmentation is a second penalty.
#
# </details>
#
# <details>
# <summary><b>The variance of the loss.</b> Keep the first order in δ.</summary>
#
# $L(t(x)) \approx L(\mu) + g^\top \delta$ with $g$ the gradient at $\mu$. The first term does not
# vary, so $\mathrm{Var}\, L \approx \mathbb{E}\,(g^\top \delta)^2 = g^\top \Sigma\, g$. In the
# eigenvectors $v_i$ of $\Sigma$ this is $\sum_i \lambda_i\, (v_i^\top g)^2$, so
#
# $$\lambda_{\min} \lVert g \rVert^2 \;\le\; g^\top \Sigma\, g
#   \;\le\; \lambda_{\max} \lVert g \rVert^2 ,$$
#
# and for a given length of $g$ it is least along the last eigenvector.
#
# </details>
#
# <details>
# <summary><b>The mean under shifts.</b> Look at one pixel.</summary>
#
# After a shift by $s$ pixel $i$ shows what was at $i - s$. So
# $\mu_i = \sum_s p(s)\, x_{i - s}$, which is the convolution $(p * x)_i$. (That of mathematics; the
# layers of a net take $x_{i + s}$, which is the same if $p$ is symmetric.) For two pixels the same
# shift counts for both: $\mathbb{E}\, t(x)_i\, t(x)_j = \sum_s p(s)\, x_{i - s}\, x_{j - s}$. With
# $d = j - i$ the product $x_a\, x_{a + d}$ is a picture too, one for each $d$, and the sum is its
# convolution with $p$ at $i$. Then subtract $\mu_i \mu_j$.
#
# </details>
#
# <details>
# <summary><b>The covariance under erasing.</b> A mask is random, the picture is not.</summary>
#
# $t(x)_i = M_i x_i$ with $\mathbb{E} M_i = 1 - q_i$. Take $x$ out of the mean: $\Sigma_{ij} =
# (\mathbb{E} M_i M_j - \mathbb{E} M_i\, \mathbb{E} M_j)\, x_i x_j$. The bracket does not change if
# hidden and seen change places: it is the chance that both are hidden, less $q_i q_j$. For a square
# with a random middle that chance is a product of two, one for the rows and one for the columns.
#
# </details>
#
# <details>
# <summary><b>Mixing.</b> First with the partner fixed, then over λ.</summary>
#
# $t = \lambda x + (1 - \lambda) x'$ with $x'$ independent of $\lambda$. Write $x' = m + \xi$ with
# $\mathbb{E}\,\xi = 0$ and covariance $S$. Then $t = m + \lambda (x - m) + (1 - \lambda)\, \xi$.
# The two random parts are uncorrelated, because $\xi$ has mean zero whatever $\lambda$ is. The
# first has covariance $\mathrm{Var}(\lambda) (x - m)(x - m)^\top$, the second $\mathbb{E}[(1 -
# \lambda)^2]\, S$. For Beta$(\alpha, \alpha)$: $\bar\lambda = 1/2$, $\mathrm{Var}(\lambda) = 1 / (4
# (2 \alpha + 1))$.
#
# </details>

# %% [markdown]
# ## 5. Models are lazy
# *Estimated: 30 minutes.*
#
# ### Idea
# Augmentation tells a net what does not matter. What does it do when nobody tells? Often there are
# several rules that fit all training pictures: cows stand on grass, elephants have a certain skin.
# A net has no reason to prefer the rule that you had in mind. It tends to take what lowers the loss
# soonest. A rule that works on the pictures of training and test, and fails where it matters, is
# called a **shortcut**.
#
# Geirhos and others (2018) set two cues against each other: the *shape* of one class with the
# *texture* of another. A cat with the skin of an elephant is a cat to most people. A ResNet-50
# trained on ImageNet called such a picture an Indian elephant, with 63.9 %.
#
# **First a question:**

# %%
quiz.show(u02_theory.SHORTCUT[:1])

# %% [markdown]
# ### Picture
# The same experiment in small. *Cues* has six outlines of clothes, filled with six patterns of
# cloth. In the first row each class has its own pattern: both rules are right. In the second the
# pattern is drawn at random and says nothing. In the last the two rules disagree.

# %%
cues_seen.show_examples()

# %% [markdown]
# ### Equation
# Show a trained net pictures whose cues conflict, and count how often its answer is the class of
# the shape and how often that of the texture:
#
# $$\text{shape bias} = \frac{n_{\text{shape}}}{n_{\text{shape}} + n_{\text{texture}}} .$$
#
# Answers that name neither are in no count. So a shape bias says little if there are many of them:
# read it beside the share of pictures that were *decided* by either cue. Whoever guesses has 0.5 in
# the mean and, with six classes, decides one picture in three.
#
# ### Source

# %%
from course_lib.evaluate.shape_bias import Cues, count

source.show(count, Cues)

# %% [markdown]
# ### Try it: two nets, one difference
# *A live run of about fifteen seconds.* Two small nets see the same outlines in the same order. For
# the first, the pattern always goes with the shape. For the second it is drawn at random, so that
# it says nothing. **Guess** two numbers for each: its accuracy on new pictures like those it was
# trained on, and its shape bias. And which of the two is the better net?

# %%
cues_seen.show_runs()

# %% [markdown]
# **What to notice.** Look at the first column: by accuracy alone one would choose the first net
# without a second thought, though its test was the easier one, with the pattern still in it. It has
# learnt its task, and not yours. And the second net has not been given any *more*: it was given
# pictures in which the pattern says nothing. To draw the texture at random *is an augmentation*: it
# says that texture does not matter. Geirhos and others did this on ImageNet, with pictures in the
# styles of paintings.
#
# ### What was measured
# The same two nets, larger and trained for longer, with three seeds, and beside them two nets that
# learnt without labels: SimCLR (unit 4) and a masked autoencoder (unit 8).

# %%
claim_table.show("R023")

# %% [markdown]
# **How to read it.** The rule is about the two convnets, which differ in nothing but their
# textures. The label-free nets differ from them and from each other in much: net, objective, steps,
# and how they are read out. A probe is itself a supervised model, fitted where the cues agree, so
# it may be as lazy as any. What their rows can show is by which cue these nets, read out like this,
# answer. They cannot show why.
#
# **Find the error.** With this in mind, a slide:

# %%
quiz.show(u02_theory.SLIDE_SSL)

# %% [markdown]
# ### Three ways to deal with a shortcut
#
# - **Break the link** in the data: random textures, other backgrounds, policies that change what
#   should not matter. You must know the shortcut to do it.
# - **Test where cues disagree.** A test set from the same source as training has the same
#   shortcuts, and cannot show them.
# - **Ask what the loss rewards.** Before training, name the cheapest rule that would satisfy it.
#   Unit 3 makes a game of that.
#
# And a caution: texture is no error in itself. To tell cloth from leather it is the answer. A
# shortcut is a shortcut *for a task*, as in section 2 of the first half a policy is one.

# %%
quiz.show(u02_theory.SHORTCUT[1:])

# %% [markdown]
# ### Train it yourself
# The larger net of the table, a few minutes on two cores. It does nothing until you write
# `RUN = True`.

# %%
RUN = False
if RUN:
    print(cues_seen.learn("agree", steps=300, width=32))
    print(cues_seen.learn("random", steps=300, width=32))

# %% [markdown]
# ## Cheat sheet
# One page for the whole unit is in `docs/cheatsheets/02.md`. Of this half:
#
# | | |
# |---|---|
# | mean picture | $\mu = \sum_k p_k T_k x$ |
# | covariance | $\Sigma = \sum_k p_k (T_k x - \mu)(T_k x - \mu)^\top$ |
# | under shift | $\mu = p * x$ |
# | under erasing | $\mu_i = (1 - q_i) x_i$, $\Sigma_{ij} = \mathrm{Cov}(M_i, M_j)\, x_i x_j$ |
# | draws | error $\sqrt{V / n}$, slope $-1/2$; for the picture $V = \mathrm{tr}\,\Sigma$ |
# | under mixing | $\mu = \bar\lambda x + (1 - \bar\lambda)\, m$ |
# | squared error, linear $f$ | mean $\lVert f(\mu) - y \rVert^2 + \mathrm{tr}(W \Sigma W^\top)$ |
# | variance of a loss | $g^\top \Sigma\, g$ to first order |
# | not linear | whatever is cut off at 0 or 1 |
# | shape bias | by shape / (by shape + by texture), beside the share decided |
# | shortcuts | test where the cues disagree |
#
# ## Further reading
#
# - Balestriero, Misra and LeCun (2022), *A data-augmentation is worth a thousand samples*, arXiv
#   2202.08325.
# - Bishop (1995), *Training with noise is equivalent to Tikhonov regularization*, Neural
#   Computation 7; Simard, Victorri, LeCun and Denker (1991), *Tangent prop*, NIPS 4.
# - Dao and others (2019), *A kernel theory of modern data augmentation*, arXiv 1803.06084.
# - Geirhos and others (2018), *ImageNet-trained CNNs are biased towards texture; increasing shape
#   bias improves accuracy and robustness*, arXiv 1811.12231.
# - Geirhos and others (2020), *Shortcut learning in deep neural networks*, arXiv 2004.07780.
# - Hermann, Chen and Kornblith (2020), *The origins and prevalence of texture bias in convolutional
#   neural networks*, arXiv 1911.09071. Where the cues disagree in training, nets learn shape as
#   easily as texture; and augmentation changed the bias more than architecture or objective did.
# - Park and others (2023), *What do self-supervised vision transformers learn?*, arXiv 2305.00729.
#   Contrastive and masked models compared.

# %% [markdown]
# <details>
# <summary><b>Corrections to the slides behind this lecture</b></summary>
#
# - *C14.* "Self-supervised learning can reduce this correlation since there are no labels":
#   objectives without labels have shortcuts of their own; measure; see section 5.
#
# *C06, C08* and *C09* stand at the end of the first half.
#
# </details>
#
# ---
# **Where to go now:** the lab of this unit, `02_augmentation/lab.ipynb`; then unit 3.
#
# <small>Pictures on this page. *fashion* and *cues*: Fashion-MNIST, MIT licence; the patterns of
# *cues* are drawn. The full text is in `data/`, beside the pack. Text and other figures: CC BY
# 4.0.</small>

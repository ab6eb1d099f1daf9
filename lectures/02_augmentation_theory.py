# %% [markdown]
# # 2b. Augmentation without drawing, and lazy nets
#
# The second half of unit 2. Its first part computes what an augmentation does in the mean, without
# drawing a picture. Its last part, which needs nothing of the first, asks what a net looks at when
# two rules would do.
#
# Take a small picture of clothes and shift it at random by up to two pixels. There are not many
# pictures that can come out. Training wants their mean loss, and gets it by drawing one at a time:

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

# %%
quiz.show(u02_theory.RECALL)

# %% [markdown]
# ## Words and symbols
# To look up when you meet them.

# %%
glossary.words(
    "augmentation, policy, covariance, eigenvector, principal components (PCA), Monte Carlo, "
    "closed form, expected loss, relative trace, regulariser, weight decay, ridge regression, "
    "saliency, TangentProp, shortcut, shape bias, cue conflict, cues, label-free, linear probe, "
    "floor"
)
glossary.symbols()

# %% [markdown]
# ## 1. The mean picture, and how it spreads
# *Estimated: 25 minutes.*
#
# ### Idea
# A picture is a point among $P$ dimensions, one a number. An augmentation makes a **cloud** of
# points around it: all that the picture may become, each as likely as it is drawn. To know where a
# cloud lies one asks for its mean; to know how far it spreads, and in which directions, for its
# covariance. If these two could be computed, one would know a good deal of an augmentation before
# a single draw.
#
# They can. Most changes of this unit are *linear*: each number of the new picture is a weighted sum
# of numbers of the old one. A shift takes one of them, a blur several, erasing multiplies by 0.
#
# ### Equation
# Let change number $k$ be the matrix $T_k$, drawn with probability $p_k$. Then
#
# $$\mu = \sum_k p_k\, T_k x, \qquad
#   \Sigma = \sum_k p_k\, (T_k x - \mu)(T_k x - \mu)^\top .$$
#
# $\mu$ is the mean picture, $P$ numbers, and $\Sigma$ has $P \times P$: on its diagonal the
# variance of each pixel, beside it how two pixels move together. In three cases the sum has a form
# that one can write down at once:
#
# - *Shift* by $s$ with probability $p(s)$: $\mu$ is $x$ convolved with $p$, and $\Sigma$ follows
#   from the same convolution of products $x_i x_j$.
# - *Erasing*, with a random mask $M$ that hides pixel $i$ with probability $q_i$:
#   $\mu_i = (1 - q_i)\, x_i$ and $\Sigma_{ij} = \mathrm{Cov}(M_i, M_j)\, x_i x_j$.
# - *Mixing* with other pictures, whose mean is $m$ and covariance $S$:
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
# One item of *fashion* under four augmentations. Above the mean of all that it may become, below
# the standard deviation of each pixel, light where it varies.

# %%
moments_seen.show()

# %% [markdown]
# **What to notice.** A shift blurs the mean: that is what convolving with $p$ looks like. What
# varies is whatever has a neighbour unlike itself: edges. Erasing hardly blurs; it darkens, and
# varies only where there is something to hide. Brightness leaves the mean as it is.
#
# **Where it is exact, and where not.** What leaves the frame must be either lost (black comes in)
# or come back on the other side; the formulas differ, and with them the borders of $\mu$. And as
# soon as values are cut off at 1, as ColorJitter does, a change is no longer linear. Then only
# drawing helps.
#
# ### Picture: directions
# $\Sigma$ says more than its diagonal. Its eigenvectors, which are pictures too, are the directions
# of the cloud: along number 1 it is longest (bridge 3: `prerequisites.bridge(3)`). Here $\Sigma$ is
# averaged over 300 items; grey is zero.

# %%
moments_seen.show_directions()

# %% [markdown]
# **What to notice.** Long directions are broad patterns, short ones fine grain. Under shift the
# first is "lighter on the right, darker on the left": roughly what is added to a picture when it
# moves sideways. The last column of the table says how few directions hold most of a cloud: it is
# flat.
#
# The **relative trace** measures how strong an augmentation is: the mean squared distance from
# $\mu$, over that of two different items from *their* mean. At 1 a picture would be moved as far as
# another picture is.

# %%
quiz.show(u02_theory.MEAN)

# %% [markdown]
# ## 2. How many draws?
# *Estimated: 15 minutes.*
#
# ### Idea and equation
# Training does not know $\mu$. It draws. The mean of $n$ independent draws misses the true one by
#
# $$\text{error} = \sqrt{V / n}, \qquad V = \text{variance of one draw} .$$
#
# On logarithmic axes that is a line with slope $-1/2$: ten times finer costs a hundred times the
# draws. For the mean picture $V = \mathrm{tr}\,\Sigma$, the sum of the diagonal. For a loss it is
# the loss's variance. To be right to a share $e$ of a quantity $q$ takes
# $n = V / (e^2 \lVert q \rVert^2)$ draws, and since $V$ can be computed, so can $n$.
#
# ### Picture
# An item under shift: how far the mean, the covariance and the loss are off after $n$ draws. The
# loss is that of a linear model, so that all three are known exactly.

# %%
draws_needed.show()

# %% [markdown]
# And how many draws it takes until the error is 1 %:

# %%
draws_needed.show_needed()

# %% [markdown]
# **What to notice.** Compare the first two columns of numbers. Drawing at random takes some
# pictures twice and others not yet, and that costs far more than taking each of them once: the
# first answer to the mystery. Then compare the other columns. A covariance takes more draws than a
# mean. A loss may take fewer or more; where the model is nearly right the mean loss is small, and a
# few bad draws make up most of it.
#
# ### What was measured
# By formula and by drawing, on items of *fashion* in full size. The paper says "tens of thousands"
# for common augmentations.

# %%
claim_table.show("R022-slope", "R022-draws")

# %% [markdown]
# **How to read it.** What has to be known to 1 %? An optimiser steps on with whatever it has, and
# the next batch has other errors. The number does not say that training fails with fewer draws. It
# says that the loss you see at one step is not the loss that you minimise.

# %%
quiz.show(u02_theory.DRAWS)

# %% [markdown]
# ## 3. What training sees: a regulariser with directions
# *Estimated: 25 minutes.*
#
# ### Idea
# If mean and covariance are known, the mean *loss* may be, too, and one can train on all draws at
# once without making any. For a linear model with the squared error this works out exactly, and
# the result says what an augmentation is to a net.
#
# ### Equation
# With $f(x) = W x + b$ and target $y$,
#
# $$\mathbb{E}_t\, \lVert f(t(x)) - y \rVert^2
#   \;=\; \underbrace{\lVert f(\mu) - y \rVert^2}_{\text{loss of the mean picture}}
#   \;+\; \underbrace{\mathrm{tr}(W\, \Sigma\, W^\top)}_{\text{a regulariser}} .$$
#
# The second term adds up, over directions, how far the cloud spreads times how much $W$ listens
# there. It punishes weights *where the augmentation moves pictures, and nowhere else*. Add
# independent noise to every pixel and $\Sigma$ is a multiple of the identity: then it is weight
# decay (Bishop 1995). Every other augmentation is weight decay with directions.
#
# And how much does the loss jump from draw to draw? With $g$, the gradient of the loss with respect
# to the *picture* (its **saliency**: where the loss listens), to first order
#
# $$\mathrm{Var}_t\, L \approx g^\top \Sigma\, g .$$
#
# It is small only where $g$ lies along directions in which the cloud is thin. So training, which
# feels every jump, has a reason to move the saliency there: to make the model deaf to what the
# augmentation does.
#
# ### Source

# %%
from course_lib.views.expected import expected_loss, regulariser, ridge_of

source.show(expected_loss, regulariser, ridge_of)

# %% [markdown]
# **Is it true?** The same linear model twice: from the formula, and by ordinary ridge regression on
# every shifted picture, really made. Then the expected loss of one picture, by formula and from
# draws.

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
print(f"expected loss of one picture, by formula: {exact:.6f}")
for draws in (len(shift), 100, 10_000):
    guess = moments(drawn(shift, draws, seed=0), images[0])
    mean = expected.expected_loss(by_formula, guess, targets[0])
    print(f"mean over {draws:6,} draws:                {mean:.6f}")

# %% [markdown]
# ### Picture: what becomes of the weights
# A linear model of small clothes, trained on all draws of an augmentation at once, by formula. Its
# weights for three classes, as pictures: white speaks for the class, black against it.

# %%
weights_seen.show()

# %% [markdown]
# **What to notice.** Under shift the weights become smooth: a weight that differs from its
# neighbour's would give another answer after a shift by one pixel. That is the regulariser at work,
# and it is what a convolution has built in. Brightness moves a picture along one direction only,
# the picture itself, so hardly anything about the weights changes.
#
# The table: how much of the saliency lies in the ten directions in which the augmentation moves
# pictures most. Compare each row's two numbers with each other, and with a random direction.
#
# ### What was measured
# The formulas against a sum over all changes; and the saliency of nets with a hidden layer, which
# are not linear, trained on shifted clothes and on clothes as they are.

# %%
claim_table.show("R022-closed-form", "R022-saliency")

# %% [markdown]
# **How to read it.** For linear models the statement is a theorem, and the first table checks code.
# For nets it is a first-order argument, so the second one is a measurement that could have come out
# otherwise. The paper's abstract offers it as a hint why nets move their attention "from edges to
# textures". That is a conjecture about large nets, and nothing here tests it.
#
# ### The answers
# *Why so many draws?* Because luck averages out slowly, however few pictures there are. *Must one
# draw?* For a linear change, a linear model and the squared error: no, not one. For a net: yes, but
# now you know what the draws add up to, and one can write the regulariser down directly
# (**TangentProp**, Simard and others 1991, for small changes). You have used the formula already:
# the widget *one policy, three tasks* of the first half solves its models like this while you move
# the sliders.

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
# $\mu_i = \sum_s p(s)\, x_{i - s}$, which is the convolution $(p * x)_i$. For two pixels the same
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
# (\mathbb{E} M_i M_j - \mathbb{E} M_i\, \mathbb{E} M_j)\, x_i x_j$. For a square with a random
# middle the chance that both are hidden is a product of two chances, one for the rows and one for
# the columns.
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
# A net has no reason to prefer the rule that you had in mind. It takes what lowers the loss
# soonest. A rule that works on all pictures of training and test, and fails where it matters, is
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
# cloth. In training, each class has its own pattern: both rules are right. In the last row they
# disagree.

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
# read it beside the share of pictures that were *decided* by either cue. Whoever guesses has 0.5.
#
# ### Source

# %%
from course_lib.evaluate.shape_bias import Cues, count

source.show(count, Cues)

# %% [markdown]
# ### Try it: two nets, one difference
# *A live run of about fifteen seconds.* Two small nets see the same outlines in the same order. For
# the first, the pattern always goes with the shape. For the second it is drawn at random, so that
# it says nothing. **Guess** three numbers for each: its accuracy on pictures like those it was
# trained on, its shape bias, and which of the two is the better net.

# %%
cues_seen.show_runs()

# %% [markdown]
# **What to notice.** Look at the first column: by accuracy alone one would choose the first net
# without a second thought. It has learnt its task, and not yours. And the second net has not been
# given any *more*: it was given pictures in which the pattern says nothing. To draw the texture at
# random *is an augmentation*: it says that texture does not matter. Geirhos and others did this on
# ImageNet, with pictures in the styles of paintings.
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
# it may be as lazy as any. What their rows can show is that a net without labels *may* have a
# texture bias. They cannot show why.
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
# | expected loss | $\lVert f(\mu) - y \rVert^2 + \mathrm{tr}(W \Sigma W^\top)$, if $f$ is linear |
# | its variance | $g^\top \Sigma\, g$ to first order |
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
#   neural networks*, arXiv 1911.09071. Augmentation, more than architecture or objective, decides.
# - Park and others (2023), *What do self-supervised vision transformers learn?*, arXiv 2305.00729.
#   Contrastive and masked models compared.

# %% [markdown]
# <details>
# <summary><b>Corrections to the slides behind this lecture</b></summary>
#
# - *C14.* "Self-supervised learning can reduce this correlation since there are no labels": label-
#   free objectives have shortcuts of their own; measure; see section 5.
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

# %% [markdown]
# # 1b. Nets: what each step bought
#
# The second half of unit 1. It follows the net from the eight layers of 2012 to the vision
# transformer, then asks how sure a net may be, and which data a number belongs to.
#
# He and others (2015) trained two plain nets on CIFAR-10, one with 20 layers and one with 56. The
# deeper one had the higher error, and not on new pictures: *on those it was trained on*. Yet 56
# layers can do whatever 20 can. Let the other 36 pass on what they get. This course's own nets,
# with fewer blocks and with more:

# %%
from course_lib.widgets import (
    backbones,
    bends,
    blocks,
    claim_table,
    depth,
    filters,
    glossary,
    loss_line,
    quiz,
    seen,
    source,
    surety,
    tokens,
)
from course_lib.widgets.questions import u01_labels, u01_nets, u01_tokens

print(depth.mystery())

# %% [markdown]
# **The mystery of this half: how can more be less?** Write down a guess. Section 3 answers it.
#
# After this lecture you can
#
# - count the weights, the work and the field of view of a net by hand;
# - say what each step from AlexNet to the ViT bought, and at what price;
# - explain why residual paths train, and what happens when a block is taken out;
# - say what a ViT knows about places, and why it needs more data than a convnet;
# - read a reliability diagram, and derive what label smoothing asks of a net;
# - say which data set a number belongs to.
#
# | section | estimated minutes |
# |---|---|
# | Before you start: three questions | 5 |
# | 1. Eight layers: AlexNet | 25 |
# | 2. Small kernels, more layers: VGG | 15 |
# | 3. Shortcuts: ResNet | 25 |
# | 4. *Optional:* a net as many paths | 15 |
# | 5. *Optional:* gates, SE and GE | 10 |
# | 6. Tokens: the vision transformer | 20 |
# | 7. *Optional:* cheaper convolutions and named nets | 15 |
# | 8. How sure may a net be? | 20 |
# | 9. *Optional:* which data was it? | 10 |
# | Cheat sheet, reading, corrections | 5 |
#
# **Run → Run All Cells** takes less than a minute. Any section can also be started alone: run the
# code cell above, then begin there. Sections marked *optional* are needed by no later unit.
#
# Some claims below may say *not measured yet*. Then nothing is known, and nothing is said.

# %% [markdown]
# ## Before you start

# %%
quiz.show(u01_nets.RECALL)

# %% [markdown]
# ## Words and symbols
# To look up when you meet them.

# %%
glossary.words(
    "AlexNet, VGG, ResNet, vision transformer (ViT), ResNeXt, RegNet, MobileNet, plain net, block, "
    "residual connection, degradation, zero-init of the last gamma, ensemble view, BatchNorm, "
    "LayerNorm, ReLU, dropout, pooling, filter, feature map, receptive field, FLOP, bottleneck, "
    "squeeze-and-excitation (SE), gather-excite (GE), grouped convolution, depthwise separable "
    "convolution, attention, token, patch, position embedding, class token (CLS), inductive bias, "
    "label smoothing, calibration, expected calibration error (ECE), reliability diagram, "
    "overconfidence, data card, long tail, ImageNet, multi-label"
)
glossary.symbols()

# %% [markdown]
# ## 1. Eight layers: AlexNet
# *Estimated: 25 minutes.*
#
# ### Idea
# In 2012 a convnet won the ImageNet contest, about eleven points of error ahead of the next, which
# was none (Krizhevsky, Sutskever and Hinton). Convnets were more than twenty years old by then.
# What was new was that one could be *trained* at this size: five convolutions, three fully
# connected layers, 1.2 million pictures, two graphics cards for most of a week. Four things made
# it possible:
#
# - **ReLU** in place of tanh, so that gradients pass;
# - **dropout**, so that 60 million weights do not learn the pictures by heart;
# - **more pictures**, by crops, mirroring and changed colours (unit 2);
# - **speed**: the work was cut in two halves for two cards.
#
# One more has not lasted: *response normalisation*, which divides an activation by the size of its
# neighbours. BatchNorm took its place.
#
# **Guess first:**

# %%
quiz.show(u01_nets.SLOPES)

# %% [markdown]
# ### Equation
# Write layer $i$ as $u_i = \varphi(z_i)$ with $z_i = W_i u_{i-1}$, where $\varphi$ is the
# nonlinearity. The chain rule gives the gradient that reaches layer $i - 1$:
#
# $$\frac{\partial L}{\partial u_{i-1}} = W_i^\top \Big( \varphi'(z_i) \odot
#   \frac{\partial L}{\partial u_i} \Big) .$$
#
# $\odot$ multiplies number by number. Each layer on the way back multiplies by $\varphi'$ once. For
# tanh, $\varphi'(z) = 1 - \tanh^2 z$ is 1 at zero only and hardly anything from $z = 3$ on: a unit
# that is far out (*saturated*) passes nothing back, and so learns nothing. For ReLU, $\varphi'$ is
# exactly 1 wherever the unit is on, however far out.

# %%
bends.show()

# %% [markdown]
# The price: a ReLU unit that is off for *every* picture has the derivative 0 for every picture. It
# is dead and stays so.
#
# ### Source
# The small AlexNet of the course: the same layers, a third of the width, for small pictures. It
# ends at the seventh layer; the classifier on top is the eighth. Below it dropout, in the form that
# is in use today.

# %%
from course_lib.nets.alexnet import AlexNet
from course_lib.nets.layers import dropout

source.show(AlexNet.__init__, dropout)

# %% [markdown]
# Dropout keeps an activation $a$ with probability $1 - q$ and then divides it by $1 - q$. On
# average that is $(1 - q) \cdot a / (1 - q) + q \cdot 0 = a$. The mean stays, so nothing need
# change when the net is used.
#
# ### Picture: what the first layer looks for
# *A live run of seconds.* A **filter** of the first layer has as many weights as a small colour
# picture has numbers, so one can look at it. Here is a small net with filters of 7 × 7, before and
# after 300 steps on *scenes*. Grey is weight 0. Below: the maps of five trained filters, light
# where the filter fits the picture and dark where its opposite does.

# %%
filters.show()

# %% [markdown]
# **What to notice.** Noise became blobs of colour, and changes from one colour to another, still
# grainy after so few steps: *is it greenish here? is it redder on this side?* AlexNet's filters
# were 11 × 11 and trained for days; they show stripes in all directions too. Nobody asked for such
# filters. They are what helps to tell classes apart.
#
# **A trap.** The filters started here at a twentieth of their usual size. BatchNorm undoes that, so
# the net computes nearly the same, but what training *adds* is soon larger than what was there. In
# a net that starts at full size the noise of the start stays visible. Compare the course's stored
# nets with where they began:

# %%
filters.show_turned()

# %% [markdown]
# Their first layers have hardly moved, and yet these nets do what section 1 of the other half
# showed. Random filters are good enough here, and the later layers learnt. So do not judge a net by
# its first-layer picture, neither for the better nor for the worse.
#
# ### What was measured
# The same small AlexNet, once with ReLU and once with tanh, the paper's optimiser. Counted are the
# steps until the training loss is low. (The paper's own figure shows a factor of six, with another
# net on other pictures.)

# %%
claim_table.show("R003")

# %% [markdown]
# **How to read it.** Fewer steps are better, and the rule wants it in every seed. Both arms have
# one learning rate, the paper's. What would you have to run before you say "ReLU is faster" rather
# than "ReLU is faster at this rate"?

# %%
quiz.show(u01_nets.ALEXNET)

# %% [markdown]
# ## 2. Small kernels, more layers: VGG
# *Estimated: 15 minutes.*
#
# ### Idea
# AlexNet has kernels of 11 × 11, 5 × 5 and 3 × 3. Simonyan and Zisserman (2014) asked what happens
# if there is only one size, the smallest that knows left from right and up from down: 3 × 3. A
# large kernel becomes a **stack** of small ones. The net gets simple to write down, and deep: 16 or
# 19 layers.

# %%
quiz.show(u01_nets.KERNELS)

# %% [markdown]
# ### Equation
# What one place of a map can see of the image is its **receptive field**. Go through the layers
# from the image on, with kernels $k_i$ and strides $s_i$. Begin with the size $r = 1$ and the
# distance of neighbours $j = 1$, in pixels. Then for each layer
#
# $$r \leftarrow r + (k_i - 1)\, j, \qquad j \leftarrow j \cdot s_i .$$
#
# A layer looks at $k_i$ places of the map below, and those are $j$ pixels apart. With stride 1
# everywhere $j$ stays 1, so $n$ layers of 3 × 3 see $2n + 1$.
#
# Weights, with $C$ channels everywhere: three of 3 × 3 have $3 \cdot 9\, C^2 = 27\, C^2$, one of
# 7 × 7 has $49\, C^2$. The same field, about half of the weights, and three nonlinearities in place
# of one.
#
# ### Source

# %%
from course_lib.nets.receptive import input_gradient, receptive_field
from course_lib.nets.vgg import stage

source.show(stage, receptive_field, input_gradient)

# %% [markdown]
# ### Picture: receptive fields by gradient
# A formula says what a place *can* see. What does it really depend on? Take the gradient of the
# place in the middle with respect to every pixel. Where it is zero, nothing is seen: the box holds
# all that is not. First small stacks with random weights, the mean over several draws.

# %%
seen.show(seen.stacks())

# %% [markdown]
# **What to notice.** The box has the side that the formula says. But three small kernels are no
# 7 × 7: they look at the middle. Count the ways from a pixel to the place: along one axis a stack
# of three has 1, 3, 6, 7, 6, 3, 1 of them (multiply $(1 + x + x^2)^3$ out). The 7 × 7 has one way
# from everywhere.
#
# Now the course's convnet, whose stages have strides and pools, as a random net and trained:

# %%
seen.show(seen.stages())

# %% [markdown]
# **What to notice.** After four stages one place sees nearly the whole picture, by formula. By
# gradient most of it comes from the middle; the **effective** field is smaller than the possible
# one (Luo and others 2016 show that it is bell-shaped). Compare the two rows: did training make the
# field wider or narrower? And what are the dots in the grid? (Each stride skips: some pixels are
# seen by more places than their neighbours.)
#
# ### What was measured
# Two nets with the same fields and stages: stacks of three 3 × 3, or one 7 × 7 in their place.

# %%
claim_table.show("R004")

# %% [markdown]
# **How to read it.** The claim is a modest one, *no worse*, with about half of the weights. A
# margin of half a point is small beside what a seed does: look at the spread within each row.
#
# Deep plain nets without BatchNorm hardly train. VGG was of 2014, BatchNorm of 2015: its authors
# trained shallow nets first and started the deep ones from them.

# %%
quiz.show(u01_nets.VGG)

# %% [markdown]
# ## 3. Shortcuts: ResNet
# *Estimated: 25 minutes.*
#
# ### Idea
# If 16 layers are better than 8, why not 100? Because of the mystery: from some depth on, plain
# nets get *worse, on their own training pictures*. This is called **degradation**.

# %%
quiz.show(u01_nets.DEPTH)

# %% [markdown]
# So good weights exist and are not found. To copy is easy for us and hard for a stack of
# convolutions: it must learn exactly the right filters for it. He and others (2015) turned that
# round. A block gets its input for free, by a **shortcut**, and learns only what should be
# *changed*. To copy now means to learn nothing.
#
# ### Equation
#
# $$y = \mathrm{relu}(x + F(x)) .$$
#
# $F$ is the **branch**: two or three convolutions, each with its BatchNorm. Leave the last ReLU
# aside. The derivative of a block is $I + \partial F / \partial x$ with the identity $I$, and that
# of $n$ blocks is a product,
#
# $$\frac{\partial y_n}{\partial x} = \Big(I + \frac{\partial F_n}{\partial y_{n-1}}\Big) \cdots
#   \Big(I + \frac{\partial F_1}{\partial x}\Big) = I + \text{terms that go through branches} .$$
#
# Whatever the branches do, there is an $I$ in it: the way straight through. In a plain net there is
# only $\frac{\partial F_n}{\partial y_{n-1}} \cdots \frac{\partial F_1}{\partial x}$, a product of
# many matrices, and such a product grows or shrinks like a power of its factors. (How much a matrix
# stretches, its singular values say: bridge 3.)
#
# **Zero-init of the last gamma.** BatchNorm ends with a scale $\gamma$. Start the last one of each
# branch at 0: every branch then gives 0, and each block passes on what it got. The deepest net
# begins as a shallow one, and takes up its blocks as it learns (Goyal and others 2017).
#
# ### Source

# %%
from course_lib.nets.resnet import Block, basic

source.show(basic, Block)

# %% [markdown]
# ### Picture: the gradient before training
# Three nets of 32 blocks before their first step, BatchNorm in all. How long is the gradient of the
# loss at the maps after each block? Read from right to left, as it travels.

# %%
depth.show()

# %% [markdown]
# **What to notice.** The axis is logarithmic: a straight line means the same factor at every block.
# In the plain net the gradient does not vanish, it *explodes*; the last column says by how much.
# (Yang and others 2019 derive it: where BatchNorm meets ReLU, each layer multiplies the gradient by
# a constant above 1.) Steps that suit the last layers are far too long for the first. With
# shortcuts the growth is slow, and with $\gamma = 0$ there is none, but for the few blocks that
# change shape and have a shortcut with weights.
#
# ### What was measured
# The nets of the mystery: with shortcuts and without, 8 blocks and 32. The number is a *training*
# loss.

# %%
claim_table.show("R005")

# %% [markdown]
# **How to read it.** Two things are claimed. The deep plain net is worse than the deep residual
# one, and worse than a *shallow* plain one: only the second is degradation. Why must it be the
# training loss? A test error that rises with depth could be overfitting.
#
# ### The answer
# More is less where training cannot find what more could do. A net is not only the set of functions
# that it *can* compute. It is also a landscape in which one walks downhill, from a start, with
# steps of some length. The shortcut changes the landscape and leaves the set of functions nearly as
# it was.
#
# ### Try it: a walk through the landscape
# *A live run of about ten seconds.* Train three small nets on *fashion*: A; one that goes along
# with A for half of the way and then sees other batches; one from another random start. Then walk
# on the straight line from the weights $\theta$ of one net to those $\theta'$ of another,
#
# $$\theta(t) = (1 - t)\, \theta + t\, \theta', \qquad 0 \le t \le 1 ,$$
#
# and note the training loss. All ends are good nets. **Guess:** what lies halfway between two good
# nets? A fourth line leads from A to a net that computes *the same function as A*, with its
# channels in another order. This is how it is made:

# %%
source.show(loss_line.shuffled)
loss_line.show()

# %% [markdown]
# **What to notice.** From the start to the end of a training the way goes down. Two nets that began
# together lie in one valley: the mean of their weights is as good as they are. Two nets from two
# starts are separated by a mountain, and halfway hardly anything is known.
#
# The fourth line says why that need not mean that they are different. Channel 3 of A may do what
# channel 7 of the other does; to average *by number* mixes what does not belong together. A and its
# shuffled self are one function and two points, with a mountain between them. Some of the mountains
# between real nets go away when channels are first matched (Ainsworth and others 2022). Means over
# weights of *one* training do work, and you will meet one as the teacher in units 4 and 6.

# %%
quiz.show(u01_nets.RESNET)

# %% [markdown]
# ## 4. *Optional:* a net as many paths
# *Estimated: 15 minutes.*
#
# ### Idea
# A residual net can be read in another way. At each block the signal goes both through the branch
# and along the shortcut. So a net of $n$ blocks is not one deep path: it is all of the paths that
# one gets by choosing, at each block, one of the two (Veit and others 2016).

# %%
quiz.show(u01_nets.PATHS)

# %% [markdown]
# ### Equation
# Were the branches linear, one could multiply out, as with numbers:
#
# $$y = (1 + F_n) \cdots (1 + F_2)(1 + F_1)\, x = x + F_1 x + F_2 x + F_2 F_1 x + \dots$$
#
# These are $2^n$ terms, and $\binom{n}{k}$ of them go through $k$ branches: a bell around $n / 2$.
# Real branches are not linear, so this is a picture and no theorem. What it predicts can be tested.

# %%
blocks.show_paths()

# %% [markdown]
# The prediction: take a block out of a *trained* net, without any further training. In a residual
# net half of the paths are left, and all of those are whole. In a plain net the only path is cut.
#
# ### Source

# %%
from course_lib.nets.unravel import reordered, without_block

source.show(without_block, reordered)

# %% [markdown]
# ### Try it: take blocks out
# Two nets of 16 blocks, one residual and one plain, three seeds of each. Every button below was
# measured beforehand. **Guess** before each press: how much accuracy is left? Then exchange blocks
# of one stage with one another. *By keyboard:* Tab moves between the buttons, Enter presses one.
# Blocks 4, 8 and 12 have no button: they change the shape of the maps, and without them the next
# block would not fit.

# %%
blocks.show()

# %% [markdown]
# <details>
# <summary><b>What to notice</b> (open it after some presses)</summary>
#
# How far does each net fall when one block goes? Is it the same block of the residual net that
# matters most in all seeds, and where in its stage does it stand? In a plain net the first layers
# after a gap get maps that they have never seen. And how many exchanges does each net survive? If a
# residual net were a long chain of steps that build on one another, their order should matter a
# great deal.
#
# </details>
#
# ### What was measured

# %%
claim_table.show("R006")

# %% [markdown]
# **How to read it.** The median over the blocks is used, so one block that matters much decides
# nothing. The paper's title is *Residual networks behave like ensembles of relatively shallow
# networks*. Slides like to quote it as "exponential ensembles", which says more than was shown: the
# paths share their weights, so they are no independent nets.

# %% [markdown]
# ## 5. *Optional:* gates, SE and GE
# *Estimated: 10 minutes.*
#
# ### Idea
# A convolution weighs its channels in the same way for every picture. **Squeeze-and-excitation**
# (Hu and others 2017) lets the picture decide: a tiny net looks at the mean of each channel and
# gives each channel a volume, between 0 and 1. **Gather-excite** (2018) takes the mean over a
# neighbourhood in place of the whole map, so that a channel may be loud here and quiet there.
#
# ### Equation
# With $u$ the maps that a branch gives, $C$ channels, and $s(\cdot)$ the sigmoid,
#
# $$g = s\big(W_2\, \mathrm{relu}(W_1\, \tfrac{1}{P} \textstyle\sum_p u_p)\big), \qquad
#   u_c \leftarrow g_c\, u_c .$$
#
# $W_1$ narrows to $C / r$ numbers and $W_2$ widens again, so a block has $2\, C^2 / r$ weights
# more. The gate stands on the branch, *before* the shortcut is added. After it, a gate below 1
# would make the straight way fainter at every block.
#
# ### Source

# %%
from course_lib.nets.gates import GatherMean, SqueezeExcite

source.show(SqueezeExcite, GatherMean)

# %% [markdown]
# ### Try it: gates at one

# %%
quiz.show(u01_nets.GATES[:1])

# %% [markdown]
# The same net with gates and without, the same random weights otherwise. (The last gamma starts at
# 1 here. At 0 every branch would give 0, and *any* gate would pass this test.)

# %%
import torch

from course_lib.data import load
from course_lib.nets import build
from course_lib.nets.count import parameters
from course_lib.nets.gates import force, gates

some = load("scenes", "val", n=64).image.float() / 255
pair = []
for gate in ("", "se"):
    torch.manual_seed(0)
    spec = {"width": 16, "depth": 8, "stem_stride": 2, "zero_init": False}
    pair.append(build("resnet", gate=gate, reduction=4, **spec).eval())
without, with_gates = pair
with torch.no_grad():
    apart = (with_gates(some) - without(some)).abs().max()
    spread = torch.cat([of.std(dim=0) for of in gates(with_gates, some)])
    force(with_gates)
    forced = (with_gates(some) - without(some)).abs().max()
print(f"largest difference, gates at work: {apart:.2e}")
print(f"largest difference, gates at 1:    {forced:.2e}")
more = parameters(with_gates) - parameters(without)
formula = sum(2 * channels**2 // 4 for channels in (16, 32, 64, 128) for _ in range(2))
print(f"weights more: {more:,}; by the formula, two blocks of each width: {formula:,}")
print(f"untrained gates: mean spread over pictures {spread.mean():.4f}")

# %% [markdown]
# **What to notice.** At 1 the two agree to the last bit. And before training a gate hardly depends
# on the picture: a gate *can* look, but whether it *does* is learnt.
#
# ### What was measured
# Two claims: that trained gates really look at the picture, and that accuracy rises. The second is
# the risky one, since the gain is small even in the paper.

# %%
claim_table.show("R007")

# %%
quiz.show(u01_nets.GATES[1:])

# %% [markdown]
# ## 6. Tokens: the vision transformer
# *Estimated: 20 minutes.*
#
# **Find the error.** First a slide:

# %%
quiz.show(u01_tokens.SLIDE_DATE)

# %% [markdown]
# ### Idea
# A convolution takes two things for granted: that what is near belongs together, and that a pattern
# means the same everywhere. Such assumptions are called **inductive bias**. A **vision
# transformer** (Dosovitskiy and others 2020) takes next to nothing for granted. It cuts the picture
# into patches, makes a vector of each (a **token**), and lets every token look at every other by
# **attention**. What is near, and what that means, it has to learn. The price is data.
#
# New to attention? Bridge 4 builds it from scratch in a quarter of an hour. Open a cell below this
# one and run `from course_lib.widgets import prerequisites; prerequisites.bridge(4)`.
#
# ### Equation
# A patch of $p \times p$ pixels in three colours is a list of $3 p^2$ numbers. One matrix $E$, the
# same for all patches, makes tokens of them, and each gets the **position embedding** of its place:
#
# $$t_i = E\, x_i + e_i, \qquad i = 1 \dots \ell, \qquad \ell = \frac{H}{p} \cdot \frac{W}{p} .$$
#
# Then blocks of two residual branches. In attention, queries, keys and values are linear maps of
# the tokens, and each row of weights adds up to 1:
#
# $$A = \mathrm{softmax}\Big(\frac{Q K^\top}{\sqrt{d_h}}\Big), \qquad
#   t \leftarrow t + \mathrm{heads}(A V), \qquad t \leftarrow t + \mathrm{MLP}(\mathrm{LN}(t)) ,$$
#
# where $Q$, $K$, $V$ are made from $\mathrm{LN}(t)$. The norms stand inside the branches
# (**pre-norm**), so the straight way of section 3 stays clear, and one more LayerNorm is needed at
# the end. The feature is the mean over tokens, or an extra **class token** that gathers from the
# others. With one there are $\ell + 1$ tokens.
#
# ### Source

# %%
from course_lib.nets.vit import ViT

source.show(ViT.tokens, ViT.placed, ViT.forward)

# %% [markdown]
# The patches' matrix and the blocks come from timm. `patch_embed` is a convolution with stride $p$
# and a kernel of $p \times p$: that *is* the same matrix on every patch.

# %%
quiz.show(u01_tokens.SHUFFLE)

# %% [markdown]
# ### Picture
# To see it, put the patches of some scenes in another order, and ask nets with random weights how
# far their features move. (Nothing here is trained: it is a property of the wiring.)

# %%
tokens.show()

# %% [markdown]
# **What to notice.** Without positions the features move by no more than rounding: the net sees a
# **bag of patches**. With them they move, though little, since untrained embeddings are small. The
# convnet is disturbed most: it sees every new border.
#
# What does a finer grid cost?

# %%
tokens.show_costs()

# %% [markdown]
# **What to notice.** Half the side of the patch means four times the tokens and sixteen times the
# pairs. Parameters hardly change: the same matrices work on more tokens. (Parameters and work are
# different things, and neither is time.)
#
# ### What was measured
# How far is a small ViT behind the convnet, with few pictures and with many? Equal steps, no
# augmentation. Guess where the gap is larger.

# %%
claim_table.show("R008")

# %% [markdown]
# **How to read it.** What counts is a difference of differences: the convnet's lead at few pictures
# minus its lead at many. In the paper ViTs were behind ResNets of like size when trained on
# ImageNet-1K, and ahead after pretraining on 300 million pictures. Later work closed much of the
# gap by augmentation and by learning from a convnet's answers (DeiT, Touvron and others 2020): one
# can *teach* what a convolution takes for granted.

# %%
quiz.show(u01_tokens.VIT)

# %% [markdown]
# ## 7. *Optional:* cheaper convolutions and named nets
# *Estimated: 15 minutes.*
#
# ### Idea
# Papers name their nets: X101-32x8d, MobileNet, RegNetX-400MF. Behind the names are three ideas
# that make a convolution cheaper or its widths less arbitrary.
#
# - **Groups.** Channels are split into $g$ groups that do not see each other: $g$ times fewer
#   weights. AlexNet did it to use two cards. ResNeXt (Xie and others 2016) does it on purpose: many
#   narrow paths in one block. *32x8d* says 32 groups of 8 channels.
# - **Depthwise separable.** As many groups as channels, then a 1 × 1 convolution that mixes them
#   (MobileNet, Howard and others 2017).
# - **A rule for widths.** RegNet (Radosavovic and others 2020) searched thousands of nets and found
#   that the good ones have widths along a straight line.

# %%
quiz.show(u01_nets.CHEAP)

# %% [markdown]
# ### Equation
# Weights of a $k \times k$ convolution in $g$ groups: $k^2 C_{\text{in}} C_{\text{out}} / g$. For
# the separable one, relative to the dense one,
#
# $$\frac{k^2 C_{\text{in}} + C_{\text{in}} C_{\text{out}}}{k^2 C_{\text{in}} C_{\text{out}}} =
#   \frac{1}{C_{\text{out}}} + \frac{1}{k^2} .$$
#
# RegNet: block $j$ should have the width $u_j = w_0 + w_a\, j$. Rounded to
# $w_0 \cdot w_m^{\,m}$ with a whole number $m$, neighbouring blocks get the same width, and blocks
# of one width are a stage. Three numbers and a depth describe the whole net.
#
# ### Source

# %%
from course_lib.nets.convolution import as_dense, separable
from course_lib.nets.regnet import stage_widths

source.show(as_dense, separable, stage_widths)

# %% [markdown]
# Two checks. A grouped convolution is a dense one with zeros between the groups; and the rule gives
# back the stages of a published net, from its four numbers:

# %%
import torch

from course_lib.nets.convolution import as_dense
from course_lib.nets.regnet import stage_widths

grouped = torch.nn.Conv2d(32, 64, 3, padding=1, groups=4)
maps = torch.randn(2, 32, 10, 10)
dense = as_dense(grouped)
with torch.no_grad():
    print(f"grouped against dense: {(grouped(maps) - dense(maps)).abs().max():.1e} apart")
print(f"weights: {grouped.weight.numel():,} and {dense.weight.numel():,}")
widths, deep = stage_widths(depth=22, start=24, slope=24.48, ratio=2.54, group=16)
print(f"RegNetX-400MF: widths {widths}, blocks {deep}")

# %% [markdown]
# ### Picture: the named nets, counted
# Every number is counted now, from the definitions, by `course_lib.nets.count`. A **multiply-add**
# is one product that is added to a sum. Papers often call it a FLOP; strictly it is two.

# %%
backbones.show()

# %% [markdown]
# **What to notice.** In AlexNet and VGG nearly all weights are fully connected; ResNet puts a mean
# over places there, and they are gone. VGG-16 has about twice the parameters of ResNet-152, which
# is nearly ten times as deep. And parameters do not tell the work: compare AlexNet with ResNet-50.
#
# **Find the error.** Now a slide:

# %%
quiz.show(u01_nets.SLIDE_COUNT)

# %% [markdown]
# Seconds cannot be read from such a table. A depthwise convolution does little work on many
# numbers, so it waits for memory; how long that takes depends on the machine. Times from two
# machines must not be compared. So here are the course's small forms of these nets, all on one
# machine and for pictures of 40 × 40. **Guess first:** which of them encodes the most pictures in a
# second?

# %%
backbones.show_speed()

# %% [markdown]
# **What to notice.** Compare pairs. Which net does less work than another and is slower all the
# same? Where do a few more parameters cost a good part of the speed? And training is not encoding
# times a constant.

# %% [markdown]
# ## 8. How sure may a net be?
# *Estimated: 20 minutes.*
#
# ### Idea
# A softmax gives probabilities. May one take them at their word? Of all answers that were given
# with 0.8, eight in ten should be right; then the net is **calibrated**. Nets that were trained
# long are mostly too sure (Guo and others 2017). The objective has its part in it: with hard labels
# the loss of a picture falls as long as its right logit grows, so there is no end to it.
#
# **Label smoothing** (Szegedy and others 2015) asks for a little less than certainty.

# %%
quiz.show(u01_labels.SMOOTH)

# %% [markdown]
# ### Equation
# Mix the target with the even distribution over $K$ classes:
#
# $$y' = (1 - \varepsilon)\, y + \frac{\varepsilon}{K}, \qquad L = -\sum_i y'_i \log p_i .$$
#
# The derivation of softmax's gradient in the other half used only that targets add up to 1, and
# these do. So the gradient is $p - y'$, and it is zero where $p = y'$: the right class has
# $1 - \varepsilon + \varepsilon / K$, every other one $\varepsilon / K$. Their ratio is $e$ to the
# **gap** between the logits, hence
#
# $$\text{gap} = \log \frac{1 - \varepsilon + \varepsilon / K}{\varepsilon / K}
#   = \log\Big(\frac{K (1 - \varepsilon)}{\varepsilon} + 1\Big) .$$
#
# Finite: a logit has somewhere to stop. The loss at that point is the entropy of $y'$, not 0
# (bridge 2: cross-entropy is never below entropy). Split the sum and you see what is paid for:
# $L = (1 - \varepsilon) \cdot (\text{loss with hard labels}) + \varepsilon \cdot
# (\text{mean of} -\log p_i \text{ over all classes})$.
#
# ### Source

# %%
from course_lib.methods.supervised.losses import aims, best_gap, floor

source.show(aims, best_gap, floor)

# %% [markdown]
# ### Picture
# The loss over the gap, with hard labels and smoothed:

# %%
surety.show()

# %% [markdown]
# ### Calibration: how it is measured
# Sort the answers into bins by their **confidence**, the largest probability. In each bin compare
# the mean confidence with the share of right answers. The **expected calibration error** is the
# mean gap, bins weighted by how many of the $N$ answers they hold:
#
# $$\mathrm{ECE} = \sum_b \frac{n_b}{N}\, \big| \text{accuracy}_b - \text{confidence}_b \big| .$$
#
# Drawn bin by bin it is a **reliability diagram**.

# %%
from course_lib.evaluate.calibration import reliability

source.show(reliability)

# %% [markdown]
# ### Try it: three nets that saw little, too often
# *A live run of seconds.* A net with one hidden layer learns 1,000 pictures of *fashion* by heart,
# with three values of $\varepsilon$. The bars are accuracies; dark bars hold many answers, dots
# stand at the mean confidence of their bin. **Guess:** does more smoothing always help?

# %%
source.show(surety.overtrain)
surety.show_runs()

# %% [markdown]
# **What to notice.** Bars below the diagonal: surer than right. Bars above: *less* sure than right,
# which is an error too, and the formula counts it the same. So $\varepsilon$ is a setting like any
# other, to be chosen on val. All three nets are about as accurate. What changed is how far one can
# believe them.
#
# The last column has the loss with *hard* labels for all three. The smoothed losses could not be
# compared: each has another floor.
#
# **Change it:** `surety.show_runs((0.0, 0.01, 0.3))`.
#
# ### What was measured
# The course's convnet on 2,000 pictures of *fashion*, trained far too long, three seeds.

# %%
claim_table.show("R010")

# %% [markdown]
# **How to read it.** Error *and* confidence must be lower in every seed, and accuracy must not
# move by more than the margin. Lower confidence alone would be no merit.
#
# **One thing that smoothing spoils.** A net can be taught by another one's probabilities
# (*distillation*, unit 6). What a teacher thinks of the *wrong* classes, that a shirt is rather a
# coat than a bag, is just what smoothing evens out: smoothed teachers teach worse (Müller and
# others 2019).

# %%
quiz.show(u01_labels.SURE)

# %% [markdown]
# ## 9. *Optional:* which data was it?
# *Estimated: 10 minutes.*
#
# ### Idea
# A number without its data set says nothing, and names of data sets mislead. A **data card** holds
# what one must know: how many of what, in which split, with which kind of label, measured how.

# %%
quiz.show(u01_labels.SLIDE_IMAGENET)

# %% [markdown]
# ### Picture: some cards
# Those of the course's own sets are counted from the files; the others are what their papers state.

# %%
from IPython.display import Markdown

from course_lib.data import cards

chosen = ("fashion", "scenes", "imagenet-1k", "imagenet-21k", "open-images", "localized-narratives")
Markdown(cards.table([cards.card(name) for name in chosen]))

# %% [markdown]
# All of them: `Markdown(cards.table())`.
#
# **Two things to ask of any card.** First: *is an image of test also in train?* By their hashes,
# for the course's *fashion*:

# %%
from course_lib.data import cards, load

train, test = load("fashion", "train"), load("fashion", "test")
print(f"{cards.shared(test, train)} of {len(test):,} test images are also in train, byte for byte")

# %% [markdown]
# A hash sees exact copies only. A resized or shifted one it does not see.
#
# Second: *how are the images spread over the classes?* A lecture behind this course says of data as
# it is found: "10 % of the classes account for 93 % of the data". Class number $c$ with a share in
# proportion to $c^{-\alpha}$ is the usual model of such a **long tail**. The course can resample
# its sets to one:

# %%
claim_table.show("R012")

# %% [markdown]
# **How to read it.** This is a claim about a tool: it gives the tail that was asked for. Train on
# the tail, but test on a set without one, else the rare classes hardly count.

# %%
quiz.show(u01_labels.CARDS)

# %% [markdown]
# ## What each step bought
#
# | step | what it bought | what it costs, or what is left |
# |---|---|---|
# | AlexNet, 2012 | ReLU, dropout, speed: eight layers train | nearly all weights are at the end |
# | VGG, 2014 | one kernel size, a field for half the weights | deep plain nets train badly |
# | ResNet, 2015 | shortcuts: hundreds of layers train | why it trains is still argued about |
# | SE 2017, GE 2018 | the picture sets the volume of channels | a little more work |
# | ResNeXt, MobileNet | groups: fewer weights and products | not always less time |
# | RegNet, 2020 | widths by a rule | thousands of nets were trained to find it |
# | ViT, 2020 | every patch sees every other | data; work like the square of the tokens |
# | label smoothing | logits have somewhere to stop | $\varepsilon$ to choose; worse teachers |
#
# ## Cheat sheet
#
# | | |
# |---|---|
# | weights of a convolution | $k^2 C_{\text{in}} C_{\text{out}} / g$, each used once a place |
# | receptive field | $r \leftarrow r + (k - 1) j$, then $j \leftarrow j s$ |
# | residual block | $\mathrm{relu}(x + F(x))$; last $\gamma$ at 0: it starts as a copy |
# | degradation | a matter of *training* loss |
# | tokens | $(H / p)(W / p)$, one more with a class token; pairs: its square |
# | without positions | a bag of patches |
# | label smoothing | asks for $1 - \varepsilon + \varepsilon / K$; compare hard-label losses |
# | calibration | accuracy against confidence; below the diagonal is too sure |
# | a named net or set | which one exactly? count it |
#
# ## Further reading
#
# - Krizhevsky, Sutskever and Hinton (2012), *ImageNet classification with deep convolutional neural
#   networks*, NIPS 2012.
# - Simonyan and Zisserman (2014), *Very deep convolutional networks for large-scale image
#   recognition*, arXiv 1409.1556.
# - He, Zhang, Ren and Sun (2015), *Deep residual learning for image recognition*, arXiv 1512.03385.
# - Veit, Wilber and Belongie (2016), *Residual networks behave like ensembles of relatively shallow
#   networks*, arXiv 1605.06431.
# - Goyal and others (2017), *Accurate, large minibatch SGD*, arXiv 1706.02677. The last gamma at
#   zero, among other things that make training safe.
# - Yang and others (2019), *A mean field theory of batch normalization*, arXiv 1902.08129.
# - Luo, Li, Urtasun and Zemel (2016), *Understanding the effective receptive field in deep
#   convolutional neural networks*, arXiv 1701.04128.
# - Goodfellow, Vinyals and Saxe (2014), *Qualitatively characterizing neural network optimization
#   problems*, arXiv 1412.6544; Frankle and others (2019), arXiv 1912.05671; Ainsworth, Hayase and
#   Srinivasa (2022), *Git re-basin*, arXiv 2209.04836. Straight lines between nets.
# - Hu, Shen and Sun (2017), arXiv 1709.01507, and Hu and others (2018), arXiv 1810.12348. Gates.
# - Xie and others (2016), arXiv 1611.05431; Howard and others (2017), arXiv 1704.04861; Radosavovic
#   and others (2020), arXiv 2003.13678. ResNeXt, MobileNet, RegNet.
# - Vaswani and others (2017), *Attention is all you need*, arXiv 1706.03762; Dosovitskiy and others
#   (2020), *An image is worth 16x16 words*, arXiv 2010.11929; Touvron and others (2020), arXiv
#   2012.12877.
# - Szegedy and others (2015), arXiv 1512.00567, section 7; Müller, Kornblith and Hinton (2019),
#   *When does label smoothing help?*, arXiv 1906.02629; Guo, Pleiss, Sun and Weinberger (2017), *On
#   calibration of modern neural networks*, arXiv 1706.04599.

# %% [markdown]
# <details>
# <summary><b>Corrections to the slides behind this lecture</b></summary>
#
# - *C11.* "Transformers (2018)" is of 2017; see section 6.
# - *C31.* "X101-32x8d, 91M" has 88.8 million parameters; see section 7.
# - *C37.* "ImageNet (14 million images) needed 22 human years" is ImageNet-21K, while the tables
#   use ImageNet-1K; see section 9.
# - *C09.* The starred rows for SE and GE are copied from papers with other schedules; see section
#   5.
# - The slide on VGG cites a Kaggle page. The source is arXiv 1409.1556. ResNet's "2016" is the
#   conference; the paper is of December 2015.
#
# </details>
#
# ---
# **Where to go now:** the lab of this unit, `01_representation/lab.ipynb`, then unit 2.
#
# <small>Pictures on this page. *fashion*: Fashion-MNIST, MIT licence. *scenes*: Tux Paint stamps,
# GNU General Public License, version 2 or any later version. The full texts are in `data/`, beside
# each pack. Text and other figures: CC BY 4.0.</small>

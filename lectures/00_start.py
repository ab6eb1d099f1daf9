# %% [markdown]
# # Start here
#
# **Learning what pictures, sounds and words have in common, mostly without labels: from supervised
# baselines to multimodal alignment**
#
# A photograph is a few thousand numbers. Two photographs of the same cat may have hardly a number
# in common, and a cat on a green sofa may be closer, number by number, to a frog on a green sofa.
# A *representation* is another list of numbers, computed from the first, in which alike things lie
# close together. This course is about how such representations are learnt, most of all
# without labels, and about how one finds out whether they are any good.
#
# Three things are kept throughout:
#
# - **Claims are measured.** Where a lecture compares two methods, you see the comparison: the same
#   code that you have, several seeds, and what chance, raw pixels and an untrained net reach. A
#   claim that did not hold is shown as such.
# - **Everything runs here.** No download, no account, no graphics card. The data is in the folder
#   that you copied, or is made from it.
# - **You can be wrong in private.** Labs check your answers at once and tell you what is off.
#
# | on this page | estimated minutes |
# |---|---|
# | 1. A first experiment: blind neighbours | 10 |
# | 2. How to work with these notebooks | 5 |
# | 3. The map, and routes of 6, 10 and 14 weeks | 5 |
# | 4. What you need to know already: ten questions | 15 |
# | 5. The data | 10 |
# | 6. Your progress | 1 |
#
# Choose **Run → Run All Cells** in the menu now. It takes less than a minute; meanwhile, read on.

# %%
from pathlib import Path

from course_lib.grading import progress
from course_lib.widgets import floors, gallery, journey, neighbours, prerequisites, quiz

# %% [markdown]
# ## 1. A first experiment: blind neighbours
# *Estimated: 10 minutes.*
#
# The large picture is the **query**: an object on a background of coloured noise, and its name.
# Beside it are its nearest neighbours among several thousand other pictures. Each row uses another
# representation, and "near" means a large cosine similarity of the two lists of numbers:
#
# - **raw pixels**: the numbers of the picture itself;
# - **random net**: the output of a small convolutional net whose weights are random. It has
#   never seen a picture;
# - **label-free net**: the same net, trained for minutes on such pictures without a single label.
#
# You do not know which row is which, and the order changes with the query. Look at what the
# pictures of a row share with the query: the background? The place, the size, the shape, the kind
# of object? Guess each row, then press **Reveal**. Do five queries or more.
#
# *By keyboard:* Tab moves between the controls, the left and right arrow keys move the
# slider, Enter or the space bar presses a button.

# %%
neighbours.show()

# %% [markdown]
# <details>
# <summary><b>What to notice</b> (open it after five queries)</summary>
#
# **Without training, the object hardly decides.** Most neighbours under raw pixels and under the
# random net are things of another kind. Still, both find the right kind more often than chance,
# the dashed line. How, if nothing was learnt? A neighbour of the right kind often has the same
# colour, size and place by luck, and with thousands of pictures to choose from, luck goes far.
#
# **Raw pixels compare place by place.** The cosine multiplies each number of one picture with the
# number at the same place of the other. So a picture is near that has the same colours in the same
# places: in its background, which covers most of it, and then a dark or a light object in the same
# spot, whatever it is. Move the object by its own width, and its pixels agree with nothing
# any more.
#
# **A random net is not nothing.** Nobody chose its filters, yet they respond to colours and edges,
# and its last step is a mean over all places. So it forgets *where* something is and keeps *how
# much* there is of each colour and texture. Its neighbours share the background too, but they are
# more often of the right kind than those of raw pixels, although the net has never seen a
# picture. That is the work of convolution and averaging, which we built in. Whoever trains a net
# must compare it with an untrained one, or will praise the training for what the wiring did.
#
# **The label-free net was told something else.** It saw each picture twice, cropped, mirrored and
# a little recoloured at random, and had to find the two copies of one picture among all others.
# Nobody said what an object is, but the object is what such copies have in common, and so is the
# background: the next cell shows how much of it is left. Its mistakes are telling: things of like
# colour, such as a rubber duck and a sliced orange, because the copies keep most of their colour.
#
# **What the course does about it.** Nobody tells pixels or a random net that the background does
# not matter and that a moved or recoloured object is the same object. Labels can say it (unit 1).
# So can two randomly changed copies of one picture that must be represented alike (units 2 and 4),
# or a hidden part that must be predicted from the rest (unit 8). Each makes different things
# matter, and you will measure which.
#
# </details>

# %% [markdown]
# Is it really the background? The next cell measures it: how much the colours in the corners of the
# neighbours differ from those in the corners of the query, over many queries, beside pictures that
# were taken blindly.

# %%
neighbours.show_backgrounds()

# %% [markdown]
# A number near that of *any picture* would mean that the background plays no part.

# %% [markdown]
# ## 2. How to work with these notebooks
# *Estimated: 5 minutes.*
#
# **These are your copies.** They lie in the folder `work/`, and nothing overwrites them. When the
# course brings a newer version of a notebook that you changed, the new one is put beside yours as
# `NAME.new.ipynb`, and you are told. To start one afresh, rename or delete yours and start the
# course again.
#
# **A lecture** is read and run from top to bottom, and any section can be run alone. Sliders and
# buttons need a running kernel: if you see none, use *Run → Run All Cells*. Under each picture you
# can open *Picture in words*.
#
# **A lab** has exercises. You fill in a cell and run the check below it. The check says whether the
# answer is right and, if it is wrong, on which small input and how, or which common
# misunderstanding it looks like. Some exercises ask for a prediction before a run; it is kept, so
# that you can compare. A wrong answer costs nothing.
#
# **Guess before you run a cell.** Much of what is learnt here is learnt in the moment between a
# guess and a result.
#
# **If something does not work**, run `python -m course_lib doctor` in a terminal: it looks at the
# installation and the data, and says what to do.

# %% [markdown]
# ## 3. The map, and three routes
# *Estimated: 5 minutes.*
#
# An arrow means "builds on". Unit 4 introduces the way of training that all later units use; unit 8
# introduces the small vision transformer of units 9, 10 and 15. Choose a route to see
# its weeks; a week is meant as a lecture and a lab, about six hours (estimated).

# %%
journey.show()

# %%
journey.show_routes()

# %% [markdown]
# - **6 weeks** is the main line: from labels, over contrast, distillation and masking, to honest
#   evaluation and to pictures with words. Unit 14 builds on nets for sound and video from units 11
#   and 12; on this route take its sections on pictures and words, which need neither.
# - **10 weeks** adds clustering and redundancy reduction, video and sound, and dense features.
# - **14 weeks** is everything; the two weeks with two units hold shorter ones.

# %% [markdown]
# ## 4. What you need to know already
# *Estimated: 15 minutes.*
#
# Ten quick questions on what the units take for granted: Python with tensors, a little linear
# algebra, probability, and how a net is trained. Each answer is explained at once. Nobody sees your
# answers and they are not stored. Where you miss one, its explanation names a bridge: four pages of
# ten to fifteen minutes, on softmax and PyTorch, entropy, SVD and PCA, and attention, which
# `prerequisites.bridge(1)` to `(4)` show here.

# %%
quiz.show(prerequisites.QUESTIONS, praise="You have what the course builds on.")

# %% [markdown]
# ## 5. The data
# *Estimated: 10 minutes.*
#
# Every picture of the course is in its folder or is drawn when you ask for it. Each set comes in
# three parts: methods are trained on **train**, choices are made on **val**, results are reported
# on **test**. Below are a few samples from val. `data.load("scenes", "val")` gives you a set to
# play with.

# %%
gallery.show()

# %% [markdown]
# ### How hard is each set?
# Before a method is praised, one asks what can be had without it. Three **floors** are measured for
# each set:
#
# - **chance**: always naming the class that is most frequent in train;
# - **raw pixels, kNN**: each test picture takes the vote of its nearest training pictures;
# - **random net**, read out by kNN and by a **linear** classifier trained on its output.
#
# If a floor is high, the set cannot tell a good representation from a bad one, and a method that
# scores well there has shown little. Compare the floors of *fashion* with those of *scenes*: that
# is why comparisons in this course are made on *clutter* and *scenes*, and *fashion* is kept for
# lessons with labels.

# %%
floors.show()

# %% [markdown]
# ## 6. Your progress
# *Estimated: 1 minute.*
#
# What you have tried and solved, as far as the checks know. It is kept on this computer, outside
# the notebooks, so that a fresh copy of a lab does not lose it. Run the cell again to bring it up
# to date.

# %%
journey.show_progress(progress.summary(), here=Path())

# %% [markdown]
# ---
# **Where to go now:** the first lecture in your folder, or back to the experiment, to see
# whether your guesses got better.
#
# <small>Pictures on this page. *fashion* and *clutter*: Fashion-MNIST, MIT licence. *stamps* and
# *scenes*: Tux Paint stamps, GNU General Public License, version 2 or any later version. *photos*:
# each photograph under its own licence; authors stand below the row. *emoji*: each style
# under its own licence, in the pack's LICENSE. The full texts are in `data/`, beside each pack.
# Text and other figures: CC BY 4.0.</small>

"""Unit 2's questions: changes inside a net, and tables of many methods."""

from course_lib.widgets.quiz import Question

HIDDEN = (
    Question(
        "mixing at layer 0",
        "Manifold Mixup draws the layer at which it mixes, and draws 0, the image. What is it "
        "then?",
        ("Mixup", "CutMix", "no mixing at all"),
        "Mixup",
        "The same two images, the same λ, the same label. It makes a good test of the code: with "
        "the same draws both must give the same numbers.",
    ),
    Question(
        "a box on a coarse map",
        "Feature CutMix pastes a box on a map of 5 × 5. λ = 0.75 asks for 2.5 × 2.5 places. What "
        "should the label say?",
        ("the share of places kept", "0.75", "the share of pixels"),
        "the share of places kept",
        "A map has whole places only, so the box is rounded to its grid and the weight is counted "
        "there. Later layers see across the seam: the share is exact where one mixes and nowhere "
        "else.",
    ),
)
SLIDE_DEPTH = (
    Question(
        "dropped or kept",
        "A slide on stochastic depth: “randomly drop the l-th layer with probability p_l; early "
        "layers with low p_l, later ones with high p_l”. You read the paper with that in mind. "
        "What will go wrong?",
        ("there p_l is survival", "there early ones go", "nothing"),
        "there p_l is survival",
        "In the paper (1603.09382) p_l is the probability that a layer *survives*, and it falls "
        "from 1 to 0.5. The slide says the right thing with the letter turned round. With 0.2 for "
        "0.8 in one's code, most of the net is missing in each step.",
    ),
)
DEPTHS = (
    Question(
        "blocks on average",
        "Stochastic depth, 12 blocks, survival falling in a line to 0.5 at the last. How many "
        "blocks run in a step, on average?",
        ("6", "8.75", "12"),
        "8.75",
        "(3L - 1)/4 = 35/4. The first survives with 1 - 0.5/12, the last with 0.5; add them all "
        "up.",
    ),
    Question(
        "times zero",
        "A code multiplies a block's output by 0 in place of leaving the block out. What does it "
        "save?",
        ("no time", "half of the time", "memory only"),
        "no time",
        "What is multiplied by 0 has been computed. To save time the block must not be called; and "
        "a draw for each sample, as in many libraries, cannot leave it out for the batch.",
    ),
    Question(
        "the same mean",
        "A block survives with 0.8 in training. At test it always runs. What must be done to its "
        "branch at test, if nothing was done in training?",
        ("multiply by 0.8", "divide by 0.8", "nothing"),
        "multiply by 0.8",
        "So that the sum has the mean that the next block knows. Or divide by 0.8 in training and "
        "do nothing at test. Both at once, or neither, is wrong.",
    ),
)
GUESSED = (
    Question(
        "why squares",
        "Half of the places of a feature map are set to zero, each by its own coin. How well can "
        "the next layer, with kernels of 3 × 3, tell what was there?",
        ("in part", "not at all", "only at the border"),
        "in part",
        "A dropped place has eight neighbours, about four of them kept, and neighbours in a map "
        "are often alike, since their receptive fields overlap. So some of it can be filled in. "
        "How much, the picture below shows.",
    ),
)
DROPPED = (
    Question(
        "realised rate",
        "DropBlock is asked to drop 40 % of the places. It draws where squares begin, each by its "
        "own coin. What does it drop on average?",
        ("less than 40 %", "40 %", "more than 40 %"),
        "less than 40 %",
        "The formula counts a square's places as if squares never overlapped. The higher the rate, "
        "the more they do. A library should say what it really dropped.",
    ),
)
SLIDE_TABLE = (
    Question(
        "which rows compare",
        "The slide's table: ResNet-50 23.68, + Cutout 22.93, + Mixup 22.58, + DropBlock* 21.87, "
        "+ CutMix 21.40; the star says “as reported in its own paper”. Which sentence does it "
        "support?",
        ("CutMix beats Mixup here", "DropBlock beats Mixup", "CutMix beats DropBlock"),
        "CutMix beats Mixup here",
        "Rows without a star were trained by one group, with one schedule. A starred row comes "
        "from elsewhere: another schedule, other crops, perhaps another count of epochs. What it "
        "differs by is not its name alone.",
    ),
    Question(
        "two numbers",
        "The same repository gives its CutMix net 21.40 % in the table of ImageNet results and "
        "21.60 % in another, on transfer. How do you quote it?",
        ("with its table", "the better one", "their mean"),
        "with its table",
        "Both are printed by the authors. Runs of one recipe differ by such amounts, so a "
        "difference of 0.2 between two methods, one run each, shows little.",
    ),
)
MEASURES = (
    Question(
        "three measures",
        "Method A is 0.3 points more accurate than B, over three seeds whose differences spread by "
        "one point. "
        "B's calibration error is half of A's in every seed. Which sentence is right?",
        ("B is better calibrated", "A is better", "they are equal"),
        "B is better calibrated",
        "The first difference is within the spread: not resolved. That says neither that A is "
        "better nor that they are equal. The second is clear.",
    ),
)

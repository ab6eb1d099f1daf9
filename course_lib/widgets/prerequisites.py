"""What the course builds on, as ten quick questions; each is explained where it is asked."""

from course_lib.widgets.quiz import Question

QUESTIONS = (
    Question(
        "broadcasting",
        "`a` has shape (32, 1, 64) and `b` has shape (10, 64). What is the shape of `a + b`?",
        ("(32, 10, 64)", "(32, 1, 64)", "an error"),
        "(32, 10, 64)",
        "Shapes are lined up from the right: 64 with 64, 1 with 10, 32 with nothing. A length of 1 "
        "or a missing axis is stretched to match; any other difference is an error.",
    ),
    Question(
        "cosine similarity",
        "What is the cosine similarity of the vectors (3, 4) and (6, 8)?",
        ("0.5", "1", "2"),
        "1",
        "The cosine is the dot product divided by both lengths: 50 / (5 · 10) = 1. It sees the "
        "direction of a vector and not its length, and these two point the same way.",
    ),
    Question(
        "matrix products",
        "The 100 rows of `Z` are vectors of length 1. What does `Z @ Z.T` hold?",
        ("one number per row", "cosines of all pairs", "the mean of the rows"),
        "cosines of all pairs",
        "Entry (i, j) is the dot product of rows i and j, which for vectors of length 1 is their "
        "cosine. The result is 100 × 100 with ones on its diagonal. Contrastive learning starts "
        "from this table.",
    ),
    Question(
        "softmax",
        "You add 100 to every logit. What happens to the softmax?",
        ("it stays the same", "it gets flatter", "it gets sharper"),
        "it stays the same",
        "Numerator and denominator are both multiplied by e to the 100, which cancels. Dividing "
        "the logits by a number, a temperature, does change it: above 1 it gets flatter, below 1 "
        "sharper.",
    ),
    Question(
        "cross-entropy",
        "A net gives each of 4 classes the probability 1/4. What is its cross-entropy loss?",
        ("log 4", "1/4", "4"),
        "log 4",
        "The loss is minus the logarithm of the probability given to the right class: "
        "-log(1/4) = log 4. A loss that stays at the logarithm of the number of classes means "
        "that nothing was learnt yet.",
    ),
    Question(
        "gradient steps",
        "The loss is (3w - 6)², and w is 1. Where does one gradient step of size 0.1 lead?",
        ("w = 2.8", "w = -0.8", "w = 1.3"),
        "w = 2.8",
        "The derivative is 2 · (3w - 6) · 3, which is -18 at w = 1. One steps against it: "
        "1 - 0.1 · (-18) = 2.8. The best w is 2, so this step went a little too far.",
    ),
    Question(
        "stopping gradients",
        "`loss = ((p - z.detach()) ** 2).mean()`. Which of the two receives a gradient?",
        ("p only", "z only", "both"),
        "p only",
        "`detach` gives the same numbers and cuts the path back to what they were computed from, "
        "so z acts as a constant. Several methods of this course collapse without that cut.",
    ),
    Question(
        "convolution",
        "A 3 × 3 convolution with stride 2, padding 1 and 16 output channels meets an image of "
        "shape (3, 40, 40). What comes out?",
        ("(16, 20, 20)", "(16, 38, 38)", "(48, 20, 20)"),
        "(16, 20, 20)",
        "A side becomes floor((40 + 2 · 1 - 3) / 2) + 1 = 20. Each output channel sums over all "
        "input channels, so their number is 16 whatever the input had.",
    ),
    Question(
        "splits of the data",
        "You compare 20 learning rates. On which split do you choose the best?",
        ("train", "val", "test"),
        "val",
        "Choosing is a kind of fitting: the winner is partly lucky on the split that chose it. "
        "Choose on val, then report once on test, which took part in nothing.",
    ),
    Question(
        "chance",
        "Ten equally likely classes, 100 test images, 12 are named rightly. Is that better than "
        "guessing?",
        ("yes, 12 is more than 10", "one cannot tell", "no, it is worse"),
        "one cannot tell",
        "Guessing gives 10 on average, with a standard deviation of √(100 · 0.1 · 0.9) = 3. "
        "Twelve is well within that. This is why every table here shows chance, and several seeds.",
    ),
)

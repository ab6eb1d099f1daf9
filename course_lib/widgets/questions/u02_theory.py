"""Unit 2's questions: augmentation without drawing, and what nets look at."""

from course_lib.widgets.quiz import Question

RECALL = (
    Question(
        "largest variance",
        "The covariance of some points has eigenvalues 4 and 1. Along the first eigenvector, how "
        "far do they spread (standard deviation)?",
        ("1", "2", "4"),
        "2",
        "Eigenvalues are variances along their eigenvectors: the principal components of unit 1. "
        "The standard deviation is the root.",
    ),
    Question(
        "what a mean costs",
        "You estimate a mean from n draws. How many draws halve the error?",
        ("2 n", "4 n", "10 n"),
        "4 n",
        "The error of a mean falls with the square root of the number of draws.",
    ),
    Question(
        "kept labels",
        "An augmentation turns images by up to 180 degrees. For which question may it keep the "
        "label?",
        ("whether it is a bag", "which way is up", "whether it is a 6 or a 9"),
        "whether it is a bag",
        "An augmentation says which changes do not matter, and that depends on the question.",
    ),
)
MEAN = (
    Question(
        "all the way round",
        "An image is shifted down and across by any number of pixels, and what leaves on one "
        "side comes back on the other. What is its mean image?",
        ("one even grey", "the image, blurred", "black"),
        "one even grey",
        "Every pixel visits every place equally often, so each place has the mean of all pixels: "
        "the image convolved with an even density.",
    ),
    Question(
        "the mean of a mask",
        "Each pixel is black with chance 0.2, else as it was. What is the mean image?",
        ("0.8 times the image", "the image", "0.2 times the image"),
        "0.8 times the image",
        "And its variance is 0.2 · 0.8 · x²: nothing varies where the image is black already.",
    ),
)
DRAWS = (
    Question(
        "one more digit",
        "100 draws give a loss to within 10 %. How many give it to within 1 %?",
        ("1,000", "10,000", "1,000,000"),
        "10,000",
        "Ten times finer needs a hundred times as many: a slope of -1/2 on logarithmic axes.",
    ),
)
REGULARISER = (
    Question(
        "what is punished",
        "A linear model's weights lie in a direction along which the augmentation never moves an "
        "image. What does the augmentation add to its loss, beside that of the mean image?",
        ("0", "the norm of the weights", "the number of draws"),
        "0",
        "The term is tr(W Σ Wᵀ): Σ times such a direction is zero. An augmentation punishes what "
        "it moves, and nothing else.",
    ),
    Question(
        "weight decay again",
        "Independent noise of mean 0 and variance s is added to every pixel. What is the "
        "augmentation's term for a linear model with the squared error?",
        ("s times |W|²", "s times |W|", "nothing"),
        "s times |W|²",
        "Σ is s times the identity, so tr(W Σ Wᵀ) = s |W|²: weight decay, known since Bishop "
        "(1995). Other augmentations are weight decay with a direction.",
    ),
)
SHORTCUT = (
    Question(
        "two good rules",
        "In the training images stripes go with T-shirts and dots with dresses, always. A net "
        "answers all of them rightly. What has it learnt?",
        ("one cannot tell", "the shapes", "the textures"),
        "one cannot tell",
        "Both rules are right there. Only images on which they disagree tell them apart, and "
        "training has none.",
    ),
    Question(
        "shape bias",
        "Of 100 images in conflict a net gives 40 the class of the shape, 10 that of the texture, "
        "50 another one. What is its shape bias?",
        ("0.4", "0.8", "0.9"),
        "0.8",
        "40 of the 50 answers that named either cue. So read it beside how many were answered "
        "with either: here only half.",
    ),
)
SLIDE_SSL = (
    Question(
        "no labels, no shortcuts?",
        "A slide: “Self-supervised learning can reduce this correlation since there are no "
        "labels!” Is that an argument?",
        ("no, measure it", "yes", "only for photographs"),
        "no, measure it",
        "Whatever makes the objective small is learnt, with labels or without. Two crops of one "
        "image share its colours; patches share edges that run on: label-free tasks have shortcuts "
        "of their own, and unit 3 closes some of them. Masked models have been measured to be more "
        "drawn to texture than contrastive ones. Whether a method reduces a shortcut is a question "
        "for a table.",
    ),
)

"""Unit 1's questions about softened labels, calibration, and which data a number belongs to."""

from course_lib.widgets.quiz import Question

SMOOTH = (
    Question(
        "smoothed target",
        "Ten classes, eps = 0.1. What does label smoothing ask of the right class's probability?",
        ("0.9", "0.91", "0.99"),
        "0.91",
        "One tenth of the target is spread over *all* ten classes, the right one included: "
        "0.9 + 0.1/10. Some write it with nine, and then it is 0.9.",
    ),
)
SURE = (
    Question(
        "sure of itself",
        "1,000 answers were given with confidence 0.9, and 800 of them are right. What is the net?",
        ("overconfident", "calibrated", "too modest"),
        "overconfident",
        "Of answers given with 0.9 nine in ten should be right. In the diagram this bar ends below "
        "the diagonal.",
    ),
    Question(
        "fair losses",
        "One net was trained with eps = 0.1 and one without. Which loss on val may be compared?",
        ("each its own", "that with hard labels", "either"),
        "that with hard labels",
        "The smoothed loss cannot fall below its floor, the entropy of the target, and the hard "
        "one can come near 0. Two rulers; use one for both.",
    ),
)
SLIDE_IMAGENET = (
    Question(
        "two ImageNets",
        "A slide says: “ImageNet (14 million images) needed 22 human years to label”. The tables "
        "on the slides after it report accuracy “on ImageNet”. What is mixed up?",
        ("two sets of one name", "images and labels", "years and months"),
        "two sets of one name",
        "14 million is all of ImageNet, 21,841 classes. The accuracies are on ImageNet-1K, whose "
        "training set has 1.28 million images of 1,000 classes.",
    ),
)
CARDS = (
    Question(
        "classes within classes",
        "ImageNet-21K has the classes “dog” and “beagle”. What is wrong with a softmax over all "
        "its classes?",
        ("it makes them exclude", "there are too many", "nothing"),
        "it makes them exclude",
        "A beagle is a dog, and both answers are right; softmax shares one unit out between them. "
        "Sigmoids ask one question a class.",
    ),
)

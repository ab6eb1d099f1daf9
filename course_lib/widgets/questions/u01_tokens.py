"""Unit 1's questions about the vision transformer."""

from course_lib.widgets.quiz import Question

SLIDE_DATE = (
    Question(
        "a date",
        "A slide draws the road: “Transformers (2018)”, then “Vision Transformers (2020)”. What is "
        "wrong?",
        ("it was 2017", "it was 2015", "ViT was 2018"),
        "it was 2017",
        "“Attention is all you need” is of June 2017 (arXiv 1706.03762). 2018 is the year of BERT "
        "and of the first GPT, which are made of it.",
    ),
)
SHUFFLE = (
    Question(
        "shuffled patches",
        "A ViT without position embeddings, whose feature is the mean over tokens. You put the "
        "patches of the image in another order. What happens to the feature?",
        ("it stays the same", "it is shuffled too", "it becomes noise"),
        "it stays the same",
        "Attention compares tokens by what they hold, and the MLP sees one token at a time, so the "
        "tokens come out in the new order and otherwise unchanged. The mean does not know an "
        "order.",
    ),
)
VIT = (
    Question(
        "tokens",
        "An image of 224 × 224 pixels, patches of 16 × 16, a class token. How many tokens?",
        ("14", "196", "197"),
        "197",
        "14 · 14 = 196 patches, and the class token.",
    ),
    Question(
        "finer patches",
        "The side of the patches is halved. How many times as many pairs of tokens does attention "
        "compare (without a class token)?",
        ("2 times", "4 times", "16 times"),
        "16 times",
        "Four times as many tokens, and every one is compared with every other: 4 · 4.",
    ),
)

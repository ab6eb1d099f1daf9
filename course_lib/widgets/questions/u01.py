"""Unit 1's questions: what is known from the start page, two slides to correct, section checks."""

from course_lib.widgets.quiz import Question

RECALL = (
    Question(
        "floors",
        "On some data set a random net reaches 85 % and a new method 86 %. What has the method "
        "shown?",
        ("hardly anything", "that it sees well", "that random nets are bad"),
        "hardly anything",
        "Nearly all of it was there without training. A score means something only above its "
        "floors: chance, raw pixels, a random net.",
    ),
    Question(
        "raw pixels",
        "Under raw pixels, what do neighbours among the scenes have in common most?",
        ("colours at the same places", "the kind of object", "the file size"),
        "colours at the same places",
        "The cosine of two lists of pixels multiplies place by place. Move the object by its own "
        "width, and its pixels meet the background.",
    ),
    Question(
        "splits",
        "You try k = 5, 10 and 20 neighbours. Which split decides between them?",
        ("train", "val", "test"),
        "val",
        "Choosing is a kind of fitting, so it has a split of its own. Test is looked at once, with "
        "the k that val chose.",
    ),
    Question(
        "cross-entropy",
        "A net gives all of 10 classes the same logit. What is its cross-entropy loss?",
        ("log 10", "10", "1/10"),
        "log 10",
        "Equal logits are equal probabilities, 1/10 each, and -log(1/10) = log 10. A loss that "
        "stays there means that nothing was learnt.",
    ),
)
SLIDE_SPACE = (
    Question(
        "counting and measuring",
        "A slide says what a representation does to colour images of 300 × 300 pixels with 256 "
        "levels: “Image space: 256^(3×300×300) → 1,024”. What is wrong?",
        ("left counts, right measures", "3×300×300 is too large", "1,024 is too small"),
        "left counts, right measures",
        "256^270,000 is how many different images there are: a cardinality. 1,024 is how many "
        "numbers describe one image: a dimension. An arrow goes from space to space: an image is a "
        "point among 3 · 300 · 300 = 270,000 dimensions, its representation one among 1,024.",
    ),
)
SPACE = (
    Question(
        "what a readout can use",
        "An encoder permutes the pixels of every image in the same way, so nothing is lost. What "
        "does it do to kNN with cosines?",
        ("nothing", "it gets worse", "it gets better"),
        "nothing",
        "A cosine adds up products number by number, in whatever order. The same holds for any "
        "rotation of the features. A good representation must bring images closer or further "
        "apart, and a permutation moves none.",
    ),
    Question(
        "no new information",
        "An encoder computes 64 numbers from 1,600 pixels. Can they hold information about the "
        "class that the pixels do not?",
        ("no", "yes, if it was trained", "yes, if it is deep"),
        "no",
        "What is computed from the pixels alone cannot know more than they do. It can hold what "
        "they hold in a form that a simple readout finds.",
    ),
)
DATA = (
    Question(
        "headroom",
        "By kNN, raw pixels reach 80 % on set A and 20 % on set B; ten classes each. Where would "
        "you compare two encoders?",
        ("on A", "on B", "it makes no difference"),
        "on B",
        "On A whatever an encoder adds must fit between 80 % and what can be reached at all, and "
        "small gaps drown in the spread between seeds. On B there is room to differ.",
    ),
)
MODEL = (
    Question(
        "weights of a layer",
        "A 3 × 3 convolution from 64 to 128 channels, without bias. How many weights has it?",
        ("1,152", "8,192", "73,728"),
        "73,728",
        "Each of 128 output channels looks at 3 · 3 places in each of 64 channels: "
        "3 · 3 · 64 · 128 = 73,728. The size of the image does not enter.",
    ),
    Question(
        "mean over places",
        "The net's last step is the mean over places. What do the features lose by it?",
        ("where things are", "which colours there are", "how large the net is"),
        "where things are",
        "Two images whose maps hold the same values at other places have the same mean. That is "
        "wanted here, since the class does not depend on the place. It would be bad for drawing a "
        "box around the object.",
    ),
)
SLIDE_LOSS = (
    Question(
        "the missing term",
        "A slide gives the objective for images with several labels: ŷ = sigmoid(z), and the loss "
        "is -Σ y log ŷ, summed over the classes. Which net makes it smallest?",
        ("all logits very large", "only the right ones large", "all logits 0"),
        "all logits very large",
        "Where y is 0 the term is 0 whatever the logit, so nothing holds a wrong class back, and "
        "one that says yes to everything is perfect. Under softmax the same formula works, because "
        "probabilities that add up to 1 push each other down. Sigmoids need the second term, "
        "-(1 - y) log(1 - ŷ).",
    ),
)
OBJECTIVE = (
    Question(
        "gradient of softmax",
        "The probabilities are (0.7, 0.2, 0.1) and the second class is right. What is the gradient "
        "of the loss with respect to the logits?",
        ("(0.7, -0.8, 0.1)", "(-0.7, 0.8, -0.1)", "(0, -5, 0)"),
        "(0.7, -0.8, 0.1)",
        "It is p - y. A step against it raises the right logit and lowers the others, most of all "
        "the one that was believed most.",
    ),
    Question(
        "which objective",
        "A photograph shows a bag and a shoe, and both are labelled. Which objective fits?",
        ("softmax", "sigmoids", "neither can"),
        "sigmoids",
        "Softmax shares one unit of probability out, so two right classes compete. Sigmoids ask "
        "one question a class, and any number of answers may be yes.",
    ),
)
READOUTS = (
    Question(
        "weights of votes",
        "In kNN with T = 0.07 one neighbour has cosine 0.9 and one 0.8. How many times heavier is "
        "the first one's vote?",
        ("1.1 times", "about 4 times", "about 100 times"),
        "about 4 times",
        "The votes are e^(0.9/T) and e^(0.8/T); their ratio is e^(0.1/0.07), a little above 4.",
    ),
    Question(
        "no step at all",
        "Fine-tuning starts from the solved linear probe and its learning rate is 0. What accuracy "
        "does it reach?",
        ("that of the probe", "that of kNN", "chance"),
        "that of the probe",
        "Encoder and head stay as they were. It is a good test of any fine-tuning code, and it "
        "fails if BatchNorm statistics move although no weight does.",
    ),
    Question(
        "choosing",
        "A probe is fitted at six strengths of penalty, and the best of six test accuracies is "
        "printed. What is wrong?",
        ("test was used to choose", "six are too few", "nothing"),
        "test was used to choose",
        "The best of six is partly the luckiest of six. Choose on val, then look at test once.",
    ),
)
TRANSFER = (
    Question(
        "a fair comparison",
        "The learning rate of the pretrained arm was chosen among 20, the other arm took the "
        "first that worked. The pretrained one leads by 4 points. What does that show?",
        ("pretraining helps", "not much yet", "20 are too many"),
        "not much yet",
        "Two things differ: where training started and how well it was tuned. Both arms need the "
        "same search, chosen on val.",
    ),
    Question(
        "a leak",
        "A net is pretrained without labels on all images, those of test included. Is its accuracy "
        "on test still a fair estimate for new images?",
        ("yes, no label was used", "no", "only by kNN"),
        "no",
        "The encoder has adapted to exactly these images. How much it gains is hard to say, which "
        "is reason enough to keep test images out of pretraining.",
    ),
)

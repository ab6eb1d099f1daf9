"""Unit 1's questions about convnets: guesses before a section, slides to correct, checks."""

from course_lib.widgets.quiz import Question

RECALL = (
    Question(
        "twice as wide",
        "A 3 × 3 convolution gets twice as many channels, going in and coming out. How many times "
        "as many weights has it?",
        ("2 times", "4 times", "8 times"),
        "4 times",
        "It has 3 · 3 · (channels in) · (channels out) weights, and both of the last factors "
        "double.",
    ),
    Question(
        "BatchNorm in use",
        "In training BatchNorm takes mean and spread from the batch. Where does it take them from "
        "when the net is used?",
        ("the test images", "averages kept in training", "nowhere, it is left out"),
        "averages kept in training",
        "Else the answer for one image would depend on the others in its batch. The averages are "
        "part of the net, so they are stored with its weights.",
    ),
    Question(
        "sure and right",
        "Softmax gives the right class the probability 1. How long is the gradient p - y?",
        ("0", "1", "infinite"),
        "0",
        "p and y are then the same list, one 1 and zeros. Training stops pushing where the net "
        "says what is right.",
    ),
)
SLOPES = (
    Question(
        "a product of slopes",
        "A gradient goes back through eight layers, and the nonlinearity of each has the "
        "derivative 1/2 where it stands. What do the eight leave of it?",
        ("1/16", "1/256", "4"),
        "1/256",
        "The chain rule multiplies: (1/2) to the 8 is 1/256. (The weights between have their part "
        "too; they can make up for it, if they are chosen for it.)",
    ),
)
ALEXNET = (
    Question(
        "which AlexNet",
        "A table says: “AlexNet (2012), 61.1 million parameters, counted with torchvision”. What "
        "is wrong?",
        ("it is another net", "AlexNet is of 2014", "nothing"),
        "it is another net",
        "torchvision's `alexnet` is the author's one-tower variant of 2014 (arXiv 1404.5997), "
        "without response normalisation. The net of 2012 was cut in two halves for two GPUs, with "
        "grouped convolutions. Accuracies of one must not be printed under the name of the other.",
    ),
    Question(
        "what dropout keeps",
        "In training dropout sets half of the activations to zero and doubles the others. Why are "
        "they doubled?",
        ("so that the mean stays", "to learn faster", "to make up for ReLU"),
        "so that the mean stays",
        "An activation a becomes 0 or 2a, each half of the time: a on average. So nothing need "
        "change when the net is used without dropout.",
    ),
)
KERNELS = (
    Question(
        "three small kernels",
        "Three 3 × 3 convolutions with stride 1, one after the other. Which part of the image does "
        "one place of the last map see?",
        ("5 × 5", "7 × 7", "9 × 9"),
        "7 × 7",
        "The first sees 3. Each further one looks one place further on every side: 3, 5, 7.",
    ),
)
VGG = (
    Question(
        "weights of a stack",
        "C channels everywhere. What share of the weights of one 7 × 7 convolution have three of "
        "3 × 3?",
        ("27/49", "9/49", "3/7"),
        "27/49",
        "Three times 9 C² against 49 C². Whoever says 9/49 has forgotten that there are three.",
    ),
    Question(
        "after a stride",
        "A 3 × 3 convolution with stride 2, then one with stride 1. What does a place of the last "
        "map see?",
        ("5 × 5", "7 × 7", "9 × 9"),
        "7 × 7",
        "After the stride, neighbours are 2 pixels apart. The second layer's three places begin 0, "
        "2 and 4 pixels on, and each sees 3: together 3 + 2 · 2 = 7.",
    ),
)
DEPTH = (
    Question(
        "deeper contains shallower",
        "A plain net of 8 blocks fits its training images well. Are there weights with which one "
        "of 32 blocks fits them as well?",
        ("yes", "no", "only with more data"),
        "yes",
        "Let 8 blocks do the work and 24 copy what they get: a filter with a single 1 in its "
        "middle copies, and ReLU leaves what is not negative as it is. So such weights exist. "
        "Whether training finds them is another question.",
    ),
)
RESNET = (
    Question(
        "gamma at zero",
        "The last gamma and beta of a residual block are 0. What does the block give, for an input "
        "without negative numbers?",
        ("its input", "zeros", "noise"),
        "its input",
        "The branch gives 0, the shortcut the input, and ReLU changes nothing that is not "
        "negative. At the start a net of such blocks is as shallow as its stem.",
    ),
    Question(
        "degradation",
        "A deeper net has a higher error on its *training* images. Is that overfitting?",
        ("yes", "no", "one cannot tell"),
        "no",
        "Overfitting is doing well on training images and badly on others. Here the net does badly "
        "on those it was trained on: it was not fitted well enough. Test error alone could not "
        "tell the two apart.",
    ),
)
PATHS = (
    Question(
        "paths left",
        "One of 16 residual blocks is taken out, and only its shortcut stays. How many of the "
        "paths through the net are left?",
        ("15 of 16", "half", "none"),
        "half",
        "At each block a path goes through the branch or along the shortcut: 2 to the 16. Without "
        "one block there are 2 to the 15.",
    ),
    Question(
        "paths of a plain net",
        "And in a plain net of 16 blocks?",
        ("15 of 16", "half", "none"),
        "none",
        "It has a single path, which goes through every block. What comes after the gap was made "
        "for another input.",
    ),
)
GATES = (
    Question(
        "gates at one",
        "All gates of squeeze-and-excitation are set to 1. What does the net compute?",
        ("zeros", "the same as without gates", "twice as much"),
        "the same as without gates",
        "A map times 1 is the map. It is a good test of the code: it must hold to the last bit.",
    ),
    Question(
        "starred rows",
        "A table of ImageNet errors: ResNet-50 23.68, ResNet-50 + SE 22.12*. The star says: as "
        "reported in its own paper. What do the two numbers show?",
        ("SE gains 1.56 points", "not that SE did it", "that SE does harm"),
        "not that SE did it",
        "The two papers trained with other schedules and augmentation, so more than the gate "
        "differs. A gain needs both arms in one experiment.",
    ),
)
SLIDE_COUNT = (
    Question(
        "a count of parameters",
        "A slide's table gives X101-32x8d, a ResNeXt, 91 million parameters. Find it in the table "
        "that was counted above. What is right?",
        ("44.5 million", "88.8 million", "91 million"),
        "88.8 million",
        "A small slip that changes no conclusion. But a count is the cheapest number of all to "
        "check: it needs neither data nor training.",
    ),
)
CHEAP = (
    Question(
        "separable",
        "A separable convolution (3 × 3 on each channel, then 1 × 1) to 128 channels. What share "
        "of the dense one's weights has it?",
        ("about 1 %", "about 12 %", "about 50 %"),
        "about 12 %",
        "1/128 + 1/9. For many channels nearly all of it is the 1 × 1 convolution, so it is about "
        "one ninth.",
    ),
)

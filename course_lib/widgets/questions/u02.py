"""Unit 2's questions: what is known from unit 1, one image changed, two images mixed."""

from course_lib.widgets.quiz import Question

RECALL = (
    Question(
        "soft targets",
        "The target is 0.7 for “bag” and 0.3 for “shoe”, the loss is cross-entropy with softmax. "
        "Which probabilities make it smallest?",
        ("0.7 and 0.3", "1 and 0", "0.5 and 0.5"),
        "0.7 and 0.3",
        "The gradient is p - y as long as the target adds up to 1, and so it is zero where p = y. "
        "The loss there is the entropy of the target, not 0.",
    ),
    Question(
        "too sure",
        "A net is right in 80 % of its answers and gives each of them 95 %. What is it?",
        ("overconfident", "calibrated", "too modest"),
        "overconfident",
        "Of answers given with 0.95, nineteen in twenty should be right. Accuracy alone does not "
        "show it: calibration is a measure of its own.",
    ),
    Question(
        "a block is taken out",
        "You take a block out of a trained residual net, and only its shortcut stays. What does "
        "the next block get?",
        ("the maps, unchanged by it", "zeros", "nothing that fits"),
        "the maps, unchanged by it",
        "The block's output is x + F(x), so without the branch x is left. That is why a residual "
        "net still works, and why blocks can be left out in training.",
    ),
    Question(
        "where chosen",
        "You compare five strengths of an augmentation. On which images do you choose?",
        ("val, not augmented", "train, augmented", "test, not augmented"),
        "val, not augmented",
        "What counts is how the net does on images as they will come, and test is looked at once. "
        "On augmented training images the weakest mostly wins, since it is the easiest.",
    ),
)
DISTRIBUTION = (
    Question(
        "what is random",
        "A net is trained for ten epochs, each image turned by any angle and shifted at random. "
        "How often does it meet exactly the same pixels of one image again?",
        ("hardly ever", "in every epoch", "in every second epoch"),
        "hardly ever",
        "Each visit draws anew. The training set is no longer a list of images: it is a "
        "distribution from which each step draws.",
    ),
    Question(
        "at test",
        "An augmentation was used in training. Is it used when the net is tested?",
        ("no", "yes, always", "yes, at half strength"),
        "no",
        "Test images come as they are. Averaging a net's answers over augmented copies is a method "
        "of its own (test-time augmentation), and then it must be said.",
    ),
)
SLIDE_NAMES = (
    Question(
        "names in code",
        "A slide shows: `T.grayscale()(img)`, then `T.Centercrop(size=30)(img)`, with "
        "`import torchvision.transforms as T`. What happens?",
        ("it stops with an error", "all is grey", "it crops, then greys"),
        "it stops with an error",
        "They are classes, and Python is strict with capitals: `T.Grayscale` and `T.CenterCrop`. "
        "Code on a slide has mostly not been run.",
    ),
)
SLIDE_AFFINE = (
    Question(
        "never upright",
        "The slide goes on: `T.RandomAffine(degrees=(30, 70), translate=(0.1, 0.3), "
        "scale=(0.5, 0.75))`. Which image does the net never see in training?",
        ("an upright one", "a moved one", "a small one"),
        "an upright one",
        "Angles are drawn between 30 and 70 degrees and sizes between a half and three quarters: "
        "each image is turned and each is shrunk. At test they stand upright at full size. A range "
        "of changes should contain “no change”: `degrees=30` means from -30 to 30, and a scale "
        "from 0.75 to 1.33 contains 1.",
    ),
)
INPUT = (
    Question(
        "colour on grey",
        "You add saturation and hue to the augmentation of Fashion-MNIST. What changes?",
        ("nothing", "it gets harder", "it gets better"),
        "nothing",
        "Grey images have no saturation and no hue. An effect that you find there is luck.",
    ),
    Question(
        "what zero is",
        "Cutout sets a square to 0, before or after the images are normalised to mean 0. What is "
        "in the square?",
        ("black, or the mean colour", "black in both cases", "noise"),
        "black, or the mean colour",
        "Before, 0 is black, an edge that a net can see. After, 0 is the mean of the data set. Two "
        "codes that both “set to zero” do not do the same.",
    ),
)
LABELS = (
    Question(
        "label mass",
        "CutMix pastes a box of a shoe into an image of a bag, and a quarter of the pixels change. "
        "What is the target of “bag”?",
        ("0.75", "0.25", "1"),
        "0.75",
        "The label goes by the pixels that are left. That of “shoe” is 0.25, and together they are "
        "1: the mass of a label is kept.",
    ),
    Question(
        "a box in the corner",
        "Images of 32 × 32, λ = 0.75, so a box of 16 × 16. Its centre is drawn at a corner of the "
        "image. What share of the image is pasted?",
        ("1/4", "1/8", "1/16"),
        "1/16",
        "Only the quarter of the box that lies inside: 8 · 8 of 32 · 32 pixels. Without counting "
        "again, the label would say 1/4, four times too much.",
    ),
    Question(
        "two losses",
        "Mixup's code computes λ · CE(p, a) + (1 - λ) · CE(p, b) and never builds a mixed label. "
        "Is that the same?",
        ("yes, exactly", "only for λ = 1/2", "no, it is larger"),
        "yes, exactly",
        "Cross-entropy is a sum over classes of target times -log p, so it is linear in the "
        "target. One may mix labels or losses.",
    ),
    Question(
        "accuracy in training",
        "With Mixup a net's accuracy on its training batches is 60 %, without it was 95 %. Is it "
        "worse?",
        ("one cannot tell", "yes", "no, it is better"),
        "one cannot tell",
        "What would be the right class of an image that is half a bag and half a shoe? Count on "
        "images of val, unmixed.",
    ),
)

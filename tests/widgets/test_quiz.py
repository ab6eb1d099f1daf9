"""The quiz answers at once, remembers first answers, and its questions are well formed."""

import math

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.widgets import prerequisites, quiz

ASKED = (
    quiz.Question("adding", "1 + `1`?", ("1", "2"), "2", "Count."),
    quiz.Question("signs", "Is -1 < 0?", ("yes", "no"), "yes", "It lies left of 0."),
)


def press(game: quiz.Quiz, number: int, option: str) -> None:
    buttons = {button.description: button for button in game.buttons[number]}
    buttons[option].click()


def test_a_wrong_answer_then_a_right_one():
    game = quiz.Quiz(ASKED, praise="Well done.")
    press(game, 0, "1")
    assert "Not quite" in game.replies[0].value and "Count." in game.replies[0].value
    assert "0 of 1 right at the first try; 1 questions left" in game.summary.value
    press(game, 0, "2")
    assert "Right." in game.replies[0].value
    assert game.first == {0: "1"}
    assert [button.icon for button in game.buttons[0]] == ["", "check"]
    press(game, 1, "yes")
    assert "1 of 2 right at the first try. Read again: adding." in game.summary.value
    assert "Well done." not in game.summary.value


def test_all_right():
    game = quiz.Quiz(ASKED, praise="Well done.")
    for number, question in enumerate(ASKED):
        press(game, number, question.right)
    assert "2 of 2 right" in game.summary.value and "Read again" not in game.summary.value
    assert "Well done." in game.summary.value


def test_text_is_escaped_and_code_is_marked():
    page = quiz.feedback(quiz.Question("t", "?", ("<b>", "c"), "c", "Use `a < b`."), "<b>")
    assert "&lt;b&gt;" in page and "<code>a &lt; b</code>" in page


def test_without_a_kernel_the_questions_stand_there_with_folded_answers():
    text = quiz.words(ASKED)
    assert text.count("<details>") == 2 and "**1. 1 + `1`?**" in text


def test_a_question_without_a_right_option_is_refused():
    with pytest.raises(CourseError, match="exactly one option"):
        quiz.Question("t", "?", ("a", "b"), "c", "")


def test_prerequisites_are_distinct_and_short_enough_for_buttons():
    topics = [question.topic for question in prerequisites.QUESTIONS]
    assert len(set(topics)) == len(topics) == 10
    for question in prerequisites.QUESTIONS:
        assert max(map(len, question.options)) <= 24
        assert len(set(question.options)) == len(question.options)


def right(topic: str) -> str:
    return next(q.right for q in prerequisites.QUESTIONS if q.topic == topic)


def test_the_right_answers_are_right():
    shape = (torch.zeros(32, 1, 64) + torch.zeros(10, 64)).shape
    assert right("broadcasting") == str(tuple(shape))
    cosine = torch.cosine_similarity(torch.tensor([3.0, 4]), torch.tensor([6.0, 8]), dim=0)
    assert float(right("cosine similarity")) == pytest.approx(cosine.item())
    w = torch.tensor(1.0, requires_grad=True)
    ((3 * w - 6) ** 2).backward()
    assert right("gradient steps") == f"w = {w.item() - 0.1 * w.grad.item():.1f}"
    out = torch.nn.Conv2d(3, 16, 3, stride=2, padding=1)(torch.zeros(1, 3, 40, 40))
    assert right("convolution") == str(tuple(out.shape[1:]))
    p, z = torch.ones(2, requires_grad=True), torch.zeros(2, requires_grad=True)
    ((p - z.detach()) ** 2).mean().backward()
    assert right("stopping gradients") == "p only" and z.grad is None and p.grad is not None
    loss = torch.nn.functional.cross_entropy(torch.zeros(1, 4), torch.tensor([0]))
    assert right("cross-entropy") == "log 4" and loss.item() == pytest.approx(math.log(4))

"""A choice bears one tick, tells of changes once, and can be emptied."""

from course_lib.widgets.choice import Choice


def test_a_choice_is_ticked_told_and_emptied():
    told = []
    choice = Choice("A is", {"one": 1, "zero": 0}, changed=lambda: told.append(choice.value))
    assert choice.value is None and not any(button.icon for button in choice.buttons)
    choice.buttons[1].click()
    choice.buttons[1].click()
    assert choice.value == 0 and told == [0]
    assert [button.icon for button in choice.buttons] == ["", "check"]
    choice.buttons[0].click()
    assert told == [0, 1] and [button.icon for button in choice.buttons] == ["check", ""]
    choice.value = None
    assert told == [0, 1] and not any(button.icon for button in choice.buttons)
    assert choice.buttons[0].tooltip == "A is one"

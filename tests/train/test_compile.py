"""compile=true: the same training to rounding, resumed bit for bit, or one sentence why not."""

import pytest
import torch

from course_lib.core.errors import CourseError
from course_lib.train import train
from course_lib.train.trouble import explained
from tests.tiny import tiny_data, tiny_recipe


@pytest.mark.slow
@pytest.mark.filterwarnings("default")  # torch warns of itself while it compiles
def test_compiled_training_is_the_same_and_resumes_bit_equal(tmp_path):
    words = {"steps": 4, "optimizer": "sgd", "lr": 0.01}
    eager = train(tiny_recipe("simclr", **words), data=tiny_data(), say=None)
    recipe = tiny_recipe("simclr", compile=True, **words)
    straight = train(recipe, data=tiny_data(), say=None).state_dict()
    train(recipe, tmp_path / "run", data=tiny_data(), stop_after=2, say=None)
    resumed = train(recipe, tmp_path / "run", data=tiny_data(), say=None).state_dict()
    assert list(straight) == list(eager.state_dict())
    for key, value in eager.state_dict().items():
        assert torch.allclose(value, straight[key], rtol=1e-3, atol=1e-5), key
        assert torch.equal(straight[key], resumed[key]), key


def test_without_a_compiler_the_run_says_so():
    with pytest.raises(CourseError, match="needs a C.. compiler, which this machine lacks"):
        with explained(None):
            raise RuntimeError("InvalidCxxCompiler: No working C++ compiler found in (None, 'g')")

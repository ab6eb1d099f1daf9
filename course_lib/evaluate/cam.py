"""Class activation maps: where in an image a classifier finds its class, and how well that fits.

Zhou, Khosla, Lapedriza, Oliva and Torralba 2016 (arXiv 1512.04150). Where features are the mean of
maps f_d over places and logits z_c = sum_d w_cd mean(f_d) + b_c, the class score is a mean of

    m_c(place) = sum_d w_cd f_d(place)

over places, and m_c says what each of them gave. Enlarged to the image, it is compared with the
object's mask. Which share of the highest value counts as "here" is chosen on val: a fixed one
measures the scale of the maps as much as their place (Choe et al. 2020, arXiv 2001.07437).
"""

from collections.abc import Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

from course_lib.core.errors import CourseError
from course_lib.data import Dataset
from course_lib.methods import Method
from course_lib.nets import stages

SHARES = tuple(step / 20 for step in range(20))  # of the way from the lowest to the highest value


@torch.no_grad()
def activation(method: Method, images: Tensor, label: Tensor) -> Tensor:
    """uint8 images (B, C, H, W) and a class each, int64 (B,) → maps (B, H, W), lowest 0, highest 1.

    method: has an encoder whose features are means of maps, and a linear `head`. A map that is the
    same everywhere becomes 0. Raises CourseError for another encoder.
    """
    method.eval()
    net, x = method.encoder, images.float() / 255
    maps = stages.upto(net, x, stages.count(net))  # (B, D, h, w)
    if not torch.allclose(stages.after(net, maps, stages.count(net)), maps.mean(dim=(2, 3))):
        raise CourseError("Activation maps need features that are means over places of maps.")
    heat = torch.einsum("bdhw,bd->bhw", maps, method.head.weight[label])
    heat = F.interpolate(heat[:, None], images.shape[2:], mode="bilinear")[:, 0]
    heat = heat - heat.amin(dim=(1, 2), keepdim=True)
    return heat / heat.amax(dim=(1, 2), keepdim=True).clamp_min(1e-12)


def overlap(heat: Tensor, mask: Tensor, share: float) -> Tensor:
    """Intersection over union of where heat (B, H, W) reaches `share` and mask (B, H, W), (B,)."""
    here, there = heat >= share, mask > 0
    both, either = (here & there).sum(dim=(1, 2)), (here | there).sum(dim=(1, 2))
    return both.double() / either.clamp_min(1)


def localisation(method: Method, data: Mapping[str, Dataset]) -> float:
    """Mean overlap with the object's mask on test, of the right class, the share chosen on val.

    data: "val" and "test" with the column `mask`, as scenes with annotate=True have it.
    """
    heat = {
        split: activation(method, part.image, part.label)
        for split, part in data.items()
        if split in ("val", "test")
    }

    def mean(split: str, share: float) -> float:
        return overlap(heat[split], data[split].columns["mask"], share).mean().item()

    return mean("test", max(SHARES, key=lambda share: mean("val", share)))

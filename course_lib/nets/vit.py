"""A vision transformer through timm; the one file that knows timm's names.

Dosovitskiy et al. 2020 (arXiv 2010.11929). Departures: query, key and value have no bias and the
last norm none either, since a key's bias cancels in the softmax and a bias at the end cancels in
the norm of the head that follows (a parameter without gradient drifts with rounding noise). By
default there is no class token: the feature is the mean over tokens. DeiT (Touvron et al. 2020,
arXiv 2012.12877) has two: one is asked for the label, the other, the distillation token, for what
a teacher says.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from course_lib.core.errors import CourseError
from course_lib.nets.convnet import Normalise
from course_lib.nets.depth import Survival, survivals


class ViT(nn.Module):
    """Patches → tokens → blocks of attention and MLP → norm → mean over tokens, or over class and
    distillation token where there are such.

    Images of another size than `size` work too: position embeddings are resampled.
    """

    def __init__(
        self,
        dim: int,
        depth: int,
        heads: int,
        patch: int,
        size: int,
        in_channels: int,
        positions: bool,
        class_token: bool,
        distillation_token: bool,
    ):
        from timm.models.vision_transformer import VisionTransformer  # two seconds, so only here

        super().__init__()
        check(dim, heads, patch, size, class_token, distillation_token)
        self.dim, self.patch, self.grid = dim, patch, size // patch
        self.normalise = Normalise()
        self.body = VisionTransformer(
            img_size=size,
            patch_size=patch,
            in_chans=in_channels,
            num_classes=0,
            global_pool="token" if class_token else "",
            embed_dim=dim,
            depth=depth,
            num_heads=heads,
            qkv_bias=False,
            class_token=class_token,
            reg_tokens=int(distillation_token),
            pos_embed="learn" if positions else "none",
            dynamic_img_size=True,
        )
        self.body.norm = nn.LayerNorm(dim, eps=1e-6, bias=False)
        self.prefix = class_token + distillation_token  # tokens before the patches

    def tokens(self, x: Tensor, keep: Tensor | None = None) -> Tensor:
        """float (B, C, H, W) in [0, 1] → normed tokens (B, L, dim): class, distillation, patches.

        keep: int64 (B, K), the patches to see, numbered along rows; L is then K. The hidden
        patches are dropped before the blocks, so they cost nothing.
        """
        if x.shape[2] % self.patch or x.shape[3] % self.patch:
            raise CourseError(
                f"Images of {x.shape[2]} x {x.shape[3]} px do not divide into patches of "
                f"{self.patch} px: choose another size of the views, or set net.patch."
            )
        x = self.placed(self.body.patch_embed(self.normalise(x)))  # (B, prefix + h·w, dim)
        if keep is not None:
            index = keep[..., None].expand(-1, -1, self.dim)  # (B, K, dim)
            seen = x[:, self.prefix :].gather(1, index)
            x = torch.cat([x[:, : self.prefix], seen], dim=1)
        return self.body.norm(self.body.blocks(x))

    def placed(self, x: Tensor) -> Tensor:
        """Patches (B, h, w, dim) → tokens (B, prefix + h·w, dim), each with its position."""
        grid, x = x.shape[1:3], x.flatten(1, 2)
        if self.prefix:
            first = [self.body.cls_token, self.body.reg_token][: self.prefix]  # (1, 1, dim) each
            x = torch.cat([*(token.expand(len(x), -1, -1) for token in first), x], dim=1)
        if self.body.pos_embed is None:
            return x
        own, patches = self.body.pos_embed[0].split([self.prefix, self.grid**2])
        return x + torch.cat([own, resample(patches, self.grid, grid)])

    def forward(self, x: Tensor, keep: Tensor | None = None) -> Tensor:
        """float (B, C, H, W) in [0, 1] → features (B, dim); `keep` as in `tokens`."""
        tokens = self.tokens(x, keep)
        return tokens[:, : self.prefix or None].mean(dim=1)

    def layers(self) -> list[list[nn.Parameter]]:
        """Parameters by depth: patches and positions, then block by block, the norm last."""
        blocks = [list(block.parameters()) for block in self.body.blocks]
        blocks[-1] += list(self.body.norm.parameters())
        later = {id(p) for block in blocks for p in block}
        return [[p for p in self.body.parameters() if id(p) not in later], *blocks]


def check(
    dim: int, heads: int, patch: int, size: int, class_token: bool, distillation_token: bool
) -> None:
    """Raises where these do not make a ViT."""
    if distillation_token and not class_token:
        raise CourseError("distillation_token=true needs class_token=true: the two work as one.")
    if size % patch or dim % heads:
        raise CourseError(
            f"A ViT needs size % patch == 0 and dim % heads == 0; got size={size}, "
            f"patch={patch}, dim={dim}, heads={heads}."
        )


def resample(positions: Tensor, side: int, grid: tuple[int, int]) -> Tensor:
    """Position embeddings of side x side patches for another grid: (side·side, D) → (h·w, D).

    Antialiased bicubic, as timm does it, but as one matrix in the dtype of the positions: timm's
    own goes through float32, and its gradient on a GPU adds up in no fixed order.
    """
    if tuple(grid) == (side, side):
        return positions
    one = torch.eye(side * side, dtype=positions.dtype, device=positions.device)
    shares = F.interpolate(one.view(1, -1, side, side), grid, mode="bicubic", antialias=True)
    with torch.autocast(positions.device.type, enabled=False):
        return shares[0].flatten(1).T @ positions


def blocks(dim: int, depth: int, heads: int) -> nn.Sequential:
    """Blocks of attention and MLP, then a norm: tokens (B, L, dim) → (B, L, dim); for decoders."""
    from timm.models.vision_transformer import Block

    if dim % heads:
        raise CourseError(f"Blocks need dim % heads == 0; got dim={dim}, heads={heads}.")
    each = [Block(dim, heads, qkv_bias=False) for _ in range(depth)]
    return nn.Sequential(*each, nn.LayerNorm(dim, eps=1e-6, bias=False))


def vit(
    dim: int = 128,
    depth: int = 6,
    heads: int = 4,
    patch: int = 5,
    size: int = 40,
    in_channels: int = 3,
    positions: bool = True,
    class_token: bool = False,
    distillation_token: bool = False,
    survival: float = 1.0,
) -> ViT:
    """A tiny vision transformer: 64 patches of 5×5 px at the default 40 px, 1.2M parameters.

    positions: learned position embeddings; without them the net sees a bag of patches.
    distillation_token: beside the class token; their mean is the feature, as DeiT's two heads are
    averaged in use, and `tokens(x)[:, 1]` is what a head for a teacher's answers reads. survival:
    below 1, drop path: stochastic depth a sample, on attention and MLP apart, scaled in training.
    """
    tokens = (class_token, distillation_token)
    net = ViT(dim, depth, heads, patch, size, in_channels, positions, *tokens)
    for block, chance in zip(net.body.blocks, survivals(depth, survival), strict=True):
        if survival < 1:
            block.drop_path1, block.drop_path2 = (Survival(chance, "sample", "train") for _ in "12")
    return net

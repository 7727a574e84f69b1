"""Does the signal pass? python -m benchmarks.signal my_nets:my_net resnet56 plain56

Before any training, in seconds: follow a batch of real images through each network, block by block, and the gradient back.
"""

from pathlib import Path
from typing import Annotated

import typer

from benchmarks.cli.signal import check_signals
from benchmarks.cli.signal_request import NUM_SEEDS, SignalRequest
from resnet_variants.command import USAGE, start

Networks = Annotated[
    list[str], typer.Argument(metavar="NETWORK...", help="Networks by name, or your own as module:name, such as my_nets:my_net.")
]
Data = Annotated[Path | None, typer.Option(metavar="DIR", help="Folder of the images, for data sets that need one.")]
Download = Annotated[bool, typer.Option("--download", help="Download the images, if torchvision offers them.")]
Holdout = Annotated[
    str | None,
    typer.Option(metavar="P%", help="Leave P percent of each class of an image folder without test/ out, as test images."),
]
Seeds = Annotated[
    str | None, typer.Option(metavar="N|A-B", help=f"Initialisations: seeds 0 to N-1, or A to B (default: {NUM_SEEDS}).")
]
Seed = Annotated[int | None, typer.Option(metavar="S", min=0, help="Only this seed, as in --seeds S-S.")]
ImageSize = Annotated[
    int | None, typer.Option(metavar="N", help="Scale the images to N x N pixels: those of a folder on loading.")
]
Blocks = Annotated[
    str | None,
    typer.Option(
        metavar="GLOB",
        help="Modules that are blocks, such as 'encoder.layers.*', in networks that are not this project's. Default: every module with a "
        "matrix of weights, after opening those that only hold others.",
    ),
]
Figure = Annotated[Path | None, typer.Option(metavar="FILE", help="Write a figure, FILE.svg or FILE.png.")]


def main(
    networks: Networks,
    dataset: Annotated[str, typer.Option(help="Data set of the images.")] = "digits",
    data: Data = None,
    download: Download = False,
    holdout: Holdout = None,
    batch_size: Annotated[int, typer.Option(metavar="N", help="Number of training images.")] = 64,
    seeds: Seeds = None,
    seed: Seed = None,
    image_size: ImageSize = None,
    blocks: Blocks = None,
    out: Figure = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Check before training whether the signal of real images passes a network, and its gradient back; nothing is trained.

    Per block: mean and variance of the stream, branch against stream, norms of the gradient, largest gain; at initialisation in training mode.

    A signal dies or explodes where its variance falls below 1/1,000 of the images' or exceeds it 1,000 times, or is zero or not finite. A
    gradient does where its norm, from the last block back, leaves the same range around that of the last block. Reason: with batch norm
    a residual stream's variance grows by a constant per block, and takes 1,000 blocks to get there; growth by a factor takes a few.
    """
    try:
        request = SignalRequest(
            networks=tuple(networks),
            dataset=dataset,
            data=data,
            download=download,
            holdout=holdout,
            batch_size=batch_size,
            seeds=_chosen(seeds, seed),
            image_size=image_size,
            blocks=blocks,
            out=out,
            as_json=as_json,
        )
        check_signals(request)
    except ValueError as error:
        typer.echo(f"error: {error}", err=True)
        raise typer.Exit(USAGE) from error


def _chosen(seeds: str | None, seed: int | None) -> str:
    if seed is None:
        return str(NUM_SEEDS) if seeds is None else seeds
    if seeds is not None:
        raise ValueError(f"--seed {seed} cannot be combined with --seeds {seeds}: give one of them")
    return f"{seed}-{seed}"


if __name__ == "__main__":
    start(main)

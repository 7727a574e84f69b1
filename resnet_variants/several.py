"""Assemble networks in which several tensors pass from block to block: their blocks, and what comes before and after all blocks."""

from torch import nn

from resnet_variants.architecture import Architecture
from resnet_variants.attention import Attend, Average, SourcesBlock
from resnet_variants.streams import ComputedMixing, EnterStreams, LeaveStreams, ManifoldMixing, StaticMixing, StreamsBlock
from resnet_variants.trunks import num_sources, starts_stage


def block_of_several(
    architecture: Architecture, in_channels: int, place: int, *, branch: nn.Module, shortcut: nn.Module, after: nn.Module
) -> nn.Module:
    """Return the block at `place`, from 1, for several streams or sources."""
    if architecture.streams > 1:
        mixing = _mixing(architecture, in_channels, place)
        return StreamsBlock(branch=branch, shortcut=shortcut, after=after, mixing=mixing, num_streams=architecture.streams)
    is_full, is_first = architecture.aggregate == "attention-full", starts_stage(architecture, place)
    return SourcesBlock(
        read=_reader(architecture, in_channels, place),
        branch=branch,
        shortcut=shortcut,
        begins=is_full or is_first,
        keeps_read=is_full and is_first,
    )


def entering(architecture: Architecture) -> list[nn.Module]:
    """Return what follows the stem."""
    return [EnterStreams(architecture.streams)] if architecture.streams > 1 else []


def leaving(architecture: Architecture, channels: int) -> list[nn.Module]:
    """Return what precedes the head."""
    if architecture.streams > 1:
        return [LeaveStreams(architecture.streams)]
    if architecture.aggregate == "none":
        return []
    return [_reader(architecture, channels, architecture.num_blocks + 1)]


def _mixing(architecture: Architecture, channels: int, place: int) -> nn.Module:
    if architecture.mixing == "hc":
        return ComputedMixing(architecture.streams, place, channels)
    if architecture.mixing == "mhc":
        return ManifoldMixing(architecture.streams, place, channels)
    return StaticMixing(architecture.streams, place, mixes=architecture.mixing != "identity")


def _reader(architecture: Architecture, channels: int, place: int) -> Attend | Average:
    number = num_sources(architecture, place)
    return Average(number) if architecture.aggregate == "mean" else Attend(number, channels)

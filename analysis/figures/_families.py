"""Colours, marks and words of families: those of trained networks, and those of a survey's networks."""

from analysis.figures._palette import BLUE, GREEN, GREY, INK, ORANGE, PURPLE, RED, TEAL

COLOURS = {"plain": RED, "residual": TEAL, "other": GREY}
FAMILY_WORDS = {"plain": "plain", "residual": "residual", "other": "other networks"}
FAMILY_COLOURS = {
    "ResNet": TEAL,
    "ResNet, pre-activation": BLUE,
    "ResNeXt": ORANGE,
    "Wide ResNet": PURPLE,
    "plain": RED,
    "other residual networks": GREEN,
    "without residual blocks": GREY,
    "other networks": INK,
}
FAMILY_MARKERS = {
    "ResNet": "o",
    "ResNet, pre-activation": "D",
    "ResNeXt": "^",
    "Wide ResNet": "s",
    "plain": "v",
    "other residual networks": "p",
    "without residual blocks": "P",
    "other networks": "X",
}
MARKERS = {"plain": "s", "residual": "o", "other": "P"}

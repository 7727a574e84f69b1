"""Checkpoints: a trial's whole state after an epoch, as safetensors. On a CPU a resumed trial is bit-identical to an uninterrupted one.

A checkpoint holds weights, norm statistics, the optimizer's tensors (momenta, or Adam's moments and counts of steps), generators (order, crops,
dropout, dropped branches, and torch's own), the position in the schedule, and the history. It is only taken at the end of an epoch, so that no
partial epoch needs to be saved.
"""

import json
from typing import Any

import torch
from pydantic import TypeAdapter, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import Tensor, nn

from benchmarks.store.environment import Environment
from benchmarks.store.strict_json import STRICT
from benchmarks.store.trials import Epoch
from benchmarks.training.loop import Training

FORM = 4
STATE = "state"  # name of the tensor that holds a JSON text as bytes
HISTORY = TypeAdapter(list[Epoch], config=STRICT)


def weights_of(network: nn.Module) -> bytes:
    """Return a network's weights and statistics as safetensors."""
    return save(_weights(network))


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}


def state_of(training: Training, environment: Environment) -> bytes:
    """Return a checkpoint: everything that the rest of the trial depends on."""
    tensors = {f"network.{name}": value for name, value in _weights(training.network).items()}
    for name, parameter in training.network.named_parameters():
        for key, value in training.steps.optimizer.state[parameter].items():
            if isinstance(value, Tensor):
                tensors[f"optimizer.{key}.{name}"] = value.detach().cpu().contiguous()
    tensors |= {f"generator.{name}": state for name, state in _generators(training).items()}
    text = json.dumps(_conditions(training, environment) | _describe_progress(training)).encode()
    tensors[STATE] = torch.frombuffer(bytearray(text), dtype=torch.uint8)
    return save(tensors)


def restore(training: Training, state: bytes, environment: Environment) -> None:
    """Restore a new training to the state of a checkpoint.

    Raises:
        ValueError: `state` is not a checkpoint of this trial, or was written on a different machine (bit-exact resume is impossible). Discard
            `training` afterwards.
    """
    try:
        tensors = load(state)
        place: dict[str, Any] = json.loads(bytes(tensors[STATE].tolist()))
        _check(place, _conditions(training, environment))
        training.network.load_state_dict(_select(tensors, "network."))
        _restore_optimizer(training, _select(tensors, "optimizer."))
        _set_generators(training, _select(tensors, "generator."))
        training.history = HISTORY.validate_json(json.dumps(place["history"]))
        training.iteration, training.warmed_up = int(place["iteration"]), bool(place["warmed_up"])
    except (SafetensorError, KeyError, RuntimeError, TypeError, ValidationError, json.JSONDecodeError) as error:
        raise ValueError(f"it is not a checkpoint of this trial ({type(error).__name__})") from error


def _restore_optimizer(training: Training, stored: dict[str, Tensor]) -> None:
    """Put the optimizer's tensors back, in their place where they exist: a graph that was recorded reads them there."""
    parameters = dict(training.network.named_parameters())
    for name, value in stored.items():
        key, _, parameter_name = name.partition(".")
        parameter = parameters[parameter_name]
        like = parameter if parameter.shape == value.shape else value.to(parameter.device)
        place = training.steps.optimizer.state[parameter].setdefault(key, torch.empty_like(like))
        with torch.no_grad():
            place.copy_(value)


def _conditions(training: Training, environment: Environment) -> dict[str, Any]:
    """Return the conditions that must be the same to resume."""
    return {
        "form": FORM,
        "trial": training.trial.key,
        "torch": environment.versions.get("torch"),
        "processor": environment.processor,
        "instructions": environment.instructions,
        "device": environment.gpu or environment.device,
        "compiler": "torch.compile" if training.steps.is_compiled else "none",
    }


def _describe_progress(training: Training) -> dict[str, Any]:
    return {
        "iteration": training.iteration,
        "warmed_up": training.warmed_up,
        "history": HISTORY.dump_python(training.history, mode="json"),
    }


def _check(stored: dict[str, Any], needed: dict[str, Any]) -> None:
    for name, value in needed.items():
        if stored.get(name) != value:
            raise ValueError(f"its {name} is {stored.get(name)}, but must be {value}")


def _generators(training: Training) -> dict[str, Tensor]:
    states = {purpose.replace(" ", "_"): generator.get_state() for purpose, generator in training.generators.items()}
    states["global"] = torch.get_rng_state()
    if training.images.device.type == "cuda":
        states["dropout_cuda"] = torch.cuda.get_rng_state(training.images.device)
    return states


def _set_generators(training: Training, states: dict[str, Tensor]) -> None:
    for purpose, generator in training.generators.items():
        generator.set_state(states[purpose.replace(" ", "_")])
    torch.set_rng_state(states["global"])
    if "dropout_cuda" in states:
        torch.cuda.set_rng_state(states["dropout_cuda"], training.images.device)


def _select(tensors: dict[str, Tensor], start: str) -> dict[str, Tensor]:
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}

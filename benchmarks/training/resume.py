"""A trial's whole state after an epoch, as safetensors, and back: on a CPU what is resumed gives the bits of what was never stopped.

Weights, norms' statistics, momentum, generators (order, crops, dropout, and torch's own), the place in the schedule, and the epochs so far.
An epoch's end is the only place that it is taken at, so that nothing of an epoch needs to be kept.
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

FORM = 2
STATE = "state"  # of the tensors' names: a JSON text as bytes
HISTORY = TypeAdapter(list[Epoch], config=STRICT)


def weights_of(network: nn.Module) -> bytes:
    """A network's weights and statistics as safetensors."""
    return save(_weights(network))


def _weights(network: nn.Module) -> dict[str, Tensor]:
    return {name: value.detach().cpu().contiguous() for name, value in network.state_dict().items()}


def state_of(training: Training, environment: Environment) -> bytes:
    """All that the rest of the trial depends on."""
    tensors = {f"network.{name}": value for name, value in _weights(training.network).items()}
    for name, parameter in training.network.named_parameters():
        momentum = training.optimizer.state[parameter].get("momentum_buffer")
        if momentum is not None:
            tensors[f"momentum.{name}"] = momentum.detach().cpu().contiguous()
    tensors |= {f"generator.{name}": state for name, state in _generators(training).items()}
    text = json.dumps(_facts(training, environment) | _place(training)).encode()
    tensors[STATE] = torch.frombuffer(bytearray(text), dtype=torch.uint8)
    return save(tensors)


def restore(training: Training, state: bytes, environment: Environment) -> None:
    """Bring a training that has just been made to where the state was taken.

    Raises:
        ValueError: it is none, or another trial's, or one of another machine, where the same bits cannot be had; the training is spoilt then.
    """
    try:
        tensors = load(state)
        place: dict[str, Any] = json.loads(bytes(tensors[STATE].tolist()))
        _check(place, _facts(training, environment))
        training.network.load_state_dict(_named(tensors, "network."))
        momenta = _named(tensors, "momentum.")
        for name, parameter in training.network.named_parameters():
            if name in momenta:
                training.optimizer.state[parameter]["momentum_buffer"] = torch.empty_like(parameter).copy_(momenta[name])
        _set_generators(training, _named(tensors, "generator."))
        training.history = HISTORY.validate_json(json.dumps(place["history"]))
        training.iteration, training.warmed_up = int(place["iteration"]), bool(place["warmed_up"])
    except (SafetensorError, KeyError, RuntimeError, TypeError, ValidationError, json.JSONDecodeError) as error:
        raise ValueError(f"it is no state of this trial ({type(error).__name__})") from error


def _facts(training: Training, environment: Environment) -> dict[str, Any]:
    """What must be the same where it is resumed."""
    return {
        "form": FORM,
        "trial": training.trial.key,
        "torch": environment.versions.get("torch"),
        "processor": environment.processor,
        "device": environment.gpu or environment.device,
        "compiler": "torch.compile" if training.is_compiled else "none",
    }


def _place(training: Training) -> dict[str, Any]:
    return {
        "iteration": training.iteration,
        "warmed_up": training.warmed_up,
        "history": HISTORY.dump_python(training.history, mode="json"),
    }


def _check(found: dict[str, Any], needed: dict[str, Any]) -> None:
    for name, value in needed.items():
        if found.get(name) != value:
            raise ValueError(f"its {name} is {found.get(name)}, and {value} is needed")


def _generators(training: Training) -> dict[str, Tensor]:
    states = {
        "order": training.order.get_state(),
        "crops": training.crops.get_state(),
        "dropout": training.dropout.get_state(),
        "global": torch.get_rng_state(),
    }
    if training.images.device.type == "cuda":
        states["dropout_cuda"] = torch.cuda.get_rng_state(training.images.device)
    return states


def _set_generators(training: Training, states: dict[str, Tensor]) -> None:
    training.order.set_state(states["order"])
    training.crops.set_state(states["crops"])
    training.dropout.set_state(states["dropout"])
    torch.set_rng_state(states["global"])
    if "dropout_cuda" in states:
        torch.cuda.set_rng_state(states["dropout_cuda"], training.images.device)


def _named(tensors: dict[str, Tensor], start: str) -> dict[str, Tensor]:
    return {name.removeprefix(start): value for name, value in tensors.items() if name.startswith(start)}

"""Let the files and entry points that a command names count as suites, data sets and networks of this project, by their names."""

from dataclasses import replace

from benchmarks.cli.flags import Request
from benchmarks.cli.shadows import prefer_own_packages
from benchmarks.spec.images import DATASETS
from benchmarks.spec.named import name_of_file
from benchmarks.spec.survey import suite_name
from resnet_variants.places import place_of


def with_names(request: Request) -> Request:
    """Return the request with names in place of the paths that it has.

    Raises:
        ValueError: a file does not exist, or its name is invalid or that of a file of this project.
    """
    suite, dataset = request.suite, request.dataset
    named = replace(
        request,
        suite=suite and ",".join(suite_name(text.strip()) for text in suite.split(",")),
        dataset=dataset and name_of_file("data set", DATASETS, dataset),
        arms=tuple(map(place_of, request.arms)),
        compared=replace(request.compared, compare=tuple(map(place_of, request.compared.networks))),
    )
    prefer_own_packages()  # the folders of these files are searched from now on
    return named

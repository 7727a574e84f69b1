"""Warnings before a run: requests that cannot lead to a verdict, and valid values that have no effect. None of them is an error."""

from collections.abc import Collection, Iterable, Iterator, Sequence

from benchmarks.cli.flags import Request
from benchmarks.cli.naming import matched_suites, with_own_arms
from benchmarks.cli.plan import StudyPlan, TimingRun
from benchmarks.cli.workers import Context
from benchmarks.spec.claims import FEWEST_SEEDS, Claim
from benchmarks.spec.declaration import changed_sources
from benchmarks.spec.named import named
from benchmarks.spec.recipe import Recipe
from benchmarks.spec.schedule import num_batches
from benchmarks.spec.suite import SUITES, load_suite, suite_names
from benchmarks.spec.trial import Trial
from benchmarks.spec.words import counted
from benchmarks.store.cores import num_cores
from benchmarks.store.plans import PlanStore
from benchmarks.store.trials import TrialResult
from resnet_variants.names import some_of

SHOWN = 6  # names in a list


def advice(
    asked: Sequence[StudyPlan | TimingRun], context: Context, request: Request, results: Iterable[TrialResult]
) -> list[str]:
    """Return the warnings about these studies and timing runs; `results` are those that the output folder holds."""
    results = list(results)
    lines = list(_warn_of_jobs(asked, context, request))
    requests = {} if request.compared.compare else matched_suites(request)
    for plan in asked:
        own = requests[plan.name] if requests else with_own_arms(request, _labels(plan))
        if isinstance(plan, TimingRun):
            found = list(_explain_no_cost_verdict(plan))
        else:
            found = [
                *_explain_departures(plan),
                *_explain_no_verdict(plan, own, results),
                *_warn_of_values(plan, own),
                *_warn_of_time_limit(plan, own, results),
            ]
        lines += [f"{plan.name}: {line}" for line in [*_warn_of_optional_arms(plan.name, own), *found]]
    return lines


def _labels(plan: StudyPlan | TimingRun) -> Collection[str]:
    return plan.survey.networks if isinstance(plan, TimingRun) else plan.suite.arms


def _warn_of_jobs(asked: Sequence[StudyPlan | TimingRun], context: Context, request: Request) -> Iterator[str]:
    jobs, cores = request.options.jobs, num_cores()
    is_here = context.device == "cpu" and any(isinstance(one, StudyPlan) for one in asked)
    if is_here and jobs.isdecimal() and int(jobs) > cores:
        yield f"--jobs {jobs} exceeds the {counted(cores, 'core')} of this machine: trials will wait for each other"


def _warn_of_optional_arms(name: str, request: Request) -> Iterator[str]:
    """Yield a warning for each pattern that matches no regular arm of a suite and therefore selects optional ones."""
    if name not in suite_names():
        return
    suite = load_suite(name)
    for pattern in request.arms:
        labels = suite.asked(pattern).keys()
        if pattern not in labels and labels <= suite.optional.keys():
            yield f"--arms {pattern!r} matches optional arms only: {some_of(list(labels), SHOWN)}"


def _explain_departures(study: StudyPlan) -> Iterator[str]:
    """Yield why the study is exploratory: it departs from the plan in its folder."""
    plan = study.declared
    if study.seeds and not (plan.has_seed(study.seeds[0]) and plan.has_seed(study.seeds[-1])):
        yield (
            f"its plan declares seeds {plan.seeds[0]} to {plan.seeds[1]}: with more it is exploratory, and judged at the declared ones; "
            "--seeds A-B declares a study of other seeds"
        )
    changed = changed_sources(plan.arms, study.suite.arms)
    if changed:
        yield f"exploratory, for its plan declares other source of {some_of(changed, SHOWN)}"


def _explain_no_verdict(study: StudyPlan, request: Request, results: Iterable[TrialResult]) -> Iterator[str]:
    """Yield why claims cannot be decided with these arms and seeds and the results of this study that the folder holds."""
    old = [result.trial for result in results if _is_of(study, result.trial)]
    arms = study.suite.asked(*request.arms)
    there = {*arms.values(), *map(study.arm_of, old)}
    suite = study.suite.with_optional(there)
    labels = {label for label, arm in suite.arms.items() if arm in there}
    judged = [claim for claim in suite.claims if claim.is_judged_on(study.declared.dataset.name, study.images.classes)]
    possible = [claim for claim in judged if claim.test.contrast.keys() <= labels]
    if study.name in named(SUITES) or study.declared.dataset.name != suite.dataset:  # a shipped suite knows its own images
        for claim in (claim for claim in suite.claims if not claim.is_judged_on("", study.images.classes)):
            yield f"{claim.id} stays untested: these images do not have the classes of {claim.metric}"
    if judged and not possible:
        yield _no_claim(list(arms), judged)
    seeds = set(study.seeds) | {trial.seed for trial in old}
    waiting = [claim for claim in possible if claim.measure.over == "seeds"]
    first_look = study.declared.looks[0]
    if waiting and len(seeds) < first_look:
        is_written = PlanStore(folder=request.out).find(study.declared) is not None
        remedy = f"{first_look} or more" if is_written else f"{FEWEST_SEEDS} or more, which the plan then declares as its look"
        yield (
            f"{counted(len(seeds), 'seed')}, and a verdict needs {first_look}, the first look of its plan: {len(waiting)} of "
            f"{counted(len(possible), 'claim')} will stay untested; add --seeds {remedy}"
        )


def _explain_no_cost_verdict(run: TimingRun) -> Iterator[str]:
    """Yield why no claim can be decided by counting and timing these networks."""
    survey, networks = run.survey, {one.architecture for one in run.plan.workloads}
    labels = [label for label, network in survey.networks.items() if network in networks]
    if survey.claims and not any(claim.test.contrast.keys() <= set(labels) for claim in survey.claims):
        yield _no_claim(labels, survey.claims)
    if not survey.claims and run.name in suite_names():
        yield "none of its claims can be decided without training: there will be no verdict"


def _no_claim(labels: Sequence[str], claims: Iterable[Claim]) -> str:
    def num_missing(claim: Claim) -> int:
        return len(claim.test.contrast.keys() - set(labels))

    nearest = min(claims, key=num_missing)
    return (
        f"no claim can be decided from only {some_of(labels, SHOWN)}: there will be no verdict; the nearest claim, {nearest.id}, needs "
        f"{some_of(list(nearest.test.contrast), SHOWN)}"
    )


def _warn_of_values(study: StudyPlan, request: Request) -> Iterator[str]:
    """Yield a warning for each valid value of the recipe, of an arm's settings or of the flags that does not have its usual effect."""
    trials, num_train = study.trials, len(study.images.train.labels_N)
    of_recipes: dict[Recipe, list[Trial]] = {}
    for trial in trials:
        of_recipes.setdefault(trial.recipe, []).append(trial)
    yield from dict.fromkeys(line for recipe, own in of_recipes.items() for line in _warn_of_recipe(recipe, own, num_train))
    every = request.options.checkpoint_every
    num_epochs = max(trial.num_passes(num_train) for trial in trials)
    if every and every >= num_epochs:
        yield f"--checkpoint-every {every} writes no checkpoint, because trials take {counted(num_epochs, 'epoch')}"
    parts = request.part[1]
    if parts > study.num_in_all:
        yield f"--shard {request.shard} splits {counted(study.num_in_all, 'trial')} into {parts} parts: some are empty"


def _warn_of_recipe(recipe: Recipe, trials: Sequence[Trial], num_train: int) -> Iterator[str]:
    """Yield a warning for each value of a recipe that does not have its usual effect in its trials."""
    fewest = min(trial.num_images(num_train) for trial in trials)
    if recipe.batch_size > fewest:
        yield f"batch_size {recipe.batch_size:,} exceeds the {fewest:,} training images: an epoch is a single step"
    num_steps = recipe.num_iterations(num_batches(num_train, recipe.batch_size))
    is_warmed = recipe.warmup_learning_rate is not None and recipe.warmup_until_train_error_pct is None
    is_warmed = is_warmed and any(trial.architecture.depth >= recipe.warmup_min_depth for trial in trials)
    if is_warmed and recipe.warmup_iterations >= num_steps:
        yield f"the warm-up of {recipe.warmup_iterations:,} steps does not end before the training, which takes {num_steps:,}"
    length, unit = (recipe.epochs, "epochs") if recipe.epochs is not None else (recipe.iterations, "iterations")
    late = [milestone for milestone in recipe.milestones if milestone >= (length or 0)]
    if late:
        yield f"the training ends after {length:,} {unit}: it never reaches the milestones {some_of([f'{milestone:,}' for milestone in late], SHOWN)}"


def _warn_of_time_limit(study: StudyPlan, request: Request, results: Iterable[TrialResult]) -> Iterator[str]:
    """Yield a warning if an earlier trial of this study took longer than the time limit."""
    limit = request.options.trial_timeout
    took = {
        study.arm_of(result.trial).label: sum(epoch.train_seconds + epoch.eval_seconds for epoch in result.history)
        for result in results
        if _is_of(study, result.trial) and result.status == "ok"
    }
    longer = {label: seconds for label, seconds in took.items() if limit is not None and seconds > limit}
    if longer:
        label = max(longer, key=lambda label: longer[label])
        yield f"--trial-timeout {limit:g} is less than the {longer[label]:.0f} s that {label} took before"


def _is_of(study: StudyPlan, trial: Trial) -> bool:
    """Return whether a trial is of an arm of the study's suite on its images, at its own learning rate, and no control."""
    return trial.dataset == study.declared.dataset and study.suite.is_at(trial, study.recipe) and not trial.marks

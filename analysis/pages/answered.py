"""What the reports of studies and of surveys share: the answer to their question, from the verdict of their main claim."""

from collections.abc import Sequence
from typing import Protocol

from analysis.inference.answer import answer_of, main_verdict
from analysis.inference.verdicts import Verdict


class Answered(Protocol):
    """Content of a report that answers its question by its main claim."""

    @property
    def question(self) -> str:
        """Question of the suite or survey."""

    @property
    def named_main(self) -> str:
        """Id of the claim that the suite or survey names as its main one."""

    @property
    def verdicts(self) -> Sequence[Verdict]:
        """Verdicts, one per claim that is judged here."""

    @property
    def main_claim(self) -> str:
        """Id of the claim that answers the question, the first if the named one is not judged here; "" if none is."""
        verdict = main_verdict(self.named_main, self.verdicts)
        return verdict.claim.id if verdict else ""

    @property
    def answer(self) -> str:
        """Answer to the question in one sentence with its numbers."""
        return answer_of(self.question, main_verdict(self.named_main, self.verdicts))

"""No model at all: evidence that somebody already has, read from a file."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from vqa_canary.engines.prompts import Prompts
from vqa_canary.engines.protocols import ImageOpener
from vqa_canary.engines.recorded.file import RecordedFile, read_file
from vqa_canary.engines.recorded.options import RecordedModel
from vqa_canary.engines.registration import engine
from vqa_canary.engines.sampling import LIMITS, Sampling
from vqa_canary.errors import BadInput
from vqa_canary.lasting_failures import NOT_RECORDED
from vqa_canary.rows import Evidence, Instance

_log = logging.getLogger(__name__)

DRAWN_ELSEWHERE = "samples of recorded evidence were drawn elsewhere, and cannot be restricted afterwards"


@engine("recorded", RecordedModel)
class RecordedEngine:
    """Rows of a file in place of a model; no image is opened and nothing is asked.

    The file holds rows of the table `evidence` (it has a column `instance_id`), or answers (columns `id`, the
    item's id, and `answer`); see `evidence_row` and `answer_row` for their columns. Instances without a row have
    failed, "not recorded"; rows without an instance are counted and told.
    """

    def __init__(
        self, name: str, options: RecordedModel, prompts: Prompts, sampling: Sampling, seed: int
    ) -> None:
        del prompts, seed  # nothing is asked or drawn
        self._name, self._options = name, options
        self._limits = [limit for limit in LIMITS if getattr(sampling, limit) is not None]
        self._limits += ["option_order"] if sampling.reshuffled else []
        self._expected: dict[str, Instance] = {}
        self._read = False

    @property
    def fingerprint(self) -> str:
        return self._options.fingerprint

    @property
    def cannot_be_asked(self) -> str:
        return "its answers were read from a file, so there is no model here that could be asked again"

    @property
    def facts(self) -> dict[str, str]:
        """The file's name, how many rows it has, how many belong to no instance, and columns that were not read."""
        if not self._read:
            return {}
        facts = {
            "source": Path(self._options.path).name,
            "rows": str(len(self._file.rows)),
            "unmatched": str(len(self._unmatched())),
        }
        if self._has_limited_samples:
            facts["limits"] = f"{', '.join(self._limits)} not applied: {DRAWN_ELSEWHERE}"
        return facts | ({"unread_columns": ", ".join(self._file.unread)} if self._file.unread else {})

    @property
    def _has_limited_samples(self) -> bool:
        """Whether the file may hold samples, and the study restricts from which tokens samples are drawn, or reshuffles
        their options."""
        return bool(self._limits) and self._file.of_instances

    @cached_property
    def _file(self) -> RecordedFile:
        return read_file(Path(self._options.path))

    def expect(self, instances: Sequence[Instance]) -> None:
        """All that will be asked about: rows that belong to none of these are unmatched."""
        self._expected |= {instance.instance_id: instance for instance in instances}

    def answer(self, instances: Sequence[Instance], open_image: ImageOpener) -> list[Evidence]:
        """Evidence of each instance, in order.

        Raises
        ------
        BadInput : the file cannot be read, none of its rows or two of them are about one instance, or a row holds
            what cannot be
        """
        del open_image
        self.expect(instances)
        if not self._read:
            self._read = True
            self._warn()
        return [self._evidence(instance) for instance in instances]

    def _evidence(self, instance: Instance) -> Evidence:
        row = self._file.row_of(instance)
        if row is None:
            return Evidence(self._name, instance.instance_id, "failed", error=NOT_RECORDED)
        return self._file.evidence(row, self._name, instance, self._options)

    def _unmatched(self) -> list[str]:
        return self._file.unmatched(self._expected.values())

    def _warn(self) -> None:
        unmatched, file = self._unmatched(), self._file
        if unmatched and len(unmatched) == len(file.rows):
            wanted = next(iter(self._expected.values()))
            raise BadInput(
                f"{self._options.path}: no row is about an instance of this study. The first row, {unmatched[0]}, is "
                f"about {file.first}; the study asks about {file.name_of(wanted)}, for one. Are the ids those of the "
                "questions, and is the condition among the study's?"
            )
        if unmatched:
            _log.warning(
                "%s: %d of %d rows of %s belong to no instance of this study, the first being %s. "
                "Are the items the same, and is the condition among the study's?",
                self._name, len(unmatched), len(file.rows), self._options.path, unmatched[0],
            )  # fmt: skip
        if self._has_limited_samples:
            _log.warning(
                "%s: sampling.%s does not apply to %s: %s.",
                self._name, self._limits[0], self._options.path, DRAWN_ELSEWHERE,
            )  # fmt: skip
        if file.unread:
            _log.warning(
                "%s: columns of %s that are not read: %s",
                self._name,
                self._options.path,
                ", ".join(file.unread),
            )

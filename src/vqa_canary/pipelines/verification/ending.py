"""The last lines of a verification, and its exit status."""

from __future__ import annotations

from typing import Any

import click
from kedro.framework.hooks import hook_impl
from kedro.pipeline import Pipeline

from vqa_canary.closing import shown_place
from vqa_canary.counting import counted
from vqa_canary.errors import BadInput
from vqa_canary.pipelines.verification.certificate import summary

SUFFIX = "_verification"
"""Ends the name of the dataset with a model's certificate."""
WORDS = {"passed": "verified", "failed": "FAILED its verification", "not applicable": "cannot be verified"}
"""How the last lines say each verdict of a certificate."""


class VerificationHook:
    """Says what each certificate of a run came to, after everything else has been written and said."""

    @hook_impl(trylast=True)
    def after_pipeline_run(self, pipeline: Pipeline, catalog: Any) -> None:
        """Raise `BadInput` where a model failed, so that the run ends with exit status 1; its certificate stays."""
        failed = []
        for name in sorted(name for name in pipeline.all_outputs() if name.endswith(SUFFIX)):
            certificate = catalog.load(name)
            file = shown_place(catalog, name)
            sample = certificate["sample"]
            asked = f"{counted(sample['instances'], 'instance')} about {counted(sample['images'], 'image')}"
            click.echo(
                f"{certificate['model']} {WORDS[certificate['verdict']]} ({asked}): {summary(certificate)} See {file}"
            )
            if certificate["verdict"] == "failed":
                failed.append(certificate["model"])
        if failed:
            raise BadInput(
                f"the verification of {', '.join(failed)} failed: do not rely on the numbers of a model before you "
                "know why. What differs is told above, and in the certificates; docs/how-to/verification.md says what "
                "each check means and where to look."
            )

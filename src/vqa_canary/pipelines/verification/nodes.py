"""Nodes of `verification`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from vqa_canary.pipelines.credentials import credentials_of
from vqa_canary.pipelines.parameters import Verification, typed
from vqa_canary.pipelines.verification.certificate import certificate
from vqa_canary.pipelines.verification.identity import identity
from vqa_canary.pipelines.verification.sample import draw_sample


def verify_model(name: str) -> Callable[..., dict[str, Any]]:
    """The node function of the configured model `name`."""

    def verify(
        items: Any,
        instances: Any,
        evidence: Any,
        model: dict[str, Any],
        verification: Verification,
        parameters: dict[str, Any],
    ) -> dict[str, Any]:
        """The model's parity certificate: a sample asked anew, in several ways, and held against its evidence."""
        from vqa_canary.engines.answered_rows import fingerprint_of
        from vqa_canary.engines.protocols import Engine
        from vqa_canary.engines.registration import make_engine
        from vqa_canary.frames import frame, to_rows
        from vqa_canary.pipelines.verification.checks import Subject, run_checks
        from vqa_canary.project import project_root
        from vqa_canary.rows import Evidence, Instance, Item
        from vqa_canary.sources.images import image_opener
        from vqa_canary.ue.table import scores_table

        settings = typed(parameters)
        prompts, sampling, scoring = (settings[section] for section in ("prompts", "sampling", "scoring"))
        root, secrets, seed = project_root(), credentials_of(name, model), parameters["seed"]

        def make() -> Engine:
            return make_engine(name, model, prompts, sampling, seed, root, secrets)

        sample = draw_sample(
            to_rows(items, Item),
            to_rows(instances, Instance),
            seed,
            verification.images,
            verification.items_per_image,
        )
        stored = evidence[
            evidence["instance_id"].isin([instance.instance_id for instance in sample.instances])
        ]
        findings = run_checks(
            Subject(
                make,
                sample,
                to_rows(stored, Evidence),
                image_opener(root),
                lambda rows: scores_table(frame(rows, "evidence"), instances, scoring.methods, scoring.label),
                verification.endpoint_agreement,
            )
        )
        return certificate(
            name,
            identity(fingerprint_of(name, make()), prompts, sampling, seed, evidence),
            sample,
            seed,
            findings,
        )

    return verify

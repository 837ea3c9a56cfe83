"""The page of a watch: is the policy still what it was audited to be, and what stands behind the answer."""

from __future__ import annotations

from collections.abc import Sequence

from vqa_canary.monitoring.record import Entry
from vqa_canary.monitoring.standing import ALARM, QUIET, Standing, standings
from vqa_canary.monitoring.verdicts import of_drift, of_errors
from vqa_canary.numerals import significant, stated
from vqa_canary.report.drawing import Figure
from vqa_canary.report.monitoring import figures, sheets
from vqa_canary.report.monitoring.cards import cards
from vqa_canary.report.rendering import Report, Section, figure_files, parts, rendered, table_files
from vqa_canary.report.warning import Warning, told

FOLDER = "watch_"
"""How the names of the folders of figures and tables beside the page begin."""


def make_watch_report(entries: Sequence[Entry], watch: str) -> Report:
    """The page of a watch and its files; every text of the log is escaped.

    Parameters
    ----------
    entries : at least one
    watch : its name
    """
    found = standings(entries)
    made = _sections(entries, found)
    return Report(_page(entries, found, made, watch), figure_files(parts(made, Figure)), table_files(made))


def _page(entries: Sequence[Entry], found: Sequence[Standing], made: list[Section], watch: str) -> str:
    last, policy = found[-1], entries[0].policy
    return rendered(
        "watch.html",
        "the answer",
        "audit.css",
        watch=watch,
        policy=policy,
        lead=_lead(entries),
        warnings=told(_warnings(entries)),
        tone="none"
        if last.verdict == ALARM
        else "found"
        if last.verdict == QUIET and not _worry(last)
        else "open",
        answer=(of_errors(last, entries), of_drift(last.entry.drift, last)),
        cards=cards(entries, last),
        sections=made,
        entries=entries,
        target=stated(policy.alpha),
        folder=FOLDER,
    )


def _worry(last: Standing) -> bool:
    """Whether anything keeps the page from being green: drift, or an error that is not yet shown to be below target."""
    return bool(last.drift) or bool(_renamed([last.entry])) or last.evidence.high > last.entry.policy.alpha


def _renamed(entries: Sequence[Entry]) -> list[str]:
    """Batches that were answered under names which the audit does not know, in words."""
    return [
        f"on {entry.day} {' and '.join(entry.answered_as)}"
        for entry in entries
        if entry.labels_of is None
        and entry.answered_as
        and not set(entry.answered_as) <= set(entry.policy.answered_as)
    ]


def _lead(entries: Sequence[Entry]) -> str:
    policy, batches = entries[0].policy, sum(entry.labels_of is None for entry in entries)
    days = (
        f"{entries[0].day} to {max(entry.day for entry in entries)}" if batches > 1 else f"{entries[0].day}"
    )
    return (
        f"{policy.model} answers where {policy.method} is at most {significant(policy.threshold)}, as the audit "
        f"“{policy.study}” found; {batches} {'batch' if batches == 1 else 'batches'}, {days}."
    )


def _warnings(entries: Sequence[Entry]) -> list[Warning]:
    policy, found = entries[0].policy, []
    if policy.unclaimed is not None:
        found.append(
            Warning(
                True,
                "The audit may not claim its confidence",
                policy.unclaimed,
                meaning="The watch tests the target itself, and stays valid; but the policy may have been unfit from "
                "the first day.",
            )
        )
    if policy.lock is None:
        found.append(
            Warning(
                False,
                "The audit has no protocol lock",
                "Nobody can show that its target and method were chosen before its answers were seen.",
            )
        )
    if renamed := _renamed(entries):
        found.append(
            Warning(
                True,
                "Another version of the model answers",
                f"In the audit {' and '.join(policy.answered_as) or 'no name'}; {'; '.join(renamed)}.",
                meaning="A policy is a statement about one model. Find out what was changed, and audit the new version "
                "before its answers are used.",
            )
        )
    if named := sorted({entry.vouched_by for entry in entries if entry.vouched_by}):
        found.append(
            Warning(
                False,
                "Answers come from files",
                f"That they are the audited model's is said by {', '.join(named)}; no fingerprint shows it.",
            )
        )
    waiting = [entry for entry in entries if not entry.labelled and not _labelled_later(entry, entries)]
    if waiting:
        days = ", ".join(str(entry.day) for entry in waiting)
        found.append(
            Warning(
                False,
                "Batches without labels",
                f"{days}: they are no evidence on errors until their labels come.",
            )
        )
    failed = sum(entry.counts.failed for entry in entries if entry.labels_of is None)
    if failed:
        found.append(
            Warning(
                False,
                "Failed answers",
                f"{failed} questions failed, and went to a person: they are no part of the error among answered.",
            )
        )
    return found


def _labelled_later(entry: Entry, entries: Sequence[Entry]) -> bool:
    return any(one.labels_of == entry.number for one in entries)


def _sections(entries: Sequence[Entry], found: Sequence[Standing]) -> list[Section]:
    drawn = figures.evidence(entries)
    return [
        Section(
            "evidence",
            "Evidence on errors",
            "Each image with a labelled answer is one observation: the share of its answers that are wrong, whose mean "
            "over images is what the audit bounded. One may look after every image, and stop or go on at will.",
            figures=(drawn,) if drawn else (),
            absent="There is no labelled answer yet.",
            notes=_EVIDENCE,
        ),
        Section(
            "batches",
            "Batches",
            "One row an entry of the log, which only grows.",
            figures=(figures.by_batch(entries),),
            sheets=(sheets.batches(found),),
            folded=(sheets.log(entries),),
        ),
        Section(
            "drift",
            "Drift",
            "Whether questions and answers are still like the audit's held-out ones: what can be told without labels.",
            sheets=(sheets.drift(entries),),
            notes=_DRIFT,
        ),
    ]


_EVIDENCE = (
    (
        "evidence",
        "What one unit has become that was staked against “the target is kept”, by bets that were fixed before any "
        "answer was seen. While the target is kept it is fair or unfavourable, so it ever reaches 20 to 1 with a "
        "probability of at most 1 in 20. It is not lowered by how often one looks.",
    ),
    ("anytime p", "One over the largest evidence so far. It never rises again."),
    (
        "early warning",
        "The sum of bets begun at every image, which sees a recent change sooner. It promises how many images lie "
        "between two false warnings on average, and no probability: an alarm is the stronger word.",
    ),
    (
        "interval",
        "All errors that no bet of this kind refutes (95 %, at every look at once), as long as the error stays what it "
        "is. After a change it is about neither the old nor the new error.",
    ),
)

_DRIFT = (
    (
        "uncertainty",
        "The largest distance between the two distributions, each image counted once; median beside it.",
    ),
    ("share answered", "The share of an image's questions that the policy answers, averaged over images."),
    (
        "which option is named",
        "Half the sum of differences between shares of each letter, of answers that name none, and of failures. Where "
        "the order of options differs from the audit's, so may this.",
    ),
    (
        "what is controlled",
        "Within one batch, the probability of naming any drift where there is none is at most 5 % (Holm). Over many "
        "batches it is not: of 20 batches without drift, about one is named. Every batch is compared with the same "
        "held-out images, so an odd draw of these shows in all of them.",
    ),
)

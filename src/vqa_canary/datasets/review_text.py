"""The file for reviewers, which keeps what somebody has written into it."""

from __future__ import annotations

import logging
from pathlib import PurePosixPath

from vqa_canary.datasets.sealed import WholeText
from vqa_canary.datasets.whole_file import whole_file
from vqa_canary.seals import Damaged

logger = logging.getLogger(__name__)


class ReviewText(WholeText):
    """A text file that people are to fill in a copy of. Where the file itself was filled in, it is kept under another
    name before a new one takes its place."""

    def save(self, data: str) -> None:
        self._keep_filled()
        super().save(data)

    def _keep_filled(self) -> None:
        path = self._place("save")
        try:
            if self.stored_seal().content == (content := self._digest(path)):
                return
        except FileNotFoundError:
            return
        except Damaged:
            content = self._digest(path)
        file = PurePosixPath(path)
        kept = file.with_name(f"{file.stem}-filled-{content[:8]}{file.suffix}")
        with whole_file(self._fs, str(kept)) as target:
            target.write(self._fs.cat_file(path))
        logger.warning(
            "%s was changed since it was written, and is kept as %s. To have the audit follow it, name that file in "
            "the setting `review` once you have copied it to a folder of your own.",
            path,
            kept.name,
        )

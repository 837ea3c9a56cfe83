"""What somebody has written into the list itself is kept when the next run writes it anew."""

from __future__ import annotations

from pathlib import Path

from vqa_canary.datasets.review_text import ReviewText


def test_what_was_filled_in_is_kept(tmp_path: Path) -> None:
    data = ReviewText(filepath=str(tmp_path / "review.csv"))
    data.save("row,right_key\nr-1,\n")
    data.save("row,right_key\nr-1,\n")
    assert {path.name for path in tmp_path.iterdir()} == {"review.csv", ".review.csv.seal"}
    (tmp_path / "review.csv").write_text("row,right_key\nr-1,B\n")
    data.save("row,right_key\nr-2,\n")
    [kept] = tmp_path.glob("review-filled-*.csv")
    assert kept.read_text() == "row,right_key\nr-1,B\n"
    assert data.load() == "row,right_key\nr-2,\n"

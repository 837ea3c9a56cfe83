"""The three claims of the benchmark, each by a rule that was fixed before the study is run."""

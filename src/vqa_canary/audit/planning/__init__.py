"""What an audit can show, reckoned before anything is asked: from the questions, the target and guesses alone."""

"""Parts of the random forest: randomised trees of one outcome, and their moments beside fixed points."""

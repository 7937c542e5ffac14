"""Parts of the portfolio: its members, their scores on rows left out, their weights, its memory."""

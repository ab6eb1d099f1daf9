"""Speed: against what the net alone needs, against a peer, as work grows, and on a GPU."""

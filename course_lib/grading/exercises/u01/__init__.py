"""The exercises of unit 1, and beside them what several of them share."""

CORE = ("softmax_ce", "residual", "field", "readout_order", "sick_probe")
EXTENSION = ("tags", "smoothing", "patches", "weighted_knn", "splits", "claim_court")
ORDER = (*CORE, *EXTENSION)  # in the lab

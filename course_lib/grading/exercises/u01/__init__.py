"""The exercises of unit 1, and beside them what several of them share."""

ORDER = ("softmax_ce", "weighted_knn", "readout_order", "sick_probe", "claim_court")  # in the lab

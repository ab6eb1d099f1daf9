"""The exercises of unit 2, and beside them what several of them share."""

CORE = ("cutmix", "mixup", "budget", "policy_order", "sick_run")
EXTENSION = ("depth", "moments", "shape_bias", "table_court")
ORDER = (*CORE, *EXTENSION)  # in the lab

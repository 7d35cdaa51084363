"""One benchmark a file: `run(setting)` measures and adds rows to setting.results."""

from . import cold_start, failover, steady

ALL = {
    "failover": failover,
    "cold_start": cold_start,
    "steady": steady,
}

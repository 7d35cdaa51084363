"""One benchmark per file: `run(setting)` measures and adds rows to setting.results."""

from . import (cold_start, crash, deploy, failover, groups, growth, mass_failover, micro, million,
               run_command, standby, starts, steady, tenants)

DEFAULT = {
    "failover": failover,
    "crash": crash,
    "cold_start": cold_start,
    "steady": steady,
    "tenants": tenants,
    "standby": standby,
    "mass_failover": mass_failover,
    "groups": groups,
    "deploy": deploy,
    "starts": starts,
    "run_command": run_command,
    "micro": micro,
    "growth": growth,  # last: it skips the sizes that the others have measured
}
# What takes so long, or so much memory, that it runs only by its name.
ALL = {**DEFAULT, "million": million}

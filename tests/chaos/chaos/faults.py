"""All faults: importing them puts them into the table."""

from . import (load_faults, network_faults, operator_faults, process_faults,  # noqa: F401
               restore_faults)
from .programs import PROGRAMS  # noqa: F401

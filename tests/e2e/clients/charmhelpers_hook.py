"""A hook on charmhelpers. It prints what it has seen as one line of JSON."""

import json

from charmhelpers import context
from charmhelpers.core import hookenv

seen = {"leader": hookenv.is_leader()}
settings = context.Leader()
if seen["leader"]:
    seen["before"] = dict(settings)
    settings["host"] = "db-1"
    seen["host"] = settings["host"]
    hookenv.leader_set(port="5432", old="x")
    seen["port"] = hookenv.leader_get("port")
    del settings["old"]
    seen["old"] = settings.get("old")
seen["all"] = hookenv.leader_get()
print(json.dumps(seen), flush=True)

"""A charm on the ops framework: only the leader writes for the application. It knows nothing of
tenure."""

import ops


class Charm(ops.CharmBase):
    def __init__(self, framework):
        super().__init__(framework)
        framework.observe(self.on.leader_elected, self._on_leadership)
        framework.observe(self.on.leader_settings_changed, self._on_leadership)

    def _on_leadership(self, _):
        if self.unit.is_leader():
            self.app.status = ops.ActiveStatus("led by " + self.unit.name)
            self.model.get_relation("cluster").data[self.app]["primary"] = self.unit.name
        self.unit.status = ops.ActiveStatus("leads" if self.unit.is_leader() else "follows")


if __name__ == "__main__":
    ops.main(Charm)

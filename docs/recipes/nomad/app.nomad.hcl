# Two instances of a program, of which one leads. The program asks the sidecar beside it.
#
# The order of stopping: Nomad deregisters the services, then stops the main task, and stops
# sidecars (lifecycle with sidecar = true) only after it. So the program has ended before the sidecar
# releases the key, and the other instance leads within milliseconds after that.
job "app" {
  datacenters = ["dc1"]

  group "app" {
    count = 2

    network {
      mode = "bridge" # the tasks of an instance share localhost
    }

    # One instance after the other, so that a deploy has at most two changes of leader.
    update {
      max_parallel = 1
    }

    task "elector" {
      driver = "docker"

      lifecycle {
        hook    = "prestart"
        sidecar = true
      }

      config {
        image = "tenure:0.2.0"
        args  = ["sidecar", "/local/sidecar.yaml"]
      }

      env {
        CONSUL_HTTP_ADDR = "http://${attr.unique.network.ip-address}:8500"
      }

      template {
        destination = "local/sidecar.yaml"
        data        = <<YAML
shutdown: 20s
elections:
  - name: app
    key: service/app/leader
    value: {{ env "NOMAD_ALLOC_ID" }}
http:
  listen: localhost:4040
YAML
      }

      # Longer than `shutdown`. Clients of Nomad allow 30 s unless max_kill_timeout says more.
      kill_timeout = "25s"

      resources {
        cpu    = 50
        memory = 64
      }
    }

    task "app" {
      driver = "docker"

      config {
        image   = "busybox:1.36"
        command = "/bin/sh"
        args    = ["/local/app.sh"]
      }

      template {
        destination = "local/app.sh"
        data        = <<SCRIPT
# It leads while the sidecar names this instance. No answer means: does not lead.
while sleep 1; do
  wget -q -T 1 -O - http://localhost:4040/ | grep -q "\"name\":\"$NOMAD_ALLOC_ID\"" && echo working
done
SCRIPT
      }

      kill_timeout = "10s"
    }
  }
}

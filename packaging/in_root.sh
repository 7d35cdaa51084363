#!/bin/sh
# Runs in a fresh root that has the packages in /packages: installs, uses and removes them.
set -eu
cd /packages
export DEBIAN_FRONTEND=noninteractive
say() { printf '== %s\n' "$*"; }

say "installing tenure"
apt-get install -y -qq --no-install-recommends systemd-standalone-sysusers ./tenure_*.deb \
  >/packages/apt.log 2>&1 || {
  cat /packages/apt.log
  exit 1
}
tenure --version
tenure-cron --version
getent passwd tenure >/dev/null
test -f /etc/default/tenure
test -f /usr/share/doc/tenure/copyright
test -f /usr/share/bash-completion/completions/tenure
test -f /usr/share/doc/tenure/examples/jobs-as-users.conf
for unit in tenure-agent tenure-cron tenure-sidecar@; do
  found=/usr/lib/systemd/system/$unit.service
  program=$(sed -n 's/^ExecStart=\([^ ]*\).*/\1/p' "$found")
  test -x "$program"
done

say "using tenure"
# The port is a free one: the root has the network of its host, which may run a Consul.
tenure agent --listen 127.0.0.1:0 --start-lock-delay 0 --state none >/packages/agent.out 2>&1 &
agent=$!
trap 'kill "$agent" 2>/dev/null || true' EXIT
trap 'exit 1' INT TERM
tries=0
until CONSUL_HTTP_ADDR=$(sed -n 's/.*listening on \([0-9.:]*\).*/\1/p' /packages/agent.out) &&
  test -n "$CONSUL_HTTP_ADDR"; do
  tries=$((tries + 1))
  if [ "$tries" -gt 100 ] || ! kill -0 "$agent" 2>/dev/null; then
    echo "the agent does not listen:"
    cat /packages/agent.out
    exit 1
  fi
  sleep 0.1
done
export CONSUL_HTTP_ADDR
test "$(tenure run packages/leader -- sh -c 'echo "leads $TENURE_KEY"')" = "leads packages/leader"
cat >jobs.yaml <<'YAML'
election: packages/cron
jobs: [{name: a, schedule: "@daily", command: "true"}]
YAML
tenure-cron check jobs.yaml
printf 'elections: [{name: db}]\n' >sidecar.yaml
tenure sidecar --check sidecar.yaml

say "installing libtenure-dev"
apt-get install -y -qq --no-install-recommends ./libtenure*.deb g++ pkgconf \
  >/packages/apt.log 2>&1 || {
  cat /packages/apt.log
  exit 1
}
say "a program with the shared library, by pkg-config"
# shellcheck disable=SC2046 # words
g++ -std=c++20 -O0 example/lead.cpp $(pkg-config --cflags --libs tenure) -o lead
./lead
test -n "$(pkg-config --static --libs tenure | grep simdjson)"
test -f "/usr/lib/$(gcc -print-multiarch)/libtenure.a"
test -f "/usr/lib/$(gcc -print-multiarch)/cmake/tenure/tenureConfig.cmake"
trap - EXIT
kill "$agent"
wait "$agent"

say "removing"
apt-get purge -y -qq tenure libtenure0.2 libtenure-dev >/packages/apt.log 2>&1 || {
  cat /packages/apt.log
  exit 1
}
left=$(find /boot /etc /home /lib* /opt /root /run /sbin /srv /tmp /usr /var -name '*tenure*' |
  grep -vE '^/(etc/tenure$|run/tenure|var/(lib/(dpkg|apt|systemd)|cache|log)/)' || true)
if [ -n "$left" ]; then
  printf 'left after the removal:\n%s\n' "$left"
  exit 1
fi
say "installed, used and removed"

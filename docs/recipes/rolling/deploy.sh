#!/bin/sh
# deploy.sh GROUP MEMBER...: upgrades the members of a group one by one. Each hands over what it
# leads before it is restarted, and takes its share again afterwards, so no election waits for a
# lease to end.
#
#   DEPLOY='./upgrade' ./deploy.sh service/jobs host-a host-b host-c
#
# DEPLOY is run with the name of the member as its last argument; it returns when the new version
# runs. PATIENCE (2m) is how long one member may take to hand over, and to lead its share again. A
# member that was drained before is upgraded, and stays drained.
set -eu
if [ $# -lt 2 ]; then
  echo "usage: DEPLOY='COMMAND...' $0 GROUP MEMBER..." >&2
  exit 64
fi
: "${DEPLOY:?set DEPLOY to the command that upgrades and restarts a member}"
patience=${PATIENCE:-2m}
group=$1
shift

drained=
undrain() {
  [ -z "$drained" ] || tenure undrain "$group" "$drained"
  drained=
}
# A member must not stay drained because something failed.
trap undrain EXIT
trap 'exit 130' INT TERM

# What `tenure group` says of a member: STATE SHARE LEADS GIVES GETS.
seen() {
  tenure group "$group" | awk -v member="$1" '$1 == member { print $4, $5, $6, $7, $8 }'
}

for member; do
  case $(seen "$member") in
    drain*)
      echo "$member: was drained before, and stays so"
      kept=yes
      ;;
    *)
      kept=
      drained=$member
      ;;
  esac
  echo "$member: drains"
  tenure drain --wait --timeout "$patience" "$group" "$member"
  echo "$member: upgrades"
  $DEPLOY "$member" || {
    echo "$member: the upgrade failed with $?: $DEPLOY $member" >&2
    exit 1
  }
  [ -z "$kept" ] || continue
  undrain
  # The next member must not leave before this one has taken its share: it leads as much as that,
  # and waits for no more.
  timeout "$patience" sh -c '
    until tenure group "$1" | awk -v member="$2" "
        \$1 == member { found = \$4 == \"settled\" && \$5 == \$6 && \$8 == 0 }
        END { exit !found }"; do sleep 1; done' sh "$group" "$member" || {
    echo "$member: does not lead its share after $patience (STATE SHARE LEADS GIVES GETS:" \
      "$(seen "$member"))" >&2
    exit 1
  }
  echo "$member: leads again"
done

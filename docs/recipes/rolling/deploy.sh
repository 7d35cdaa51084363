#!/bin/sh
# deploy.sh GROUP MEMBER...: upgrades the members of a group one by one. Each hands over what it
# leads before it is restarted, and takes its share again afterwards, so no election waits for a
# lease to end.
#
#   DEPLOY='./upgrade' ./deploy.sh service/jobs host-a host-b host-c
#
# DEPLOY is run with the name of the member as its last argument; it returns when the new version
# runs. PATIENCE (2m) is how long one member may take to hand over, and to be settled again.
set -eu
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

state() {
  tenure group "$group" | awk -v member="$1" '$1 == member { print $4 }'
}

for member; do
  echo "$member: drains"
  drained=$member
  tenure drain --wait --timeout "$patience" "$group" "$member"
  echo "$member: upgrades"
  $DEPLOY "$member"
  undrain
  # The next member must not leave before this one takes its share.
  timeout "$patience" sh -c "
    until tenure group '$group' | awk -v m='$member' '\$1 == m && \$4 == \"settled\" { found = 1 }
                                                     END { exit !found }'; do sleep 1; done" || {
    echo "$member: is $(state "$member"), not settled, after $patience" >&2
    exit 1
  }
  echo "$member: leads again"
done

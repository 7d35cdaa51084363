#!/bin/sh
# A candidate that follows Consul's leader election guide, with curl only, and with the flags that
# consul/api's Lock writes and requires.
#
#   curl_candidate.sh KEY COMMAND [ARG...]     runs COMMAND whenever it leads, until SIGTERM
set -u
key=$1
shift
url=http://$CONSUL_HTTP_ADDR/v1
flags=3304740253564472344
session=

# The guide has curl and jq; this needs no more than sed.
field() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p"; }

leave() {
  [ -n "$session" ] && curl -s -X PUT "$url/session/destroy/$session" >/dev/null
  exit 0
}
trap leave TERM INT

session=$(curl -s -X PUT -d '{"Name": "curl", "TTL": "10s", "LockDelay": "1s"}' \
  "$url/session/create" | field ID)
index=0
while :; do
  curl -s -X PUT "$url/session/renew/$session" >/dev/null
  if [ "$(curl -s -X PUT -d curl "$url/kv/$key?acquire=$session&flags=$flags")" = true ]; then
    "$@"
    curl -s -X PUT "$url/kv/$key?release=$session&flags=$flags" >/dev/null
    sleep 0.05
  else
    # Until the key changes, as long as the session allows.
    curl -s -D - -o /dev/null "$url/kv/$key?index=$index&wait=3s" |
      tr -d '\r' | sed -n 's/^X-Consul-Index: //p' >curl-candidate.index
    read -r index <curl-candidate.index || index=0
  fi
done

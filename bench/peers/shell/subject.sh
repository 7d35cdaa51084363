#!/usr/bin/env bash
# The loop of Consul's guide to leader election, with curl, as a subject of the benchmarks: a
# session, an acquire, and a blocking query while another candidate holds the key.
# TENURE_BENCH_OFFSET_US is CLOCK_BOOTTIME minus the wall clock, in microseconds.
set -u
consul="http://$CONSUL_HTTP_ADDR/v1"
folder=$(mktemp -d)
trap 'rm -rf "$folder"; kill $(jobs -p) 2>/dev/null' EXIT
count=0

now_ns() { printf '%d000' $((${EPOCHREALTIME/./} + TENURE_BENCH_OFFSET_US)); }

# look KEY INDEX: waits for a change, then prints the next index, or `free`.
look() {
  local answer
  answer=$(curl -s -i "$consul/kv/$1?wait=60s&index=$2")
  if [[ $answer == *'"Session"'* ]]; then
    sed -n 's/^X-Consul-Index: \([0-9]*\).*/\1/Ip' <<<"$answer"
  else
    echo free
  fi
}

# candidate NUMBER KEY: reads `release` and `stand` from its own pipe.
candidate() {
  local session index answer
  exec 3<>"$folder/$1"
  session=$(curl -s -X PUT -d '{"Name": "shell", "TTL": "10s"}' "$consul/session/create" |
    sed 's/.*"ID":"\([^"]*\)".*/\1/')
  (while sleep 5; do curl -s -X PUT "$consul/session/renew/$session" >/dev/null; done) &
  while :; do
    answer=$(curl -s -X PUT -d "candidate-$1" "$consul/kv/$2?acquire=$session")
    if [[ $answer == true ]]; then
      echo "leading $1 $(now_ns)"
      read -r <&3  # release
      echo "releasing $1 $(now_ns)"
      curl -s -X PUT "$consul/kv/$2?release=$session" >/dev/null
      read -r <&3  # stand
      continue
    fi
    index=$(look "$2" 0)
    if [[ $index == free ]]; then
      sleep 1  # lock-delay: its end does not wake a watcher
      continue
    fi
    while [[ $index != free ]]; do
      index=$(look "$2" "$index")
    done
  done
}

echo ready
while read -r what first _; do
  case $what in
    candidate)
      mkfifo "$folder/$count"
      candidate "$count" "$first" &
      exec {keep}<>"$folder/$count"  # open at both ends, so that no open() or write() blocks
      count=$((count + 1))
      ;;
    release | stand) echo "$what" >"$folder/$first" ;;
    quit) exit 0 ;;
    *) echo "unknown command $what" >&2; exit 1 ;;
  esac
done

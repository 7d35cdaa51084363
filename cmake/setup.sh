# The set-up of ./dev: the packages of each distribution, and Consul from Debian. Sourced by dev,
# which has run(), fail() and the like.

# distribution: "debian 12", "ubuntu 24.04", ...
distribution() {
  [[ -r /etc/os-release ]] || { echo unknown; return; }
  (. /etc/os-release && echo "${ID:-unknown} ${VERSION_ID:-}")
}

# The packages that a distribution needs; NAME/SUITE takes NAME from that suite.
packages() {
  local boost catch2="catch2"
  case $1 in
    "debian 12") boost=1.81 catch2="catch2/bookworm-backports libcatch2-dev/bookworm-backports" ;;
    "debian 13" | "ubuntu 24.04") boost=1.83 ;;
    *) return 1 ;;
  esac
  echo "g++ cmake ninja-build python3 curl procps iproute2 ca-certificates" \
    "clang-19 libclang-rt-19-dev clang-tidy-19 llvm-19" \
    "libboost$boost-dev" \
    "libspdlog-dev libsimdjson-dev libssl-dev libre2-dev libcli11-dev libyaml-cpp-dev" \
    "libhowardhinnant-date-dev tzdata $catch2" \
    "valgrind spin gnuplot-nox postgresql python3-requests python3-yaml python3-pip" \
    "nginx mkdocs doxygen systemd openssl" \
    "$(browser_packages "$1")"
  if $with_packaging || in_ci; then echo "debhelper dpkg-dev fakeroot lintian mmdebstrap"; fi
  if $with_peers; then echo "etcd-server zookeeper"; fi
  if $with_peers || in_ci; then echo "default-jdk-headless maven"; go_package "$1"; fi
}

# For what people use instead of tenure, and for the tests of Consul's client and of the sidecar's
# clients. An installed Go is used, whatever its version.
go_package() {
  command -v go >/dev/null && return
  case $1 in
    "debian 12") echo "golang-go/bookworm-backports" ;;
    *) echo "golang-go" ;;
  esac
}

# For the tests of the sidecar's clients. node and npm need not come from Debian.
browser_packages() {
  command -v node >/dev/null || echo nodejs
  command -v npm >/dev/null || echo npm
  [[ $1 != debian* ]] || echo chromium  # Ubuntu's is a snap
}

# Prints the arguments that are not installed. Version 2 of Catch2 does not count.
missing_packages() {
  local installed spec
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package} ${Version}\n' 2>/dev/null |
    awk '$1 == "installed" && !($2 ~ /catch2/ && $3 ~ /^2\./) { print " " $2 " " }')
  for spec; do
    [[ $installed == *" ${spec%%/*} "* ]] || printf '%s ' "$spec"
  done
}

have_consul() { command -v consul >/dev/null; }
want_consul() { ! have_consul && [[ ${TENURE_CONSUL_MIRROR:-} != none ]]; }

# The mirror from which this machine gets its own distribution.
own_mirror() {
  local suite=$1
  apt-get indextargets --format '$(RELEASE) $(REPO_URI)' 'Created-By: Packages' |
    awk -v suite="$suite" '$1 == suite { print $2; exit }'
}

# add_source NAME URI SUITE: adds a Debian suite as a deb822 source.
add_source() {
  local file=/etc/apt/sources.list.d/tenure-$1.sources
  [[ -r /usr/share/keyrings/debian-archive-keyring.gpg ]] || {
    warn "$1: no debian-archive-keyring on this machine"
    return 1
  }
  write_as_root "$file" "Types: deb
URIs: $2
Suites: $3
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg"
}

# No package may start a service: invoke-rc.d and deb-systemd-invoke run this file first.
readonly policy=/usr/sbin/policy-rc.d
guard_services() {
  if [[ -x $policy ]]; then
    local answer=0
    "$policy" consul start >/dev/null 2>&1 || answer=$?
    ((answer == 101)) && return
    as_root mv "$policy" "$policy.tenure-saved"
  fi
  trap unguard_services EXIT
  trap 'exit 130' INT TERM HUP
  write_as_root "$policy" '#!/bin/sh
# Created by tenure'\''s ./dev setup while it installs packages.
exit 101'
  as_root chmod 755 "$policy"
}
unguard_services() {
  trap - EXIT
  if [[ -e $policy.tenure-saved ]]; then
    as_root mv "$policy.tenure-saved" "$policy"
  else
    as_root rm -f "$policy"
  fi
}

apt_install() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
    -o Dpkg::Use-Pty=0 "$@"
}

# become_root: sets up sudo; fails without it.
become_root() {
  ((EUID == 0)) && return
  sudo=(sudo)
  $dry_run || command -v sudo >/dev/null
}

readonly consul_source=/etc/apt/sources.list.d/tenure-bullseye.sources
readonly consul_pin=/etc/apt/preferences.d/tenure-bullseye

# Debian's bullseye has Consul 1.8.7, which installs on later releases too. Nothing else comes from
# there: the suite is pinned below everything else.
add_consul_source() {
  local mirror=${TENURE_CONSUL_MIRROR:-}
  if [[ -z $mirror ]]; then
    [[ $1 == debian* ]] || { warn "consul: no package for $1"; return 1; }
    mirror=$(own_mirror "$(. /etc/os-release && echo "$VERSION_CODENAME")")
    mirror=${mirror:-http://deb.debian.org/debian}
  fi
  add_source bullseye "$mirror" bullseye || return 1
  write_as_root "$consul_pin" "Package: *
Pin: release n=bullseye
Pin-Priority: 100"
}

# consul_is_missing: fails in continuous integration, warns a user.
consul_is_missing() {
  in_ci && fail $exit_unavailable "consul is missing: $1"
  warn "continuing without Consul ($1); tests against a real server are skipped"
}

install_packages() {
  local system=$1 consul_comes=false
  shift
  if [[ "$*" == */bookworm-backports* ]] && ! own_mirror bookworm-backports | grep -q .; then
    local mirror
    mirror=$(own_mirror bookworm)
    add_source backports "${mirror:-http://deb.debian.org/debian}" bookworm-backports
  fi
  if want_consul && add_consul_source "$system"; then consul_comes=true; fi
  as_root apt-get update || warn "apt-get update failed; continuing"
  guard_services
  if (($# > 0)); then
    apt_install "$@" || fail $exit_unavailable "apt could not install: $*"
  fi
  if $consul_comes; then
    apt_install consul || {
      as_root rm -f "$consul_source" "$consul_pin"  # or every later apt-get update fails
      warn "consul: the mirror has no such package; set TENURE_CONSUL_MIRROR to one that has"
    }
  fi
  [[ $(trap -p EXIT) ]] && unguard_services
  return 0
}

setup() {
  local system wanted missing
  system=$(distribution)
  if ! wanted=$(packages "$system") || ! command -v apt-get >/dev/null; then
    warn "setup does not support $system (only Debian 12, 13 and Ubuntu 24.04);" \
      "install the libraries of cmake/dependencies.cmake yourself"
    return
  fi
  # shellcheck disable=SC2086 # a list of names
  missing=$(missing_packages $wanted)
  if [[ -n $missing ]] || want_consul; then
    local what=$missing
    want_consul && what+=consul
    say "setup ($system): missing: $what"
    if become_root; then
      # shellcheck disable=SC2086
      install_packages "$system" $missing
    elif [[ -n $missing ]]; then
      fail $exit_unavailable "missing: $what - run ./dev setup as root, or install sudo"
    fi
  elif $dry_run; then
    say "setup ($system): nothing is missing"
  fi
  $dry_run || have_consul || consul_is_missing "not installed"
}

setup_command() {
  local argument
  for argument; do
    case $argument in
      --dry-run) dry_run=true ;;
      --peers) with_peers=true ;;
      *) fail $exit_usage "setup: unknown argument '$argument' (setup [--peers] [--dry-run])" ;;
    esac
  done
  setup
  if ! $dry_run && have_consul; then say "setup: complete"; fi
}

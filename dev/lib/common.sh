# Shared by the scripts in dev/: where things are and how they speak. To be sourced.
# shellcheck shell=bash

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
# What runs for this checkout; another folder gives a second, independent set (the demo has its own)
# shellcheck disable=SC2034 # used by those who source this
STATE=${SERVICES_DIR:-$ROOT/target/services}

# Everything a script tells goes to stderr: stdout is for what `env` prints
say() { printf '%s\n' "-- $*" >&2; }

die() {
  printf '%s\n' "$(basename "$0"): $*" >&2
  exit 1
}

# A port on 127.0.0.1 where nobody answers, below the range that the kernel hands out by itself
free_port() {
  local port
  for _ in {1..50}; do
    port=$((20000 + RANDOM % 12000))
    (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || { printf '%s\n' "$port"; return; }
  done
  die "no free port between 20000 and 32000"
}

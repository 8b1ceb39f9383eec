# A real Kill Bill on 127.0.0.1 (dev/killbill). To be sourced after postgres.sh.
# KILLBILL_STORE says where its data live: memory (default), file (H2 in the checkout) or postgres (a database in our cluster).
# shellcheck shell=bash

KILLBILL_HOME=$(cd "$(dirname "${BASH_SOURCE[0]}")/../killbill" && pwd)

# Packages the host when a source is newer than the jar; one build at a time
build_killbill() (
  cd "$KILLBILL_HOME" || exit
  mkdir -p target
  exec 8>target/.build-lock
  flock 8
  [ ! -f target/killbill-host.jar ] || [ -n "$(find pom.xml src stub -newer target/killbill-host.jar)" ] || return 0
  printf '%s\n' "-- building the Kill Bill host (usually 5 s; the first time 35 s and 86 MB of modules)"
  mvn -q -B package 2>&1 | sed 's/\x1b\[0m//g; /^$/d' # it resets colours that it never set
)

killbill_database() {
  case $(cat "$STATE/killbill.store") in
    memory) ;;
    file) printf '%s\n' "jdbc:h2:file:$STATE/killbill/killbill;MODE=LEGACY;OPTIMIZE_REUSE_RESULTS=0;DB_CLOSE_ON_EXIT=FALSE" ;;
    postgres)
      local psql=("$(postgres_folder)/psql" -X -q -A -t -d "$(database_url postgres)")
      [ -n "$("${psql[@]}" -c "select 1 from pg_database where datname = 'killbill'")" ] || "${psql[@]}" -c 'create database killbill'
      printf '%s\n' "jdbc:postgresql://127.0.0.1:$(cat "$STATE/postgres.port")/killbill" postgres trust
      ;;
  esac
}

try_killbill() {
  local port=$1 database
  database=$(killbill_database)
  mapfile -t database <<<"$database"
  [ -n "${database[0]}" ] || database=()
  spawn killbill "$KILLBILL_HOME/run" "$port" "${database[@]}"
  while pid_of killbill >/dev/null; do
    ! grep -q '^Kill Bill listens on' "$STATE/killbill.log" || { printf '%s\n' "$port" >"$STATE/killbill.port"; return 0; }
    sleep 0.1
  done
  return 1
}

start_killbill() {
  ! pid_of killbill >/dev/null || return 0
  build_killbill >&2
  local store
  store=$(cat "$STATE/killbill.store" 2>/dev/null || printf '%s' "${KILLBILL_STORE:-memory}")
  [[ "$store" =~ ^(memory|file|postgres)$ ]] || die "KILLBILL_STORE is '$store'; it must be memory, file or postgres"
  printf '%s\n' "$store" >"$STATE/killbill.store"
  say "starting Kill Bill (usually 6 to 9 s)"
  for _ in {1..3}; do
    local port
    port=$(cat "$STATE/killbill.port" 2>/dev/null || free_port)
    ! try_killbill "$port" || { say "Kill Bill answers on port $port"; return 0; }
    grep -q 'Failed to bind' "$STATE/killbill.log" || break
    rm -f "$STATE/killbill.port"
  done
  failed_start killbill
}

stop_killbill() { stop killbill TERM 20; }

wipe_killbill() {
  if [ "$1" = all ] || [ "$(cat "$STATE/killbill.store" 2>/dev/null)" = memory ]; then
    rm -rf "$STATE/killbill" "$STATE/killbill.store" "$STATE/killbill.port"
  fi
}

killbill_url() { printf 'http://127.0.0.1:%s/1.0/kb/\n' "$(cat "$STATE/killbill.port")"; }

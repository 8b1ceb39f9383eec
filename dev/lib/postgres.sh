# A private PostgreSQL cluster on 127.0.0.1. To be sourced after process.sh.
# Throwaway by default: in shared memory, nothing flushed to disk, gone after `down` (creating a database takes 0.04 s instead of 0.35 s);
# what was committed still survives a killed server.
# POSTGRES_DURABLE=1: on disk in the checkout, with fsync, kept by `down`. POSTGRES_UNTENDED=1: nothing vacuums on its own.
# shellcheck shell=bash

# The newest installed version from 15 on
postgres_folder() {
  local folder
  folder=$(find /usr/lib/postgresql -maxdepth 2 -name bin 2>/dev/null | sort -V | tail -n 1)
  [ -x "$folder/initdb" ] || folder=$(pg_config --bindir 2>/dev/null)
  [ -x "$folder/initdb" ] && [ "$("$folder/postgres" --version | grep -oE '[0-9]+' | head -n 1)" -ge 15 ] && printf '%s\n' "$folder"
}

postgres_data() {
  if [ -f "$STATE/postgres.data" ]; then
    cat "$STATE/postgres.data"
  elif [ -z "${POSTGRES_DURABLE:-}" ] && [ "$(df --output=avail /dev/shm 2>/dev/null | tail -n 1)" -gt 1000000 ]; then
    printf '/dev/shm/nodeconductor-billing-%s\n' "$(cksum <<<"$STATE" | cut -d ' ' -f 1)"
  else
    printf '%s\n' "$STATE/postgres"
  fi
}

# PostgreSQL refuses to run as root, so root becomes the packaged user; a checkout in a private folder needs one capability to be reached
postgres_owner() {
  AS_OWNER=()
  [ "$(id -u)" -eq 0 ] || return 0
  AS_OWNER=(setpriv --reuid=postgres --regid=postgres --init-groups)
  "${AS_OWNER[@]}" test -w "$1" || AS_OWNER+=(--inh-caps=+dac_override --ambient-caps=+dac_override)
}

create_cluster() {
  local data=$1
  [ ! -f "$data/PG_VERSION" ] || { postgres_owner "$data"; return 0; }
  rm -rf "$data"
  mkdir -p "$data"
  chmod 700 "$data"
  [ "$(id -u)" -ne 0 ] || chown postgres: "$data"
  postgres_owner "$data"
  "${AS_OWNER[@]}" "$(postgres_folder)/initdb" -D "$data" -U postgres -A trust -E UTF8 --locale=C.UTF-8 --no-sync >"$STATE/initdb.log" 2>&1 \
    || { cat "$STATE/initdb.log" >&2; die "initdb failed"; }
}

# Ready when the cluster's own lock file says so: an answer on the port alone could come from somebody else
postgres_ready() {
  local pid=$1 file=$2/postmaster.pid
  [ "$(sed -n 1p "$file" 2>/dev/null)" = "$pid" ] && [[ "$(sed -n 8p "$file")" == ready* ]]
}

try_postgres() {
  local port=$1 data=$2 sockets='' settings
  [ ${#data} -gt 80 ] || sockets=$data # a socket's address has to be short
  settings=(-c max_connections=300 -c listen_addresses=127.0.0.1 -c "unix_socket_directories=$sockets")
  [ -n "${POSTGRES_DURABLE:-}" ] || settings+=(-c fsync=off -c full_page_writes=off)
  [ -z "${POSTGRES_UNTENDED:-}" ] || settings+=(-c autovacuum=off)
  spawn postgres "${AS_OWNER[@]}" "$(postgres_folder)/postgres" -D "$data" -p "$port" "${settings[@]}"
  local pid
  while pid=$(pid_of postgres); do
    ! postgres_ready "$pid" "$data" || { printf '%s\n' "$port" >"$STATE/postgres.port"; return 0; }
    sleep 0.05
  done
  return 1
}

start_postgres() {
  ! pid_of postgres >/dev/null || return 0
  local data port
  data=$(postgres_data)
  printf '%s\n' "$data" >"$STATE/postgres.data"
  create_cluster "$data"
  # After a crash the old server's children may hold the data for a moment, and a port can be taken in the meantime
  for _ in {1..5}; do
    port=$(cat "$STATE/postgres.port" 2>/dev/null || free_port)
    ! try_postgres "$port" "$data" || { say "PostgreSQL answers on port $port"; return 0; }
    ! grep -q 'could not bind' "$STATE/postgres.log" || rm -f "$STATE/postgres.port"
    sleep 0.5
  done
  failed_start postgres
}

stop_postgres() { stop postgres INT 30; }

# Throwaway data goes with the server; durable data only when asked
wipe_postgres() {
  local data
  data=$(postgres_data)
  if [ "$1" = all ] || [[ "$data" == /dev/shm/* ]]; then
    rm -rf "$data" "$STATE/postgres.data" "$STATE/postgres.port"
  fi
}

database_url() { printf 'postgres://postgres@127.0.0.1:%s/%s\n' "$(cat "$STATE/postgres.port")" "$1"; }

# Background processes of this checkout. To be sourced after common.sh.
# One is known by its id and its start time, so an id that the kernel has meanwhile given to somebody else is never signalled.
# shellcheck shell=bash

# start_time PID: ticks after boot; fails when there is no such process or only its remains
start_time() {
  local stat
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  read -r -a stat <<<"${stat##*) }"
  [ "${stat[0]}" != Z ] && printf '%s\n' "${stat[19]}"
}

# spawn NAME COMMAND...: runs it in a session of its own, so that Ctrl-C in the terminal does not reach it; output to NAME.log.
# The locks of the scripts (7, 9) stay behind.
spawn() {
  local name=$1
  shift
  [ ! -f "$STATE/$name.log" ] || mv "$STATE/$name.log" "$STATE/$name.log.1"
  setsid "$@" >"$STATE/$name.log" 2>&1 </dev/null 7>&- 9>&- &
  printf '%s %s\n' $! "$(start_time $!)" >"$STATE/$name.pid"
}

# pid_of NAME: the id if that very process still runs
pid_of() {
  local pid started
  read -r pid started 2>/dev/null <"$STATE/$1.pid" || return 1
  [ -n "$started" ] && [ "$(start_time "$pid")" = "$started" ] && printf '%s\n' "$pid"
}

# signal NAME SIGNAL
signal() {
  local pid
  pid=$(pid_of "$1") || die "$1 is not running"
  kill -s "$2" "$pid"
}

# wait_gone NAME SECONDS
wait_gone() {
  for ((i = 0; i < $2 * 10; i++)); do
    pid_of "$1" >/dev/null || return 0
    sleep 0.1
  done
  return 1
}

# stop NAME SIGNAL SECONDS: asks, waits, then kills
stop() {
  if pid_of "$1" >/dev/null; then
    signal "$1" CONT # a paused process hears nothing else
    signal "$1" "$2"
    if ! wait_gone "$1" "$3"; then
      say "$1 did not stop in $3 s: killing it"
      signal "$1" KILL
      wait_gone "$1" 10 || die "$1 cannot be killed"
    fi
  fi
  rm -f "$STATE/$1.pid"
}

# failed_start NAME: shows why
failed_start() {
  tail -n 25 "$STATE/$1.log" >&2
  die "$1 did not start; its log is $STATE/$1.log"
}

# Steps with their usual and their real time. To be sourced after common.sh.
# shellcheck shell=bash

FAILED=()

# step NAME USUAL_TIME COMMAND...: a failure is remembered and the next step still runs
step() {
  local name=$1 usual=$2 begin=$SECONDS
  shift 2
  say "$name (usually $usual)"
  if "$@"; then
    say "$name: done in $((SECONDS - begin)) s"
  else
    FAILED+=("$name")
    say "$name: FAILED after $((SECONDS - begin)) s"
  fi
}

# Ends the script, non-zero if any step failed
finish() {
  [ ${#FAILED[@]} -eq 0 ] || die "failed after $SECONDS s: $(printf '%s, ' "${FAILED[@]}" | sed 's/, $//')"
  say "all done in $SECONDS s"
}

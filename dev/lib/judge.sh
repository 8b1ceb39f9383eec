# Runs one test of tests/judge.rs, which starts the Kill Bills that it needs. To be sourced.
# shellcheck shell=bash

for part in common packages process postgres killbill; do
  # shellcheck source=/dev/null
  source "$(dirname "${BASH_SOURCE[0]}")/$part.sh"
done

run_judge() {
  cd "$ROOT" || exit
  needs_services
  needs_build
  install_missing
  build_killbill >&2
  RUST_BACKTRACE=${RUST_BACKTRACE:-0} exec cargo test --locked --test judge -- --exact --nocapture "judge_cases::$(judge_module "$1")::$1"
}

judge_module() { case $1 in catalogs_*) printf 'folder' ;; *) printf 'run' ;; esac; }

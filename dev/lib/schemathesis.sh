# Fuzzes the REST API by its own description with schemathesis (PyPI), in an environment of the checkout. To be sourced after common.sh.
# shellcheck shell=bash

SCHEMATHESIS_HOME=$ROOT/target/tools/schemathesis

fetch_schemathesis() {
  [ -x "$SCHEMATHESIS_HOME/bin/schemathesis" ] && return 0
  python3 -m venv --clear "$SCHEMATHESIS_HOME" \
    && "$SCHEMATHESIS_HOME/bin/pip" install -q --disable-pip-version-check schemathesis==4.32.5
}

# One run with a fixed seed and few examples of each kind: SCHEMATHESIS_EXAMPLES=100 looks longer
fuzz_api() {
  fetch_schemathesis || return 1
  SCHEMATHESIS=$SCHEMATHESIS_HOME/bin/schemathesis cargo test --locked --test fuzz -- --ignored --nocapture
}

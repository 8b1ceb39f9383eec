# Fuzzes the REST API by its own description with schemathesis (PyPI), in an environment of the checkout. To be sourced after common.sh.
# shellcheck shell=bash

SCHEMATHESIS_HOME=$ROOT/target/tools/schemathesis
SCHEMATHESIS_PINS=$ROOT/dev/schemathesis.txt

# Installs the very versions that are listed, and again when the list changes: the copy of it is written last
fetch_schemathesis() {
  cmp -s "$SCHEMATHESIS_PINS" "$SCHEMATHESIS_HOME/pins.txt" && return 0
  python3 -m venv --clear "$SCHEMATHESIS_HOME" \
    && "$SCHEMATHESIS_HOME/bin/pip" install -q --disable-pip-version-check --no-deps -r "$SCHEMATHESIS_PINS" \
    && cp "$SCHEMATHESIS_PINS" "$SCHEMATHESIS_HOME/pins.txt"
}

# One run with a fixed seed and few examples of each kind, given up after seven minutes. SCHEMATHESIS_SEED=1 looks elsewhere,
# SCHEMATHESIS_EXAMPLES=100 SCHEMATHESIS_SECONDS=3600 longer
fuzz_api() {
  fetch_schemathesis || return 1
  SCHEMATHESIS=$SCHEMATHESIS_HOME/bin/schemathesis cargo test --locked --test fuzz -- --ignored --nocapture
}

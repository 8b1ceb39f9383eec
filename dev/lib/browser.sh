# Opens the API's and the admin pages in Debian's Chromium with playwright-core (npm), in a folder of the checkout. To be sourced after common.sh.
# shellcheck shell=bash

# Runs on Debian's Node 18; later ones do not
PLAYWRIGHT=1.60.0
# The rules of accessibility, and the checker of HTML
AXE=4.11.0
VNU=26.9.27
# A folder for each set of versions
BROWSER_TOOLS=$ROOT/target/tools/browser-$PLAYWRIGHT-$AXE-$VNU

needs_browser() {
  needs chromium chromium --version
  needs nodejs node --version
  needs npm npm --version
}

fetch_browser_tools() {
  [ -e "$BROWSER_TOOLS/complete" ] && return 0
  mkdir -p "$BROWSER_TOOLS"
  npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix "$BROWSER_TOOLS" \
    "playwright-core@$PLAYWRIGHT" "axe-core@$AXE" "vnu-jar@$VNU" || return 1
  touch "$BROWSER_TOOLS/complete"
}

# The pictures are left in target/browser
open_pages() {
  fetch_browser_tools || return 1
  export BROWSER_TOOLS
  cargo test --locked --test browser -- --ignored --nocapture || return 1
  cargo test --locked --test clients chromium -- --ignored --nocapture || return 1
  cargo test --locked --test road in_a_browser -- --ignored --nocapture
}

# Opens the API's pages in Debian's Chromium with playwright-core (npm), in a folder of the checkout. To be sourced after common.sh.
# shellcheck shell=bash

# Runs on Debian's Node 18; later ones do not
PLAYWRIGHT=1.60.0
BROWSER_TOOLS=$ROOT/target/tools/browser

needs_browser() {
  needs chromium chromium --version
  needs nodejs node --version
  needs npm npm --version
}

fetch_playwright() {
  [ -d "$BROWSER_TOOLS/node_modules/playwright-core-$PLAYWRIGHT" ] && return 0
  mkdir -p "$BROWSER_TOOLS"
  # Under a name with its version, so that another one is installed when this file names another
  npm install --silent --no-audit --no-fund --no-save --ignore-scripts --prefix "$BROWSER_TOOLS" \
    "playwright-core-$PLAYWRIGHT@npm:playwright-core@$PLAYWRIGHT"
}

# The pictures are left in target/browser
open_pages() {
  fetch_playwright || return 1
  BROWSER_TOOLS=$BROWSER_TOOLS PLAYWRIGHT=playwright-core-$PLAYWRIGHT cargo test --locked --test browser -- --ignored --nocapture
}

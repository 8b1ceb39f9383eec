# Checks every PDF in a folder against PDF/A-3b and PDF/UA-1 with veraPDF. To be sourced after common.sh.
# shellcheck shell=bash

VERAPDF=$ROOT/target/tools/greenfield-apps-1.28.2.jar

fetch_verapdf() {
  [ -f "$VERAPDF" ] || mvn -q -B org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy \
    -Dartifact=org.verapdf.apps:greenfield-apps:1.28.2 -DoutputDirectory="$(dirname "$VERAPDF")"
}

# check_pdfs FOLDER: named standards, because veraPDF alone checks only what a file claims
check_pdfs() {
  [ -n "$(find "$1" -name '*.pdf' 2>/dev/null | head -n 1)" ] || { say "no PDF in $1: the tests should have written some"; return 1; }
  fetch_verapdf || return 1
  local standard report=$ROOT/target/verapdf.log failed=0
  for standard in 3b ua1; do
    java -Xmx1g -XX:-UsePerfData -cp "$VERAPDF" org.verapdf.apps.GreenfieldCliWrapper --format text -v -f "$standard" -r "$1" >"$report" 2>&1 || failed=1
    grep -v '^PASS' "$report" || true
    say "$(grep -c '^PASS' "$report") PDFs conform to $standard, $(grep -c '^FAIL' "$report") do not"
  done
  return $failed
}

# Installs missing Debian packages as root; tells anyone else exactly what is missing. To be sourced after common.sh.
# shellcheck shell=bash

MISSING=()

# needs PACKAGE TEST...: notes the package when the test fails
needs() { "${@:2}" >/dev/null 2>&1 || MISSING+=("$1"); }

# Chinese, Japanese and Korean characters for names on documents
CJK_FONT=/usr/share/fonts/truetype/wqy/wqy-microhei.ttc

needs_services() {
  needs postgresql postgres_folder
  needs openjdk-17-jdk-headless javac -version
  needs maven mvn -version
  needs curl curl --version
  needs util-linux setpriv --version
}

needs_build() {
  command -v cargo >/dev/null || die "Rust 1.95 or newer is missing; Debian's is too old: install it with rustup, then run this again"
  needs gcc cc --version
  needs libc6-dev test -f /usr/include/stdlib.h
  needs fonts-wqy-microhei test -f "$CJK_FONT"
  needs poppler-utils pdftotext -v
  needs python3-venv python3 -c 'import ensurepip'
  # the mail server of the tests
  needs python3-aiosmtpd /usr/bin/python3 -c 'import aiosmtpd'
}

install_missing() {
  [ ${#MISSING[@]} -gt 0 ] || return 0
  if [ "$(id -u)" -ne 0 ] || ! command -v apt-get >/dev/null; then
    die "these Debian packages are missing: ${MISSING[*]}
install them with: sudo apt-get update && sudo apt-get install --no-install-recommends ${MISSING[*]}"
  fi
  say "installing Debian packages: ${MISSING[*]} (usually under a minute)"
  # RUNLEVEL: packaged services are not started; these scripts run their own
  apt-get -qq -o DPkg::Lock::Timeout=300 update >&2
  DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get -qq -y -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 install --no-install-recommends "${MISSING[@]}" >&2
  MISSING=()
}

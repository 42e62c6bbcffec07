#!/bin/sh
# Installs what scripts/packages.txt names and the system lacks. Without root and sudo it prints the one command and stops.
# usage: setup.sh [EXTRA_PACKAGE …]
set -eu
here=$(cd "$(dirname "$0")" && pwd)

if ! command -v dpkg-query >/dev/null 2>&1; then
  echo "diptych: not a Debian system: install the equivalents of scripts/packages.txt yourself, then run 'make build'" >&2
  exit 0
fi

wanted=$(sed 's/#.*//' "$here/packages.txt" | tr '\n' ' ')
missing=""
for package in $wanted "$@"; do
  status=$(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null || true)
  [ "$status" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

install="apt-get install -y --no-install-recommends$missing"
if [ "$(id -u)" = 0 ]; then
  as_root=""
elif command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
  as_root="sudo"
elif command -v sudo >/dev/null 2>&1 && [ -t 0 ]; then
  as_root="sudo"
else
  echo "Diptych needs some Debian packages, and this user may not install them. Run this as root, then repeat:" >&2
  echo "  apt-get update && $install" >&2
  exit 1
fi
echo "Installing:$missing" >&2
$as_root env DEBIAN_FRONTEND=noninteractive sh -c "apt-get update -qq && $install" >&2

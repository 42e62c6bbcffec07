#!/bin/sh
# clang-tidy on what changed against a base revision (default: the commit before HEAD), or on everything with --all.
set -eu
build=${BUILD:-build}
if [ "${1:-}" = --all ]; then
  files=$(git ls-files '*.cpp')
else
  base=${1:-HEAD~1}
  git rev-parse -q --verify "$base" >/dev/null || base=$(git hash-object -t tree /dev/null)
  files=$(git diff --name-only --diff-filter=d "$base" -- '*.cpp')
fi
# Only files that are part of the build have compile commands.
known=""
for file in $files; do
  if grep -q "/$file\"" "$build/compile_commands.json"; then known="$known $file"; fi
done
[ -n "$known" ] || { echo "clang-tidy: nothing to check"; exit 0; }
printf '%s\n' $known | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p "$build" --warnings-as-errors='*' 2>/dev/null
echo "clang-tidy: clean"

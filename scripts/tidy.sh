#!/bin/sh
# clang-tidy on what changed against a base revision (default: the commit before HEAD), on everything with --all, or on
# the given files and folders.
set -eu
case "${1:-}" in
  --all) files=$(git ls-files '*.cpp') ;;
  */* | *.cpp) files=$(git ls-files "$@" | grep '\.cpp$') ;;
  *)
    base=${1:-HEAD~1}
    git rev-parse -q --verify "$base" >/dev/null || base=$(git hash-object -t tree /dev/null)
    files=$(git diff --name-only --diff-filter=d "$base" -- '*.cpp')
    ;;
esac
[ -n "$files" ] || { echo "clang-tidy: nothing to check"; exit 0; }
# Commands for each file by itself, without GCC's precompiled headers.
cmake --preset tidy >/dev/null
sed -i 's/ -fno-tree-reassoc//' build/tidy/compile_commands.json # an option of GCC's alone
known=""
for file in $files; do
  if grep -q "/$file\"" build/tidy/compile_commands.json; then known="$known $file"; fi
done
[ -n "$known" ] || { echo "clang-tidy: nothing to check"; exit 0; }
# What Qt generates for the files that include it.
if grep -qs '\.moc"' $known; then
  cmake --build build/tidy --target $(ninja -C build/tidy -t targets all | sed -n 's/^\([a-z_]*_autogen\): phony$/\1/p') -- --quiet
fi
printf '%s\n' $known | xargs -P "$(nproc)" -n 4 clang-tidy --quiet -p build/tidy --warnings-as-errors='*' 2>/dev/null
echo "clang-tidy: clean"

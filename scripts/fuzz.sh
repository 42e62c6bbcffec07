#!/bin/sh
# Runs every libFuzzer target for FUZZ_SECONDS each, two at a time; findings land in build/fuzz/findings.
set -eu
seconds=${FUZZ_SECONDS:-600}
cmake --preset fuzz >/dev/null
targets=$(ninja -C build/fuzz -t targets all | sed -n 's/^\(fuzz_[a-z_]*\): phony$/\1/p')
# shellcheck disable=SC2086
cmake --build build/fuzz --target $targets -- --quiet
mkdir -p build/fuzz/findings
run() {
  name=${1#fuzz_}
  mkdir -p "build/fuzz/corpus/$name"
  if "build/fuzz/bin/$1" "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 \
      -artifact_prefix="build/fuzz/findings/$name-" -print_final_stats=1 >"build/fuzz/$name.log" 2>&1; then
    echo "fuzz $name: clean, $(sed -n 's/^stat::number_of_executed_units: *//p' "build/fuzz/$name.log") inputs in $seconds s"
  else
    echo "fuzz $name: FAILED, see build/fuzz/$name.log"
    return 1
  fi
}
failed=0
set -- $targets
while [ $# -gt 0 ]; do
  run "$1" & first=$!
  second=""
  if [ $# -gt 1 ]; then run "$2" & second=$!; fi
  wait "$first" || failed=1
  if [ -n "$second" ]; then wait "$second" || failed=1; shift; fi
  shift
done
exit $failed

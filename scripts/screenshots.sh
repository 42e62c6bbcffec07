#!/bin/bash
# The pictures of docs/screenshots: the real window under Xvfb with a real host, the small language model and the starter
# image model, on a data folder of its own. Usage: scripts/screenshots.sh [BUILD_FOLDER]
set -euo pipefail
cd "$(dirname "$0")/.."
bin=$(realpath "${1:-build}")/bin
out=docs/screenshots
model=smollm2-135m-instruct
for tool in Xvfb xdotool import curl; do
  command -v "$tool" >/dev/null || { echo "screenshots: error: $tool is missing; install xvfb, xdotool, imagemagick and curl" >&2; exit 1; }
done

# The models stay where the user has them; everything else is new.
export DIPTYCH_MODELS=${DIPTYCH_MODELS:-${DIPTYCH_HOME:-${XDG_DATA_HOME:-$HOME/.local/share}/diptych}/models}
DIPTYCH_HOME=$(mktemp -d)
export DIPTYCH_HOME QT_QPA_PLATFORM=xcb
window= screen=
finish() {
  [ -z "$window" ] || kill "$window" 2>/dev/null || true
  [ -z "$screen" ] || kill "$screen" 2>/dev/null || true
  [ ! -f "$DIPTYCH_HOME/host.lock" ] || kill "$(field pid)" 2>/dev/null || true
  sleep 0.5
  rm -rf "$DIPTYCH_HOME"
}
trap finish EXIT
mkdir -p "$out" "$DIPTYCH_HOME/config"

field() { sed -n "s/.*\"$1\": *\"\{0,1\}\([^\",}]*\).*/\1/p" "$DIPTYCH_HOME/host.lock" | head -1; }
api() {  # api METHOD PATH [BODY]
  curl -sS --fail-with-body -X "$1" -H "Authorization: Bearer $(cat "$(field token_file)")" ${3:+--data "$3"} \
    "http://127.0.0.1:$(field port)$2"
}
wait_for() {  # wait_for SECONDS COMMAND…: until it succeeds
  local end=$((SECONDS + $1)); shift
  until "$@" >/dev/null 2>&1; do
    [ $SECONDS -lt $end ] || { echo "screenshots: error: waited too long for: $*" >&2; exit 1; }
    sleep 0.1
  done
}
loaded() { api GET /api/models | grep -q '"state": *"loaded"'; }
quiet() { ! api GET '/api/jobs?active=1' | grep -q '"id"'; }
titled() { ! api GET /api/conversations | grep -q '"title": *""'; }
ask() {  # ask CONVERSATION QUESTION: and wait for the whole answer and the title, which the next question would cancel
  local body
  body=$(printf '{"text": "%s"%s}' "$2" "${3:+, \"parent\": \"$3\"}")
  api POST "/api/conversations/$1/messages" "$body" >/dev/null
  wait_for 120 quiet
  wait_for 30 titled
}
id_of() { sed -n 's/^{"id": *"\([^"]*\)".*/\1/p'; }

open_window() {  # open_window THEME WIDTH HEIGHT
  printf '[General]\ntheme=%s\n' "$1" >"$DIPTYCH_HOME/config/window.ini"
  Xvfb -displayfd 3 -screen 0 "$2x$3x24" -nolisten tcp 3>"$DIPTYCH_HOME/display" 2>/dev/null & screen=$!
  wait_for 10 test -s "$DIPTYCH_HOME/display"
  DISPLAY=:$(cat "$DIPTYCH_HOME/display"); export DISPLAY
  "$bin/diptych-window" --model $model 2>/dev/null & window=$!
  wait_for 30 xdotool search --onlyvisible --pid $window
  id=$(xdotool search --onlyvisible --pid $window | tail -1)
  xdotool windowmove "$id" 0 0 windowsize "$id" "$2" "$3" windowfocus "$id"
  wait_for 60 loaded
  sleep 1
}
close_window() {
  kill $window; wait $window 2>/dev/null || true
  kill $screen; wait $screen 2>/dev/null || true
  window= screen=
  rm -f "$DIPTYCH_HOME/display"
}
shot() { sleep 0.6; import -window root -strip "$out/$1.png"; echo "$out/$1.png"; }
keys() { xdotool key --delay 60 "$@"; sleep 0.4; }

# Conversations to look at: greedy, so that every run shows the same.
open_window light 1280 800
settings='{"settings": {"temperature": 0, "repeat_penalty": 1.05, "max_tokens": 260}}'
for question in "Suggest a name for a small sailing boat." "What is a mixture of experts?"; do
  ask "$(api POST /api/conversations "$settings" | id_of)" "$question"
done
main=$(api POST /api/conversations "$settings" | id_of)
ask "$main" "Explain in a few sentences what a diptych is."
# Pictures to look at, the last one with the settings that the panel then shows.
number=0
for prompt in "a castle on a pink background" "two cats" "a purple octopus" "a green apple" "a rocket on a black background" \
  "a slice of pizza on a green background" "a red car on a blue background"; do
  number=$((number + 1))
  api POST /api/images "$(printf '{"model": "emoji-starter", "prompt": "%s", "seed": %d}' "$prompt" $number)" >/dev/null
done
wait_for 600 quiet
# A short fine-tuning to look at.
api POST /api/training/runs "$(printf '{"name": "Ada", "recipe": {"base": "%s", "data": "%s", "validation": "%s", "steps": 24, "batch": 2, "sequence": 96, "rank": 8, "learning_rate": 1e-3, "schedule": "cosine", "checkpoint_every": 12, "validate_every": 12, "sample_every": 12, "sample_prompts": ["What is the capital of Italy?"], "seed": 1}}' \
  "$(api GET /api/training/bases | sed -n 's/.*"id": *"\(SmolLM2[^"]*\)".*/\1/p' | head -1)" "$PWD/resources/ada/train.jsonl" "$PWD/resources/ada/validation.jsonl")" >/dev/null
wait_for 900 quiet
close_window

for theme in light dark; do
  for size in 1280x800 2560x1440; do
    open_window $theme ${size%x*} ${size#*x}
    keys ctrl+1
    xdotool mousemove 180 110 click 1  # the newest conversation
    sleep 1
    shot "chat-$theme-$size"
    xdotool mousemove $((${size%x*} / 2)) 300
    keys ctrl+l
    xdotool type --delay 8 "Write a Python function that says whether a number is prime."
    keys Return
    sleep 0.4  # with the wait of shot(): while the answer of some 120 tokens streams
    shot "streaming-$theme-$size"
    wait_for 120 quiet
    keys ctrl+2; sleep 2  # the thumbnails
    keys ctrl+r           # the settings of the picture shown
    xdotool mousemove $((${size%x*} / 2)) 300
    sleep 1; shot "create-$theme-$size"
    keys ctrl+3; sleep 1; xdotool mousemove 410 240 click 1  # the step Run, with its charts
    xdotool mousemove $((${size%x*} / 2)) 700; sleep 1; shot "finetune-$theme-$size"
    keys ctrl+4; shot "models-$theme-$size"
    keys ctrl+5; shot "machine-$theme-$size"
    keys ctrl+6; shot "settings-$theme-$size"
    if [ $size = 1280x800 ]; then
      keys ctrl+1 ctrl+k; xdotool type --delay 20 "model"; shot "palette-$theme-$size"
      keys Escape
    fi
    close_window
  done
done

# Two commands do everything: `make run` and `make test`. The rest is for those who work on Diptych.
BUILD ?= build
JOBS ?= $(shell nproc)
MODEL = smollm2-135m-instruct
CHECK_MODEL = gemma-3-270m
CONFIGURE = cmake --preset release -B $(BUILD) $(if $(filter 1 ON,$(DIPTYCH_WERROR)),-DDIPTYCH_WERROR=ON)
QUESTION = In one sentence: what is a diptych?
PICTURE = a red car on a blue background

.PHONY: run test measure build setup models check asan tsan fuzz tidy format format-check screenshots peers clean

run: build                              ## set up, build, fetch the small model, open the window
	@$(BUILD)/bin/diptych models get $(MODEL)
	@if [ -n "$$DISPLAY$$WAYLAND_DISPLAY" ]; then exec $(BUILD)/bin/diptych --model $(MODEL); \
	else echo "No display: answering a prompt and drawing a picture here instead of opening the window." >&2; \
	$(BUILD)/bin/diptych chat $(MODEL) -p "$(QUESTION)" && \
	exec $(BUILD)/bin/diptych generate emoji-starter -p "$(PICTURE)" --seed 1 -o $(BUILD)/picture.png; fi

test: build models                      ## set up, build, run every test
	@ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -LE "measure|peers|slow" -j $(JOBS)

measure: build models                   ## limits on time that only a quiet machine can show
	@ctest --test-dir $(BUILD) --output-on-failure --no-tests=error -L measure

setup:                                  ## install missing Debian packages
	@scripts/setup.sh

build: setup                            ## compile everything to build/
	@test -f $(BUILD)/build.ninja -a -z "$(DIPTYCH_WERROR)" || $(CONFIGURE) >/dev/null
	@cmake --build $(BUILD) -j $(JOBS) -- --quiet

models: build                           ## the two models that tests need, kept outside the build folder
	@$(BUILD)/bin/diptych models get $(MODEL)
	@$(BUILD)/bin/diptych models get $(CHECK_MODEL)

asan:                                   ## engine and kernels under AddressSanitizer and UBSan; clang builds in half GCC's time
	@scripts/setup.sh clang libclang-rt-14-dev
	@cmake --preset asan >/dev/null && cmake --build --preset asan --target sanitized_tests -j $(JOBS) -- --quiet
	@UBSAN_OPTIONS=print_stacktrace=1 ctest --test-dir build/asan --output-on-failure --no-tests=error -L sanitized -j $(JOBS)

tsan:                                   ## the same under ThreadSanitizer
	@scripts/setup.sh
	@cmake --preset tsan >/dev/null && cmake --build --preset tsan --target sanitized_tests -j $(JOBS) -- --quiet
	@ctest --test-dir build/tsan --output-on-failure --no-tests=error -L sanitized -j $(JOBS)

fuzz:                                   ## every fuzz target for FUZZ_SECONDS (600) each; needs clang
	@scripts/setup.sh clang libclang-rt-14-dev
	@scripts/fuzz.sh

tidy:                                   ## clang-tidy over the tree
	@scripts/setup.sh clang-tidy
	@scripts/tidy.sh --all

format:                                 ## clang-format in place
	@scripts/setup.sh clang-format
	@git ls-files '*.cpp' '*.h' | xargs clang-format -i

format-check:
	@scripts/setup.sh clang-format
	@git ls-files '*.cpp' '*.h' | xargs clang-format --dry-run -Werror

screenshots: build                      ## the README's pictures, from the real window under Xvfb
	@scripts/setup.sh xvfb xdotool imagemagick curl
	@scripts/screenshots.sh

clean:
	@rm -rf $(BUILD)

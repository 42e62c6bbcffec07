// diptych: commands and the engine host. Without a command it opens the window, a program of its own beside this one.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <new>
#include <string>
#include <vector>

#include "app/cli/commands.h"
#include "app/cli/doctor.h"
#include "engine/core/error.h"
#include "engine/ops/instruction_set.h"

namespace {

// Replaces this process by the window; returns only on failure.
int open_window(const char* program, const std::vector<std::string>& arguments) {
  const std::filesystem::path window = diptych::cli::window_program(program);
  std::vector<char*> argv{const_cast<char*>(window.c_str())};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(window.c_str(), argv.data());
  throw diptych::Error(diptych::ErrorCategory::not_found, "cannot open the window", window.string(),
                       "the program is not there", "build it with 'make build', or use a command: diptych --help");
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App root("Diptych: images and text from local models", "diptych");
  root.require_subcommand(0, 1);
  root.fallthrough(false);
  diptych::cli::add_bench(root);
  diptych::cli::add_chat(root);
  diptych::cli::add_eval(root);
  diptych::cli::add_generate(root);
  diptych::cli::add_finetune(root);
  diptych::cli::add_logits(root);
  diptych::cli::add_doctor(root);
  diptych::cli::add_models(root);
  diptych::cli::add_schedule(root);
  diptych::cli::add_serve(root);
  diptych::cli::add_template(root);
  diptych::cli::add_tokenize(root);
  diptych::cli::add_version(root);
  // What is no subcommand goes to the window: diptych --model NAME, diptych FILE.gguf. Said last, as subcommands would
  // inherit it and take every mistyped option.
  root.prefix_command();
  try {
    diptych::hold_instruction_set_of_environment();
    root.parse(argc, argv);
    if (root.get_subcommands().empty()) {
      const std::vector<std::string> arguments = root.remaining();
      std::error_code error;
      if (!arguments.empty() && !arguments[0].starts_with('-') && !std::filesystem::exists(arguments[0], error)) {
        std::fprintf(stderr, "diptych: error: wrong usage: %s: no such command or file; see 'diptych --help'\n",
                     arguments[0].c_str());
        return 2;
      }
      return open_window(argv[0], arguments);
    }
    return 0;
  } catch (const CLI::CallForHelp& help) {
    return root.exit(help);
  } catch (const CLI::CallForAllHelp& help) {
    return root.exit(help);
  } catch (const CLI::CallForVersion& version) {
    return root.exit(version);
  } catch (const CLI::RuntimeError& status) {
    return status.get_exit_code();  // a command that finished with a status of its own
  } catch (const CLI::ParseError& usage) {
    std::fprintf(stderr, "diptych: error: wrong usage: %s; see 'diptych %s--help'\n", usage.what(),
                 root.get_subcommands().empty() ? "" : (root.get_subcommands().front()->get_name() + " ").c_str());
    return 2;
  } catch (const diptych::Error& error) {
    std::fprintf(stderr, "diptych: error: %s\n", error.what());
    return error.category() == diptych::ErrorCategory::invalid_argument ? 2 : 1;
  } catch (const std::bad_alloc&) {
    std::fprintf(stderr,
                 "diptych: error: out of memory: this process: the system refused an allocation; close other programs "
                 "or choose a smaller model\n");
    return 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "diptych: error: unexpected failure: %s; please report it with the command you ran\n",
                 error.what());
    return 1;
  }
}

// The subcommands: each adds itself to the root and runs in its callback. A failure is an Error; main prints it.
#pragma once

namespace CLI {
class App;
}

namespace diptych::cli {

void add_bench(CLI::App& root);
void add_chat(CLI::App& root);
void add_eval(CLI::App& root);
void add_finetune(CLI::App& root);
void add_generate(CLI::App& root);
void add_logits(CLI::App& root);
void add_doctor(CLI::App& root);
void add_models(CLI::App& root);
void add_schedule(CLI::App& root);
void add_serve(CLI::App& root);
void add_template(CLI::App& root);
void add_tokenize(CLI::App& root);
void add_version(CLI::App& root);

}  // namespace diptych::cli

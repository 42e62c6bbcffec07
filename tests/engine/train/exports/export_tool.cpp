// usage: engine_train_export IN FORMAT OUT [HEAD_DIM]
// Writes an adapter's file in another format (peft, kohya, diffusers, gguf) and verifies it: bench/check_adapters.py
// shows the results to the programs that they are for.
#include <cstdio>
#include <string>

#include "engine/core/context.h"
#include "engine/core/error.h"
#include "engine/train/adapters/read_adapter.h"
#include "engine/train/exports/adapter_export.h"

int main(int argc, char** argv) {
  using namespace diptych;
  if (argc < 4) {
    std::fprintf(stderr, "usage: engine_train_export IN peft|kohya|diffusers|gguf OUT [HEAD_DIM]\n");
    return 2;
  }
  const std::string format = argv[2], out = argv[3];
  try {
    Context ctx(cpu_device, 1);
    train::TrainedAdapter adapter = train::read_trained_adapter(ctx, *open_adapter(argv[1]));
    if (argc > 4) adapter.paired_head_dim = std::stoll(argv[4]);
    if (format == "peft") train::export_peft(out, adapter);
    if (format == "kohya") train::export_kohya(out, adapter);
    if (format == "diffusers") train::export_diffusers(out, adapter);
    if (format == "gguf") train::export_gguf_adapter(out, adapter);
    train::verify_export(out, adapter, DType::f32);
  } catch (const Error& error) {
    std::fprintf(stderr, "engine_train_export: error: %s\n", error.what());
    return 1;
  }
  return 0;
}

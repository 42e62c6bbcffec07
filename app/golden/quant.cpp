// Kind quant: block bytes of one GGUF type and the values they stand for.
#include "app/golden/kinds.h"
#include "engine/core/error.h"
#include "engine/ops/kernel_table.h"

namespace diptych::golden {
namespace {

// blocks u8 [rows, bytes] -> values f32 [rows, bytes / block_bytes * block_values]
Tensor dequantized(Context& ctx, const Case& one, DType type, const Tensor& blocks) {
  const DTypeInfo& info = dtype_info(type);
  if (blocks.dtype() != DType::u8 || blocks.shape().rank() != 2 || blocks.dim(1) % info.block_bytes != 0) {
    one.fail("ggml_type", "does not fit blocks of shape " + blocks.shape().str());
  }
  const int64_t columns = blocks.dim(1) / info.block_bytes * info.block_values;
  Tensor values = ctx.output({blocks.dim(0), columns});
  kernel_table(ctx).widen(type, blocks.raw(), values.elements(), values);
  return values;
}

}  // namespace

Result run_quant(Context& ctx, const Case& one) {
  const std::string name = one.text("ggml_type");
  const auto type = parse_dtype(name);
  if (!type) {
    throw Error(ErrorCategory::unsupported, "cannot run case", one.name(), "type " + name + " is not known",
                "choose a case of a type that GGUF files are read in");
  }
  TensorMap values;
  for (const auto& [input, tensor] : one.inputs(ctx)) {
    // "source" is what the reference quantized; the other inputs are blocks, "real_blocks" of a published file.
    if (input == "blocks") values["dequantized"] = dequantized(ctx, one, *type, tensor);
    if (input == "real_blocks") values["real_dequantized"] = dequantized(ctx, one, *type, tensor);
  }
  return values;
}

}  // namespace diptych::golden

// Context: sums what ops declare, tells the tracer, stops when cancelled, refuses to train without a backward.
#include "engine/core/context.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/core/error.h"
#include "engine/core/tape.h"

namespace diptych {

namespace {

TEST(Context, SumsAndTraces) {
  struct Names : Tracer {
    std::vector<std::string> seen;
    void op(std::string_view name, const Cost&) override { seen.emplace_back(name); }
  } names;
  Context ctx(meta_device, 1);
  ctx.tracer = &names;
  ctx.declare("a", {.flops = 2, .weight_bytes = 3, .read_bytes = 5, .written_bytes = 7});
  const Cost before = ctx.cost();
  ctx.declare("b", {.flops = 10, .communicated_bytes = 4});
  EXPECT_EQ(names.seen, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(ctx.cost().flops, 12);
  EXPECT_EQ(ctx.cost().bytes(), 15);
  EXPECT_EQ((ctx.cost() - before).flops, 10);
  EXPECT_EQ((ctx.cost() - before).communicated_bytes, 4);
}

TEST(Context, StopsWhenCancelled) {
  Context ctx(cpu_device, 1);
  const CancelToken other_end = ctx.cancel;  // copies share the flag
  ctx.declare("a", {.flops = 1});
  other_end.cancel();
  try {
    ctx.declare("b", {.flops = 1});
    FAIL() << "not stopped";
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::cancelled);
  }
  EXPECT_EQ(ctx.cost().flops, 1);
}

TEST(Context, RefusesToTrainThroughAnOpWithoutBackward) {
  Context ctx(cpu_device, 1);
  const Tensor trained = ctx.output({2, 2}), frozen = ctx.output({2, 2});
  Tape tape;
  tape.watch(trained, ctx.output({2, 2}));
  ctx.tape = &tape;
  EXPECT_NO_THROW(ctx.declare("swirl", {}, {&frozen}));
  EXPECT_TRUE(ctx.declare_differentiable("turn", {}, {&frozen, &trained}));
  EXPECT_FALSE(ctx.declare_differentiable("turn", {}, {&frozen}));
  try {
    ctx.declare("swirl", {}, {&frozen, &trained});
    FAIL() << "not refused";
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::unsupported);
    EXPECT_EQ(error.thing(), "swirl");
  }
}

TEST(Context, OutputsBelongToTheirOwner) {
  Context ctx(cpu_device, 1);
  const Tensor cache = ctx.output({16, 16}, DType::f16, Owner::kv_cache);
  EXPECT_EQ(ctx.arena()->use().bytes[static_cast<size_t>(Owner::kv_cache)], 512);
  EXPECT_EQ(cache.device(), cpu_device);
}

TEST(ErrorTest, IsOneLineThatSaysWhatToDo) {
  const Error error(ErrorCategory::not_found, "cannot open model", "a\nb", "no such file", "check the path");
  EXPECT_STREQ(error.what(), "cannot open model: a b: no such file; check the path");
  EXPECT_STREQ(error_category_name(error.category()), "not_found");
}

TEST(DeviceTest, NamesParseBack) {
  for (const char* name : {"cpu", "meta", "cuda:0", "cuda:11"}) EXPECT_EQ(device_name(parse_device(name)), name);
  EXPECT_EQ(parse_device("cuda"), (Device{DeviceKind::cuda, 0}));
  for (const char* name : {"", "gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU"}) {
    EXPECT_THROW(parse_device(name), Error) << name;
  }
}

}  // namespace
}  // namespace diptych

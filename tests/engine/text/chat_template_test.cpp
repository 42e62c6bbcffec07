// Where chat templates and their variables come from.
#include "engine/text/chat_template.h"

#include <gtest/gtest.h>

#include <ctime>

#include "engine/core/error.h"
#include "engine/io/formats/gguf_writer.h"
#include "engine/text/text_source.h"
#include "tests/engine/io/io_testing.h"

namespace {

using namespace diptych;
using diptych::testing::TemporaryFolder;
using diptych::testing::write_bytes;
using nlohmann::ordered_json;

const ordered_json hi = ordered_json::parse(R"([{"role": "user", "content": "hi"}])");

std::string rendered(const TextSource& source, bool tools = false) {
  return source.chat_template(tools)->render(hi);
}

TEST(ChatTemplate, VariablesAndToolsReachTheTemplate) {
  const auto program = ChatTemplate::parse(
      "{{ bos_token }}{{ messages[0].content }}{{ tools }}{{ documents }}{{ add_generation_prompt }}{{ x is defined }}",
      "t");
  TemplateOptions options;
  EXPECT_EQ(program->render(hi, options), "hiNoneNoneTrueFalse");
  options.tools = ordered_json::parse(R"([{"b": 1, "a": 2}])");
  options.variables = {{"bos_token", "<s>"}, {"x", 1}};
  options.add_generation_prompt = false;
  EXPECT_EQ(program->render(hi, options), "<s>hi[{'b': 1, 'a': 2}]NoneFalseTrue");
}

TEST(ChatTemplate, ClockIsLocalTime) {
  std::tm time{};
  time.tm_year = 124, time.tm_mon = 1, time.tm_mday = 29, time.tm_hour = 7, time.tm_isdst = -1;
  TemplateOptions options;
  options.now = std::mktime(&time);
  EXPECT_EQ(ChatTemplate::parse("{{ strftime_now('%d %b %Y %H:%M') }}", "t")->render(hi, options), "29 Feb 2024 07:00");
  options.now = 0;
  EXPECT_GE(ChatTemplate::parse("{{ strftime_now('%Y') }}", "t")->render(hi, options), "2024");
}

TEST(ChatTemplate, SourceThatIsNoUtf8IsRepaired) {
  EXPECT_EQ(ChatTemplate::parse("a\xFF{{ 'b\xC3' }}", "t")->render(hi), "a\uFFFDb\uFFFD");
}

TEST(ChatTemplateFiles, GgufTemplatesByName) {
  const TemporaryFolder folder;
  GgufWriter writer;
  writer.set("general.architecture", "llama");
  writer.set("tokenizer.chat_template", "plain {{ messages[0].content }}");
  writer.set("tokenizer.chat_template.tool_use", "tools {{ messages[0].content }}");
  writer.set("tokenizer.chat_templates", std::vector<std::string>{"tool_use"});
  writer.set("tokenizer.ggml.tokens", std::vector<std::string>{"<unk>", "<s>", "</s>"});
  writer.set("tokenizer.ggml.bos_token_id", uint32_t{1});
  writer.set("tokenizer.ggml.eos_token_id", uint32_t{2});
  writer.set("tokenizer.ggml.padding_token_id", uint32_t{77});  // beyond the vocabulary
  writer.set("tokenizer.ggml.unknown_token_id", uint32_t{0});
  writer.write(folder / "model.gguf");
  const TextSource source = TextSource::open(folder / "model.gguf");
  EXPECT_EQ(rendered(source), "plain hi");
  EXPECT_EQ(rendered(source, true), "tools hi");
  EXPECT_EQ(source.template_variables(),
            (ordered_json{{"bos_token", "<s>"}, {"eos_token", "</s>"}, {"unk_token", "<unk>"}}));
}

TEST(ChatTemplateFiles, ModelsWithoutTemplate) {
  const TemporaryFolder folder;
  GgufWriter writer;
  writer.set("general.architecture", "llama");
  writer.write(folder / "model.gguf");
  EXPECT_EQ(TextSource::open(folder / "model.gguf").chat_template(), nullptr);
  write_bytes(folder / "hf/tokenizer_config.json", "{}");
  EXPECT_EQ(TextSource::open(folder / "hf").chat_template(), nullptr);
}

TEST(ChatTemplateFiles, TokenizerConfigString) {
  const TemporaryFolder folder;
  write_bytes(
      folder / "tokenizer_config.json",
      R"({"chat_template": "c {{ messages[0].content }}", "bos_token": {"content": "<b>"}, "eos_token": "<e>"})");
  write_bytes(folder / "special_tokens_map.json", R"({"bos_token": "other", "pad_token": "<p>"})");
  const TextSource source = TextSource::open(folder.path());
  EXPECT_EQ(rendered(source), "c hi");
  EXPECT_EQ(rendered(source, true), "c hi");
  EXPECT_EQ(source.template_variables(),
            (ordered_json{{"bos_token", "<b>"}, {"eos_token", "<e>"}, {"pad_token", "<p>"}}));
}

TEST(ChatTemplateFiles, TokenizerConfigList) {
  const TemporaryFolder folder;
  write_bytes(folder / "tokenizer_config.json",
              R"({"chat_template": [{"name": "default", "template": "d"}, {"name": "tool_use", "template": "t"}]})");
  const TextSource source = TextSource::open(folder.path());
  EXPECT_EQ(rendered(source), "d");
  EXPECT_EQ(rendered(source, true), "t");
  write_bytes(folder / "tokenizer_config.json",
              R"({"chat_template": [{"name": "a", "template": "d"}, {"name": "b", "template": "t"}]})");
  EXPECT_EQ(diptych::testing::error_of([&] { (void)TextSource::open(folder.path()).chat_template(); }).category(),
            ErrorCategory::unsupported);
}

TEST(ChatTemplateFiles, FilesOfTheirOwnWin) {
  const TemporaryFolder folder;
  write_bytes(folder / "chat_template.json", R"({"chat_template": "json"})");
  EXPECT_EQ(rendered(TextSource::open(folder.path())), "json");
  write_bytes(folder / "tokenizer_config.json", R"({"chat_template": "config"})");
  EXPECT_EQ(rendered(TextSource::open(folder.path())), "config");
  write_bytes(folder / "chat_template.jinja", "file");
  write_bytes(folder / "additional_chat_templates/tool_use.jinja", "tools");
  EXPECT_EQ(rendered(TextSource::open(folder.path())), "file");
  EXPECT_EQ(rendered(TextSource::open(folder.path()), true), "tools");
}

TEST(ChatTemplateFiles, WrongKindsAreErrors) {
  const TemporaryFolder folder;
  for (const char* config :
       {R"({"chat_template": 5})", R"({"chat_template": [5]})", R"({"chat_template": {"a": 1}})"}) {
    write_bytes(folder / "tokenizer_config.json", config);
    EXPECT_EQ(diptych::testing::error_of([&] { (void)TextSource::open(folder.path()).chat_template(); }).category(),
              ErrorCategory::invalid_file);
  }
}

}  // namespace

#include "engine/train/data/text_files.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/train/data/csv.h"
#include "tests/engine/io/io_testing.h"

using namespace diptych;
using namespace diptych::train;
using diptych::testing::error_of;
using diptych::testing::TemporaryFolder;
using diptych::testing::write_bytes;

namespace {

TextFiles read_one(const TemporaryFolder& folder, const std::string& name, const std::string& text,
                   DataSource source = {}) {
  write_bytes(folder / name, text);
  source.path = name;
  return read_text_sources(std::span(&source, 1), folder.path());
}

// "line 3: reason" of each rejected record.
std::vector<std::string> reasons(const TextFiles& files) {
  std::vector<std::string> all;
  for (const Rejected& rejected : files.rejected) all.push_back(rejected.origin.place + ": " + rejected.reason);
  return all;
}

}  // namespace

TEST(TextFiles, ReadsEveryShapeOfJsonLines) {
  const TemporaryFolder folder;
  const TextFiles files = read_one(
      folder, "a.jsonl",
      R"({"messages": [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": [{"type": "text", "text": "Hi"}]}, {"role": "assistant", "content": "Ho"}], "tools": []})"
      "\r\n\n"
      R"({"system": "S", "conversations": [{"from": "human", "value": "A"}, {"from": "gpt", "value": "B"}]})"
      "\n"
      R"({"instruction": "Add", "input": "1, 2", "output": "3"})"
      "\n"
      R"({"prompt": [{"role": "user", "content": "P"}], "chosen": [{"role": "assistant", "content": "good"}], "rejected": "bad"})"
      "\n"
      R"({"text": "once"})");
  EXPECT_EQ(reasons(files), std::vector<std::string>{});
  ASSERT_EQ(files.records.size(), 5u);
  const auto& records = files.records;
  EXPECT_EQ(records[0].messages, (std::vector<Message>{{"system", "Be brief."}, {"user", "Hi"}, {"assistant", "Ho"}}));
  EXPECT_EQ(records[0].origin.place, "line 1");
  EXPECT_EQ(records[1].messages, (std::vector<Message>{{"system", "S"}, {"user", "A"}, {"assistant", "B"}}));
  EXPECT_EQ(records[1].origin.place, "line 3");
  EXPECT_EQ(records[2].messages, (std::vector<Message>{{"user", "Add\n\n1, 2"}}));
  EXPECT_EQ(records[2].text, "3");
  EXPECT_EQ(records[3].shape, RecordShape::preference);
  EXPECT_EQ(records[3].text, "good");
  EXPECT_EQ(records[3].rejected, "bad");
  EXPECT_EQ(records[4].shape, RecordShape::text);
  ASSERT_EQ(files.notes.size(), 1u);  // the tools
  EXPECT_EQ(files.notes.begin()->second, 1);
}

TEST(TextFiles, NamesEachRecordThatIsNone) {
  const TemporaryFolder folder;
  const TextFiles files =
      read_one(folder, "a.jsonl",
               "{\"text\": \"good\"}\n"
               "{\"text\": \n"
               "[1]\n"
               "{\"story\": \"x\"}\n"
               "{\"text\": \"  \"}\n"
               "{\"text\": 3}\n"
               "{\"messages\": []}\n"
               "{\"messages\": [{\"role\": \"user\", \"content\": \"a\"}]}\n"
               "{\"messages\": [{\"role\": \"wizard\", \"content\": \"a\"}]}\n"
               "{\"messages\": [{\"role\": \"user\", \"content\": [{\"type\": \"image_url\"}]}]}\n"
               "{\"messages\": [{\"role\": \"assistant\", \"content\": null, \"tool_calls\": [1]}]}\n"
               "{\"conversations\": [{\"from\": \"gpt\", \"value\": \"\"}]}\n"
               "{\"prompt\": \"p\", \"chosen\": \"a\", \"rejected\": \"a\"}\n"
               "{\"prompt\": \"\", \"completion\": \"a\"}\n"
               "{\"text\": \"a\", \"text\": \"b\"}\n"
               "{\"text\": \"\xFF\"}\n");
  EXPECT_EQ(files.records.size(), 1u);
  EXPECT_EQ(reasons(files),
            (std::vector<std::string>{
                "line 2: no valid JSON at byte 9 of the line", "line 3: it is no JSON object",
                "line 4: it has neither \"messages\" nor \"conversations\", \"prompt\" and \"completion\", \"chosen\" "
                "and \"rejected\", or \"text\"",
                "line 5: its text is empty", "line 6: its \"text\" is no text",
                "line 7: its conversation is no list with an entry", "line 8: it has no answer of the assistant",
                "line 9: message 1 is of \"wizard\", a role nobody knows",
                "line 10: message 1 has a part that is no text", "line 11: message 1 calls a tool, which is not learnt",
                "line 12: an answer in it is empty", "line 13: its chosen and rejected answers are the same",
                "line 14: its prompt is empty", "line 15: the key \"text\" appears twice in one object of the line",
                "line 16: no valid JSON at byte 10 of the line"}));
}

TEST(TextFiles, ReadsTables) {
  const TemporaryFolder folder;
  DataSource source;
  source.columns = {{"prompt", "Question"}, {"completion", "Answer"}};
  const TextFiles files = read_one(folder, "a.csv",
                                   "\xEF\xBB\xBFId,Question,Answer\r\n"
                                   "1,\"Two\nlines, and a \"\"quote\"\"\",yes\r\n"
                                   "2,short\r\n"
                                   "3,fine,\"well\"\r\n"
                                   "4,a,\"never closed\r\n",
                                   source);
  ASSERT_EQ(files.records.size(), 2u);
  EXPECT_EQ(files.records[0].messages[0].content, "Two\nlines, and a \"quote\"");
  EXPECT_EQ(files.records[0].text, "yes");
  EXPECT_EQ(files.records[1].origin.place, "line 5");
  EXPECT_EQ(reasons(files), (std::vector<std::string>{"line 4: it has 2 fields, the first line has 3",
                                                      "line 6: the quote that opens in line 6 is never closed"}));
  source.columns = {{"prompt", "Qestion"}};
  const std::string message = error_of([&] { read_one(folder, "a.csv", "Question,Answer\na,b\n", source); }).what();
  EXPECT_NE(message.find("Question, Answer"), std::string::npos) << message;
  // Columns by their own titles, and another separator.
  EXPECT_EQ(read_one(folder, "b.csv", "prompt;completion\na;b,c\n").records[0].text, "b,c");
  EXPECT_EQ(read_one(folder, "b.tsv", "text\tother\na b\tc\n").records[0].text, "a b");
}

TEST(TextFiles, ReadsDocumentsAndLists) {
  const TemporaryFolder folder;
  EXPECT_EQ(read_one(folder, "a.txt", "one\n\ntwo\n").records.size(), 1u);
  DataSource source;
  source.documents = Documents::blank_lines;
  const TextFiles parts = read_one(folder, "a.txt", "\n one\nmore\r\n \r\n\r\ntwo\n\n", source);
  ASSERT_EQ(parts.records.size(), 2u);
  EXPECT_EQ(parts.records[0].text, "one\nmore");
  EXPECT_EQ(parts.records[0].origin.place, "line 2");
  EXPECT_EQ(parts.records[1].text, "two");
  EXPECT_EQ(parts.records[1].origin.place, "line 6");
  EXPECT_EQ(read_one(folder, "b.json", R"([{"text": "x"}, 3])").rejected[0].origin.place, "entry 2");
  EXPECT_EQ(error_of([&] { read_one(folder, "c.json", "{}"); }).category(), ErrorCategory::invalid_file);
  const Error parquet = error_of([&] { read_one(folder, "d.parquet", "PAR1"); });
  EXPECT_EQ(parquet.category(), ErrorCategory::unsupported);
  EXPECT_NE(parquet.to_do().find("to_json"), std::string::npos);
}

TEST(TextFiles, ReadsFoldersAndNamesWhatItCannot) {
  const TemporaryFolder folder;
  write_bytes(folder / "set/b.txt", "bee");
  write_bytes(folder / "set/a/a.jsonl", "{\"text\": \"ay\"}\n");
  write_bytes(folder / "set/picture.png", "x");
  write_bytes(folder / "set/broken.json", "{");
  write_bytes(folder / "set/empty.txt", "");
  DataSource source;
  source.path = "set";
  const TextFiles files = read_text_sources(std::span(&source, 1), folder.path());
  ASSERT_EQ(files.records.size(), 2u);
  EXPECT_EQ(files.records[0].text, "ay");  // by name
  EXPECT_EQ(files.rejected.size(), 2u);    // broken.json, empty.txt
  ASSERT_EQ(files.notes.size(), 1u);
  EXPECT_EQ(files.notes.begin()->second, 1);
}

TEST(Csv, KeepsToTheStandard) {
  CsvReader reader("a,b\n\n\"x\"\"y\",\n,\"\"\n\"z\"q,1\nq\"r,2", ',');
  CsvRow row;
  const auto next = [&] { return reader.next(row) ? row.fields : std::vector<std::string>{"end"}; };
  EXPECT_EQ(next(), (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(next(), (std::vector<std::string>{"x\"y", ""}));
  EXPECT_EQ(row.line, 3);
  EXPECT_EQ(next(), (std::vector<std::string>{"", ""}));
  next();
  EXPECT_EQ(row.problem, "something stands behind a closing quote");
  next();
  EXPECT_EQ(row.problem, "a quote stands inside a field that is not quoted");
  EXPECT_EQ(next(), (std::vector<std::string>{"end"}));
}

// What goes wrong with files and disks, as a user meets it: one line that says what to do, and nothing is lost.
#include <sched.h>
#include <sys/mount.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "tests/app/program.h"
#include "tests/app/small_model.h"

namespace diptych::app {
namespace {

namespace fs = std::filesystem;

class Errors : public ProgramTest {
 protected:
  std::string small_model(const std::string& name = "small.gguf", const std::string& architecture = "llama") {
    const fs::path path = home_ / "files" / name;
    write_small_model(path, architecture);
    return path.string();
  }
  // Each command that opens a model.
  static std::vector<std::vector<std::string>> openers(const std::string& model) {
    return {{"models", "show", model},
            {"tokenize", model, "--text", "x"},
            {"chat", model, "-p", "x", "--max-tokens", "1"},
            {"serve", "--model", model}};
  }
  void expect_failure(const std::vector<std::string>& arguments, const std::vector<std::string>& words) {
    Program program(home_, arguments);
    const int status = program.wait();
    std::string command;
    for (const std::string& argument : arguments) command += " " + argument;
    EXPECT_EQ(status, 1) << command;
    EXPECT_EQ(program.rest_of_output(), "") << command;
    expect_one_line(program, words);
  }
};

std::string text_of(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(Errors, TheSmallModelIsWhole) {
  const std::string model = small_model();
  Program show(home_, {"models", "show", model});
  EXPECT_EQ(show.wait(), 0) << show.errors();
  EXPECT_EQ(nlohmann::json::parse(show.rest_of_output())["architecture"], "llama");
  Program tokenize(home_, {"tokenize", model, "--text", "x"});
  EXPECT_EQ(tokenize.wait(), 0) << tokenize.errors();
}

TEST_F(Errors, AMissingFile) {
  for (const auto& arguments : openers((home_ / "nothing.gguf").string())) {
    expect_failure(arguments, {"nothing.gguf", "no such"});
  }
}

TEST_F(Errors, AFolderWithoutAModelAndAFileThatIsNone) {
  fs::create_directories(home_ / "empty");
  for (const auto& arguments : openers((home_ / "empty").string())) expect_failure(arguments, {"empty"});
  std::ofstream(home_ / "text.gguf") << "this is no model, but it is longer than the head of one would be";
  for (const auto& arguments : openers((home_ / "text.gguf").string())) expect_failure(arguments, {"text.gguf"});
  std::ofstream(home_ / "void.gguf") << "";
  for (const auto& arguments : openers((home_ / "void.gguf").string())) expect_failure(arguments, {"void.gguf"});
}

TEST_F(Errors, AnArchitectureThatIsNotSupportedListsThoseThatAre) {
  const std::string model = small_model("strange.gguf", "mamba7");
  expect_failure({"serve", "--model", model}, {"mamba7", "llama", "qwen3", "gemma3"});
  expect_failure({"chat", model, "-p", "x"}, {"mamba7", "llama", "qwen3", "gemma3"});
}

// Cut at every percent of its length, a model is refused by whatever opens it and left as it is.
void cut_everywhere(const fs::path& model, const std::function<void(const std::vector<std::string>&)>& expect) {
  const uintmax_t whole = fs::file_size(model);
  for (int percent = 99; percent >= 0; --percent) {
    const uintmax_t size = whole * static_cast<uintmax_t>(percent) / 100;
    fs::resize_file(model, size);
    expect({"models", "show", model.string()});
    if (percent % 10 == 0) expect({"tokenize", model.string(), "--text", "x"});
    if (percent % 10 == 5) expect({"chat", model.string(), "-p", "x"});
    if (percent % 25 == 0) expect({"serve", "--model", model.string()});
    ASSERT_EQ(fs::file_size(model), size) << "nobody changes the user's file";
  }
}

TEST_F(Errors, AModelCutAtEveryPercentOfItsLength) {
  const fs::path model = small_model();
  cut_everywhere(model, [&](const std::vector<std::string>& arguments) { expect_failure(arguments, {"small.gguf"}); });
}

TEST_F(Errors, ARealModelCutAtEveryPercentOfItsLength) {
  const char* models = std::getenv("DIPTYCH_MODELS");
  const fs::path real = fs::path(models == nullptr ? "" : models) / "SmolLM2-135M-Instruct.Q4_1.gguf";
  if (!fs::exists(real)) GTEST_SKIP() << real << " is not there; fetch it with 'diptych models get'";
  const fs::path copy = home_ / "real.gguf";
  fs::copy_file(real, copy);
  cut_everywhere(copy, [&](const std::vector<std::string>& arguments) { expect_failure(arguments, {"real.gguf"}); });
}

// A disk of its own for one process; false where this system does not let a test make one.
bool on_a_small_disk(const fs::path& folder, const char* size) {
  if (unshare(CLONE_NEWNS) != 0 && unshare(CLONE_NEWUSER | CLONE_NEWNS) != 0) return false;
  if (mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return false;
  return mount("diptych-test", folder.c_str(), "tmpfs", 0, size) == 0;
}

// Leaves `free_bytes` free on the disk of `folder`.
bool fill(const fs::path& folder, uintmax_t free_bytes) {
  std::error_code error;
  const uintmax_t available = fs::space(folder, error).available;
  if (error || available < free_bytes) return !error;
  std::ofstream file(folder / "filler", std::ios::binary);
  file << std::string(available - free_bytes, '.');
  file.flush();
  return static_cast<bool>(file);
}

TEST_F(Errors, AHostOnAFullDiskSaysSo) {
  for (const uintmax_t free_bytes : {0u, 8192u, 32768u, 49152u, 65536u, 98304u}) {
    Program program(home_, {"serve", "--linger", "1"},
                    [&] { return on_a_small_disk(home_, "size=256k") && fill(home_, free_bytes); });
    const int status = program.wait();
    if (status == 77) GTEST_SKIP() << "this system lets no test make a disk of its own";
    EXPECT_EQ(status, 1) << free_bytes << " bytes free: " << program.rest_of_output();
    expect_one_line(program, {home_.string(), "space"});  // the disk is full, no space left, free some space
  }
}

TEST_F(Errors, AListOnAFullDiskStaysAsItWas) {
  fs::create_directories(home_ / "one");
  fs::create_directories(home_ / "disk");
  const fs::path kept = home_ / "kept.json";
  const auto add_on_full_disk = [&] {
    if (!on_a_small_disk(home_ / "disk", "size=64k")) return false;
    fs::create_directories(home_ / "disk" / "config");
    std::ofstream(home_ / "disk" / "config" / "model_folders.json") << "[\"/somewhere\"]";
    return fill(home_ / "disk", 0);
  };
  // The disk goes away with the process: it is copied out by a shell that the program is started from.
  const std::string script = "\"$1\" models index \"$2\"; s=$?; cat \"$3\" > \"$4\"; exit $s";
  Program program(home_ / "disk", {}, [&] {
    if (!add_on_full_disk()) return false;
    execl("/bin/sh", "sh", "-c", script.c_str(), "sh", DIPTYCH_BINARY_DIR "/bin/diptych", (home_ / "one").c_str(),
          (home_ / "disk" / "config" / "model_folders.json").c_str(), kept.c_str(), static_cast<char*>(nullptr));
    return false;
  });
  const int status = program.wait();
  if (status == 77) GTEST_SKIP() << "this system lets no test make a disk of its own";
  EXPECT_EQ(status, 1);
  expect_one_line(program, {"model_folders.json"});
  EXPECT_EQ(text_of(kept), "[\"/somewhere\"]");
}

TEST_F(Errors, ATokenFileThatOthersCanReadOrThatIsNone) {
  const fs::path token = home_ / "token";
  std::ofstream(token) << std::string(64, 'a');
  fs::permissions(token, fs::perms::owner_read | fs::perms::others_read);
  expect_failure({"serve", "--token-file", token.string()}, {"token", "other users", "remove the file"});
  EXPECT_EQ(text_of(token), std::string(64, 'a'));
  fs::permissions(token, fs::perms::owner_read | fs::perms::owner_write);
  std::ofstream(token) << "short";
  expect_failure({"serve", "--token-file", token.string()}, {"token"});
  EXPECT_EQ(text_of(token), "short");
}

TEST_F(Errors, WrongUsageIsStatusTwo) {
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"no-such-command"}, {"models"}, {"tokenize"}, {"serve", "--port", "70000"}, {"doctor", "--nonsense"}}) {
    Program program(home_, arguments);
    EXPECT_EQ(program.wait(), 2);
    expect_one_line(program, {"--help"});
  }
}

}  // namespace
}  // namespace diptych::app

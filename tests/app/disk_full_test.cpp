// A disk that is full when a picture is saved: nothing half-written stays behind, and what is said tells what to do.
#include <httplib.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "engine/io/images/image.h"
#include "tests/app/program.h"
#include "tests/app/small_disk.h"

namespace diptych::app {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

constexpr int64_t disk_bytes = 64 << 10;  // fewer than the pictures below have

std::string pipeline() {
  return std::string(DIPTYCH_SOURCE_DIR) + "/tests/golden/cases/pipeline_sd15/model";
}

class DiskFull : public ProgramTest {
 protected:
  static bool wait_until(const std::function<bool()>& condition) {
    for (int i = 0; i < 3000; ++i) {
      if (condition()) return true;
      usleep(10000);
    }
    return false;
  }
};

TEST_F(DiskFull, ACommandLeavesNothingHalfWrittenAndSaysHowToRepeatIt) {
  const SmallDisk disk(home_ / "small", disk_bytes);
  if (!disk.mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  const std::vector<std::string> arguments{
      "generate", pipeline(), "-p",      "a fox", "--steps", "1",  "--width", "128",
      "--height", "128",      "--batch", "2",     "--seed",  "41", "-o",      (disk.folder() / "fox.png").string()};
  Program command(home_, arguments);
  EXPECT_NE(command.wait(), 0);
  expect_one_line(command, {"fox-2.png", "No space left", "free some space", "--seed 42"});
  EXPECT_EQ(disk.files(), 1) << "the first picture, whole";
  EXPECT_EQ(read_image((disk.folder() / "fox.png").string()).image.width, 128);
}

TEST_F(DiskFull, AHostKeepsThePictureUntilThereIsRoom) {
  setenv("DIPTYCH_MODELS", (home_ / "models").c_str(), 1);
  fs::create_directories(home_ / "models");
  fs::copy(pipeline(), home_ / "models" / "small", fs::copy_options::recursive);
  const SmallDisk disk(home_ / "images", disk_bytes);
  if (!disk.mounted()) GTEST_SKIP() << "no file system can be mounted here: " << disk.why_not();
  disk.fill("filler");
  Program host(home_, {"serve", "--threads", "1"});
  const int port = port_of(host.line());
  httplib::Client http("127.0.0.1", port), listener("127.0.0.1", port);
  http.set_read_timeout(120);
  std::string token;
  std::ifstream(home_ / "run" / "host.token") >> token;
  const httplib::Headers headers{{"Authorization", "Bearer " + token}};
  const auto get = [&](const std::string& path) { return json::parse(http.Get(path, headers)->body); };

  const json settings{{"model", "small"}, {"prompt", "a fox"}, {"steps", 1},
                      {"seed", 3},        {"width", 64},       {"height", 64}};
  const auto started = http.Post("/api/images", headers, settings.dump(), "application/json");
  ASSERT_EQ(started->status, 202) << started->body;
  const std::string job = json::parse(started->body)["job"];
  std::string told;
  listener.set_read_timeout(120);
  listener.Get("/api/jobs/" + job + "/events", headers, [&](const char* data, size_t size) {
    told.append(data, size);
    return told.find("event: warning") == std::string::npos || told.find("free some space") == std::string::npos;
  });
  EXPECT_NE(told.find("No space left"), std::string::npos) << told;
  EXPECT_NE(told.find("free some space"), std::string::npos) << told;
  EXPECT_EQ(get("/api/jobs/" + job)["state"], "running") << "its picture is not yet written";
  EXPECT_EQ(disk.files(), 1) << "nothing beside what filled the disk";

  fs::remove(disk.folder() / "filler");
  EXPECT_TRUE(wait_until([&] { return get("/api/jobs/" + job)["state"] == "done"; }));
  const json made = get("/api/images?job=" + job)["images"];
  ASSERT_EQ(made.size(), 1u);
  EXPECT_EQ(read_image(made[0]["path"].get<std::string>()).image.width, 64);
}

}  // namespace
}  // namespace diptych::app

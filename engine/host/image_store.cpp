#include "engine/host/image_store.h"

#include "engine/host/conversation_store.h"
#include "engine/host/job_store.h"

namespace diptych::host::store {
namespace {

constexpr const char* image_columns =
    "id, path, created_ms, width, height, seed, prompt, negative, model, settings, recipe, metrics, favourite, "
    "deleted_ms, job";

// What an older version wrote may lack fields; what is no JSON any longer is as if it were empty.
template <typename T>
T stored_json(const std::string& text) {
  try {
    const auto json = api::parse(text);
    if (json && json->is_object()) return api::from_json<T>(*json);
  } catch (const api::FieldError&) {
    // falls through
  }
  return {};
}

api::ImageInfo read_image_row(const Statement& row) {
  api::ImageInfo image;
  image.id = row.text(0);
  image.path = row.text(1);
  image.created_ms = row.integer(2);
  image.width = static_cast<int>(row.integer(3));
  image.height = static_cast<int>(row.integer(4));
  image.seed = row.integer(5);
  image.prompt = row.text(6);
  image.negative = row.text(7);
  image.model = row.text(8);
  image.settings = stored_json<api::ImageSettings>(row.text(9));
  image.recipe = api::parse(row.text(10)).value_or(api::Json(nullptr));
  image.metrics = stored_json<api::ImageMetrics>(row.text(11));
  image.favourite = row.integer(12) != 0;
  image.deleted_ms = row.optional_integer(13);
  image.job = row.text(14);
  return image;
}

std::string select_images(const std::string& rest) {
  return std::string("SELECT ") + image_columns + " FROM images " + rest;
}

std::vector<api::ImageInfo> read_image_rows(Statement& rows) {
  std::vector<api::ImageInfo> images;
  while (rows.step()) images.push_back(read_image_row(rows));
  return images;
}

}  // namespace

std::vector<api::ImageInfo> list_images(Database& database, const ImageListOptions& options) {
  const std::string words = search_expression(options.query);
  if (words.empty() && !options.query.empty()) return {};  // nothing but punctuation
  std::string where = options.deleted ? "WHERE deleted_ms IS NOT NULL" : "WHERE deleted_ms IS NULL";
  if (options.favourite) where += " AND favourite = ?";
  if (!options.job.empty()) where += " AND job = ?";
  if (!words.empty()) where += " AND key IN (SELECT rowid FROM image_search WHERE image_search MATCH ?)";
  if (!options.before.empty()) {
    where += " AND key < (SELECT key FROM images WHERE id = ?)";
  }
  Statement rows(database, select_images(where + " ORDER BY key DESC LIMIT ?"));
  if (options.favourite) rows << *options.favourite;
  if (!options.job.empty()) rows << options.job;
  if (!words.empty()) rows << words;
  if (!options.before.empty()) rows << options.before;
  rows << options.limit;
  return read_image_rows(rows);
}

void insert_image(Database& database, const api::ImageInfo& image) {
  Statement insert(database, std::string("INSERT OR IGNORE INTO images (") + image_columns +
                                 ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert << image.id << image.path << image.created_ms << image.width << image.height << image.seed << image.prompt
         << image.negative << image.model << api::dump(api::to_json(image.settings)) << api::dump(image.recipe)
         << api::dump(api::to_json(image.metrics)) << image.favourite << image.deleted_ms << image.job;
  insert.run();
}

std::optional<api::ImageInfo> find_image(Database& database, const std::string& id) {
  Statement row(database, select_images("WHERE id = ?"));
  row << id;
  if (!row.step()) return std::nullopt;
  return read_image_row(row);
}

std::vector<api::ImageInfo> find_relatives(Database& database, const api::ImageInfo& image) {
  constexpr int64_t most = 64;
  Statement rows(database, select_images("WHERE seed = ? AND model = ? AND prompt = ? AND width = ? AND height = ? AND "
                                         "id != ? AND deleted_ms IS NULL ORDER BY key DESC LIMIT ?"));
  rows << image.seed << image.model << image.prompt << int64_t{image.width} << int64_t{image.height} << image.id
       << most;
  return read_image_rows(rows);
}

void write_metrics(Database& database, const std::string& id, const api::ImageMetrics& metrics) {
  Statement update(database, "UPDATE images SET metrics = ? WHERE id = ?");
  update << api::dump(api::to_json(metrics)) << id;
  update.run();
}

void patch_image(Database& database, const std::string& id, const api::ImagePatch& patch, int64_t time_ms) {
  if (patch.favourite) {
    Statement update(database, "UPDATE images SET favourite = ? WHERE id = ?");
    update << *patch.favourite << id;
    update.run();
  }
  if (patch.deleted) {
    Statement update(database, "UPDATE images SET deleted_ms = ? WHERE id = ?");
    update << (*patch.deleted ? std::optional<int64_t>(time_ms) : std::nullopt) << id;
    update.run();
  }
}

std::vector<api::ImageInfo> images_deleted_before(Database& database, int64_t time_ms) {
  Statement rows(database, select_images("WHERE deleted_ms < ?"));
  rows << time_ms;
  return read_image_rows(rows);
}

void remove_image(Database& database, const std::string& id) {
  Statement remove(database, "DELETE FROM images WHERE id = ?");
  remove << id;
  remove.run();
}

bool names_upload(Database& database, const std::string& upload) {
  Statement row(database, "SELECT 1 FROM images WHERE instr(settings, ?) > 0 LIMIT 1");
  row << upload;
  return row.step();
}

void write_image_queue(Database& database, const std::vector<std::string>& jobs) {
  database.execute("DELETE FROM image_queue");
  // A job that is not journalled yet is not there to wait.
  Statement insert(database, "INSERT INTO image_queue (job, position) SELECT id, ? FROM jobs WHERE id = ?");
  int64_t position = 0;
  for (const std::string& job : jobs) {
    insert << ++position << job;
    insert.run();
    insert.reset();
  }
}

std::vector<api::JobInfo> waiting_image_jobs(Database& database) {
  std::vector<std::string> ids;
  {
    Statement rows(database,
                   "SELECT job FROM image_queue JOIN jobs ON jobs.id = job WHERE state = 'queued' ORDER BY position");
    while (rows.step()) ids.push_back(rows.text(0));
  }
  std::vector<api::JobInfo> jobs;
  for (const std::string& id : ids) jobs.push_back(find_job(database, id).value());
  return jobs;
}

std::optional<ImageSpeeds> read_speeds(Database& database, const std::string& model) {
  Statement row(database, "SELECT speeds FROM image_speeds WHERE model = ?");
  row << model;
  if (!row.step()) return std::nullopt;
  return stored_json<ImageSpeeds>(row.text(0));
}

void write_speeds(Database& database, const std::string& model, const ImageSpeeds& speeds) {
  Statement write(database, "INSERT OR REPLACE INTO image_speeds (model, speeds) VALUES (?, ?)");
  write << model << api::dump(api::to_json(speeds));
  write.run();
}

}  // namespace diptych::host::store

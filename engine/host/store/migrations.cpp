#include "engine/host/store/migrations.h"

#include <array>
#include <filesystem>

#include "engine/core/error.h"

namespace diptych::host {
namespace {

// Each step is final once released; a change of mind is a further step.
constexpr std::array<const char*, schema_version> steps{
    // 1: conversations as trees of messages, settings
    R"(
CREATE TABLE conversations (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  title TEXT NOT NULL DEFAULT '',
  titled_by_user INTEGER NOT NULL DEFAULT 0,
  created_ms INTEGER NOT NULL,
  updated_ms INTEGER NOT NULL,
  deleted_ms INTEGER,
  leaf TEXT NOT NULL DEFAULT '',
  draft TEXT NOT NULL DEFAULT '',
  settings TEXT NOT NULL DEFAULT '{}'
);
CREATE INDEX conversations_by_update ON conversations (updated_ms DESC);
CREATE TABLE messages (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  conversation TEXT NOT NULL REFERENCES conversations (id) ON DELETE CASCADE,
  parent TEXT NOT NULL DEFAULT '',
  role TEXT NOT NULL,
  state TEXT NOT NULL,
  text TEXT NOT NULL DEFAULT '',
  thinking TEXT NOT NULL DEFAULT '',
  thinking_ms REAL NOT NULL DEFAULT 0,
  model TEXT NOT NULL DEFAULT '',
  finish_reason TEXT NOT NULL DEFAULT '',
  settings TEXT NOT NULL DEFAULT 'null',
  metrics TEXT NOT NULL DEFAULT '{}',
  error TEXT NOT NULL DEFAULT 'null',
  created_ms INTEGER NOT NULL,
  deleted_ms INTEGER
);
CREATE INDEX messages_by_conversation ON messages (conversation, key);
CREATE INDEX messages_being_written ON messages (state) WHERE state = 'writing';
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
)",
    // 2: jobs and their numbered events
    R"(
CREATE TABLE jobs (
  id TEXT PRIMARY KEY,
  kind TEXT NOT NULL,
  state TEXT NOT NULL,
  title TEXT NOT NULL,
  progress REAL NOT NULL DEFAULT 0,
  subject TEXT NOT NULL DEFAULT 'null',
  result TEXT NOT NULL DEFAULT 'null',
  error TEXT NOT NULL DEFAULT 'null',
  created_ms INTEGER NOT NULL,
  started_ms INTEGER NOT NULL DEFAULT 0,
  ended_ms INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE INDEX jobs_by_time ON jobs (created_ms DESC);
CREATE TABLE job_events (
  job TEXT NOT NULL REFERENCES jobs (id) ON DELETE CASCADE,
  number INTEGER NOT NULL,
  type TEXT NOT NULL,
  data TEXT NOT NULL,
  PRIMARY KEY (job, number)
) WITHOUT ROWID;
ALTER TABLE messages ADD COLUMN job TEXT NOT NULL DEFAULT '';
)",
    // 3: full-text search; an odd row is a conversation's title, an even one a message. An answer is indexed when it is
    // no longer being written.
    R"(
CREATE VIRTUAL TABLE search USING fts5 (body, conversation UNINDEXED, tokenize = 'unicode61 remove_diacritics 2');
CREATE TRIGGER search_title_added AFTER INSERT ON conversations BEGIN
  INSERT INTO search (rowid, body, conversation) VALUES (new.key * 2 + 1, new.title, new.id);
END;
CREATE TRIGGER search_title_changed AFTER UPDATE OF title ON conversations WHEN new.title <> old.title BEGIN
  UPDATE search SET body = new.title WHERE rowid = new.key * 2 + 1;
END;
CREATE TRIGGER search_title_removed AFTER DELETE ON conversations BEGIN
  DELETE FROM search WHERE rowid = old.key * 2 + 1;
END;
CREATE TRIGGER search_message_added AFTER INSERT ON messages WHEN new.state <> 'writing' BEGIN
  INSERT INTO search (rowid, body, conversation) VALUES (new.key * 2, new.text, new.conversation);
END;
CREATE TRIGGER search_message_changed AFTER UPDATE OF state, text, deleted_ms ON messages
    WHEN new.state <> 'writing' BEGIN
  DELETE FROM search WHERE rowid = new.key * 2;
  INSERT INTO search (rowid, body, conversation) SELECT new.key * 2, new.text, new.conversation
    WHERE new.deleted_ms IS NULL;
END;
CREATE TRIGGER search_message_removed AFTER DELETE ON messages BEGIN
  DELETE FROM search WHERE rowid = old.key * 2;
END;
INSERT INTO search (rowid, body, conversation) SELECT key * 2 + 1, title, id FROM conversations;
INSERT INTO search (rowid, body, conversation)
  SELECT key * 2, text, conversation FROM messages WHERE state <> 'writing' AND deleted_ms IS NULL;
)",
    // 4: pictures, found by their prompts and model; image jobs that wait, in their order; how fast each model was
    R"(
CREATE TABLE images (
  key INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  path TEXT NOT NULL,
  created_ms INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  seed INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  negative TEXT NOT NULL,
  model TEXT NOT NULL,
  settings TEXT NOT NULL,
  recipe TEXT NOT NULL,
  metrics TEXT NOT NULL,
  favourite INTEGER NOT NULL DEFAULT 0,
  deleted_ms INTEGER,
  job TEXT NOT NULL
);
CREATE INDEX images_by_job ON images (job);
CREATE VIRTUAL TABLE image_search USING fts5 (body, tokenize = 'unicode61 remove_diacritics 2');
CREATE TRIGGER image_added AFTER INSERT ON images BEGIN
  INSERT INTO image_search (rowid, body) VALUES (new.key, new.prompt || char(10) || new.negative || char(10) || new.model);
END;
CREATE TRIGGER image_removed AFTER DELETE ON images BEGIN
  DELETE FROM image_search WHERE rowid = old.key;
END;
CREATE TABLE image_queue (job TEXT PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE, position INTEGER NOT NULL)
  WITHOUT ROWID;
CREATE TABLE image_speeds (model TEXT PRIMARY KEY, speeds TEXT NOT NULL) WITHOUT ROWID;
)",
    // 5: training runs, whose data are in their output folders; how fast the last ones were
    R"(
CREATE TABLE training_runs (
  id TEXT PRIMARY KEY,
  created_ms INTEGER NOT NULL,
  deleted_ms INTEGER,
  run TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE training_speeds (name TEXT PRIMARY KEY, speeds TEXT NOT NULL) WITHOUT ROWID;
)"};

void back_up(Database& database, int64_t version) {
  const std::string copy = database.path().string() + ".v" + std::to_string(version) + ".bak";
  std::error_code error;
  std::filesystem::remove(copy, error);
  Statement statement(database, "VACUUM INTO ?");
  statement << copy;
  statement.run();
}

}  // namespace

void migrate(Database& database, int target) {
  const int64_t version = database.integer("PRAGMA user_version");
  if (version > schema_version) {
    throw Error(ErrorCategory::unsupported, "cannot open the database", database.path().string(),
                "a newer program wrote it (version " + std::to_string(version) + ", this one knows " +
                    std::to_string(schema_version) + ")",
                "update this program or set DIPTYCH_HOME to another folder");
  }
  if (version > 0 && version < target) back_up(database, version);
  for (int64_t next = version + 1; next <= target; ++next) {
    Transaction transaction(database);
    database.execute(steps[static_cast<size_t>(next - 1)]);
    database.execute("PRAGMA user_version = " + std::to_string(next));
    transaction.commit();
  }
}

}  // namespace diptych::host

#include "engine/host/store/database.h"

#include "engine/host/chat/conversation_store.h"
#include "engine/host/jobs/job_store.h"
#include "engine/host/store/migrations.h"
#include "engine/host/store/write_queue.h"
#include "tests/engine/host/host_testing.h"

namespace diptych::host {
namespace {

TEST(Migrations, EveryOlderSchemaKeepsItsConversations) {
  for (int version = 1; version <= schema_version; ++version) {
    const TemporaryFolder folder;
    const auto path = folder.path() / "diptych.db";
    {
      Database database(path, Database::Access::read_write);
      migrate(database, version);
      database.execute(
          "INSERT INTO conversations (id, title, created_ms, updated_ms, draft, settings) VALUES ('c1', 'Old pears', "
          "1, 2, "
          "'a draft', '{\"temperature\":0.5,\"later\":1}');"
          "INSERT INTO messages (id, conversation, role, state, text, created_ms) VALUES ('m1', 'c1', 'user', "
          "'complete', "
          "'about apples', 1);"
          "INSERT INTO messages (id, conversation, parent, role, state, text, created_ms, metrics) VALUES ('m2', 'c1', "
          "'m1', 'assistant', 'writing', 'half', 1, '{\"ttft_ms\":3.5}');");
    }
    {
      WriteQueue queue(path);
      EXPECT_EQ(queue.run([](Database& database) { return store::recover_messages(database); }), 1);
    }
    Database database(path, Database::Access::read_only);
    EXPECT_EQ(database.integer("PRAGMA user_version"), schema_version);
    const auto conversation = store::read_conversation(database, "c1");
    ASSERT_TRUE(conversation.has_value()) << version;
    EXPECT_EQ(conversation->draft, "a draft");
    EXPECT_EQ(conversation->settings.sampling.temperature, 0.5);
    ASSERT_EQ(conversation->messages.size(), 2u);
    EXPECT_EQ(conversation->messages[1].state, api::MessageState::interrupted);
    EXPECT_EQ(conversation->messages[1].metrics.ttft_ms, 3.5);
    store::ListOptions search;
    for (const char* word : {"pears", "apples", "half"}) {
      search.query = word;
      EXPECT_EQ(store::list_conversations(database, search).size(), 1u) << word << " from version " << version;
    }
    const bool saved = std::filesystem::exists(path.string() + ".v" + std::to_string(version) + ".bak");
    EXPECT_EQ(saved, version < schema_version);
    if (saved) {
      Database copy(path.string() + ".v" + std::to_string(version) + ".bak", Database::Access::read_only);
      EXPECT_EQ(copy.integer("SELECT count(*) FROM messages"), 2);
    }
  }
}

TEST(Migrations, ANewerDatabaseIsRefusedAndUntouched) {
  const TemporaryFolder folder;
  const auto path = folder.path() / "diptych.db";
  {
    Database database(path, Database::Access::read_write);
    migrate(database);
    database.execute("PRAGMA user_version = 99");
  }
  try {
    WriteQueue queue(path);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::unsupported);
    EXPECT_NE(std::string(error.what()).find("newer"), std::string::npos);
  }
  Database database(path, Database::Access::read_only);
  EXPECT_EQ(database.integer("PRAGMA user_version"), 99);
}

TEST(Database, AFileThatIsNoDatabaseIsNamed) {
  const TemporaryFolder folder;
  std::ofstream(folder.path() / "diptych.db") << std::string(5000, 'x');
  try {
    WriteQueue queue(folder.path() / "diptych.db");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file);
  }
}

TEST(WriteQueue, AFailedTaskKeepsNothingAndReachesTheCaller) {
  const TemporaryFolder folder;
  WriteQueue queue(folder.path() / "diptych.db");
  const auto insert = [](Database& database) {
    api::Conversation conversation;
    conversation.info.id = "c1";
    store::insert_conversation(database, conversation);
  };
  EXPECT_THROW(queue.run([&](Database& database) {
    insert(database);
    throw Error(ErrorCategory::cancelled, "a", "b", "c", "d");
  }),
               Error);
  EXPECT_EQ(queue.run([](Database& database) { return database.integer("SELECT count(*) FROM conversations"); }), 0);
  queue.run(insert);
  EXPECT_THROW(queue.run(insert), Error);  // the same id
  EXPECT_EQ(queue.run([](Database& database) { return database.integer("SELECT count(*) FROM conversations"); }), 1);
}

TEST(WriteQueue, WhatIsQueuedIsWrittenBeforeItEnds) {
  const TemporaryFolder folder;
  {
    WriteQueue queue(folder.path() / "diptych.db");
    queue.post([](Database& database) { store::write_settings(database, {}); }, {}, std::chrono::minutes(5));
  }
  Database database(folder.path() / "diptych.db", Database::Access::read_only);
  EXPECT_EQ(database.integer("SELECT count(*) FROM settings"), 1);
}

TEST(Store, RecoveryEndsJobsWithAnEvent) {
  const TemporaryFolder folder;
  WriteQueue queue(folder.path() / "diptych.db");
  queue.run([](Database& database) {
    api::JobInfo job;
    job.id = "j1";
    job.state = api::JobState::running;
    job.created_ms = 5;
    store::write_job(database, job);
    store::append_events(database, "j1", {{1, "grew", "{}"}, {2, "grew", "{}"}});
    EXPECT_EQ(store::recover_jobs(database, 77), 1);
    const auto after = store::find_job(database, "j1");
    EXPECT_EQ(after->state, api::JobState::interrupted);
    EXPECT_EQ(after->ended_ms, 77);
    EXPECT_EQ(after->last_event, 3);
    EXPECT_EQ(store::events_after(database, "j1", 2).at(0).type, "state");
    EXPECT_EQ(store::recover_jobs(database, 78), 0);
    EXPECT_EQ(store::prune_jobs(database, 78), 1);
    EXPECT_EQ(store::events_after(database, "j1", 0).size(), 0u);
  });
}

TEST(Store, SearchExpressionsAreOnlyText) {
  EXPECT_EQ(store::search_expression(""), "");
  EXPECT_EQ(store::search_expression("two words"), "\"two\" \"words\"*");
  EXPECT_EQ(store::search_expression("a\"b AND"), "\"a\" \"b\" \"AND\"*");
  EXPECT_EQ(store::search_expression("x) "), "\"x\"");
  EXPECT_EQ(store::search_expression("-*()"), "");
}

}  // namespace
}  // namespace diptych::host

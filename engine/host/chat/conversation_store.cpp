#include "engine/host/chat/conversation_store.h"

#include "engine/core/error.h"

namespace diptych::host::store {
namespace {

using api::Json;

// What a newer program wrote into a column is read as far as it is understood.
template <typename T>
T read_json(const std::string& text) {
  try {
    if (const auto json = api::parse(text)) return api::from_json<T>(*json);
  } catch (const api::FieldError&) {
  }
  return {};
}

template <typename E>
E read_enum(const std::string& text, E fallback) {
  for (size_t i = 0; i < std::size(api::EnumNames<E>::names); ++i) {
    if (text == api::EnumNames<E>::names[i]) return static_cast<E>(i);
  }
  return fallback;
}

constexpr const char* summary_columns =
    "c.id, c.title, c.created_ms, c.updated_ms, c.deleted_ms, "
    "EXISTS (SELECT 1 FROM messages m WHERE m.conversation = c.id AND m.state = 'writing')";

api::ConversationSummary read_summary(const Statement& row) {
  api::ConversationSummary info;
  info.id = row.text(0);
  info.title = row.text(1);
  info.created_ms = row.integer(2);
  info.updated_ms = row.integer(3);
  info.deleted_ms = row.optional_integer(4);
  info.writing = row.integer(5) != 0;
  return info;
}

constexpr const char* message_columns =
    "id, parent, role, state, text, thinking, thinking_ms, model, finish_reason, settings, metrics, error, created_ms, "
    "deleted_ms, job";

api::Message read_message(const Statement& row) {
  api::Message message;
  message.id = row.text(0);
  message.parent = row.text(1);
  message.role = read_enum(row.text(2), api::Role::user);
  message.state = read_enum(row.text(3), api::MessageState::complete);
  message.text = row.text(4);
  message.thinking = row.text(5);
  message.thinking_ms = row.real(6);
  message.model = row.text(7);
  message.finish_reason = row.text(8);
  message.settings = api::parse(row.text(9)).value_or(Json(nullptr));
  message.metrics = read_json<api::MessageMetrics>(row.text(10));
  message.error = read_json<std::optional<api::ErrorInfo>>(row.text(11));
  message.created_ms = row.integer(12);
  message.deleted_ms = row.optional_integer(13);
  message.job = row.text(14);
  return message;
}

}  // namespace

std::string search_expression(const std::string& query) {
  std::string expression, word;
  const auto end_word = [&] {
    if (word.empty()) return;
    if (!expression.empty()) expression += ' ';
    expression += '"' + word + '"';
    word.clear();
  };
  for (const char c : query) {
    const auto byte = static_cast<unsigned char>(c);
    // Anything of ASCII that is neither letter nor digit parts words, as the index does; other bytes are UTF-8.
    const bool part = byte >= 0x80 || (byte >= '0' && byte <= '9') || ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'z');
    if (part) {
      word += c;
    } else {
      end_word();
    }
  }
  const bool open_end = !word.empty();
  end_word();
  if (open_end) expression += '*';
  return expression;
}

std::vector<api::ConversationSummary> list_conversations(Database& database, const ListOptions& options) {
  const std::string expression = search_expression(options.query);
  std::vector<api::ConversationSummary> found;
  if (expression.empty() && options.query.find_first_not_of(" \t\n") != std::string::npos) return found;
  const std::string deleted = options.deleted ? "c.deleted_ms IS NOT NULL" : "c.deleted_ms IS NULL";
  if (expression.empty()) {
    Statement rows(database, std::string("SELECT ") + summary_columns + " FROM conversations c WHERE " + deleted +
                                 " ORDER BY c.updated_ms DESC, c.key DESC LIMIT ?");
    rows << options.limit;
    while (rows.step()) found.push_back(read_summary(rows));
    return found;
  }
  // One row per conversation: the best match of it gives the snippet. FTS5's helpers need the bare match query inside.
  Statement rows(
      database,
      std::string("WITH hits AS MATERIALIZED (SELECT conversation, rank AS score, snippet(search, 0, char(8296), "
                  "char(8297), '…', 12) AS piece FROM search WHERE search MATCH ?) SELECT ") +
          summary_columns + ", h.piece, min(h.score) FROM hits h JOIN conversations c ON c.id = h.conversation WHERE " +
          deleted + " GROUP BY c.key ORDER BY c.updated_ms DESC, c.key DESC LIMIT ?");
  rows << expression << options.limit;
  while (rows.step()) {
    found.push_back(read_summary(rows));
    found.back().snippet = rows.text(6);
  }
  return found;
}

void insert_conversation(Database& database, const api::Conversation& conversation) {
  const auto& info = conversation.info;
  Statement insert(
      database,
      "INSERT INTO conversations (id, title, titled_by_user, created_ms, updated_ms, leaf, draft, settings) "
      "VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
  insert << info.id << info.title << !info.title.empty() << info.created_ms << info.updated_ms << conversation.leaf
         << conversation.draft << api::dump(api::to_json(conversation.settings));
  insert.run();
}

std::optional<api::ConversationSummary> find_conversation(Database& database, const std::string& id) {
  Statement row(database, std::string("SELECT ") + summary_columns + " FROM conversations c WHERE c.id = ?");
  row << id;
  if (!row.step()) return std::nullopt;
  return read_summary(row);
}

std::optional<api::Conversation> read_conversation(Database& database, const std::string& id) {
  const auto info = find_conversation(database, id);
  if (!info) return std::nullopt;
  api::Conversation conversation;
  conversation.info = *info;
  Statement row(database, "SELECT leaf, draft, settings FROM conversations WHERE id = ?");
  row << id;
  if (row.step()) {
    conversation.leaf = row.text(0);
    conversation.draft = row.text(1);
    conversation.settings = read_json<api::ConversationSettings>(row.text(2));
  }
  Statement rows(database,
                 std::string("SELECT ") + message_columns + " FROM messages WHERE conversation = ? ORDER BY key");
  rows << id;
  while (rows.step()) conversation.messages.push_back(read_message(rows));
  return conversation;
}

bool set_title(Database& database, const std::string& id, const std::string& title, bool by_user) {
  Statement update(database, by_user ? "UPDATE conversations SET title = ?, titled_by_user = 1 WHERE id = ?"
                                     : "UPDATE conversations SET title = ? WHERE id = ? AND titled_by_user = 0");
  update << title << id;
  return update.run() > 0;
}

void patch_conversation(Database& database, const std::string& id, const api::ConversationPatch& patch,
                        int64_t time_ms) {
  const auto set = [&](const char* column, const std::string& value) {
    Statement update(database, std::string("UPDATE conversations SET ") + column + " = ? WHERE id = ?");
    update << value << id;
    update.run();
  };
  if (patch.title) set_title(database, id, *patch.title, true);
  if (patch.draft) set("draft", *patch.draft);
  if (patch.leaf) set("leaf", *patch.leaf);
  if (patch.settings) set("settings", api::dump(api::to_json(*patch.settings)));
  if (patch.deleted) {
    Statement update(database, "UPDATE conversations SET deleted_ms = ? WHERE id = ?");
    update << (*patch.deleted ? std::optional<int64_t>(time_ms) : std::nullopt) << id;
    update.run();
  }
}

void touch(Database& database, const std::string& id, int64_t time_ms) {
  Statement update(database, "UPDATE conversations SET updated_ms = ? WHERE id = ?");
  update << time_ms << id;
  update.run();
}

void insert_message(Database& database, const std::string& conversation, const api::Message& message) {
  Statement insert(database, std::string("INSERT INTO messages (") + message_columns +
                                 ", conversation) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  insert << message.id << message.parent << api::enum_name(message.role) << api::enum_name(message.state)
         << message.text << message.thinking << message.thinking_ms << message.model << message.finish_reason
         << api::dump(message.settings) << api::dump(api::to_json(message.metrics))
         << api::dump(api::to_json(message.error)) << message.created_ms << message.deleted_ms << message.job
         << conversation;
  insert.run();
}

void update_message(Database& database, const api::Message& message) {
  Statement update(
      database,
      "UPDATE messages SET state = ?, text = ?, thinking = ?, thinking_ms = ?, model = ?, finish_reason = ?, "
      "settings = ?, metrics = ?, error = ?, deleted_ms = ?, job = ? WHERE id = ?");
  update << api::enum_name(message.state) << message.text << message.thinking << message.thinking_ms << message.model
         << message.finish_reason << api::dump(message.settings) << api::dump(api::to_json(message.metrics))
         << api::dump(api::to_json(message.error)) << message.deleted_ms << message.job << message.id;
  update.run();
}

void update_text(Database& database, const std::string& id, const std::string& text, const std::string& thinking,
                 double thinking_ms) {
  Statement update(database,
                   "UPDATE messages SET text = ?, thinking = ?, thinking_ms = ? WHERE id = ? AND state = 'writing'");
  update << text << thinking << thinking_ms << id;
  update.run();
}

std::optional<api::Message> find_message(Database& database, const std::string& conversation, const std::string& id) {
  Statement row(database,
                std::string("SELECT ") + message_columns + " FROM messages WHERE conversation = ? AND id = ?");
  row << conversation << id;
  if (!row.step()) return std::nullopt;
  return read_message(row);
}

int64_t recover_messages(Database& database) {
  Statement update(database,
                   "UPDATE messages SET state = 'interrupted', finish_reason = 'interrupted' WHERE state = 'writing'");
  return update.run();
}

api::HostSettings read_settings(Database& database) {
  Statement row(database, "SELECT value FROM settings WHERE name = 'host'");
  return row.step() ? read_json<api::HostSettings>(row.text(0)) : api::HostSettings{};
}

void write_settings(Database& database, const api::HostSettings& settings) {
  Statement write(database,
                  "INSERT INTO settings (name, value) VALUES ('host', ?) "
                  "ON CONFLICT (name) DO UPDATE SET value = excluded.value");
  write << api::dump(api::to_json(settings));
  write.run();
}

}  // namespace diptych::host::store

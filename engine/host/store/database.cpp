#include "engine/host/store/database.h"

#include <sqlite3.h>

#include <cerrno>

#include "engine/core/error.h"

namespace diptych::host {

Statement::Statement(Database& database, std::string_view sql) : database_(database) {
  const int code =
      sqlite3_prepare_v2(database.handle(), sql.data(), static_cast<int>(sql.size()), &statement_, nullptr);
  if (code != SQLITE_OK) database.fail(code);
}

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement& Statement::operator<<(int64_t value) {
  if (const int code = sqlite3_bind_int64(statement_, ++bound_, value); code != SQLITE_OK) database_.fail(code);
  return *this;
}

Statement& Statement::operator<<(double value) {
  if (const int code = sqlite3_bind_double(statement_, ++bound_, value); code != SQLITE_OK) database_.fail(code);
  return *this;
}

Statement& Statement::operator<<(std::string_view value) {
  const char* data = value.data() == nullptr ? "" : value.data();  // a null pointer would bind NULL
  const int code = sqlite3_bind_text64(statement_, ++bound_, data, value.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  if (code != SQLITE_OK) database_.fail(code);
  return *this;
}

Statement& Statement::operator<<(const std::optional<int64_t>& value) {
  if (value) return *this << *value;
  if (const int code = sqlite3_bind_null(statement_, ++bound_); code != SQLITE_OK) database_.fail(code);
  return *this;
}

bool Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  database_.fail(code);
}

int64_t Statement::run() {
  while (step()) {
  }
  return sqlite3_changes64(database_.handle());
}

void Statement::reset() {
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
  bound_ = 0;
}

std::string Statement::text(int column) const {
  const auto* data = reinterpret_cast<const char*>(sqlite3_column_text(statement_, column));
  return data == nullptr ? std::string()
                         : std::string(data, static_cast<size_t>(sqlite3_column_bytes(statement_, column)));
}

int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

double Statement::real(int column) const {
  return sqlite3_column_double(statement_, column);
}

std::optional<int64_t> Statement::optional_integer(int column) const {
  if (sqlite3_column_type(statement_, column) == SQLITE_NULL) return std::nullopt;
  return integer(column);
}

Database::Database(std::filesystem::path path, Access access, int64_t max_pages) : path_(std::move(path)) {
  const int flags = (access == Access::read_only ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE) |
                    SQLITE_OPEN_NOMUTEX;
  const int code = sqlite3_open_v2(path_.c_str(), &handle_, flags, nullptr);
  try {
    if (code != SQLITE_OK) fail(code);
    sqlite3_extended_result_codes(handle_, 1);
    sqlite3_busy_timeout(handle_, 5000);
    // WAL: readers never wait for the writer. NORMAL: what was committed survives a killed process; a power cut may
    // take the last moments but never corrupts.
    if (access == Access::read_write) execute("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
    execute("PRAGMA foreign_keys = ON;");
    if (max_pages > 0) execute("PRAGMA max_page_count = " + std::to_string(max_pages));
  } catch (...) {
    sqlite3_close(handle_);
    throw;
  }
}

Database::~Database() {
  sqlite3_close(handle_);
}

void Database::execute(const std::string& sql) {
  const int code = sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) fail(code);
}

int64_t Database::integer(const std::string& sql) {
  Statement statement(*this, sql);
  return statement.step() ? statement.integer(0) : 0;
}

bool Database::in_transaction() const {
  return sqlite3_get_autocommit(handle_) == 0;
}

void Database::fail(int code) const {
  const std::string why = handle_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(handle_);
  const std::string thing = path_.string();
  // SQLite calls it an I/O error where the shared index of its journal cannot grow.
  const int reason = handle_ == nullptr ? 0 : sqlite3_system_errno(handle_);
  if ((code & 0xff) == SQLITE_FULL || ((code & 0xff) == SQLITE_IOERR && (reason == ENOSPC || reason == EDQUOT))) {
    throw Error(ErrorCategory::io, "cannot save", thing, "the disk is full",
                "free some space; what is saved is safe, and saving is tried again");
  }
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      throw Error(ErrorCategory::unavailable, "cannot use the database", thing, "another program holds it",
                  "close that program and try again");
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      throw Error(ErrorCategory::invalid_file, "cannot read the database", thing, why,
                  "move it away and restore a backup that stands beside it");
    case SQLITE_NOMEM:
      throw Error(ErrorCategory::out_of_memory, "cannot use the database", thing, why, "close other programs");
    default:
      throw Error(ErrorCategory::io, "cannot use the database", thing, why,
                  "check the folder's permissions and free space");
  }
}

Transaction::Transaction(Database& database) : database_(database) {
  database.execute("BEGIN IMMEDIATE");
}

Transaction::~Transaction() {
  if (!open_ || !database_.in_transaction()) return;  // SQLite rolls back by itself on a full disk
  try {
    database_.execute("ROLLBACK");
  } catch (const Error&) {
    // The connection is broken; nothing of the transaction was kept.
  }
}

void Transaction::commit() {
  database_.execute("COMMIT");
  open_ = false;
}

}  // namespace diptych::host

// A thin, exact layer over SQLite: statements, transactions, and errors that say what to do.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct sqlite3;
struct sqlite3_stmt;

namespace diptych::host {

class Database;

class Statement {
 public:
  Statement(Database& database, std::string_view sql);
  ~Statement();
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  // Parameters in the order of the statement's question marks.
  Statement& operator<<(int64_t value);
  Statement& operator<<(int value) { return *this << static_cast<int64_t>(value); }
  Statement& operator<<(bool value) { return *this << static_cast<int64_t>(value); }
  Statement& operator<<(double value);
  Statement& operator<<(std::string_view value);
  Statement& operator<<(const std::string& value) { return *this << std::string_view(value); }
  Statement& operator<<(const char* value) { return *this << std::string_view(value); }
  Statement& operator<<(const std::optional<int64_t>& value);

  bool step();    // true: a row is there
  int64_t run();  // to its end; the number of changed rows
  void reset();   // for the next parameters

  std::string text(int column) const;
  int64_t integer(int column) const;
  double real(int column) const;
  std::optional<int64_t> optional_integer(int column) const;

 private:
  Database& database_;
  sqlite3_stmt* statement_ = nullptr;
  int bound_ = 0;
};

class Database {
 public:
  enum class Access { read_write, read_only };
  // Error: io, invalid_file (no database), unavailable (locked by another program).
  Database(std::filesystem::path path, Access access, int64_t max_pages = 0);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void execute(const std::string& sql);
  int64_t integer(const std::string& sql);  // the first column of the first row
  bool in_transaction() const;

  const std::filesystem::path& path() const { return path_; }
  sqlite3* handle() const { return handle_; }
  [[noreturn]] void fail(int code) const;

 private:
  std::filesystem::path path_;
  sqlite3* handle_ = nullptr;
};

// Rolled back unless commit() was reached.
class Transaction {
 public:
  explicit Transaction(Database& database);
  ~Transaction();
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

}  // namespace diptych::host

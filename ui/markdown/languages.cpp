#include "ui/markdown/languages.h"

namespace diptych::markdown {
namespace {

QSet<QString> words(const char* text) {
  const QStringList list = QString::fromLatin1(text).split(QLatin1Char(' '), Qt::SkipEmptyParts);
  return {list.begin(), list.end()};
}

QStringList names(const char* text) {
  return QString::fromLatin1(text).split(QLatin1Char(' '));
}

Language c_like(const char* label, const char* aliases, const char* keywords, const char* types) {
  Language language;
  language.label = QString::fromUtf8(label);
  language.names = names(aliases);
  language.keywords = words(keywords);
  language.types = words(types);
  language.line_comments = {QStringLiteral("//")};
  language.comment_open = QStringLiteral("/*");
  language.comment_close = QStringLiteral("*/");
  language.quotes = QStringLiteral("\"'");
  return language;
}

Language hash_like(const char* label, const char* aliases, const char* keywords, const char* types = "") {
  Language language;
  language.label = QString::fromUtf8(label);
  language.names = names(aliases);
  language.keywords = words(keywords);
  language.types = words(types);
  language.line_comments = {QStringLiteral("#")};
  language.quotes = QStringLiteral("\"'");
  return language;
}

Language plain(const char* label, const char* aliases, Language::Kind kind) {
  Language language;
  language.label = QString::fromUtf8(label);
  language.names = names(aliases);
  language.kind = kind;
  return language;
}

QList<Language> make() {
  QList<Language> all;
  all << c_like(
      "C", "c h",
      "auto break case const continue default do else enum extern for goto if inline register restrict return "
      "sizeof static struct switch typedef union volatile while #include #define #ifdef #ifndef #endif #if "
      "#else #pragma NULL true false",
      "void char short int long float double signed unsigned bool size_t int8_t int16_t int32_t int64_t "
      "uint8_t uint16_t uint32_t uint64_t FILE");
  all << c_like(
      "C++", "cpp c++ cc cxx hpp cuda cu",
      "alignas auto break case catch class concept const consteval constexpr constinit continue co_await "
      "co_return co_yield decltype default delete do else enum explicit export extern final for friend goto if "
      "inline mutable namespace new noexcept nullptr operator override private protected public requires "
      "return sizeof static static_assert static_cast struct switch template this throw try typedef typename "
      "union using virtual volatile while #include #define #ifdef #ifndef #endif #if #else #pragma true false "
      "__global__ __device__ __shared__",
      "void char short int long float double signed unsigned bool size_t int8_t int16_t int32_t int64_t "
      "uint8_t uint16_t uint32_t uint64_t string vector map set pair optional unique_ptr shared_ptr "
      "string_view array span");
  all << c_like(
      "C#", "csharp cs c#",
      "abstract as async await base break case catch class const continue default delegate do else enum event "
      "explicit extern false finally for foreach get if implicit in interface internal is lock namespace new "
      "null operator out override params private protected public readonly record ref return sealed set "
      "static struct switch this throw true try typeof using var virtual void when where while yield",
      "bool byte char decimal double float int long object sbyte short string uint ulong ushort List Task");
  all << c_like(
      "Java", "java",
      "abstract assert break case catch class const continue default do else enum extends final finally for "
      "if implements import instanceof interface native new null package private protected public record "
      "return sealed static super switch synchronized this throw throws true false try var void volatile while",
      "boolean byte char double float int long short String Integer List Map Set Object Optional");
  Language js =
      c_like("JavaScript", "javascript js jsx mjs node",
             "async await break case catch class const continue debugger default delete do else export extends "
             "finally for from function get if import in instanceof let new null of return set static super "
             "switch this throw true false try typeof undefined var void while yield",
             "Array Boolean Date Error JSON Map Math Number Object Promise RegExp Set String Symbol console");
  js.long_strings = {QStringLiteral("`")};
  Language ts = js;
  ts.label = QStringLiteral("TypeScript");
  ts.names = names("typescript ts tsx");
  ts.keywords += words(
      "abstract as declare enum implements interface is keyof namespace private protected public "
      "readonly satisfies type");
  ts.types += words("any boolean never number object string unknown void");
  all << js << ts;
  Language go =
      c_like("Go", "go golang",
             "break case chan const continue default defer else fallthrough for func go goto if import "
             "interface map package range return select struct switch type var nil true false iota",
             "bool byte complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint "
             "uint8 uint16 uint32 uint64 any");
  go.long_strings = {QStringLiteral("`")};
  all << go;
  Language rust = c_like("Rust", "rust rs",
                         "as async await break const continue crate dyn else enum extern false fn for if impl in let "
                         "loop match mod move mut pub ref return self Self static struct super trait true type unsafe "
                         "use where while",
                         "bool char f32 f64 i8 i16 i32 i64 i128 isize str u8 u16 u32 u64 u128 usize String Vec Option "
                         "Result Box Rc Arc HashMap");
  rust.quotes = QStringLiteral("\"");  // a single quote is mostly a lifetime
  all << rust;
  all << c_like("Kotlin", "kotlin kt",
                "as break by class companion const continue data do else enum false for fun if import in interface is "
                "lateinit null object open override package private protected public return sealed super suspend this "
                "throw true try typealias val var when while",
                "Any Boolean Byte Char Double Float Int List Long Map Set Short String Unit");
  all << c_like("Swift", "swift",
                "as async await break case catch class continue default defer do else enum extension false for func "
                "guard if import in init inout is let nil override private protocol public return self static struct "
                "super switch throw throws true try var where while",
                "Any Array Bool Character Dictionary Double Float Int Optional Set String Void");
  Language php =
      c_like("PHP", "php",
             "abstract array as break case catch class const continue default do echo else elseif extends "
             "final finally fn for foreach function global if implements interface match namespace new null "
             "private protected public readonly return static switch throw trait true false try use var while",
             "bool float int string mixed object void");
  php.line_comments << QStringLiteral("#");
  php.dollars = true;
  all << php;
  Language css = c_like("CSS", "css scss less", "important media import supports keyframes from to", "");
  css.line_comments.clear();
  all << css;
  Language python =
      hash_like("Python", "python py python3 ipython",
                "and as assert async await break case class continue def del elif else except finally for "
                "from global if import in is lambda match nonlocal not or pass raise return try while with "
                "yield True False None self",
                "bool bytes dict float frozenset int list object set str tuple type print len range "
                "enumerate zip map filter sum min max open super");
  python.long_strings = {QStringLiteral("\"\"\""), QStringLiteral("'''")};
  all << python;
  Language shell =
      hash_like("Shell", "bash sh shell zsh console terminal",
                "if then else elif fi for in do done while until case esac function return local export "
                "readonly declare source set unset shift exit break continue trap",
                "cd echo printf read test sudo apt git make cmake grep sed awk cat ls rm cp mv mkdir chmod "
                "curl wget docker pip python npm cargo ssh tar find xargs");
  shell.dollars = true;
  all << shell;
  Language ruby = hash_like("Ruby", "ruby rb",
                            "alias and begin break case class def do else elsif end ensure false for if in module next "
                            "nil not or redo rescue retry return self super then true undef unless until when while "
                            "yield require attr_accessor attr_reader puts");
  all << ruby;
  Language yaml = hash_like("YAML", "yaml yml", "true false null yes no on off");
  yaml.keys = true;
  Language toml = hash_like("TOML", "toml ini conf cfg properties", "true false");
  toml.line_comments << QStringLiteral(";");
  toml.keys = true;
  Language json = hash_like("JSON", "json jsonc json5 jsonl", "true false null");
  json.line_comments = {QStringLiteral("//")};
  json.quotes = QStringLiteral("\"");
  json.keys = true;
  all << yaml << toml << json;
  all << hash_like(
      "CMake", "cmake",
      "if else elseif endif foreach endforeach function endfunction macro endmacro set unset include "
      "project option return add_library add_executable add_subdirectory target_link_libraries find_package");
  Language make_file =
      hash_like("Makefile", "makefile make mk", "ifeq ifneq ifdef ifndef else endif include define endef");
  make_file.dollars = true;
  all << make_file;
  all << hash_like("Dockerfile", "dockerfile docker",
                   "FROM RUN CMD LABEL EXPOSE ENV ADD COPY ENTRYPOINT VOLUME USER WORKDIR ARG AS");
  Language sql = c_like("SQL", "sql sqlite mysql postgresql postgres",
                        "select from where and or not in is null as join left right inner outer full on group by order "
                        "having limit offset insert into values update set delete create table index view drop alter "
                        "add column primary key foreign references unique default union all distinct case when then "
                        "else end begin commit rollback with exists between like asc desc",
                        "int integer bigint smallint text varchar char real double float decimal numeric boolean date "
                        "timestamp blob count sum avg min max");
  sql.line_comments = {QStringLiteral("--")};
  sql.ignore_case = true;
  all << sql;
  Language lua =
      c_like("Lua", "lua",
             "and break do else elseif end false for function goto if in local nil not or repeat return then "
             "true until while",
             "print pairs ipairs require table string math");
  lua.line_comments = {QStringLiteral("--")};
  lua.comment_open = QStringLiteral("--[[");
  lua.comment_close = QStringLiteral("]]");
  all << lua;
  Language haskell = c_like("Haskell", "haskell hs",
                            "case class data deriving do else if import in infix instance let module newtype of then "
                            "type where",
                            "Int Integer Double Float Char String Bool Maybe Either IO");
  haskell.line_comments = {QStringLiteral("--")};
  haskell.comment_open = QStringLiteral("{-");
  haskell.comment_close = QStringLiteral("-}");
  haskell.quotes = QStringLiteral("\"");
  all << haskell;
  Language html = plain("HTML", "html htm xhtml vue svelte", Language::Kind::markup);
  Language xml = plain("XML", "xml svg xsd qml plist", Language::Kind::markup);
  for (Language* markup : {&html, &xml}) {
    markup->comment_open = QStringLiteral("<!--");
    markup->comment_close = QStringLiteral("-->");
  }
  all << html << xml << plain("Diff", "diff patch", Language::Kind::diff);
  all << plain("Text", "text txt plaintext plain output", Language::Kind::code);
  all << plain("Markdown", "markdown md", Language::Kind::code);
  return all;
}

}  // namespace

const QList<Language>& languages() {
  static const QList<Language> all = make();
  return all;
}

}  // namespace diptych::markdown

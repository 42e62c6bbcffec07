#include "ui/markdown/parser.h"

#include <md4c.h>

#include <cstring>

#include "ui/markdown/entity.h"
#include "ui/markdown/fence.h"

namespace diptych::markdown {
namespace {

// md4c walks every open container on every line: without a limit a short hostile text costs seconds.
constexpr int max_markers_per_line = 100;

class Builder {
 public:
  explicit Builder(QByteArrayView source) : source_(source) {}

  QList<Block> run() {
    MD_PARSER parser{};
    parser.flags = MD_FLAG_TABLES | MD_FLAG_STRIKETHROUGH | MD_FLAG_TASKLISTS | MD_FLAG_PERMISSIVEAUTOLINKS |
                   MD_FLAG_NOHTML | MD_FLAG_LATEXMATHSPANS;
    parser.enter_block = [](MD_BLOCKTYPE type, void* detail, void* self) {
      static_cast<Builder*>(self)->enter_block(type, detail);
      return 0;
    };
    parser.leave_block = [](MD_BLOCKTYPE type, void*, void* self) {
      static_cast<Builder*>(self)->leave_block(type);
      return 0;
    };
    parser.enter_span = [](MD_SPANTYPE type, void* detail, void* self) {
      static_cast<Builder*>(self)->enter_span(type, detail);
      return 0;
    };
    parser.leave_span = [](MD_SPANTYPE type, void*, void* self) {
      static_cast<Builder*>(self)->leave_span(type);
      return 0;
    };
    parser.text = [](MD_TEXTTYPE type, const MD_CHAR* text, MD_SIZE size, void* self) {
      static_cast<Builder*>(self)->add_text(type, text, size);
      return 0;
    };
    if (md_parse(source_.data(), static_cast<MD_SIZE>(source_.size()), &parser, this) != 0) return {};
    return std::move(blocks_);
  }

 private:
  struct List {
    bool ordered;
    bool tight;
    unsigned next;
    QChar delimiter;
  };

  void enter_block(MD_BLOCKTYPE type, void* detail) {
    if (type != MD_BLOCK_TR && type != MD_BLOCK_TH && type != MD_BLOCK_TD && type != MD_BLOCK_THEAD &&
        type != MD_BLOCK_TBODY)
      close_leaf();
    switch (type) {
      case MD_BLOCK_QUOTE:
        containers_.append(Container{});
        break;
      case MD_BLOCK_UL:
        lists_.append({false, static_cast<MD_BLOCK_UL_DETAIL*>(detail)->is_tight != 0, 0, {}});
        break;
      case MD_BLOCK_OL: {
        const auto* list = static_cast<MD_BLOCK_OL_DETAIL*>(detail);
        lists_.append({true, list->is_tight != 0, list->start, QLatin1Char(list->mark_delimiter)});
        break;
      }
      case MD_BLOCK_LI: {
        const auto* item = static_cast<MD_BLOCK_LI_DETAIL*>(detail);
        Container container;
        container.kind = Container::Kind::item;
        List& list = lists_.last();
        container.marker = list.ordered ? QString::number(list.next++) + list.delimiter : QStringLiteral("•");
        if (item->is_task) container.task = item->task_mark == ' ' ? Container::Task::open : Container::Task::done;
        containers_.append(container);
        break;
      }
      case MD_BLOCK_P:
        open_leaf(BlockKind::paragraph);
        break;
      case MD_BLOCK_H:
        open_leaf(BlockKind::heading);
        leaf_.level = static_cast<int>(static_cast<MD_BLOCK_H_DETAIL*>(detail)->level);
        break;
      case MD_BLOCK_HR:
        open_leaf(BlockKind::rule);
        break;
      case MD_BLOCK_CODE: {
        open_leaf(BlockKind::code);
        const QString info = attribute(static_cast<MD_BLOCK_CODE_DETAIL*>(detail)->lang);
        leaf_.language = info.toLower();
        break;
      }
      case MD_BLOCK_TABLE:
        open_leaf(BlockKind::table);
        break;
      case MD_BLOCK_TR:
        leaf_.rows.append(QList<InlineText>{});
        break;
      case MD_BLOCK_TH:
      case MD_BLOCK_TD: {
        const auto align = static_cast<MD_BLOCK_TD_DETAIL*>(detail)->align;
        if (type == MD_BLOCK_TH)
          leaf_.alignments.append(align == MD_ALIGN_RIGHT    ? Qt::AlignRight
                                  : align == MD_ALIGN_CENTER ? Qt::AlignHCenter
                                                             : Qt::AlignLeft);
        inline_ = {};
        break;
      }
      default:
        break;
    }
  }

  void leave_block(MD_BLOCKTYPE type) {
    switch (type) {
      case MD_BLOCK_TH:
      case MD_BLOCK_TD:
        leaf_.rows.last().append(std::move(inline_));
        inline_ = {};
        break;
      case MD_BLOCK_P:
      case MD_BLOCK_H:
      case MD_BLOCK_HR:
      case MD_BLOCK_CODE:
      case MD_BLOCK_TABLE:
        close_leaf();
        break;
      case MD_BLOCK_LI:
        close_leaf();
        if (containers_.last().first) {  // an empty item still shows its marker
          open_leaf(BlockKind::paragraph);
          close_leaf();
        }
        containers_.removeLast();
        break;
      case MD_BLOCK_QUOTE:
        close_leaf();
        containers_.removeLast();
        break;
      case MD_BLOCK_UL:
      case MD_BLOCK_OL:
        lists_.removeLast();
        break;
      default:
        break;
    }
  }

  void open_leaf(BlockKind kind) {
    leaf_ = {};
    leaf_.kind = kind;
    leaf_.tight = !lists_.isEmpty() && lists_.last().tight;
    if (containers_.size() <= max_containers) {
      leaf_.containers = containers_;
    } else {
      leaf_.containers = containers_.first(max_containers - 1);
      leaf_.containers.append(containers_.last());
    }
    for (qsizetype i = containers_.size() - 1; i >= 0 && containers_[i].first; --i) containers_[i].first = false;
    inline_ = {};
    open_ = true;
    last_end_ = nullptr;
  }

  void close_leaf() {
    if (!open_) return;
    open_ = false;
    if (leaf_.kind == BlockKind::code) {
      if (leaf_.code.endsWith(QLatin1Char('\n'))) leaf_.code.chop(1);
    } else {
      leaf_.text = std::move(inline_);
    }
    inline_ = {};
    styles_ = 0;
    blocks_.append(std::move(leaf_));
    leaf_ = {};
  }

  static quint8 style_of(MD_SPANTYPE type) {
    switch (type) {
      case MD_SPAN_EM:
        return style_emphasis;
      case MD_SPAN_STRONG:
        return style_strong;
      case MD_SPAN_A:
      case MD_SPAN_IMG:
        return style_link;
      case MD_SPAN_CODE:
        return style_code;
      case MD_SPAN_DEL:
        return style_strike;
      case MD_SPAN_LATEXMATH:
      case MD_SPAN_LATEXMATH_DISPLAY:
        return style_math;
      default:
        return 0;
    }
  }

  void enter_span(MD_SPANTYPE type, void* detail) {
    if (!open_) open_leaf(BlockKind::paragraph);  // md4c names no paragraph in the items of a tight list
    style_stack_.append({styles_, link_});
    styles_ |= style_of(type);
    if (type == MD_SPAN_A || type == MD_SPAN_IMG) {
      const MD_ATTRIBUTE& target = type == MD_SPAN_A ? static_cast<MD_SPAN_A_DETAIL*>(detail)->href
                                                     : static_cast<MD_SPAN_IMG_DETAIL*>(detail)->src;
      link_ = static_cast<int>(inline_.links.size());
      inline_.links.append(attribute(target));
    }
    if (type == MD_SPAN_LATEXMATH) put(QStringLiteral("$"));
    if (type == MD_SPAN_LATEXMATH_DISPLAY) put(QStringLiteral("$$"));
  }

  void leave_span(MD_SPANTYPE type) {
    if (type == MD_SPAN_LATEXMATH) put(QStringLiteral("$"));
    if (type == MD_SPAN_LATEXMATH_DISPLAY) put(QStringLiteral("$$"));
    if (style_stack_.isEmpty()) return;
    styles_ = style_stack_.last().first;
    link_ = style_stack_.last().second;
    style_stack_.removeLast();
  }

  void add_text(MD_TEXTTYPE type, const char* text, MD_SIZE size) {
    if (!open_) open_leaf(BlockKind::paragraph);
    if (leaf_.kind == BlockKind::code) {
      leaf_.code += type == MD_TEXT_NULLCHAR ? QString(QChar::ReplacementCharacter) : QString::fromUtf8(text, size);
      return;
    }
    switch (type) {
      case MD_TEXT_NULLCHAR:
        put(QString(QChar::ReplacementCharacter));
        break;
      case MD_TEXT_BR:
      case MD_TEXT_SOFTBR:
        put(QString(QChar::LineSeparator));
        break;
      case MD_TEXT_ENTITY:
        put(decode_entity(QByteArrayView(text, size)));
        break;
      default: {
        // Of \( and \[ md4c drops the backslash; it belongs to the formula.
        const bool inside = text > source_.data() && text < source_.data() + source_.size();
        if (type == MD_TEXT_NORMAL && inside && size > 0 && text[-1] == '\\' && text != last_end_ &&
            std::memchr("()[]", text[0], 4))
          put(QStringLiteral("\\"));
        put(line_breaks(QString::fromUtf8(text, size)));
        break;
      }
    }
    last_end_ = text + size;
  }

  // Raw HTML is text, but <br> is the only way to break a line in a table cell.
  QString line_breaks(QString text) const {
    if (leaf_.kind == BlockKind::table && text.contains(QLatin1Char('<'))) {
      for (const char* tag : {"<br>", "<br/>", "<br />"})
        text.replace(QLatin1String(tag), QString(QChar::LineSeparator), Qt::CaseInsensitive);
    }
    return text;
  }

  void put(const QString& text) {
    if (text.isEmpty()) return;
    const qsizetype start = inline_.text.size();
    inline_.text += text;
    if (styles_ == 0) return;
    if (!inline_.spans.isEmpty()) {
      Span& last = inline_.spans.last();
      if (last.start + last.length == start && last.styles == styles_ && last.link == link_) {
        last.length += text.size();
        return;
      }
    }
    inline_.spans.append({start, text.size(), styles_, link_});
  }

  static QString attribute(const MD_ATTRIBUTE& value) {
    QString text;
    for (int i = 0; value.size > 0 && value.substr_offsets[i] < value.size; ++i) {
      const MD_OFFSET begin = value.substr_offsets[i];
      const QByteArrayView part(value.text + begin, value.substr_offsets[i + 1] - begin);
      text += value.substr_types[i] == MD_TEXT_ENTITY ? decode_entity(part) : QString::fromUtf8(part);
    }
    return text;
  }

  QByteArrayView source_;
  QList<Block> blocks_;
  QList<Container> containers_;
  QList<List> lists_;
  Block leaf_;
  InlineText inline_;
  bool open_ = false;
  quint8 styles_ = 0;
  int link_ = -1;
  QList<std::pair<quint8, int>> style_stack_;
  const char* last_end_ = nullptr;
};

Block paragraph_of(QString text) {
  Block block;
  block.text.text = text.replace(QLatin1Char('\n'), QChar::LineSeparator);
  return block;
}

}  // namespace

bool nests_too_deep(QByteArrayView utf8) {
  int markers = 0;
  bool counting = true;
  for (qsizetype i = 0; i < utf8.size(); ++i) {
    const char c = utf8[i];
    if (c == '\n') {
      markers = 0;
      counting = true;
    } else if (counting) {
      const bool item = c == '-' || c == '*' || c == '+' || c == ')' || c == '.';
      // A rule or an underline of any length is no nesting: an item's mark has a space behind it.
      const bool nests = c == '>' || (item && i + 1 < utf8.size() && (utf8[i + 1] == ' ' || utf8[i + 1] == '\t'));
      if (nests && ++markers > max_markers_per_line) return true;
      counting = item || c == '>' || c == ' ' || c == '\t' || (c >= '0' && c <= '9');
    }
  }
  return false;
}

QList<Block> parse(QByteArrayView utf8) {
  if (nests_too_deep(utf8)) return {paragraph_of(QString::fromUtf8(utf8).trimmed())};
  return Builder(utf8).run();
}

QList<Block> parse_plain(QStringView text) {
  QList<Block> blocks;
  QStringList lines;
  const auto flush = [&] {
    while (!lines.isEmpty() && lines.first().trimmed().isEmpty()) lines.removeFirst();
    while (!lines.isEmpty() && lines.last().trimmed().isEmpty()) lines.removeLast();
    if (!lines.isEmpty()) blocks.append(paragraph_of(lines.join(QLatin1Char('\n'))));
    lines.clear();
  };
  FenceTracker fence;
  for (const QStringView line : text.split(QLatin1Char('\n'))) {
    const FenceTracker::Line what = fence.next(line.toUtf8());
    if (what == FenceTracker::Line::opens) {
      flush();
      Block code;
      code.kind = BlockKind::code;
      code.language = QString::fromUtf8(fence.info()).section(QLatin1Char(' '), 0, 0).toLower();
      blocks.append(code);
    } else if (what == FenceTracker::Line::inside) {
      QString& code = blocks.last().code;
      if (!lines.isEmpty()) code += QLatin1Char('\n');
      code += line;
      lines = {QString()};  // marks that a line of the block has been written
    } else if (what == FenceTracker::Line::closes) {
      lines.clear();
    } else {
      lines << line.toString();
    }
  }
  if (!fence.open()) flush();
  return blocks;
}

}  // namespace diptych::markdown

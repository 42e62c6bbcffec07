// The adapters that a conversation's model answers with, and how strongly; nothing where there are none.
#pragma once

#include <QWidget>

#include "ui/panels/chat/settings.h"

class QVBoxLayout;

namespace diptych::chat {

class AdaptersBox : public QWidget {
  Q_OBJECT

 public:
  explicit AdaptersBox(QWidget* parent = nullptr);

  void set_adapters(const QList<ChatAdapter>& adapters);  // without changed()

 signals:
  void changed(const QList<diptych::chat::ChatAdapter>& adapters);

 private:
  QWidget* make_row(qsizetype index);

  QList<ChatAdapter> adapters_;
  QVBoxLayout* rows_;
};

}  // namespace diptych::chat

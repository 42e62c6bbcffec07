// The new word of the draft that is open: whether it can be learnt and which captions name it, as the host says; asked
// again whenever word, prefix or captions change.
#pragma once

#include <QTimer>
#include <optional>

#include "ui/panels/finetune/draft_session.h"

namespace diptych::finetune {

class WordCheck : public QObject {
  Q_OBJECT

 public:
  WordCheck(FinetuneService* service, DraftSession* draft, QObject* parent = nullptr);  // both must outlive it

  bool learns_word() const;  // the recipe is one of a word
  QString word() const;
  const std::optional<api::WordReport>& report() const { return report_; }  // of the word as it is now
  QString problem() const;                                                  // of the word; empty: none that is known
  bool is_named() const;    // by some caption at least, as far as is known
  QString blocked() const;  // why the draft cannot go on with it; empty: it can

  void set_word(const QString& word);  // the goal's prefix and prompts name it, too
  void name_in_captions();             // puts it in front of all

 signals:
  void changed();

 private:
  void follow();
  void ask();

  FinetuneService* service_;
  DraftSession* draft_;
  QTimer timer_;
  api::Json asked_;  // what decides the answer
  QString named_;    // what the goal's texts name: the last word that was one
  std::optional<api::WordReport> report_;
  std::optional<Failure> failure_;
  int number_ = 0;  // of the question whose answer counts
};

}  // namespace diptych::finetune

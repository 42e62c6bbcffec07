// What the chat panel asks outside itself: opening links, files and models.
#include <QDesktopServices>
#include <QFileDialog>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>
#include <QUrl>

#include "ui/panels/chat/chat_panel.h"
#include "ui/panels/chat/export.h"

namespace diptych::chat {

// An answer may link anywhere: nothing is opened without showing where it leads, and only what a browser or a mail
// program takes.
void ChatPanel::ask_to_open(const QString& address) {
  QUrl url(address, QUrl::StrictMode);
  if (url.scheme().isEmpty() && address.startsWith(QLatin1String("www.")))
    url = QUrl(QStringLiteral("https://") + address);
  const bool known = url.isValid() && QStringList{"http", "https", "mailto"}.contains(url.scheme());
  auto* box = new QMessageBox(this);
  box->setAttribute(Qt::WA_DeleteOnClose);
  box->setTextFormat(Qt::PlainText);
  box->setWindowTitle(tr("Open link"));
  box->setText(known ? tr("Open this address in another program?") : tr("This address cannot be opened."));
  box->setInformativeText(url.isValid() ? url.toDisplayString(QUrl::FullyEncoded) : address);
  if (known) {
    QPushButton* open = box->addButton(tr("Open"), QMessageBox::AcceptRole);
    connect(open, &QPushButton::clicked, this, [url] { QDesktopServices::openUrl(url); });
  }
  box->addButton(QMessageBox::Cancel);
  box->open();
}

void ChatPanel::export_current() {
  auto* dialog = new QFileDialog(this, tr("Export as Markdown"));
  dialog->setAttribute(Qt::WA_DeleteOnClose);
  dialog->setAcceptMode(QFileDialog::AcceptSave);
  dialog->setNameFilter(tr("Markdown (*.md)"));
  dialog->setDefaultSuffix(QStringLiteral("md"));
  dialog->selectFile(file_name_for(controller_->title()));
  const QString text = to_markdown(controller_->title(), controller_->settings().system_prompt, *controller_->thread());
  connect(dialog, &QFileDialog::fileSelected, this, [this, text](const QString& path) {
    const QString problem = write_file(path, text);
    if (problem.isEmpty())
      emit status(tr("Exported to %1").arg(path));
    else
      emit controller_->failed(tr("Cannot export to %1").arg(path), problem, tr("Choose another folder"));
  });
  dialog->open();
}

bool ChatPanel::open_model(const QString& path) {
  const QFileInfo info(path);
  const bool file = info.isFile() && QStringList{"gguf", "safetensors"}.contains(info.suffix().toLower());
  if (!file && !info.isDir()) return false;
  controller_->service()->load_model(info.absoluteFilePath());
  return true;
}

}  // namespace diptych::chat

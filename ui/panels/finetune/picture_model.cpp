#include "ui/panels/finetune/picture_model.h"

#include <QFileInfo>

#include "ui/client/text.h"

namespace diptych::finetune {

using ui::qt;

PictureModel::PictureModel(FinetuneService* service, QObject* parent) : QAbstractListModel(parent), service_(service) {}

void PictureModel::set_pictures(const std::vector<api::DataPicture>& pictures) {
  const bool same =
      pictures.size() == pictures_.size() && std::equal(pictures.begin(), pictures.end(), pictures_.begin(),
                                                        [](const auto& a, const auto& b) { return a.file == b.file; });
  if (same) {  // an editor may be open
    pictures_ = pictures;
    if (!pictures_.empty()) emit dataChanged(index(0), index(rowCount() - 1));
    return;
  }
  beginResetModel();
  pictures_ = pictures;
  endResetModel();
}

const api::DataPicture* PictureModel::picture(const QModelIndex& index) const {
  return index.isValid() && index.row() < rowCount() ? &pictures_[static_cast<size_t>(index.row())] : nullptr;
}

int PictureModel::rowCount(const QModelIndex& parent) const {
  return parent.isValid() ? 0 : static_cast<int>(pictures_.size());
}

QVariant PictureModel::data(const QModelIndex& index, int role) const {
  const api::DataPicture* one = picture(index);
  if (!one) return {};
  const QString file = qt(one->file);
  QStringList warnings;
  for (const std::string& warning : one->warnings) warnings << qt(warning);
  const QString size =
      tr("%1 × %2, trained at %3 × %4").arg(one->width).arg(one->height).arg(one->bucket_width).arg(one->bucket_height);
  switch (role) {
    case Qt::DisplayRole:
    case Qt::EditRole:
      return qt(one->caption);
    case Qt::DecorationRole:
      if (!thumbnails_.contains(file)) fetch(file);
      return thumbnails_.value(file);
    case file_role:
      return file;
    case warning_role:
      return warnings.join(QStringLiteral("; "));
    case held_out_role:
      return one->held_out;
    case size_role:
      return size;
    case Qt::ToolTipRole: {
      QStringList lines{QFileInfo(file).fileName(), size};
      if (one->repeats > 1) lines << tr("seen %1 times per pass").arg(one->repeats);
      if (one->held_out) lines << tr("held out for validation");
      if (one->regularization) lines << tr("of the class, not of the subject (prior preservation)");
      if (one->masked) lines << tr("has a mask");
      return (lines + warnings).join(QLatin1Char('\n'));
    }
    case Qt::AccessibleTextRole:
      return QStringList{QFileInfo(file).fileName(),
                         one->caption.empty() ? tr("no caption") : tr("caption: %1").arg(qt(one->caption)),
                         warnings.join(QStringLiteral(", "))}
          .join(QStringLiteral(", "));
    default:
      return {};
  }
}

bool PictureModel::setData(const QModelIndex& index, const QVariant& value, int role) {
  const api::DataPicture* one = picture(index);
  if (!one || role != Qt::EditRole) return false;
  const QString caption = value.toString().simplified();
  if (caption == qt(one->caption)) return false;
  emit caption_edited(qt(one->file), caption);
  return true;
}

Qt::ItemFlags PictureModel::flags(const QModelIndex& index) const {
  return QAbstractListModel::flags(index) | Qt::ItemIsEditable;
}

void PictureModel::fetch(const QString& file) const {
  if (asked_.contains(file)) return;
  asked_.insert(file);
  auto* self = const_cast<PictureModel*>(this);
  service_->fetch_thumbnail(file, thumbnail_px, [self, file](const QImage& image) {
    self->thumbnails_.insert(file, QPixmap::fromImage(image));
    for (int row = 0; row < self->rowCount(); ++row)
      if (qt(self->pictures_[static_cast<size_t>(row)].file) == file)
        emit self->dataChanged(self->index(row), self->index(row), {Qt::DecorationRole});
  });
}

}  // namespace diptych::finetune

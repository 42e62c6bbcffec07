// What was dropped or pasted, as a picture's bytes.
#pragma once

#include <QByteArray>

class QMimeData;

namespace diptych::create {

bool has_picture(const QMimeData* data);
QByteArray take_picture(const QMimeData* data);  // of the first file as it is, with its metadata; else as a PNG

}  // namespace diptych::create

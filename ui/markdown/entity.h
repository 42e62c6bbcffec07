// HTML entities ("&amp;", "&#8212;") as the text they stand for.
#pragma once

#include <QByteArrayView>
#include <QString>

namespace diptych::markdown {

// An unknown entity is returned as written.
QString decode_entity(QByteArrayView entity);

}  // namespace diptych::markdown

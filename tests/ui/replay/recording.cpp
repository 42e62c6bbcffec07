#include "tests/ui/replay/recording.h"

namespace diptych::replay {

QByteArray write_recording(const QList<Piece>& pieces) {
  QByteArray file;
  for (const Piece& piece : pieces)
    file += '@' + QByteArray::number(piece.at_ms, 'f', 1) + ' ' + QByteArray::number(piece.bytes.size()) + '\n' +
            piece.bytes + '\n';
  return file;
}

QList<Piece> read_recording(const QByteArray& file) {
  QList<Piece> pieces;
  for (qsizetype at = 0; at < file.size();) {
    const qsizetype end = file.indexOf('\n', at);
    const QList<QByteArray> head = file.mid(at + 1, end - at - 1).split(' ');
    if (end < 0 || file[at] != '@' || head.size() != 2) return {};
    bool time_ok = false, size_ok = false;
    const double at_ms = head[0].toDouble(&time_ok);
    const qsizetype size = head[1].toLongLong(&size_ok);
    if (!time_ok || !size_ok || size < 0 || size > file.size() - end - 2) return {};
    pieces.append({at_ms, file.mid(end + 1, size)});
    at = end + 1 + size + 1;
  }
  return pieces;
}

QList<Piece> at_rate(const QList<Piece>& pieces, double events_per_s) {
  QByteArray all;
  for (const Piece& piece : pieces) all += piece.bytes;
  QList<Piece> events;
  for (qsizetype at = 0; at < all.size();) {
    qsizetype end = all.indexOf("\n\n", at);
    end = end < 0 ? all.size() : end + 2;
    events.append({static_cast<double>(events.size()) * 1000 / events_per_s, all.mid(at, end - at)});
    at = end;
  }
  return events;
}

}  // namespace diptych::replay

// A recorded event stream: the bytes as they came, each piece with its time. As a file:
//   @<milliseconds since the start> <number of bytes>\n<the bytes>\n
#pragma once

#include <QByteArray>
#include <QList>

namespace diptych::replay {

struct Piece {
  double at_ms = 0;
  QByteArray bytes;

  bool operator==(const Piece&) const = default;
};

QByteArray write_recording(const QList<Piece>& pieces);
QList<Piece> read_recording(const QByteArray& file);  // empty where the file is not whole

// One piece per server-sent event, `events_per_s` apart: the same stream at another speed.
QList<Piece> at_rate(const QList<Piece>& pieces, double events_per_s);

}  // namespace diptych::replay

// A mask as it is painted on a picture: 255 is made anew, 0 stays. Strokes have a soft edge and a pressure, and each
// can be taken back.
#pragma once

#include <QImage>
#include <QList>
#include <QObject>
#include <QPointF>

namespace diptych::create {

struct Brush {
  double size = 64;     // diameter in pixels of the picture
  double feather = 16;  // pixels over which the edge fades, inside of the diameter
  bool eraser = false;
};

struct StrokePoint {
  QPointF at;           // in the picture
  double pressure = 1;  // 0 to 1, of a tablet; scales the diameter
};

class MaskLayer : public QObject {
  Q_OBJECT

 public:
  explicit MaskLayer(QObject* parent = nullptr) : QObject(parent) {}

  void reset(QSize size);  // empty and without a past, where the size is another
  QSize size() const { return mask_.size(); }
  const QImage& image() const { return mask_; }  // Format_Grayscale8
  bool empty() const;

  void begin(const Brush& brush, StrokePoint point);
  void stroke_to(StrokePoint point);
  void end();  // one step of undo
  bool painting() const { return painting_; }

  void clear();
  void load(const QImage& mask);  // a step of undo, too; white is made anew, and where there is alpha, what is clear
  void invert();
  bool can_undo() const { return !undo_.isEmpty(); }
  bool can_redo() const { return !redo_.isEmpty(); }
  void undo();
  void redo();

 signals:
  void changed(const QRect& pixels);

 private:
  struct Patch {  // what was there before
    QRect rect;
    QImage pixels;
  };

  void stamp(StrokePoint from, StrokePoint to);
  void replace(const QImage& mask);
  void remember(const Patch& patch);
  void swap(QList<Patch>& from, QList<Patch>& to);

  QImage mask_, before_;
  Brush brush_;
  StrokePoint last_;
  QRect touched_;
  bool painting_ = false;
  QList<Patch> undo_, redo_;
};

}  // namespace diptych::create

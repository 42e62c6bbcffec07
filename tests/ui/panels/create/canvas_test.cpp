#include <QSignalSpy>
#include <QWheelEvent>
#include <QtTest>

#include "ui/panels/create/canvas_view.h"
#include "ui/panels/create/image_canvas.h"
#include "ui/panels/create/mask_layer.h"
#include "ui/theme/theme.h"

using namespace diptych::create;

namespace {

QImage plain(int width, int height, QColor color = Qt::gray) {
  QImage image(width, height, QImage::Format_RGB32);
  image.fill(color);
  return image;
}

int painted(const MaskLayer& mask) {
  int count = 0;
  for (int y = 0; y < mask.size().height(); ++y)
    for (int x = 0; x < mask.size().width(); ++x) count += qGray(mask.image().pixel(x, y)) > 0;
  return count;
}

int at(const MaskLayer& mask, int x, int y) {
  return qGray(mask.image().pixel(x, y));
}

}  // namespace

class CanvasTest : public QObject {
  Q_OBJECT

  std::unique_ptr<diptych::ui::Theme> theme_;

  struct Shown {
    Shown() {
      canvas.resize(400, 300);
      canvas.set_picture(plain(200, 100));
      canvas.show();
      (void)QTest::qWaitForWindowActive(&canvas);
      canvas.setFocus();
    }
    void drag(QPoint from, QPoint to, Qt::MouseButton button = Qt::LeftButton) {
      QTest::mousePress(&canvas, button, {}, from);
      QMouseEvent move(QEvent::MouseMove, to, canvas.mapToGlobal(to), Qt::NoButton, button, {});
      QCoreApplication::sendEvent(&canvas, &move);
      QTest::mouseRelease(&canvas, button, {}, to);
    }
    ImageCanvas canvas;
  };

 private slots:
  void initTestCase() { theme_ = std::make_unique<diptych::ui::Theme>(qApp); }

  void a_picture_is_fitted_and_zoomed_around_a_point() {
    CanvasView view;
    view.set_widget({432, 332});
    view.set_picture({800, 400});
    QCOMPARE(view.scale(), 0.5);
    QCOMPARE(view.rect(), QRectF(16, 66, 400, 200));
    const QPointF fixed(100, 100), before = view.to_picture(fixed);
    view.zoom_to(3, fixed);
    QVERIFY(!view.fitted());
    QVERIFY((view.to_picture(fixed) - before).manhattanLength() < 1e-6);
    view.pan({100000, 0});
    QVERIFY(view.rect().left() < 432);  // it never leaves
    view.set_picture({800, 400});
    QVERIFY(!view.fitted());  // another picture of the same size is looked at in the same way
    view.set_picture({100, 100});
    QVERIFY(view.fitted());
    QVERIFY(view.scale() <= 4);
  }

  void keys_and_wheel_zoom() {
    Shown f;
    const double fitted = f.canvas.view().scale();
    QTest::keyClick(&f.canvas, Qt::Key_Plus);
    QVERIFY(f.canvas.view().scale() > fitted);
    QTest::keyClick(&f.canvas, Qt::Key_1);
    QCOMPARE(f.canvas.view().scale(), 1.0);
    QTest::keyClick(&f.canvas, Qt::Key_0);
    QCOMPARE(f.canvas.view().scale(), fitted);
    QWheelEvent wheel({200, 150}, f.canvas.mapToGlobal(QPointF(200, 150)), {}, {0, 120}, Qt::NoButton,
                      Qt::ControlModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&f.canvas, &wheel);
    QVERIFY(f.canvas.view().scale() > fitted);
  }

  void a_stroke_fades_at_its_edge() {
    MaskLayer mask;
    mask.reset({200, 200});
    mask.begin({.size = 60, .feather = 20, .eraser = false}, {{100, 100}, 1});
    mask.end();
    QCOMPARE(at(mask, 100, 100), 255);
    QVERIFY(at(mask, 100 + 20, 100) > 40 && at(mask, 100 + 20, 100) < 215);
    QCOMPARE(at(mask, 100 + 31, 100), 0);
    MaskLayer light;
    light.reset({200, 200});
    light.begin({.size = 60, .feather = 0, .eraser = false}, {{100, 100}, 0.5});  // a light pen
    light.end();
    QVERIFY(painted(light) < painted(mask) / 2);
  }

  void a_stroke_that_crosses_itself_has_no_knots() {
    MaskLayer mask;
    mask.reset({200, 200});
    const Brush brush{.size = 40, .feather = 20, .eraser = false};
    mask.begin(brush, {{20, 100}, 1});
    mask.stroke_to({{180, 100}, 1});
    mask.end();
    const int edge = at(mask, 100, 115);
    mask.begin(brush, {{20, 100}, 1});
    mask.stroke_to({{180, 100}, 1});
    mask.end();
    QCOMPARE(at(mask, 100, 115), edge);
  }

  void everything_can_be_taken_back() {
    MaskLayer mask;
    mask.reset({100, 100});
    const Brush brush{.size = 20, .feather = 0, .eraser = false};
    mask.begin(brush, {{50, 50}, 1});
    mask.end();
    const int first = painted(mask);
    Brush eraser = brush;
    eraser.eraser = true;
    eraser.size = 30;  // the whole of the soft pixels at the edge, too
    mask.begin(eraser, {{50, 50}, 1});
    mask.end();
    QCOMPARE(painted(mask), 0);
    QVERIFY(mask.empty());
    mask.invert();
    QCOMPARE(painted(mask), 100 * 100);
    mask.undo();
    QCOMPARE(painted(mask), 0);
    mask.undo();
    QCOMPARE(painted(mask), first);
    mask.redo();
    QCOMPARE(painted(mask), 0);
    mask.undo();
    mask.clear();
    mask.undo();
    QCOMPARE(painted(mask), first);
    mask.undo();
    QVERIFY(mask.empty() && !mask.can_undo());
  }

  void the_mouse_paints_in_the_pictures_pixels() {
    Shown f;
    MaskLayer mask;
    mask.reset({200, 100});
    f.canvas.set_mask(&mask);
    f.canvas.set_brush({.size = 10, .feather = 0, .eraser = false});
    const QPoint from = f.canvas.view().to_widget({50, 50}).toPoint();
    const QPoint to = f.canvas.view().to_widget({150, 50}).toPoint();
    f.drag(from, to);
    QVERIFY(at(mask, 50, 50) == 255 && at(mask, 100, 50) == 255 && at(mask, 150, 50) == 255);
    QCOMPARE(at(mask, 100, 70), 0);
    QTest::keyClick(&f.canvas, Qt::Key_Z, Qt::ControlModifier);
    QVERIFY(mask.empty());
    QTest::keyClick(&f.canvas, Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
    QVERIFY(!mask.empty());
    QTest::keyClick(&f.canvas, Qt::Key_I);
    QCOMPARE(at(mask, 100, 50), 0);
    QTest::keyClick(&f.canvas, Qt::Key_Delete);
    QVERIFY(mask.empty());
  }

  void brackets_change_the_brush() {
    Shown f;
    MaskLayer mask;
    mask.reset({200, 100});
    f.canvas.set_mask(&mask);
    const double before = f.canvas.brush().size;
    QTest::keyClick(&f.canvas, Qt::Key_BracketRight);
    QVERIFY(f.canvas.brush().size > before);
    QTest::keyClick(&f.canvas, Qt::Key_BracketLeft);
    QVERIFY(qAbs(f.canvas.brush().size - before) < 1e-9);
    QTest::keyClick(&f.canvas, Qt::Key_E);
    QVERIFY(f.canvas.brush().eraser);
  }

  void edges_are_pulled_outwards_in_multiples() {
    Shown f;
    MaskLayer mask;
    mask.reset({200, 100});
    f.canvas.set_mask(&mask);
    f.canvas.set_margins({}, 8);
    f.canvas.set_extending(true);
    QSignalSpy changed(&f.canvas, &ImageCanvas::margins_changed);
    const QRectF place = f.canvas.view().rect();
    const QPoint edge(qRound(place.right()), qRound(place.center().y()));
    f.drag(edge, edge + QPoint(qRound(35 * f.canvas.view().scale()), 0));
    QCOMPARE(changed.size(), 1);
    QCOMPARE(changed.last().first().value<QMargins>(), QMargins(0, 0, 32, 0));
    QVERIFY(mask.empty());
  }

  void two_pictures_are_compared_at_a_divider() {
    Shown f;
    f.canvas.set_picture(plain(200, 100, Qt::red));
    f.canvas.set_second(plain(200, 100, Qt::blue));
    const QRectF place = f.canvas.view().rect();
    const auto color = [&](double share) {
      return f.canvas.grab().toImage().pixelColor(
          QPointF(place.left() + place.width() * share, place.top() + place.height() * 0.8).toPoint());
    };
    QVERIFY(color(0.25).red() > 200 && color(0.75).blue() > 200);
    const QPoint handle(qRound(place.center().x()), qRound(place.center().y()));
    f.drag(handle, handle + QPoint(qRound(place.width() * 0.4), 0));
    QVERIFY(color(0.75).red() > 200);
    const double before = f.canvas.divider();
    QTest::keyClick(&f.canvas, Qt::Key_Left);
    QVERIFY(f.canvas.divider() < before);
  }

  void dragging_moves_a_picture_that_is_larger_than_its_place() {
    Shown f;
    f.canvas.set_picture(plain(2000, 1000));
    f.canvas.actual_size();
    const QPointF before = f.canvas.view().rect().topLeft();
    f.drag({200, 150}, {150, 140});
    QCOMPARE(f.canvas.view().rect().topLeft(), before + QPointF(-50, -10));
  }
};

QTEST_MAIN(CanvasTest)
#include "canvas_test.moc"

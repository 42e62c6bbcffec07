#include "ui/panels/chat/message_tree.h"

#include <QAbstractItemModelTester>
#include <QSignalSpy>
#include <QtTest>

#include "ui/panels/chat/thread_model.h"

using namespace diptych::chat;

class MessageTreeTest : public QObject {
  Q_OBJECT

  static Message make(const QString& id, const QString& parent) {
    Message message;
    message.id = id;
    message.parent = parent;
    message.role = id.startsWith(QLatin1Char('u')) ? Role::user : Role::assistant;
    return message;
  }

  static QList<Message> chain() { return {make("u1", ""), make("a1", "u1"), make("u2", "a1"), make("a2", "u2")}; }

 private slots:
  void regenerate_makes_a_sibling() {
    MessageTree tree;
    tree.load(chain());
    tree.insert(make("a2b", "u2"));
    QCOMPARE(tree.path(), (QStringList{"u1", "a1", "u2", "a2b"}));
    QCOMPARE(tree.position("a2b").index, 1);
    QCOMPARE(tree.position("a2b").count, 2);
    QVERIFY(tree.select_sibling("a2b", -1));
    QVERIFY(!tree.select_sibling("a2", -1));
    QCOMPARE(tree.leaf(), QStringLiteral("a2"));
  }

  void edit_keeps_the_other_branch_whole() {
    MessageTree tree;
    tree.load(chain());
    tree.insert(make("u1b", ""));
    QCOMPARE(tree.path(), QStringList{"u1b"});
    tree.insert(make("a1b", "u1b"));
    QVERIFY(tree.select_sibling("u1b", -1));
    QCOMPARE(tree.path(), (QStringList{"u1", "a1", "u2", "a2"}));
  }

  void delete_and_undo() {
    MessageTree tree;
    tree.load(chain());
    QVERIFY(tree.set_deleted("u2", true));
    QCOMPARE(tree.path(), (QStringList{"u1", "a1"}));
    QVERIFY(!tree.set_deleted("u2", true));
    QVERIFY(tree.set_deleted("u2", false));
    QCOMPARE(tree.leaf(), QStringLiteral("a2"));
    tree.insert(make("a2b", "u2"));
    tree.set_deleted("a2b", true);
    QCOMPARE(tree.leaf(), QStringLiteral("a2"));
    QCOMPARE(tree.position("a2").count, 1);
  }

  void a_new_id_keeps_place_and_children() {
    MessageTree tree;
    tree.load(chain());
    tree.rename("a1", "host-7");
    QCOMPARE(tree.path(), (QStringList{"u1", "host-7", "u2", "a2"}));
    QCOMPARE(tree.find("u2")->parent, QStringLiteral("host-7"));
  }

  void load_shows_the_path_to_a_leaf() {
    MessageTree tree;
    QList<Message> messages = chain();
    messages << make("u2b", "a1") << make("a2c", "u2b");
    tree.load(messages, "a2");
    QCOMPARE(tree.leaf(), QStringLiteral("a2"));
  }

  void cycles_from_a_host_end() {
    MessageTree tree;
    tree.load({make("x", "y"), make("y", "x"), make("z", "z")});
    QCOMPARE(tree.path(), QStringList());
    tree.select("x");
  }

  void model_signals_are_consistent() {
    ThreadModel model;
    QAbstractItemModelTester tester(&model, QAbstractItemModelTester::FailureReportingMode::QtTest);
    model.load(chain());
    QSignalSpy removed(&model, &ThreadModel::rowsRemoved);
    QSignalSpy inserted(&model, &ThreadModel::rowsInserted);
    QSignalSpy changed(&model, &ThreadModel::dataChanged);
    model.insert(make("a2b", "u2"));
    QCOMPARE(removed.size(), 1);
    QCOMPARE(removed[0][1].toInt(), 3);
    QCOMPARE(inserted.size(), 1);
    changed.clear();
    model.update("a2b", [](Message& message) { message.text = "more"; });
    QCOMPARE(changed.size(), 1);
    QCOMPARE(model.data(model.index(3), Qt::DisplayRole).toString(), QStringLiteral("more"));
    model.set_deleted("u1", true);
    QCOMPARE(model.rowCount(), 0);
    model.set_deleted("u1", false);
    QCOMPARE(model.rowCount(), 4);
    QVERIFY(model.select_sibling("a2b", -1));
    QCOMPARE(model.path().last(), QStringLiteral("a2"));
  }
};

QTEST_MAIN(MessageTreeTest)
#include "message_tree_test.moc"

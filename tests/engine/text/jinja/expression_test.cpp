// Values of expressions, as the reference interpreter prints them.
#include <gtest/gtest.h>

#include "tests/engine/text/jinja/jinja_testing.h"

namespace {

using jinja_testing::value;

const char* const variables =
    R"json({"s": "Hello World", "u": "Grüße, 世界 🎉 ß", "l": [3, 1, 2], "d": {"b": 1, "a": [1, 2.0, null, true]}, "dd": [{"n": "x", "v": 2}, {"n": "Y", "v": 1}, {"n": "x", "v": 3}], "ml": "line1\n line2\n\n  line3\n", "nn": null})json";

TEST(JinjaExpression, Arithmetic) {
  EXPECT_EQ(value("7 // 2", variables), "3");
  EXPECT_EQ(value("-7 // 2", variables), "-4");
  EXPECT_EQ(value("7 % -3", variables), "-2");
  EXPECT_EQ(value("-7.5 % 2", variables), "0.5");
  EXPECT_EQ(value("2 ** 3 ** 2", variables), "64");
  EXPECT_EQ(value("-2 ** 2", variables), "4");
  EXPECT_EQ(value("6 / 2", variables), "3.0");
  EXPECT_EQ(value("0.1 + 0.2", variables), "0.30000000000000004");
  EXPECT_EQ(value("1e16", variables), "1e+16");
  EXPECT_EQ(value("123456789.0 * 10", variables), "1234567890.0");
  EXPECT_EQ(value("1 ~ 2.5 ~ true ~ none", variables), "12.5TrueNone");
  EXPECT_EQ(value("'ab' * 3", variables), "ababab");
  EXPECT_EQ(value("[1] + [2] * 2", variables), "[1, 2, 2]");
  EXPECT_EQ(value("true + 1", variables), "2");
  EXPECT_EQ(value("1e-5", variables), "1e-05");
  EXPECT_EQ(value("-0.0", variables), "-0.0");
  EXPECT_EQ(value("2 ** -1", variables), "0.5");
}

TEST(JinjaExpression, Comparisons) {
  EXPECT_EQ(value("1 < 2 < 3", variables), "True");
  EXPECT_EQ(value("3 > 2 > 2", variables), "False");
  EXPECT_EQ(value("1 == 1.0", variables), "True");
  EXPECT_EQ(value("true == 1", variables), "True");
  EXPECT_EQ(value("[1, 2] < [1, 3]", variables), "True");
  EXPECT_EQ(value("'b' not in d", variables), "False");
  EXPECT_EQ(value("1 in l", variables), "True");
  EXPECT_EQ(value("not 1 in l", variables), "False");
  EXPECT_EQ(value("none in [none]", variables), "True");
  EXPECT_EQ(value("'' in undefinedx", variables), "False");
  EXPECT_EQ(value("undefinedx == undefinedy", variables), "True");
  EXPECT_EQ(value("d == {'b': 1}", variables), "False");
  EXPECT_EQ(value("(1,) == [1]", variables), "False");
}

TEST(JinjaExpression, Characters) {
  EXPECT_EQ(value("u[3]", variables), "ß");
  EXPECT_EQ(value("u[::-1]", variables), "ß 🎉 界世 ,eßürG");
  EXPECT_EQ(value("u[-1]", variables), "ß");
  EXPECT_EQ(value("u|length", variables), "13");
  EXPECT_EQ(value("u[2:9:2]", variables), "üe 界");
  EXPECT_EQ(value("s[20] is undefined", variables), "True");
  EXPECT_EQ(value("s[-3:]", variables), "rld");
  EXPECT_EQ(value("u.find('世')", variables), "7");
  EXPECT_EQ(value("u.upper()", variables), "GRÜSSE, 世界 🎉 SS");
  EXPECT_EQ(value("'straße'.title()", variables), "Straße");
  EXPECT_EQ(value("'ǆ'.capitalize()", variables), "ǅ");
  EXPECT_EQ(value("u|tojson(ensure_ascii=true)", variables),
            "\"Gr\\u00fc\\u00dfe, \\u4e16\\u754c \\ud83c\\udf89 \\u00df\"");
  EXPECT_EQ(value("u|list|length", variables), "13");
}

TEST(JinjaExpression, Printing) {
  EXPECT_EQ(value("[1.5, \"a'b\", 'a\"b', 'a\\nb', none, true]", variables),
            "[1.5, \"a'b\", 'a\"b', 'a\\nb', None, True]");
  EXPECT_EQ(value("{1: 'x', none: (1,)}", variables), "{1: 'x', None: (1,)}");
  EXPECT_EQ(value("['\\x00\\x7f\\u200b']", variables), "['\\x00\\x7f\\u200b']");
  EXPECT_EQ(value("[undefinedx]", variables), "[Undefined]");
  EXPECT_EQ(value("(1, 2)", variables), "(1, 2)");
  EXPECT_EQ(value("[]", variables), "[]");
  EXPECT_EQ(value("d.items()", variables), "dict_items([('b', 1), ('a', [1, 2.0, None, True])])");
  EXPECT_EQ(value("range(3)", variables), "range(0, 3)");
  EXPECT_EQ(value("1e22", variables), "1e+22");
  EXPECT_EQ(value("'%s|%5.2f|%-4d|%04x' % ('a', 3.14159, 42, 255)", variables), "a| 3.14|42  |00ff");
  EXPECT_EQ(value("'{x:>5}|{y:,.2f}|{z!r}'.format(x='a', y=1234.5, z='q')", variables), "    a|1,234.50|'q'");
}

TEST(JinjaExpression, Filters) {
  EXPECT_EQ(value("d|tojson", variables), "{\"b\": 1, \"a\": [1, 2.0, null, true]}");
  EXPECT_EQ(value("d|tojson(indent=2)", variables),
            "{\n  \"b\": 1,\n  \"a\": [\n    1,\n    2.0,\n    null,\n    true\n  ]\n}");
  EXPECT_EQ(value("d|dictsort", variables), "[('a', [1, 2.0, None, True]), ('b', 1)]");
  EXPECT_EQ(value("l|sort(reverse=true)", variables), "[3, 2, 1]");
  EXPECT_EQ(value("dd|map(attribute='n')|unique|list", variables), "['x', 'Y']");
  EXPECT_EQ(value("dd|groupby('n')|map('first')|list", variables), "['x', 'Y']");
  EXPECT_EQ(value("dd|selectattr('v', 'gt', 1)|map(attribute='v')|sum", variables), "5");
  EXPECT_EQ(value("['b', 'A', 'c']|sort", variables), "['A', 'b', 'c']");
  EXPECT_EQ(value("['b', 'A', 'c']|max", variables), "c");
  EXPECT_EQ(value("ml|indent(2, true)", variables), "  line1\n   line2\n\n    line3\n");
  EXPECT_EQ(value("ml|wordcount", variables), "3");
  EXPECT_EQ(value("'x-y (z)'|title", variables), "X-Y (Z)");
  EXPECT_EQ(value("2.675|round(2)", variables), "2.67");
  EXPECT_EQ(value("2.5|round", variables), "2.0");
  EXPECT_EQ(value("'0x1f'|int(base=16)", variables), "31");
  EXPECT_EQ(value("'4.7'|int", variables), "4");
  EXPECT_EQ(value("'q'|int(9)", variables), "9");
  EXPECT_EQ(value("l|batch(2, 'x')|list", variables), "[[3, 1], [2, 'x']]");
  EXPECT_EQ(value("[1, 2, 3, 4, 5]|slice(2)|list", variables), "[[1, 2, 3], [4, 5]]");
  EXPECT_EQ(value("('<a>'|e) + '<'", variables), "&lt;a&gt;&lt;");
  EXPECT_EQ(value("nn|default('q', true)", variables), "q");
  EXPECT_EQ(value("undefinedx|default('q')", variables), "q");
  EXPECT_EQ(value("s|truncate(8, true)", variables), "Hello World");
  EXPECT_EQ(value("'%s=%d'|format('a', 3)", variables), "a=3");
  EXPECT_EQ(value("l|map('string')|join('-')", variables), "3-1-2");
  EXPECT_EQ(value("{'a b': '&'}|urlencode", variables), "a+b=%26");
  EXPECT_EQ(value("123456|filesizeformat", variables), "123.5 kB");
  EXPECT_EQ(value("l|reject('odd')|list", variables), "[2]");
  EXPECT_EQ(value("false|select|list", variables), "[]");
}

TEST(JinjaExpression, Tests) {
  EXPECT_EQ(value("nn is none", variables), "True");
  EXPECT_EQ(value("s is string and 3 is not odd", variables), "False");
  EXPECT_EQ(value("4 is divisibleby 2", variables), "True");
  EXPECT_EQ(value("d is mapping", variables), "True");
  EXPECT_EQ(value("l is sequence", variables), "True");
  EXPECT_EQ(value("s is iterable", variables), "True");
  EXPECT_EQ(value("5 is number", variables), "True");
  EXPECT_EQ(value("true is integer", variables), "False");
  EXPECT_EQ(value("1.0 is float", variables), "True");
  EXPECT_EQ(value("'A' is upper", variables), "True");
  EXPECT_EQ(value("range is callable", variables), "True");
  EXPECT_EQ(value("undefinedx is undefined", variables), "True");
  EXPECT_EQ(value("3 is in [1, 3]", variables), "True");
  EXPECT_EQ(value("'upper' is filter", variables), "True");
  EXPECT_EQ(value("1 is eq 1", variables), "True");
  EXPECT_EQ(value("1 is lt(2)", variables), "True");
  EXPECT_EQ(value("nn is sameas none", variables), "True");
}

TEST(JinjaExpression, Methods) {
  EXPECT_EQ(value("s.split('o', 1)", variables), "['Hell', ' World']");
  EXPECT_EQ(value("'a  b c '.split(none, 1)", variables), "['a', 'b c ']");
  EXPECT_EQ(value("'a,b,,c'.rsplit(',', 2)", variables), "['a,b', '', 'c']");
  EXPECT_EQ(value("ml.splitlines()", variables), "['line1', ' line2', '', '  line3']");
  EXPECT_EQ(value("s.partition(' ')", variables), "('Hello', ' ', 'World')");
  EXPECT_EQ(value("s.strip('Hd')", variables), "ello Worl");
  EXPECT_EQ(value("s.startswith(('x', 'H'))", variables), "True");
  EXPECT_EQ(value("s.replace('l', 'L', 2)", variables), "HeLLo World");
  EXPECT_EQ(value("s.count('l')", variables), "3");
  EXPECT_EQ(value("'-42'.zfill(5)", variables), "-0042");
  EXPECT_EQ(value("s.removeprefix('Hello ')", variables), "World");
  EXPECT_EQ(value("'²'.isdigit()", variables), "True");
  EXPECT_EQ(value("'a1'.isalnum()", variables), "True");
  EXPECT_EQ(value("'xy'.center(5, '*')", variables), "**xy*");
  EXPECT_EQ(value("d.get('zz', 4)", variables), "4");
  EXPECT_EQ(value("d.keys()|list", variables), "['b', 'a']");
  EXPECT_EQ(value("l.index(2)", variables), "2");
  EXPECT_EQ(value("','.join(['a', 'b'])", variables), "a,b");
  EXPECT_EQ(value("s.rfind('o')", variables), "7");
  EXPECT_EQ(value("'Ab'.swapcase()", variables), "aB");
}

}  // namespace

// Whole templates, as the reference interpreter renders them.
#include <gtest/gtest.h>

#include "engine/text/jinja/failure.h"
#include "tests/engine/text/jinja/jinja_testing.h"

namespace {

using jinja_testing::render;
using namespace diptych;

const char* const statement_variables =
    R"json({"s": "Hello", "l": [1, 2, 3], "d": {"a": 1, "b": [1, 2]}, "tree": [{"n": "a", "c": [{"n": "b", "c": []}, {"n": "c", "c": [{"n": "d", "c": []}]}]}], "t": true, "nn": null, "messages": [{"role": "system", "content": " sys "}, {"role": "user", "content": "hi"}, {"role": "assistant", "content": "yo\n"}, {"role": "user", "content": "x"}], "tools": null, "documents": null, "add_generation_prompt": true})json";

TEST(JinjaStatement, Loops) {
  EXPECT_EQ(render("{% for x in l %}{{ loop.index }}{{ loop.index0 }}{{ loop.revindex }}{{ loop.revindex0 }}{{ "
                   "loop.first }}{{ loop.last }}{{ loop.length }}{{ loop.previtem }}{{ loop.nextitem }}{{ loop.depth "
                   "}}{{ loop.depth0 }}{{ loop.cycle('a','b') }}{{ loop.changed(x//2) }}\n{% endfor %}",
                   statement_variables),
            "1032TrueFalse3210aTrue\n2121FalseFalse31310bTrue\n3210FalseTrue3210aFalse\n");
  EXPECT_EQ(render("{% for x in l if x != 2 %}{{ x }}{{ loop.length }}{% else %}none{% endfor %}", statement_variables),
            "1232");
  EXPECT_EQ(render("{% for x in [] %}a{% else %}none{% endfor %}", statement_variables), "none");
  EXPECT_EQ(render("{% for x in l if x > 5 %}a{% else %}none{% endfor %}", statement_variables), "none");
  EXPECT_EQ(render("{% for x in undefinedx %}a{% else %}E{% endfor %}", statement_variables), "E");
  EXPECT_EQ(render("{% for k, v in d.items() %}{{k}}={{v}};{% endfor %}", statement_variables), "a=1;b=[1, 2];");
  EXPECT_EQ(render("{% for k in d %}{{k}}{% endfor %}", statement_variables), "ab");
  EXPECT_EQ(render("{% for (k, v) in d|dictsort %}{{k}}{% endfor %}", statement_variables), "ab");
  EXPECT_EQ(render("{% for a, (b, c) in [(1,(2,3))] %}{{a}}{{b}}{{c}}{% endfor %}", statement_variables), "123");
  EXPECT_EQ(render("{% for a,b in ['xy','zw'] %}{{a}}{{b}}{% endfor %}", statement_variables), "xyzw");
  EXPECT_EQ(
      render("{% for n in tree recursive %}{{ n.n }}{{loop.depth}}[{{ loop(n.c) }}]{% endfor %}", statement_variables),
      "a1[b2[]c2[d3[]]]");
  EXPECT_EQ(
      render("{% for n in tree recursive %}{{ n.n }}{% if n.c %}<{{ loop(n.c) }}>{% endif %}{% else %}E{% endfor %}",
             statement_variables),
      "a<bc<d>>");
  EXPECT_EQ(render("{% for x in l %}{% if x == 2 %}{% break %}{% endif %}{{ x }}{% endfor %}", statement_variables),
            "1");
  EXPECT_EQ(render("{% for x in l %}{% if x == 2 %}{% continue %}{% endif %}{{ x }}{% endfor %}", statement_variables),
            "13");
  EXPECT_EQ(
      render("{% for x in l %}{% for y in l %}{% if y == 2 %}{% break %}{% endif %}{{x}}{{y}} {% endfor %}{% endfor %}",
             statement_variables),
      "11 21 31 ");
  EXPECT_EQ(render("{% set x = 1 %}{% for i in l %}{% set x = x + i %}{{ x }}{% endfor %}{{ x }}", statement_variables),
            "2341");
  EXPECT_EQ(render("{% for i in l %}{{ x }}{% set x = i %}{% endfor %}{{ x }}", statement_variables), "");
  EXPECT_EQ(render("{% set ns = namespace(x=1) %}{% for i in l %}{% set ns.x = ns.x + i %}{% endfor %}{{ ns.x }}",
                   statement_variables),
            "7");
  EXPECT_EQ(render("{% set loop_messages = messages %}{% for m in loop_messages %}{% set content = '<|' + m['role'] + "
                   "'|>' + m['content'] | trim %}{% if loop.index0 == 0 %}{% set content = 'BOS' + content %}{% endif "
                   "%}{{ content }}{% endfor %}",
                   statement_variables),
            "BOS<|system|>sys<|user|>hi<|assistant|>yo<|user|>x");
  EXPECT_EQ(render("{% for x in l %}{% set outer = loop %}{% for y in l %}{{ outer.index }}.{{ loop.index }} {% endfor "
                   "%}{% endfor %}",
                   statement_variables),
            "1.1 1.2 1.3 2.1 2.2 2.3 3.1 3.2 3.3 ");
  EXPECT_EQ(
      render("{% set ns = namespace(a=[]) %}{% for x in l %}{% set ns.a = ns.a + [x] %}{% endfor %}{{ ns.a }}{{ ns }}",
             statement_variables),
      "[1, 2, 3]<Namespace {'a': [1, 2, 3]}>");
  EXPECT_EQ(render("{% for k, v in d|items %}{{k}}{{v}}{% endfor %}", statement_variables), "a1b[1, 2]");
  EXPECT_EQ(render("{% for x in 'abc' %}{{ x }}-{% endfor %}", statement_variables), "a-b-c-");
  EXPECT_EQ(render("{% for i in range(3) %}{{ i }}{% endfor %}", statement_variables), "012");
  EXPECT_EQ(render("{% for m in messages[::-1] %}{{ m.role }}{% endfor %}", statement_variables),
            "userassistantusersystem");
  EXPECT_EQ(render("{% for m in messages[1:] %}{{ m.role }}{% endfor %}", statement_variables), "userassistantuser");
  EXPECT_EQ(render("{% for m in messages|selectattr('role','equalto','user') %}{{ m.content }}{% endfor %}",
                   statement_variables),
            "hix");
  EXPECT_EQ(render("{% for a in l|batch(2) %}{{ a }}{% endfor %}", statement_variables), "[1, 2][3]");
  EXPECT_EQ(render("{% for g, items in messages|groupby('role') %}{{ g }}:{{ items|length }} {% endfor %}",
                   statement_variables),
            "assistant:1 system:1 user:2 ");
  EXPECT_EQ(render("{% set j = joiner('|') %}{% for x in l %}{{ j() }}{{ x }}{% endfor %}", statement_variables),
            "1|2|3");
  EXPECT_EQ(render("{% for x in l %}{% if loop.changed(t) %}c{% endif %}{% endfor %}", statement_variables), "c");
}

TEST(JinjaStatement, Macros) {
  EXPECT_EQ(render("{% macro m(a, b=2, c=a) %}{{ a }}{{ b }}{{ c }}{% endmacro %}{{ m(1) }}{{ m(1, 3) }}{{ m(1, c=5) "
                   "}}{{ m() }}",
                   statement_variables),
            "1211311252");
  EXPECT_EQ(render("{% macro m() %}{{ varargs }}{{ kwargs }}{% endmacro %}{{ m(1, 2, x=3) }}", statement_variables),
            "(1, 2){'x': 3}");
  EXPECT_EQ(render("{% macro m(a) %}[{{ caller(a) }}]{% endmacro %}{% call(x) m(5) %}x={{ x }}{% endcall %}",
                   statement_variables),
            "[x=5]");
  EXPECT_EQ(render("{% macro m() %}[{{ caller() }}]{% endmacro %}{% call m() %}hi{% endcall %}", statement_variables),
            "[hi]");
  EXPECT_EQ(render("{% macro m() %}{{ caller is defined }}{% endmacro %}{{ m() }}{% call m() %}{% endcall %}",
                   statement_variables),
            "FalseTrue");
  EXPECT_EQ(render("{% macro f(n) %}{{ n }}{% if n > 0 %}{{ f(n-1) }}{% endif %}{% endmacro %}{{ f(5) }}",
                   statement_variables),
            "543210");
  EXPECT_EQ(render("{% macro m() %}{{ y }}{% endmacro %}{{ m() }}{% set y = 5 %}{{ m() }}", statement_variables), "5");
  EXPECT_EQ(render("{% macro m(y) %}{% set y = 9 %}{{ y }}{% endmacro %}{{ m(1) }}{{ y }}", statement_variables), "9");
  EXPECT_EQ(
      render("{% for i in l %}{% macro m() %}{{ i }}{% endmacro %}{{ m() }}{% endfor %}{{ m }}", statement_variables),
      "123");
  EXPECT_EQ(
      render("{% macro m(a,b) %}{% endmacro %}{{ m.name }}{{ m.arguments }}{{ m.catch_kwargs }}", statement_variables),
      "m('a', 'b')False");
  EXPECT_EQ(
      render("{% macro a() %}A{{ b() }}{% endmacro %}{% macro b() %}B{% endmacro %}{{ a() }}", statement_variables),
      "AB");
  EXPECT_EQ(render("{% macro outer() %}{% macro inner() %}I{{ z }}{% endmacro %}{% set z = 3 %}{{ inner() }}{% "
                   "endmacro %}{{ outer() }}",
                   statement_variables),
            "I3");
  EXPECT_EQ(render("{% macro m(items) %}{% for i in items %}{{ caller(i) }},{% endfor %}{% endmacro %}{% call(i) m(l) "
                   "%}{{ i * 2 }}{% endcall %}",
                   statement_variables),
            "2,4,6,");
  EXPECT_EQ(render("{% macro m(d) %}{{ d|length > 1 }}{% if d is mapping %}{% for k in d %}{{ m(d[k]) }}{% endfor %}{% "
                   "else %}{{ d }}{% endif %}{% endmacro %}{{ m({'a':{'b':[1,2]}}) }}",
                   statement_variables),
            "FalseFalseTrue[1, 2]");
}

TEST(JinjaStatement, Scopes) {
  EXPECT_EQ(render("{% set ns = namespace() %}{% set ns.a, b = 1, 2 %}{{ ns.a }}{{ b }}", statement_variables), "12");
  EXPECT_EQ(render("{% set a, b = 1, 2 %}{{ a }}{{ b }}", statement_variables), "12");
  EXPECT_EQ(render("{% set a = 1, 2 %}{{ a }}", statement_variables), "(1, 2)");
  EXPECT_EQ(render("{% set (a, b) = (1, 2) %}{{ b }}", statement_variables), "2");
  EXPECT_EQ(render("{% set x %}abc {{ s }}{% endset %}[{{ x }}]", statement_variables), "[abc Hello]");
  EXPECT_EQ(render("{% set x | upper %}abc{% endset %}{{ x }}", statement_variables), "ABC");
  EXPECT_EQ(render("{% set x | replace('a','b') | upper %}abca{% endset %}{{ x }}", statement_variables), "BBCB");
  EXPECT_EQ(render("{% set x %}{% set y = 1 %}{% endset %}{{ y }}", statement_variables), "");
  EXPECT_EQ(render("{% set ns = namespace() %}{% set ns.t %}q{% endset %}{{ ns.t }}", statement_variables), "q");
  EXPECT_EQ(render("{% filter upper %}abc{{ s }}{% endfilter %}", statement_variables), "ABCHELLO");
  EXPECT_EQ(render("{% filter replace('a','b')|upper %}aabc{% endfilter %}", statement_variables), "BBBC");
  EXPECT_EQ(render("{% with a=1, b=2 %}{{ a }}{{ b }}{% endwith %}{{ a }}", statement_variables), "12");
  EXPECT_EQ(render("{% with %}{% set q=1 %}{{ q }}{% endwith %}{{ q }}", statement_variables), "1");
  EXPECT_EQ(render("{% set a=1 %}{% with a=2, b=a %}{{ a }}{{ b }}{% endwith %}", statement_variables), "21");
  EXPECT_EQ(render("{% block x %}hi{{ s }}{% endblock %}", statement_variables), "hiHello");
  EXPECT_EQ(render("{% block x %}hi{% endblock x %}", statement_variables), "hi");
  EXPECT_EQ(render("{% generation %}gen{{ s }}{% set w=1 %}{% endgeneration %}{{ w }}", statement_variables),
            "genHello");
  EXPECT_EQ(render("{%- generation -%}  gen  {%- endgeneration -%}  ", statement_variables), "gen");
  EXPECT_EQ(render("{% set x=1 %}  {% set y=2 %}\nz", statement_variables), "  z");
  EXPECT_EQ(render("{% set x=1 -%}  \n  {% set y=2 %}\nz", statement_variables), "z");
  EXPECT_EQ(render("\t{% set x=1 %}\t\n\tz", statement_variables), "\t\n\tz");
  EXPECT_EQ(render("a{% set x=1 %}\nb{% set x=1 %}\n\nc", statement_variables), "ab\nc");
  EXPECT_EQ(render("{{ '%}' }}{% set x = '%}' %}{{ x }}", statement_variables), "%}%}");
  EXPECT_EQ(render("{% set x = [\n 1,\n 2\n] %}{{ x }}", statement_variables), "[1, 2]");
  EXPECT_EQ(render("{% set é = 1 %}{{ é }}", statement_variables), "1");
  EXPECT_EQ(render("{% set x = namespace(y=namespace(z=1)) %}{{ x.y.z }}", statement_variables), "1");
  EXPECT_EQ(render("{% set x = d.items()|list %}{{ x }}", statement_variables), "[('a', 1), ('b', [1, 2])]");
  EXPECT_EQ(render("{% set g = l|map('string') %}{{ g|list }}{{ g|list }}", statement_variables), "['1', '2', '3'][]");
  EXPECT_EQ(render("{% set x = cycler('a','b') %}{{ x.next() }}{{ x.next() }}{{ x.next() }}{{ x.current }}",
                   statement_variables),
            "abab");
}

TEST(JinjaStatement, WhiteSpace) {
  EXPECT_EQ(render("{%- raw -%}  {{ x }}  {%- endraw -%}  z", statement_variables), "{{ x }}z");
  EXPECT_EQ(render("a{% raw %}\n  b{% endraw %}\nc", statement_variables), "a\n  bc");
  EXPECT_EQ(render("a{# c #}\nb", statement_variables), "ab");
  EXPECT_EQ(render("a {#+ c +#}\n b", statement_variables), "a \n b");
  EXPECT_EQ(render("  {# c #}  \n b", statement_variables), "  \n b");
  EXPECT_EQ(render("  {% if t %}\n    x\n  {% endif %}\n  y\n", statement_variables), "    x\n  y");
  EXPECT_EQ(render("a\n\n  {{- s }}  \n b {{ s -}}  \n c", statement_variables), "aHello  \n b Helloc");
  EXPECT_EQ(render("{% if t -%}\n\n x {%- endif %}", statement_variables), "x");
  EXPECT_EQ(render("{{ s }}\n", statement_variables), "Hello");
  EXPECT_EQ(render("{{ s }}\n\n", statement_variables), "Hello\n");
  EXPECT_EQ(render("\n{{ s }}\n \n", statement_variables), "\nHello\n ");
  EXPECT_EQ(render("{% if t %}\r\na\r\n{% endif %}\r\n", statement_variables), "a\n");
  EXPECT_EQ(render("x\n \t {% if t %}y{% endif %} \nz", statement_variables), "x\ny \nz");
  EXPECT_EQ(render("{% if t %}\n{% if t %}\n  a\n{% endif %}\n{% endif %}\nend", statement_variables), "  a\nend");
  EXPECT_EQ(render("   {{ s }}", statement_variables), "   Hello");
  EXPECT_EQ(render("{{ '\n' }}{% if t %}\n{% endif %}", statement_variables), "\n");
  EXPECT_EQ(render("a {%raw%} b {%endraw%}\n c", statement_variables), "a  b  c");
  EXPECT_EQ(render("  {% raw %}\n a\n  {% endraw %}\nb", statement_variables), "\n a\nb");
  EXPECT_EQ(render("{{ s\n|\nupper }}", statement_variables), "HELLO");
  EXPECT_EQ(render("{{ 'multi\nline' }}", statement_variables), "multi\nline");
  EXPECT_EQ(render("{{ \"a\\\n b\" }}", statement_variables), "a b");
}

TEST(JinjaStatement, SourcesThatAreNoTemplates) {
  for (const char* source : {"{% for %}",
                             "{% macro m(x=1, y) %}{% endmacro %}",
                             "{% set %}",
                             "{% set x %}",
                             "{% set 1 = 2 %}",
                             "{% set true = 2 %}",
                             "{% set x.y.z = 2 %}",
                             "{% break %}",
                             "{% do l %}",
                             "{# unclosed",
                             "{{ x",
                             "{% if x",
                             "{% if t %}",
                             "{% endif %}",
                             "{{ }}",
                             "{% foo %}",
                             "{{ 'a }}",
                             "{{ (1 }}",
                             "{{ 1) }}",
                             "{{ [1 }}",
                             "{{ {1:2 }}",
                             "{{ a b }}",
                             "{{ 1 2 }}",
                             "{{ a. }}",
                             "{{ a| }}",
                             "{{ a is }}",
                             "{{ not }}",
                             "{{ a if }}",
                             "{{ a['b' }}",
                             "{{ x = 1 }}",
                             "{{ f(a=1, 2) }}",
                             "{{ dict(**{'a':1}, **{'b':2}) }}",
                             "{{ f(*a, *b) }}",
                             "{{ 'a' is string is none }}",
                             "{{ a;b }}",
                             "{{ $ }}",
                             "{{ a ? b }}",
                             "{{ @ }}",
                             "{{ `a` }}",
                             "{%",
                             "{{",
                             "{% raw %} {% raw %} {% endraw %} {% endraw %}",
                             "{% comment %}",
                             "{{ s if t else }}",
                             "{% include 'x' %}",
                             "{% import 'x' as y %}",
                             "{% extends 'x' %}",
                             "{% for x in [] %}{{ x|nosuch }}{% endfor %}"})
    EXPECT_THROW(render(source, statement_variables), jinja::SyntaxFailure) << source;
}

TEST(JinjaStatement, WhatPythonRefuses) {
  for (const char* source : {"{% for x in none %}a{% endfor %}",
                             "{% for x in 5 %}a{% endfor %}",
                             "{% for a, b in [1] %}{% endfor %}",
                             "{% for n in l %}{{ loop(l) }}{% endfor %}",
                             "{% macro m(a) %}{{ a }}{% endmacro %}{{ m(1, 2) }}",
                             "{% macro m(a) %}{% endmacro %}{{ m(b=2) }}",
                             "{% macro m(a) %}{% endmacro %}{{ m(1, a=2) }}",
                             "{% macro m() %}[{{ caller() }}]{% endmacro %}{{ m() }}",
                             "{% macro m() %}x{% endmacro %}{% call m() %}hi{% endcall %}",
                             "{{ m() }}{% macro m() %}{% endmacro %}",
                             "{% set d.x = 1 %}",
                             "{% set a, b = [1] %}",
                             "{% set _ = l.append(4) %}{{ l }}",
                             "{% set _ = d.update({'x':1}) %}",
                             "{{ x.y }}",
                             "{{ x() }}",
                             "{{ x + 1 }}",
                             "{{ 'a' + 1 }}",
                             "{{ 1 / 0 }}",
                             "{{ l.append(1) }}",
                             "{{ d.update({}) }}",
                             "{{ none[1:] if l else 1 }}",
                             "{{ l[nn:'a'] }}",
                             "{{ {[1]: 2} }}",
                             "{{ 1 < 'a' }}",
                             "{{ 5|length }}",
                             "{{ 'abc'.split('') }}",
                             "{{ s.index('zz') }}",
                             "{{ range(1000000) }}",
                             "{{ raise_exception('no') }}",
                             "{{ dict(5) }}",
                             "{{ '%d' % 'x' }}",
                             "{{ d.pop('a') }}",
                             "{{ [1]|map('foo')|list }}",
                             "{{ [1]|tojson(3, 4, 5, 6, 7) }}",
                             "{{ d.__class__.__mro__ }}",
                             "{{ x|tojson }}",
                             "{{ 2 ** 64 }}"})
    EXPECT_THROW(render(source, statement_variables), jinja::Failure) << source;
}

}  // namespace

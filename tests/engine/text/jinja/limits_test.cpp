// Hostile templates end with an error, soon, and without a deep stack.
#include <gtest/gtest.h>

#include "engine/core/error.h"
#include "engine/text/chat_template.h"
#include "engine/text/jinja/failure.h"
#include "tests/engine/text/jinja/jinja_testing.h"

namespace {

using namespace diptych;
using jinja_testing::render;

std::string repeated(const std::string& part, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += part;
  return out;
}

TEST(JinjaLimits, WorkIsBounded) {
  jinja::Limits quick;
  quick.work_units = 1'000'000;
  for (const char* source :
       {"{% for i in range(99999) %}{% for j in range(99999) %}{% endfor %}{% endfor %}",
        "{% set n = namespace(x='a' * 1000000) %}{% for i in range(99999) %}{% set y = n.x|upper %}{% endfor %}",
        "{% set x = [1] * 1000 %}{% for i in range(99999) %}{% set y = x|sort %}{% endfor %}",
        "{% set s = 'ab' * 1000000 %}{% for i in range(99999) %}{{ 'ba' * 500000 ~ 'c' in s }}{% endfor %}",
        // A list that holds itself twice at each of 100 levels would take 2^100 steps to compare or to print.
        "{% set n = namespace(x=[1]) %}{% for i in range(100) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x == n.x[:] "
        "}}",
        "{% set n = namespace(x=(1,)) %}{% for i in range(100) %}{% set n.x = (n.x, n.x) %}{% endfor %}{{ {n.x: 1} }}",
        "{% set n = namespace(x=[1]) %}{% for i in range(100) %}{% set n.x = [n.x, n.x] %}{% endfor %}{{ n.x|tojson "
        "}}"}) {
    EXPECT_THROW(render(source, "{}", quick), jinja::LimitFailure) << source;
  }
}

TEST(JinjaLimits, MemoryAndOutputAreBounded) {
  jinja::Limits small;  // than a user's, which take sanitizers minutes to fill
  small.memory_bytes = size_t{16} << 20;
  small.output_bytes = size_t{4} << 20;
  for (const char* source :
       {"{{ 'a' * 9223372036854775807 }}", "{{ [1, 2] * 9223372036854775807 }}", "{{ 'x'.zfill(9223372036854775807) }}",
        "{{ 'x'.center(999999999999) }}", "{{ ('x' * 1000000)|replace('x', 'y' * 1000000) }}",
        "{% set n = namespace(s='ab') %}{% for i in range(99) %}{% set n.s = n.s + n.s %}{% endfor %}",
        "{% set n = namespace(l=[]) %}{% for i in range(99999) %}{% set n.l = n.l + [i] * 1000 %}{% endfor %}",
        "{% for i in range(99999) %}{{ 'x' * 100000 }}{% endfor %}",
        "{% macro m() %}{{ 'x' * 1000000 }}{{ m() }}{% endmacro %}{{ m() }}", "{{ ('a' * 10000000)|list }}",
        "{{ ('a,' * 10000000).split(',') }}"}) {
    EXPECT_THROW(render(source, "{}", small), jinja::LimitFailure) << source;
  }
}

TEST(JinjaLimits, FieldsAreBounded) {
  for (const char* source : {"{{ '%999999999d' % 1 }}", "{{ '%.999999999f' % 1 }}", "{{ '{:999999999}'.format(1) }}",
                             "{{ '%*d' % (999999999, 1) }}", "{{ range(-9223372036854775808 + 0, 9) }}",
                             "{{ strftime_now('%5000000d') }}", "{{ [1]|batch(999999999, 1)|list }}"}) {
    EXPECT_ANY_THROW(render(source)) << source;
  }
}

TEST(JinjaLimits, NestedSourcesAreRefused) {
  const int deep = 20'000;
  for (const std::string& source : {"{{ " + repeated("(", deep) + "1" + repeated(")", deep) + " }}",
                                    "{{ " + repeated("[", deep) + " }}",
                                    "{{ " + repeated("{1:", deep) + " }}",
                                    "{{ " + repeated("not ", deep) + "1 }}",
                                    "{{ " + repeated("-", deep) + "1 }}",
                                    "{{ 1" + repeated(" + 1", deep) + " }}",
                                    "{{ x" + repeated(".y", deep) + " }}",
                                    "{{ x" + repeated("|upper", deep) + " }}",
                                    "{{ x" + repeated("[0]", deep) + " }}",
                                    "{{ x" + repeated("()", deep) + " }}",
                                    "{{ " + repeated("x if y else ", deep) + "z }}",
                                    "{{ x" + repeated(" is x", deep) + " }}",
                                    repeated("{% if x %}", deep),
                                    repeated("{% for x in y %}", deep),
                                    repeated("{% macro m() %}", deep),
                                    "{% set " + repeated("(", deep) + "x %}",
                                    "{{ x[" + repeated("x[", deep) + " }}",
                                    "{{ " + repeated("a(", deep) + " }}",
                                    repeated("{% set x %}", deep),
                                    repeated("{% filter upper %}", deep)}) {
    EXPECT_THROW(render(source), jinja::SyntaxFailure) << source.substr(0, 40);
  }
  EXPECT_EQ(render("{% if x %}" + repeated("{% elif x %}", deep) + "{% else %}e{% endif %}"), "e");
  EXPECT_EQ(render("{{ 1" + repeated(" ~ 1", deep) + " }}").size(), deep + 1u);
}

TEST(JinjaLimits, RecursionIsBounded) {
  for (const char* source :
       {"{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
        "{% macro m() %}{{ caller() }}{% endmacro %}{% macro r() %}{% call m() %}{{ r() }}{% endcall %}{% endmacro "
        "%}{{ r() }}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}", "{% set n = namespace() %}{% set n.n = n %}{{ n }}",
        "{% set n = namespace() %}{% for x in [1] %}{% set n.l = loop %}{{ loop.changed(loop) }}{% endfor %}{{ [n, "
        "n.l] "
        "== [n] }}{% set n.x = [n] %}{{ n.x }}",
        "{% set n = namespace(x=[]) %}{% for i in range(9999) %}{% set n.x = [n.x] %}{% endfor %}{{ n.x }}"}) {
    EXPECT_THROW(render(source), jinja::LimitFailure) << source;
  }
}

TEST(JinjaLimits, LongChainsOfValuesAreFreedOneByOne) {
  EXPECT_EQ(render("{% set n = namespace(x=none) %}{% for i in range(90000) %}{% set n.x = [n.x] %}{% endfor %}ok"),
            "ok");
  EXPECT_EQ(render("{% set n = namespace() %}{% for i in range(20000) %}{% set f = n.f %}{% macro m() %}{{ f }}"
                   "{% endmacro %}{% set n.f = m %}{% endfor %}ok"),
            "ok");
}

TEST(JinjaLimits, RecursionThatTemplatesNeedWorks) {
  EXPECT_EQ(render("{% macro f(n) %}{% if n > 0 %}{{ f(n - 1) }}x{% endif %}{% endmacro %}{{ f(40)|length }}"), "40");
}

TEST(ChatTemplateErrors, NameTemplateAndLine) {
  try {
    ChatTemplate::parse("a\n{% if %}", "model.gguf");
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.category(), ErrorCategory::invalid_file);
    EXPECT_STREQ(error.what(),
                 "cannot read chat template: model.gguf: line 2: unexpected end of a tag; correct the template, or "
                 "choose another one");
  }
  const auto render_error = [](const char* source) {
    try {
      ChatTemplate::parse(source, "model.gguf")->render(nlohmann::ordered_json::array());
    } catch (const Error& error) {
      return error;
    }
    return Error(ErrorCategory::io, "", "", "", "");
  };
  const Error refused = render_error("\n\n{{ raise_exception('Only user and assistant!') }}");
  EXPECT_EQ(refused.category(), ErrorCategory::unsupported);
  EXPECT_EQ(refused.why(), "line 3: Only user and assistant!");
  EXPECT_EQ(render_error("{{ 'a' * 9999999999 }}").category(), ErrorCategory::invalid_file);
}

}  // namespace

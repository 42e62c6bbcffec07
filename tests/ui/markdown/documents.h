// Markdown texts of every construct, as answers have them: shared by the tests of parsing and streaming.
#pragma once

#include <QByteArray>
#include <QList>

inline QList<QByteArray> sample_documents() {
  return {
      "# Title\n\nA paragraph with **bold**, *emphasis*, `code`, ~~gone~~ and a [link](https://example.org \"t\").\n\n"
      "## Second\n\nLine one\nline two\n\n---\n\nDone.\n",
      "Steps:\n\n1. First\n2. Second\n   - inner a\n   - inner b\n\n     a paragraph of inner b\n3. Third\n\nAfter the "
      "list.\n\n* star\n* other\n\n+ plus\n",
      "Loose:\n\n- a\n\n- b\n\n- c\n\n  more of c\n\nEnd\n\n- new list\n",
      "```python\ndef f(x):\n    return x[1:]\n\nprint(f(\"a\"))\n```\n\nText\n\n~~~\nplain ``` inside\n\n# no "
      "heading\n~~~\n",
      "- item\n\n  ```js\n  let a = 1;\n\n  let b;\n  ```\n\nBack at the margin\n\n```\ntop level\n\nstill\n```\nx\n",
      "- broken\n\n  ```\n  never closed\n\nout again\n\n```\ncode\n\nmore\n```\n\nEnd\n",
      "> quote\n> more\n\n> second quote\n>> nested\nlazy\n\ntext\n",
      "| a | b |\n|---|:-:|\n| 1 | **2** |\n| x<br>y | `z|` |\n\nafter | no table\n\n|c|\n|---|\n|1|\n",
      "- [ ] open\n- [x] done **now**\n- plain\n",
      "Use [ref] and [other][ref2].\n\nText\n\n[ref]: https://a.example\n[ref2]: <https://b.example> 'Title'\n\nMore "
      "[ref].\n",
      "See [split\nlabel].\n\nfoo\n\n[split\nlabel]: /u\n\nbar\n",
      "Setext\n===\n\nOther\n---\n\npara\n-\n\n    indented code\n\n    second part\n\ntext\n",
      "Math $a_1 + b_2 * c$ and \\(x_1\\) and\n\n\\[ \\sum_i x_i \\]\n\n$$y = x^2$$ costs $5 and $10.\n",
      "Entities &amp; &copy; &#8212; &#x1F600; &unknown; \\* \\_ \\\\(a) <b>html</b>\n\n<div>\n\nblock "
      "*html*\n</div>\n",
      "Arabic: \xd9\x85\xd8\xb1\xd8\xad\xd8\xa8\xd8\xa7 **\xd8\xa8\xd9\x83**\n\n\xe4\xb8\xad\xe6\x96\x87\xe6\xae\xb5"
      "\xe8\x90\xbd\n\n- \xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e\n\n\xf0\x9f\x98\x80 emoji\n",
      "https://example.org/a?b=c and www.example.com, mail a@b.example.\n\n![image](https://x.example/y.png)\n",
      "a\r\n\r\nb\r\n- c\r\n\r\n- d\r\n\r\ne\r\n",
      "1. one\n\nbetween\n\n2. two\n\n10) ten\n\n-\n- \n\n1.\n",
      "***\n\n* * *\n\n---x\n\n***bold italic** rest*\n\n****\n",
      "#no heading\n\n# heading #\n\n####### seven\n\n#\n",
      "text\n```\nfence after text\n```\ntext\n> quote\ntext lazily\n# heading\n- list\n",
      "\n\n\n   \n\nlate start\n\n\n\n\nend",
      "- a\n - b\n  - c\n   - d\n    - e\n\n\tcode?\n\nx\n",
      "[\n  {\"a\": [1, 2]}\n]\n\nafter\n\n[1]: not\n",
      "Table then list\n\n|a|b|\n|---|---|\n|1|2|\n- x\n\n|1|2|\n",
  };
}

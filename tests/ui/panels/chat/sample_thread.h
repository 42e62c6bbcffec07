// A conversation with everything an answer can hold, for tests of the view.
#pragma once

#include "ui/panels/chat/message.h"

inline QList<diptych::chat::Message> sample_thread() {
  using namespace diptych::chat;
  QList<Message> messages;
  const auto add = [&](Role role, const char* text) -> Message& {
    Message message;
    message.id = QStringLiteral("m%1").arg(messages.size() + 1);
    message.parent = messages.isEmpty() ? QString() : messages.last().id;
    message.role = role;
    message.text = QString::fromUtf8(text);
    if (role == Role::assistant) {
      message.model = QStringLiteral("SmolLM2-135M-Instruct");
      message.stats = {41.37, 243.0, 58, 12, 187};
    }
    messages << message;
    return messages.last();
  };
  add(Role::user, "How do I find the shortest path in a weighted graph? Please show it in Python.");
  Message& first = add(Role::assistant,
                       "Use **Dijkstra's algorithm** when no edge has a negative weight. It keeps a priority queue of "
                       "the nodes that can "
                       "be reached and always settles the *nearest* one first.\n\n"
                       "### The idea\n\n"
                       "1. Start with distance `0` at the source and infinity elsewhere.\n"
                       "2. Take the nearest unsettled node from the queue.\n"
                       "3. For each neighbour:\n"
                       "   - compute the distance through this node,\n"
                       "   - keep it if it is **smaller** than what was known.\n\n"
                       "```python\n"
                       "import heapq\n\n"
                       "def shortest_paths(graph, source):\n"
                       "    \"\"\"Distances from source to every node that can be reached.\"\"\"\n"
                       "    distances = {source: 0.0}\n"
                       "    queue = [(0.0, source)]\n"
                       "    while queue:\n"
                       "        distance, node = heapq.heappop(queue)\n"
                       "        if distance > distances[node]:\n"
                       "            continue  # an older, longer way\n"
                       "        for neighbour, weight in graph[node].items():\n"
                       "            candidate = distance + weight\n"
                       "            if candidate < distances.get(neighbour, float('inf')):\n"
                       "                distances[neighbour] = candidate\n"
                       "                heapq.heappush(queue, (candidate, neighbour))\n"
                       "    return distances\n"
                       "```\n\n"
                       "| Algorithm | Negative weights | Time |\n|:--|:-:|--:|\n| Breadth-first search | no weights at "
                       "all | O(V + E) |\n"
                       "| Dijkstra with a heap | no | O((V + E) log V) |\n| Bellman–Ford | yes | O(V · E) |\n\n"
                       "> With a good heuristic, A* visits far fewer nodes than Dijkstra does.\n\n"
                       "- [x] works for directed graphs\n- [ ] finds negative cycles\n\n"
                       "More in [the article](https://en.wikipedia.org/wiki/Dijkstra%27s_algorithm).");
  first.thinking = QStringLiteral(
      "The user wants shortest paths in a weighted graph. Dijkstra is the usual answer.\n\nI should mention negative "
      "weights and compare the alternatives in a short table.");
  first.thinking_ms = 3240;
  add(Role::user, "وماذا عن الأوزان السالبة؟");
  Message& second =
      add(Role::assistant,
          "استخدم خوارزمية **Bellman–Ford**، فهي تقبل الأوزان السالبة.\n\n中文：对于负权边，请使用贝尔曼-福特算法。");
  second.state = MessageState::interrupted;
  return messages;
}

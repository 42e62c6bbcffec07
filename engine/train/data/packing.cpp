#include "engine/train/data/packing.h"

#include <algorithm>
#include <bit>

namespace diptych::train {
namespace {

// The largest free room of every range of groups, as a tree, so that the first group with enough room is found by going
// down once. Groups that are not open yet have all their room.
class Rooms {
 public:
  Rooms(size_t groups, int64_t capacity)
      : leaves_(std::bit_ceil(std::max<size_t>(groups, 1))), room_(2 * leaves_, capacity) {}

  size_t first_with(int64_t wanted) const {
    size_t node = 1;
    while (node < leaves_) node = room_[2 * node] >= wanted ? 2 * node : 2 * node + 1;
    return node - leaves_;
  }
  void take(size_t group, int64_t length) {
    size_t node = leaves_ + group;
    room_[node] -= length;
    for (node /= 2; node > 0; node /= 2) room_[node] = std::max(room_[2 * node], room_[2 * node + 1]);
  }

 private:
  size_t leaves_;
  std::vector<int64_t> room_;  // [2 * leaves], the root at 1
};

}  // namespace

std::vector<std::vector<int64_t>> pack_first_fit(std::span<const int64_t> lengths, int64_t capacity) {
  Rooms rooms(lengths.size(), capacity);
  std::vector<std::vector<int64_t>> groups;
  for (size_t i = 0; i < lengths.size(); ++i) {
    const int64_t length = std::min(lengths[i], capacity);
    const size_t group = rooms.first_with(length);
    if (group == groups.size()) groups.emplace_back();
    groups[group].push_back(static_cast<int64_t>(i));
    rooms.take(group, length);
  }
  return groups;
}

}  // namespace diptych::train

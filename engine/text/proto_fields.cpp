#include "engine/text/proto_fields.h"

#include "engine/text/tokenizer_fields.h"

namespace diptych {
namespace {

class ProtoMessage {
 public:
  ProtoMessage(std::string_view bytes, const std::string& path) : bytes_(bytes), path_(path) {}

  bool finished() const { return at_ == bytes_.size(); }

  ProtoField next() {
    const uint64_t key = varint();
    ProtoField field;
    if (key >> 3 == 0 || key >> 3 > 0x1FFFFFFF) fail_here("there is no field here");
    field.number = static_cast<uint32_t>(key >> 3);
    switch (key & 7) {
      case 0:
        field.value = varint();
        break;
      case 1:
        field.value = fixed(8);
        break;
      case 2:
        field.bytes = take(varint());
        break;
      case 5:
        field.value = fixed(4);
        break;
      default:
        fail_here("a field has a type that is not in use");
    }
    return field;
  }

 private:
  [[noreturn]] void fail_here(const std::string& why) const {
    fail_tokenizer(path_, why + ", at byte " + std::to_string(at_) + " of a message");
  }

  std::string_view take(uint64_t count) {
    if (count > bytes_.size() - at_) fail_here("the message is cut off");
    const std::string_view taken = bytes_.substr(at_, count);
    at_ += count;
    return taken;
  }

  uint64_t fixed(size_t count) {
    uint64_t value = 0;
    const std::string_view taken = take(count);
    for (size_t i = 0; i < count; ++i) value |= static_cast<uint64_t>(static_cast<uint8_t>(taken[i])) << (8 * i);
    return value;
  }

  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const auto byte = static_cast<uint8_t>(take(1)[0]);
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80) return value;
    }
    fail_here("a number has no end");
  }

  std::string_view bytes_;
  const std::string& path_;
  size_t at_ = 0;
};

}  // namespace

void read_proto(std::string_view message, const std::string& path,
                const std::function<void(const ProtoField&)>& field) {
  ProtoMessage rest(message, path);
  while (!rest.finished()) field(rest.next());
}

}  // namespace diptych

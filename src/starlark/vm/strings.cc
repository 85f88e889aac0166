#include "starlark/vm/strings.h"

#include <algorithm>
#include <cstring>

namespace larkspur::starlark {
namespace {

// Below this a finished text is copied into a String of its own: a Buffer's slack would cost more.
constexpr std::size_t kMinSharedBytes = 256;
constexpr std::size_t kMaxTextBytes = std::size_t{1} << 30;

}  // namespace

bool is_ascii(std::string_view text) {
  constexpr std::uint64_t kHighBits = 0x8080808080808080;
  std::uint64_t seen = 0;
  for_each_word(text, [&seen](std::uint64_t word) { seen |= word; });
  return (seen & kHighBits) == 0;
}

std::size_t count_code_points(std::string_view text) {
  return text.size() -
         static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_continuation));
}

char32_t next_code_point(std::string_view text, std::size_t& position) {
  static constexpr char32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const auto lead = static_cast<unsigned char>(text[position]);
  const std::size_t length = sequence_length(text[position]);
  char32_t c = length == 1 ? lead : lead & (0x7fu >> length);
  bool valid = lead < 0x80 || (lead >= 0xc2 && lead < 0xf5 && length <= text.size() - position);
  for (std::size_t i = 1; valid && i < length; ++i) {
    valid = is_continuation(text[position + i]);
    c = c << 6 | (static_cast<unsigned char>(text[position + i]) & 0x3fu);
  }
  valid = valid && c >= kLeast[length] && c <= 0x10FFFF && (c < 0xD800 || c > 0xDFFF);
  position += valid ? length : 1;
  return valid ? c : 0xFFFD;
}

std::size_t encode_utf8(char32_t c, char (&out)[4]) {
  if (c > 0x10FFFF || (c >= 0xD800 && c <= 0xDFFF)) c = 0xFFFD;
  if (c < 0x80) {
    out[0] = static_cast<char>(c);
    return 1;
  }
  std::size_t length = c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
  for (std::size_t i = length - 1; i > 0; --i) {
    out[i] = static_cast<char>(0x80 | (c & 0x3f));
    c >>= 6;
  }
  out[0] = static_cast<char>((0xf00u >> length & 0xf0u) | c);
  return length;
}

std::string with_replacements(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size();) {
    char bytes[4];
    const std::size_t size = encode_utf8(next_code_point(text, i), bytes);
    out.append(bytes, size);
  }
  return out;
}

std::size_t element_count(const Context& context, Value string) {
  return context.strict() ? text_of(string).size() : code_points(string);
}

std::size_t byte_offset(const Context& context, Value string, std::size_t index) {
  if (elements_are_bytes(context, string)) return index;
  std::string_view text = text_of(string);
  std::size_t offset = 0;
  while (index-- > 0 && offset < text.size()) offset += sequence_length(text[offset]);
  return offset;
}

std::size_t element_index(const Context& context, Value string, std::size_t offset) {
  if (elements_are_bytes(context, string)) return offset;
  return count_code_points(text_of(string).substr(0, offset));
}

bool StringBuilder::append(std::string_view text) {
  if (text.empty()) return true;  // its data may be null
  if (text.size() > unwatched_ - size_ && !grow(text.size())) return false;
  std::memcpy(data_ + size_, text.data(), text.size());
  size_ += text.size();
  return true;
}

bool StringBuilder::append_code_point(char32_t c) {
  char bytes[4];
  return append(std::string_view(bytes, encode_utf8(c, bytes)));
}

bool StringBuilder::append_fill(char c, std::size_t count) {
  if (count > capacity_ - size_ && !grow(count)) return false;
  while (count > 0) {
    const std::size_t piece = std::min(count, 16 * kUnwatched);
    std::memset(data_ + size_, c, piece);
    size_ += piece;
    count -= piece;
    if (!watch()) return false;
  }
  return true;
}

bool StringBuilder::watch() {
  if (!context_.charge(0)) failed_ = true;
  unwatched_ = std::min(capacity_, size_ + kUnwatched);
  return !failed_;
}

bool StringBuilder::reserve(std::size_t bytes) {
  return bytes <= capacity_ - size_ || grow(bytes);
}

bool StringBuilder::grow(std::size_t needed) {
  if (failed_ || !watch()) return false;
  if (needed <= capacity_ - size_) {
    unwatched_ = std::max(unwatched_, size_ + needed);
    return true;
  }
  std::size_t capacity = std::max(size_ + needed, capacity_ + capacity_ / 2);
  failed_ = true;
  if (needed > kMaxTextBytes || capacity > kMaxTextBytes) {
    context_.fail(ErrorKind::kMemoryLimit, "string of more than 1 GiB");
    return false;
  }
  if (!context_.charge_bytes(capacity)) return false;
  Buffer* buffer = context_.buffer(capacity);
  if (buffer == nullptr) return false;
  failed_ = false;
  std::memcpy(buffer->bytes(), data_, size_);
  buffer_ = buffer;
  data_ = buffer->bytes();
  capacity_ = buffer->length;
  unwatched_ = std::min(capacity_, size_ + std::max(needed, kUnwatched));
  return true;
}

Value StringBuilder::finish() {
  if (failed_) return Value::failed();
  std::string_view text = view();
  Value result;
  if (buffer_ == nullptr || size_ < kMinSharedBytes) {
    result = context_.string(text);
  } else {
    buffer_->used = size_;
    result = context_.shared_string(*buffer_, text, is_ascii(text));
  }
  buffer_ = nullptr;
  data_ = small_;
  size_ = 0;
  capacity_ = unwatched_ = sizeof(small_);
  return result;
}

Value StringBuilder::finish_bytes() {
  if (failed_) return Value::failed();
  Value result = context_.bytes(view());
  size_ = 0;
  return result;
}

// --- Context: values that are text ---

Buffer* Context::buffer(std::size_t capacity) {
  capacity = (capacity + 7) & ~std::size_t{7};
  auto* buffer = make<Buffer>(sizeof(Buffer) + capacity, Type::kBuffer);
  if (buffer == nullptr) return nullptr;
  buffer->length = static_cast<std::uint32_t>(capacity);
  buffer->used = 0;
  return buffer;
}

Value Context::shared_string(Buffer& buffer, std::string_view text, bool ascii) {
  if (text.size() <= Value::kMaxInlineString) return Value::inline_string(text);
  auto* string = make<String>(sizeof(String) + sizeof(String::Shared), Type::kString);
  if (string == nullptr) return Value::failed();
  string->flags = static_cast<std::uint8_t>(Object::kShared | (ascii ? Object::kAscii : 0));
  string->length = static_cast<std::uint32_t>(text.size());
  string->shared() = {.data = text.data(), .buffer = &buffer, .hash = 0, .code_points = 0};
  return Value::object(string);
}

Value Context::long_string(std::string_view text) {
  if (!charge_bytes(text.size())) return Value::failed();
  if (text.size() > kMaxTextBytes)
    return fail(ErrorKind::kMemoryLimit, "string of more than 1 GiB");
  if (text.size() >= kMinSharedBytes) {
    Buffer* bytes = buffer(text.size());
    if (bytes == nullptr) return Value::failed();
    std::memcpy(bytes->bytes(), text.data(), text.size());
    bytes->used = text.size();
    return shared_string(*bytes, {bytes->bytes(), text.size()}, is_ascii(text));
  }
  auto* string = make<String>(sizeof(String) + text.size(), Type::kString);
  if (string == nullptr) return Value::failed();
  string->flags = is_ascii(text) ? Object::kAscii : 0;
  string->length = static_cast<std::uint32_t>(text.size());
  std::memcpy(string->own_bytes(), text.data(), text.size());
  return Value::object(string);
}

Value Context::substring(Value source, std::size_t begin, std::size_t size) {
  if (size <= Value::kMaxInlineString) return string(text_of(source).substr(begin, size));
  auto* text = object_cast<String>(source);
  if (begin == 0 && size == text->length) return source;
  std::string_view part = text->view().substr(begin, size);
  // A short piece is copied: it must not keep a large text alive.
  if (!text->has(Object::kShared) || size < kMinSharedBytes) return string(part);
  return shared_string(*text->shared().buffer, part,
                       text->has(Object::kAscii) || starlark::is_ascii(part));
}

Value Context::concat(Value a, Value b) {
  std::string_view left = text_of(a);
  std::string_view right = text_of(b);
  if (left.empty()) return b;
  if (right.empty()) return a;
  std::size_t size = left.size() + right.size();
  if (!charge_bytes(right.size())) return Value::failed();
  if (size <= Value::kMaxInlineString) {
    char bytes[Value::kMaxInlineString];
    std::memcpy(bytes, left.data(), left.size());
    std::memcpy(bytes + left.size(), right.data(), right.size());
    return Value::inline_string({bytes, size});
  }
  bool ascii = starlark::is_ascii(a) && starlark::is_ascii(b);
  Buffer* bytes = nullptr;
  if (auto* text = a.is_object() ? object_cast<String>(a) : nullptr;
      text != nullptr && text->has(Object::kShared)) {
    Buffer* shared = text->shared().buffer;
    bool at_end = text->data() + text->length == shared->bytes() + shared->used;
    if (at_end && right.size() <= shared->length - shared->used) bytes = shared;
  }
  if (bytes == nullptr) {
    if (!charge_bytes(left.size())) return Value::failed();
    if (size > kMaxTextBytes) return fail(ErrorKind::kMemoryLimit, "string of more than 1 GiB");
    if (size < kMinSharedBytes) {
      char small[kMinSharedBytes];
      std::memcpy(small, left.data(), left.size());
      std::memcpy(small + left.size(), right.data(), right.size());
      return string({small, size});
    }
    bytes = buffer(size + size / 2);
    if (bytes == nullptr) return Value::failed();
    std::memcpy(bytes->bytes(), left.data(), left.size());
    bytes->used = left.size();
    left = {bytes->bytes(), left.size()};
  }
  std::memcpy(bytes->bytes() + bytes->used, right.data(), right.size());
  bytes->used += right.size();
  return shared_string(*bytes, {left.data(), size}, ascii);
}

Value Context::bytes(std::string_view data) {
  if (!charge_bytes(data.size())) return Value::failed();
  if (data.size() > kMaxTextBytes) return fail(ErrorKind::kMemoryLimit, "bytes of more than 1 GiB");
  auto* bytes = make<Bytes>(sizeof(Bytes) + data.size(), Type::kBytes);
  if (bytes == nullptr) return Value::failed();
  bytes->length = static_cast<std::uint32_t>(data.size());
  bytes->hash = 0;
  std::memcpy(bytes->bytes(), data.data(), data.size());
  return Value::object(bytes);
}

}  // namespace larkspur::starlark

#include "starlark/vm/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <limits>

#include "starlark/vm/operations.h"

namespace larkspur::starlark {
namespace {

constexpr std::uint32_t kNotFound = std::numeric_limits<std::uint32_t>::max();
constexpr std::uint32_t kFailed = kNotFound - 1;
constexpr std::uint32_t kMaxEntries = std::uint32_t{1} << 29;
// Probes that cost nothing; beyond, each is charged: colliding keys must not be free work.
constexpr std::uint32_t kFreeProbes = 8;
// An index of so many slots is no longer near the processor: what is put there waits for memory.
constexpr std::uint32_t kFarSlots = 1 << 16;
constexpr std::uint64_t kFarSteps = 10;

// Is `entry` the key? Most keys are decided by their hash and their word.
enum class Match : std::uint8_t { kNo, kYes, kFailed };
Match matches(Context& context, const Entry& entry, Value key, std::uint32_t hash) {
  if (entry.key.same(key)) return Match::kYes;
  if (entry.hash != hash || entry.key.is_missing()) return Match::kNo;
  if (entry.key.is_inline_string() || key.is_inline_string()) return Match::kNo;
  bool same = false;
  if (!equal(context, entry.key, key, same)) return Match::kFailed;
  return same ? Match::kYes : Match::kNo;
}

// The number of the key's entry, kNotFound or kFailed.
std::uint32_t find(Context& context, const Table& table, Value key, std::uint32_t hash) {
  if (table.index_size == 0) {
    for (std::uint32_t i = table.first; i < table.used; ++i) {
      Match match = matches(context, table.entries[i], key, hash);
      if (match == Match::kYes) return i;
      if (match == Match::kFailed) return kFailed;
    }
    return kNotFound;
  }
  std::uint32_t mask = table.index_size - 1;
  std::uint32_t probes = 0;
  for (std::uint32_t at = hash & mask; table.index[at] != 0; at = (at + 1) & mask) {
    if (((table.index[at] ^ hash) & ~mask) == 0) {
      std::uint32_t number = (table.index[at] & mask) - 1;
      Match match = matches(context, table.entries[number], key, hash);
      if (match == Match::kYes) return number;
      if (match == Match::kFailed) return kFailed;
    }
    if (++probes > kFreeProbes && !context.charge(1)) return kFailed;
  }
  return kNotFound;
}

void insert_into_index(Table& table, std::uint32_t number) {
  std::uint32_t mask = table.index_size - 1;
  std::uint32_t hash = table.entries[number].hash;
  std::uint32_t at = hash & mask;
  while (table.index[at] != 0) at = (at + 1) & mask;
  table.index[at] = (hash & ~mask) | (number + 1);
}

// Entries move together over the deleted ones, and the index is made anew for `capacity` entries.
bool rebuild(Context& context, Table& table, std::size_t capacity) {
  if (capacity > kMaxEntries) {
    context.fail(ErrorKind::kMemoryLimit, "table of more than 2^29 entries");
    return false;
  }
  if (!context.charge(table.used)) return false;
  Heap& heap = context.heap();
  if (capacity > table.capacity) {
    std::size_t bytes = capacity * sizeof(Entry);
    void* entries = heap.grow_block(table.entries, table.capacity * sizeof(Entry),
                                    table.used * sizeof(Entry), bytes);
    if (entries == nullptr) return context.out_of_memory();
    table.entries = static_cast<Entry*>(entries);
    table.capacity = static_cast<std::uint32_t>(bytes / sizeof(Entry));
  }
  std::uint32_t live = 0;
  for (std::uint32_t i = table.first; i < table.used; ++i) {
    if (!table.entries[i].key.is_missing()) table.entries[live++] = table.entries[i];
  }
  table.first = 0;
  table.used = live;
  if (table.capacity <= Table::kLinearEntries) return true;

  // At most 2/3 full when all entries are used; a power of two above the capacity.
  std::uint32_t wanted = std::bit_ceil(table.capacity + table.capacity / 2);
  if (wanted > table.index_size) {
    std::size_t bytes = wanted * sizeof(std::uint32_t);
    void* index = heap.allocate_block(bytes);
    if (index == nullptr) return context.out_of_memory();
    heap.free_block(table.index, table.index_size * sizeof(std::uint32_t));
    table.index = static_cast<std::uint32_t*>(index);
    table.index_size = wanted;
  }
  std::fill_n(table.index, table.index_size, 0);
  for (std::uint32_t i = 0; i < table.used; ++i) insert_into_index(table, i);
  return true;
}

bool make_room(Context& context, Table& table) {
  // Many deleted entries: moving together is enough.
  if (table.length < table.used / 2) return rebuild(context, table, table.capacity);
  return rebuild(context, table, std::max<std::size_t>(4, table.capacity * std::size_t{2}));
}

}  // namespace

Value table_find(Context& context, const Table& table, Value key) {
  std::uint32_t hash;
  if (!hash_of(context, key, hash)) return Value::failed();
  std::uint32_t found = find(context, table, key, hash);
  if (found == kFailed) return Value::failed();
  return found == kNotFound ? Value::missing() : table.entries[found].value;
}

Value table_find(const Table& table, std::string_view key) {
  std::uint32_t hash = hash_text(key);
  auto is_key = [&](const Entry& entry) {
    return entry.hash == hash && is_string(entry.key) && text_of(entry.key) == key;
  };
  if (table.index_size == 0) {
    for (std::uint32_t i = table.first; i < table.used; ++i) {
      if (is_key(table.entries[i])) return table.entries[i].value;
    }
    return Value::missing();
  }
  std::uint32_t mask = table.index_size - 1;
  for (std::uint32_t at = hash & mask; table.index[at] != 0; at = (at + 1) & mask) {
    const Entry& entry = table.entries[(table.index[at] & mask) - 1];
    if (is_key(entry)) return entry.value;
  }
  return Value::missing();
}

Value table_find_indexed(const Table& table, Value key, std::uint32_t hash) {
  std::uint32_t mask = table.index_size - 1;
  for (std::uint32_t at = hash & mask; table.index[at] != 0; at = (at + 1) & mask) {
    if (((table.index[at] ^ hash) & ~mask) != 0) continue;
    const Entry& entry = table.entries[(table.index[at] & mask) - 1];
    if (entry.key.same(key)) return entry.value;
    if (entry.hash == hash && key.is_object() && is_object_of(entry.key, Type::kString) &&
        text_of(entry.key) == text_of(key)) {
      return entry.value;
    }
  }
  return Value::missing();
}

Value table_find_text(const Table& table, Value key, std::uint32_t hash) {
  for (std::uint32_t i = table.first; i < table.used; ++i) {
    const Entry& entry = table.entries[i];
    if (entry.hash == hash && is_object_of(entry.key, Type::kString) &&
        text_of(entry.key) == text_of(key)) {
      return entry.value;
    }
  }
  return Value::missing();
}

bool table_set(Context& context, Table& table, Value key, Value value) {
  std::uint32_t hash;
  return hash_of(context, key, hash) && table_set(context, table, key, hash, value);
}

bool table_set(Context& context, Table& table, Value key, std::uint32_t hash, Value value) {
  std::uint32_t found = find(context, table, key, hash);
  if (found == kFailed) return false;
  if (found != kNotFound) {
    // The order of the entries stays, so a loop over the table may go on.
    if (table.has(Object::kFrozen)) return context.check_mutable(table, "insert into");
    table.entries[found].value = value;
    return true;
  }
  if (!context.check_mutable(table, "insert into")) return false;
  if (table.index_size >= kFarSlots && !context.charge(kFarSteps)) return false;
  if (table.used == table.capacity && !make_room(context, table)) return false;
  table.entries[table.used++] = {.key = key, .value = value, .hash = hash, .unused = 0};
  ++table.length;
  if (table.index_size != 0) insert_into_index(table, table.used - 1);
  return true;
}

Dict* make_record(Context& context, std::span<const Entry> entries, const Value* values) {
  Dict* dict = context.dict(entries.size());
  if (dict == nullptr) return nullptr;
  for (Entry* to = dict->entries; const Entry& entry : entries) {
    *to = entry;
    (to++)->value = *values++;
  }
  dict->used = dict->length = static_cast<std::uint32_t>(entries.size());
  if (dict->index_size != 0) {
    for (std::uint32_t i = 0; i < dict->used; ++i) insert_into_index(*dict, i);
  }
  return dict;
}

Value table_remove(Context& context, Table& table, Value key) {
  std::uint32_t hash;
  if (!hash_of(context, key, hash)) return Value::failed();
  std::uint32_t found = find(context, table, key, hash);
  if (found == kFailed) return Value::failed();
  if (found == kNotFound) return Value::missing();
  if (!context.check_mutable(table, "delete from")) return Value::failed();
  Entry& entry = table.entries[found];
  Value value = entry.value;
  // The index keeps pointing to it, so that probes run on over it.
  entry.key = Value::missing();
  entry.value = Value::none();
  --table.length;
  while (table.first < table.used && table.entries[table.first].key.is_missing()) ++table.first;
  if (table.length == 0 && table.index_size == 0) table.first = table.used = 0;
  return value;
}

bool table_clear(Context& context, Table& table) {
  if (!context.check_mutable(table, "clear")) return false;
  Heap& heap = context.heap();
  heap.free_block(table.entries, table.capacity * sizeof(Entry));
  heap.free_block(table.index, table.index_size * sizeof(std::uint32_t));
  table.length = table.used = table.capacity = table.first = table.index_size = 0;
  table.entries = nullptr;
  table.index = nullptr;
  return true;
}

bool table_reserve(Context& context, Table& table, std::size_t capacity) {
  if (capacity <= table.capacity) return true;
  return context.reserve(capacity * sizeof(Entry)) && rebuild(context, table, capacity);
}

// --- Context: making tables ---

bool Context::make_table(Table& table, std::size_t capacity) {
  table.used = table.capacity = table.first = table.index_size = 0;
  table.entries = nullptr;
  table.index = nullptr;
  return capacity == 0 || table_reserve(*this, table, capacity);
}

Dict* Context::dict(std::size_t capacity) {
  auto* dict = make<Dict>(sizeof(Dict), Type::kDict);
  return dict != nullptr && make_table(*dict, capacity) ? dict : nullptr;
}

Struct* Context::structure(std::size_t capacity, Value constructor) {
  auto* fields = make<Struct>(sizeof(Struct), Type::kStruct);
  if (fields == nullptr) return nullptr;
  fields->constructor = constructor;
  return make_table(*fields, capacity) ? fields : nullptr;
}

Set* Context::set(std::size_t capacity) {
  auto* set = make<Set>(sizeof(Set), Type::kSet);
  return set != nullptr && make_table(*set, capacity) ? set : nullptr;
}

}  // namespace larkspur::starlark

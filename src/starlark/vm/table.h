// Dicts and sets: insertion-ordered hash tables. See Table in vm/objects.h for the layout.
//
// A key is found by its hash and equal(), which can fail (an unhashable key, a limit): hence the
// three-way answers. The functions that change a table check first that it may change.
#pragma once

#include <cstdint>
#include <string_view>

#include "starlark/vm/context.h"

namespace larkspur::starlark {

// The value for `key`; missing() where there is none; failed() on an error.
Value table_find(Context& context, const Table& table, Value key);
// The same for a key given as text, without making a string of it.
Value table_find(const Table& table, std::string_view key);

Value table_find_indexed(const Table& table, Value key, std::uint32_t hash);
// REQUIRES: no index; `key` is an object.
Value table_find_text(const Table& table, Value key, std::uint32_t hash);
// The same for a key that is a string with a known hash. Most keys that are the same are the same
// word.
inline Value table_find(const Table& table, Value key, std::uint32_t hash) {
  if (table.index_size != 0) return table_find_indexed(table, key, hash);
  // All are looked at: leaving early would be a jump that cannot be foreseen.
  const Entry* found = nullptr;
  for (const Entry *entry = table.entries + table.first, *end = table.entries + table.used;
       entry != end; ++entry) {
    found = entry->key.same(key) ? entry : found;
  }
  if (found != nullptr) return found->value;
  return key.is_object() ? table_find_text(table, key, hash) : Value::missing();
}

// Sets key to value: the place of a key that exists stays the same.
bool table_set(Context& context, Table& table, Value key, Value value);
// The same for a key whose hash is known.
bool table_set(Context& context, Table& table, Value key, std::uint32_t hash, Value value);
inline bool set_add(Context& context, Set& set, Value key) {
  return table_set(context, set, key, Value::none());
}

// A dict of entries whose keys are all different strings, with these values, as many.
Dict* make_record(Context& context, std::span<const Entry> entries, const Value* values);

// Removes `key` and gives its value; missing() where there was none; failed() on an error.
Value table_remove(Context& context, Table& table, Value key);
bool table_clear(Context& context, Table& table);
// Room for `capacity` entries in all.
bool table_reserve(Context& context, Table& table, std::size_t capacity);

// The entries in order. `position` begins at 0 and is moved on; nullptr at the end. The table may
// not change meanwhile.
inline const Entry* table_next(const Table& table, std::uint32_t& position) {
  if (position < table.first) position = table.first;
  while (position < table.used) {
    const Entry& entry = table.entries[position++];
    if (!entry.key.is_missing()) return &entry;
  }
  return nullptr;
}
// The first entry; nullptr when empty.
inline const Entry* table_first(const Table& table) {
  std::uint32_t position = 0;
  return table_next(table, position);
}

}  // namespace larkspur::starlark

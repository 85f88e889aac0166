// What happens to a value on its way into a record: valid UTF-8, secrets out, at most so many
// bytes. For Recording only.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "execlog/record.h"

namespace larkspur::execlog {

// Makes `text` fit to be kept, in place.
void take_in(std::string& text, std::size_t max_bytes, Dropped& dropped);
std::string taken_in(std::string_view text, std::size_t max_bytes, Dropped& dropped);

// Every text of the value; words that are not on a field's closed list are cleared.
void take_in(ApiCall& call, Dropped& dropped);
void take_in(RequestInfo& request, Dropped& dropped);
void take_in(Principal& principal, Dropped& dropped);
void take_in(ResultInfo& result, Dropped& dropped);
void take_in(ScriptInfo& script, Dropped& dropped);

// Whether the record's metadata may have `value` under `name`: some names have a type of their own.
bool fits_metadata(std::string_view name, const MetadataValue& value);

}  // namespace larkspur::execlog

// The small files beside the partitions: "signing-key.pem" (unless it is configured to lie
// elsewhere), "public-keys" (every key that ever signed here, one a line, in hex) and "head" (the
// newest checkpoint; who keeps a copy of it elsewhere can tell a log that was cut).
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "execlog/proof/checkpoint.h"
#include "execlog/proof/signing_key.h"
#include "execlog/store/partitions.h"

namespace larkspur::execlog {

std::string default_signing_key(const std::string& directory);

// Adds the key to the list, unless it is there.
Result<void> publish_key(const std::string& directory, const PublicKey& key);
// kNotFound where there is no such file; kParse where a line is no key.
Result<std::vector<PublicKey>> read_public_keys(const std::string& path);
std::string public_keys_path(const std::string& directory);

// Replaces the head as a whole.
Result<void> publish_head(const std::string& directory, const SignedCheckpoint& checkpoint);
std::string head_path(const std::string& directory);

// At most 1 MiB. kNotFound, kIo.
Result<std::string> read_small_file(const std::string& path);

}  // namespace larkspur::execlog

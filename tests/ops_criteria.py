#!/usr/bin/env python3
"""What the operations tools must do, as a list whose every number has a test that carries it in its name: test_ac12_... in the
suites of Python, Ac12... in those of C++. The same for published and derived test vectors. Prints what has none, or with
--list every criterion and its tests; exit code 1 when something is missing."""

import json
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent

CRITERIA = {
    1: "every call to the outside is in the record exactly once, retries and polls counted",
    2: "a record is finished on every exit: validation, exception, cancellation, deadline",
    3: "a failed call keeps request id, HTTP status, error code and duration",
    4: "an entry has the fields that its kind must have, and fits the schema",
    5: "an entry has the vendor's name for what was called; a region is always region_id",
    6: "a failure is never told as a success",
    7: "a failure is isError, with structured content that fits the tool's schema",
    8: "error codes come from status and the vendor's code, never from the words of a message",
    9: "the failure stage is one of a closed list, and set whenever there is an error; on success there is no metadata",
    10: "null, 0, false, scalars and odd spellings of the services survive",
    11: "one parser of times, in UTC, that refuses what it cannot read",
    12: "what is incomplete says so: status partial, a warning, truncated",
    13: "logs come newest first",
    14: "ids are distinct and begin with tool and cluster",
    15: "times in a record have one form",
    16: "durations are of a steady clock, and add up",
    17: "a record says who asked, in which request, session and trace",
    18: "where another cluster was reached than the one named, the record says so",
    19: "the secret part of a Prometheus address is not recorded",
    20: "a kubectl command is recorded without its secrets",
    21: "what a service says in an error is cut, and without secrets",
    22: "credentials lie in files for their owner alone, apart for each principal, and go away",
    23: "nothing that a caller writes forges a line of a log or drives a terminal",
    24: "no secret of any stand-in is in an answer, a log, or what is exported",
    25: "a call is logged once, and does not wait for it",
    26: "a slow command or service holds nobody up",
    27: "large output costs no memory",
    28: "polls are one entry, and a record stays small",
    29: "no tool can reach anything without a trace of it",
    30: "where a record is seen is a matter of independent switches",
    31: "a record is one JSON object on a line, with its version and keys in one order",
    32: "a tool's schema says what the configuration puts into its answers; a success has no messages",
    33: "each tool has its tests of success, error and cost",
    34: "what changes something is refused by policy before anything is asked",
    35: "standard output is the protocol's alone",
    36: "every way to authenticate is tried",
    37: "a stop in the middle of a call loses no record",
}

# Where the vectors of a kind are, and the test that goes through all of them.
VECTORS = {
    "acs3_hmac_sha256": ("src/ops/alibaba/testdata/vectors.json", 12, "src/ops/alibaba/sign/sign_test.cc"),
    "sls_v4": ("src/ops/alibaba/testdata/vectors.json", 8, "src/ops/alibaba/sign/sign_test.cc"),
    "sls_percent_encode": ("src/ops/alibaba/testdata/vectors.json", 2, "src/ops/alibaba/sign/sign_test.cc"),
    "openapi_percent_encode": ("src/ops/alibaba/testdata/vectors.json", 2, "src/ops/alibaba/sign/sign_test.cc"),
    "lz4_block": ("src/ops/alibaba/testdata/vectors.json", 3, "src/ops/alibaba/lz4_block_test.cc"),
    "error_bodies": ("src/ops/alibaba/testdata/vectors.json", 5, "src/ops/alibaba/cloud_error_test.cc"),
    "openapi_retry": ("src/ops/alibaba/testdata/vectors.json", 6, "src/ops/alibaba/cloud_error_test.cc"),
    "time_parsing": ("src/ops/alibaba/testdata/vectors.json", 11, "src/ops/time_range_test.cc"),
    "prometheus_errors": ("src/ops/prometheus/testdata/error_bodies.json", 2, "src/ops/prometheus/query_tool_test.cc"),
    "kubectl_policy": ("src/ops/kubernetes/testdata/kubectl_policy.json", 38, "src/ops/kubernetes/policy_test.cc"),
    "redaction": ("src/execlog/testdata/redaction.json", 10, "src/execlog/redaction/redaction_test.cc"),
}
# Vectors that are published and that nothing of ours could fail, since we do not speak what they are about.
NOT_SPOKEN = {
    "rpc_v2_hmac_sha1": "OpenAPI is signed with ACS3-HMAC-SHA256 only",
    "roa_v2_hmac_sha1": "the same",
    "sls_v1": "the Log Service is asked with signature version 4 only",
    "sls_signature_version_default": "the same; there is no version to choose",
    "sls_region_from_endpoint": "addresses are made from regions, never taken apart",
    "openapi_param_flatten": "no call has a list or an object among its parameters",
}


def tests():
    """(criterion, file, test's name) of every test that carries a number."""
    names = []
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        if "node_modules" not in path.parts:
            names += [(path, name) for name in re.findall(r"^    def (test_ac\w+)", path.read_text(), re.M)]
    for path in sorted((ROOT / "src").rglob("*_test.cc")):
        names += [(path, f"{suite}.{name}") for suite, name in re.findall(r"^TEST(?:_[FP])?\((\w+),\s*(Ac\d\w+)", path.read_text(), re.M)]
    for path, name in names:
        carried = re.findall(r"(?:_ac|Ac)(\d+)(?=_|[A-Z])", name)
        for number in carried:
            yield int(number), path.relative_to(ROOT), name


def count(file, kind):
    """How many vectors a file has of a kind."""
    found = json.loads((ROOT / file).read_text())
    found = found.get(kind, found)
    return len(found["cases"] if isinstance(found, dict) else found)


def problems():
    proven = {}
    for number, path, name in tests():
        proven.setdefault(number, []).append((path, name))
    for number in sorted(set(CRITERIA) - set(proven)):
        yield f"AC-{number} has no test: {CRITERIA[number]}"
    for number in sorted(set(proven) - set(CRITERIA)):
        yield f"there is no AC-{number}: {proven[number]}"
    for kind, (file, least, test) in VECTORS.items():
        if count(file, kind) < least:
            yield f"{file}: {count(file, kind)} of {least} vectors of {kind}"
        text = (ROOT / test).read_text()
        if f'"{kind}"' not in text and pathlib.Path(file).name not in text:
            yield f"{test}: does not read {kind}"


if __name__ == "__main__":
    if "--list" in sys.argv:
        for number, text in CRITERIA.items():
            print(f"AC-{number:<3} {text}")
            for found, path, name in tests():
                if found == number:
                    print(f"         {path}: {name}")
    missing = list(problems())
    print("\n".join(missing) if missing else f"{len(CRITERIA)} criteria and {len(VECTORS)} kinds of vectors have their tests")
    sys.exit(1 if missing else 0)

#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# quantoki entropy test, on good bytes and on bad ones. The good ones are a cipher's, with a fixed key: a test that draws
# fresh bytes would fail by chance now and then.
source "$(dirname "$0")/lib.sh"

quantoki=$build/src/cli/quantoki

good_bytes() { # how many
    head -c "$1" /dev/zero | openssl enc -aes-128-ctr -K 00112233445566778899aabbccddeeff -iv 00 2>/dev/null
}

# Runs the test on the rest of the arguments; its output is in $report, its status must be the first argument.
reports() { # status, arguments...
    local wanted=$1 status
    shift
    report=$("$quantoki" entropy test "$@" 2>&1)
    status=$?
    [ "$status" = "$wanted" ] || { echo "status $status instead of $wanted:"; echo "$report"; return 1; }
}

good_bytes 300000 >"$work/good"

good_bytes_pass() {
    reports 0 "$work/good" || return
    says "300000 bytes" "$report" && says "Verdict: no defect found" "$report" &&
        says "2 sequences of 1048576 bits: passed" "$report" && says "0 of 120 failed" "$report" &&
        says "Statistics cannot prove unpredictability" "$report"
}

a_pipe_is_read_too() {
    good_bytes 300000 | "$quantoki" entropy test - >"$work/piped" || return
    diff <(sed 1d "$work/piped") <("$quantoki" entropy test "$work/good" | sed 1d)
}

the_claim_counts() {
    reports 0 --min-entropy 4 "$work/good" && says "claimed: 4: the claim is met" "$report" &&
        says "repetition count, 11 in a row" "$report"
}

json_says_the_same() {
    "$quantoki" entropy test --json "$work/good" >"$work/json" || return
    python3 - "$work/json" <<'EOF'
import json, sys
report = json.load(open(sys.argv[1]))
assert report["verdict"] == "passed" and report["bytes"] == 300000
assert sum(report["histogram"]) == 300000 and len(report["histogram"]) == 256
assert report["health"]["repetition_count"] == {"cutoff": 7, "failures": 0}
assert report["fips_140_2"]["blocks"] == 120
assert len(report["sp_800_22"]["tests"]) == 15 and report["sp_800_22"]["sequences"] == 2
assert report["sp_800_22"]["nist_passes"] + report["sp_800_22"]["nist_fails"] >= 324
assert report["sp_800_22"]["tests"][0]["uniformity"] is None
assert 5 < report["min_entropy"]["assessed"] < 8
EOF
}

zeros_fail() {
    head -c 300000 /dev/zero >"$work/zeros"
    reports 3 "$work/zeros" && says "Verdict: FAILED" "$report" && says "first at byte 6" "$report" &&
        says "120 of 120 failed" "$report" && says "assessed: 0.0000" "$report"
}

a_repeated_block_fails() {
    for _ in {1..500}; do head -c 512 "$work/good"; done >"$work/repeated"
    reports 3 "$work/repeated" && says "SP 800-22, 1 sequences of 1048576 bits: FAILED" "$report" &&
        says "refutes the claim" "$report"
}

text_fails() {
    seq 60000 >"$work/text"
    reports 3 "$work/text" && says "Health tests.*FAILED" "$report" && says "Min-entropy.*FAILED" "$report"
}

a_slight_bias_is_seen() { # bit 0 of every byte is set where bits 1 to 3 are
    python3 - "$work/good" "$work/biased" <<'EOF'
import sys
data = open(sys.argv[1], "rb").read()
open(sys.argv[2], "wb").write(bytes(b | 1 if b & 14 == 14 else b for b in data))
EOF
    reports 3 "$work/biased" && says "SP 800-22.*FAILED" "$report"
}

failures_in_the_middle_are_found() {
    { cat "$work/good"; head -c 100 /dev/zero; cat "$work/good"; } >"$work/stuck"
    reports 3 "$work/stuck" && says "first at byte 30000[0-9]" "$report"
}

what_cannot_be_tested_is_named() {
    : >"$work/empty"
    head -c 2499 "$work/good" >"$work/short"
    reports 1 "$work/missing" && says "missing cannot be opened: No such file" "$report" || return
    reports 1 "$work/empty" && says "empty is empty" "$report" || return
    reports 1 "$work/short" && says "2499 bytes are too few" "$report" || return
    reports 1 "$work" && says "cannot be read: Is a directory" "$report"
}

the_shortest_file_is_tested() {
    head -c 2500 "$work/good" >"$work/least"
    reports 0 "$work/least" && says "1 sequences of 20000 bits" "$report" && says "does not apply" "$report"
}

wrong_options_are_refused() {
    reports 64 || return
    reports 64 --bits 1025 "$work/good" || return
    reports 64 --bits 1000 "$work/good" || return
    reports 64 --sequences 0 "$work/good" || return
    reports 64 --sequences -1 "$work/good" || return
    reports 64 --min-entropy 9 "$work/good" || return
    reports 64 --min-entropy x "$work/good" || return
    reports 64 "$work/good" "$work/good"
}

a_report_that_cannot_be_written_is_an_error() {
    "$quantoki" entropy test "$work/good" >/dev/full 2>"$work/error"
    [ $? = 1 ] && says "could not be written" "$(cat "$work/error")"
}

it "good bytes pass" good_bytes_pass
it "a pipe is read too" a_pipe_is_read_too
it "the claim counts" the_claim_counts
it "JSON says the same" json_says_the_same
it "zeros fail" zeros_fail
it "a repeated block fails" a_repeated_block_fails
it "text fails" text_fails
it "a slight bias is seen" a_slight_bias_is_seen
it "failures in the middle are found" failures_in_the_middle_are_found
it "what cannot be tested is named" what_cannot_be_tested_is_named
it "the shortest file is tested" the_shortest_file_is_tested
it "wrong options are refused" wrong_options_are_refused
it "a report that cannot be written is an error" a_report_that_cannot_be_written_is_an_error
finish

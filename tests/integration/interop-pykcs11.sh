#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Python applications with PyKCS11 (interop_pykcs11.py).
. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/interop.sh"

python=
for candidate in /usr/bin/python3 python3; do # Debian's package serves Debian's Python
    "$candidate" -c "import PyKCS11" 2>/dev/null && { python=$candidate; break; }
done

run_cases() {
    report_steps Python timeout 120 "$python" "$source_root/tests/integration/interop_pykcs11.py" "$module" "$user_pin" "$label"
}

if [ -z "$python" ]; then
    skip "Python with PyKCS11" "python3-pykcs11 is not installed"
    finish
fi
case ${QUANTOKI_SANITIZED:-} in
*address*)
    skip "Python with PyKCS11" "the address sanitizer does not meet the exceptions of a C++ library that is loaded later"
    finish
    ;;
esac
on_both_tokens run_cases
finish

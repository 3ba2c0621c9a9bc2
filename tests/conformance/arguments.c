/* SPDX-License-Identifier: Apache-2.0 */
#include "conformance.h"

const test_case argument_cases[] = {
    { NULL, NULL, false, false },
};

/* SPDX-License-Identifier: Apache-2.0 */
/* Every case runs twice: with keys as KeyBlob messages and as raw bytes. All of it is one cmocka group, since a TAP
 * stream has one plan. */
#include "hsm/contract/hsm_contract.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

#include "hsm/contract/contract.h"

enum { FORMS = 2, NAME = 120, CASES_MOST = 400 };

static const contract_case *const parts[] = {
    contract_digest, contract_cipher,      contract_sign,   contract_keys,    contract_pairs,
    contract_wrap,   contract_encapsulate, contract_derive, contract_policy,  contract_attacks,
    contract_twins,  contract_attributes,  contract_data,   contract_lattice,
#ifdef QK_WITH_BLS
    contract_bls,
#endif
};

typedef struct run {
    const contract_case *what;
    bool v1;
    char name[NAME];
} run;

static contract it;

static int setup(void **state)
{
    const run *mine = *state;

    it.v1 = mine->v1;
    qk_arena_init(&it.arena, 0);
    it.call = (qk_call){ .arena = &it.arena, .deadline = QK_DEADLINE_NEVER };
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    qk_arena_done(&it.arena);
    return 0;
}

static void perform_run(void **state)
{
    const run *mine = *state;
    mine->what->test(&it);
}

static size_t collect(struct CMUnitTest *tests, run *runs)
{
    size_t count = 0;

    for (size_t part = 0; part < sizeof parts / sizeof parts[0]; part++) {
        for (const contract_case *what = parts[part]; what->name; what++) {
            for (int form = 0; form < FORMS; form++, count++) {
                assert(count < CASES_MOST);
                runs[count] = (run){ .what = what, .v1 = form == 1 };
                snprintf(runs[count].name, NAME, "%s (%s)", what->name, form ? "raw bytes" : "KeyBlob");
                tests[count] = (struct CMUnitTest){ runs[count].name, perform_run, setup, teardown, &runs[count] };
            }
        }
    }
    return count;
}

int qk_hsm_contract(const qk_hsm_factory *factory)
{
    static struct CMUnitTest tests[CASES_MOST];
    static run runs[CASES_MOST];
    size_t count = collect(tests, runs);
    qk_err err = factory->make(factory->context, &it.hsm);
    int failed;

    if (err != QK_OK) {
        fprintf(stderr, "%s cannot be made: %s\n", factory->name, qk_err_words(err));
        return 1;
    }
    qk_arena_init(&it.shared, 0);
    failed = _cmocka_run_group_tests(factory->name, tests, count, NULL, NULL);
    qk_arena_done(&it.shared);
    qk_endpoint_free(&it.hsm);
    return failed;
}

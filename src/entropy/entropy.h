/* SPDX-License-Identifier: Apache-2.0 */
/* The pipeline: sources -> health tests -> conditioning -> generators, one per process.
 *
 * 1. qk_crypto_start, then qk_entropy_start, then everything else. From then on the generators of the private OpenSSL
 *    context are ours (provider.c): keys, nonces and blinding come from here too, and start-up proves it.
 *    qk_entropy_stop before qk_crypto_stop. After fork() a child calls qk_entropy_abandon (touches no lock, frees
 *    nothing) beside qk_crypto_abandon and starts anew.
 * 2. With `threads` each source has a thread, and one more fills the reserve (quantokid). Without, sources take their
 *    turns inside the call that needs a seed, and there is no reserve (modules, command line).
 * 3. A conditioned block is SHA-512 over what all healthy sources give. One credited source alone must carry n_out + 64
 *    bits of it (the first by priority that can); what the others add is not counted. So a block is at least as strong
 *    as that source alone whatever the others do. Source: SP 800-90B 3.1.5, SP 800-90C 3.2.2.2.
 * 4. `mixed`: CTR_DRBG with AES-256, a generator for each thread, reseeded with fresh blocks after 2^17 bits and when a
 *    source failed or came back. In a forked child that has not started anew every call fails. A seed draws n_out + 64
 * bits from every healthy source that has them. `quantum`: RBG3(XOR): conditioned bits whose carrier is of kind
 * quantum, XOR the DRBG. Source: SP 800-90A 10.2, SP 800-90C 5.2.3 and 6.4.
 * 5. Each byte is handed out once, to one caller, and wiped here.
 * 6. Without a healthy credited source every call fails with QK_E_NO_RANDOM. Nothing else answers instead. */
#ifndef QK_ENTROPY_ENTROPY_H
#define QK_ENTROPY_ENTROPY_H

#include "entropy/source/source.h"

typedef enum qk_entropy_type { QK_ENTROPY_QUANTUM, QK_ENTROPY_MIXED, QK_ENTROPY_TYPES } qk_entropy_type;
const char *qk_entropy_type_name(qk_entropy_type type); /* "quantum", "mixed" */

/* The map `entropy` of a configuration; rows in entropy_config.c. */
typedef struct qk_entropy_config {
    const qk_source_config *sources;
    size_t source_count;
    bool threads;
    bool strict_start;        /* sources stay pending until their first statistical run has passed */
    bool judged;              /* not in the file: somebody runs these tests over the taps and tells qk_source_judge */
    uint64_t reserve;         /* bytes of finished `quantum` (or, without such a source, full-entropy) bits in memory */
    const char *reserve_file; /* sealed reserve on disk; NULL: none. Its key is in memory only */
    uint64_t reserve_file_size;
    bool serve_reserve_when_down;
    uint64_t tap_every; /* every k-th conditioned block goes to the statistical tests instead; 0: none */
} qk_entropy_config;

extern const qk_config_row qk_entropy_config_rows[]; /* of the map, without the sources' own rows */
extern const size_t qk_entropy_config_row_count;
/* Reads the map (NULL: defaults). `out->sources` is freed with qk_entropy_config_done. QK_E_CONFIG. */
QK_MUST_CHECK qk_err qk_entropy_config_read(const qk_config *file, const qk_config_node *map, qk_entropy_config *out);
void qk_entropy_config_done(qk_entropy_config *config);

/* `config` NULL: default sources, no threads. Starts; without threads also waits for nothing. Calling it again is fine
 * (the first configuration stays). QK_E_CONFIG, QK_E_NO_MEMORY, QK_E_GENERAL if OpenSSL does not ask our generator. */
QK_MUST_CHECK qk_err qk_entropy_start(const qk_entropy_config *config);
void qk_entropy_stop(void);
void qk_entropy_abandon(void);
bool qk_entropy_started(void);

typedef enum qk_entropy_state {
    QK_ENTROPY_READY,
    QK_ENTROPY_STARTING, /* start-up tests are under way, none has failed */
    QK_ENTROPY_FAILED,   /* no source is healthy, and at least one failed its tests */
    QK_ENTROPY_AWAY,     /* no source is healthy; none can be read */
} qk_entropy_state;
const char *qk_entropy_state_name(qk_entropy_state state);
qk_entropy_state qk_entropy_state_get(void);
/* A bit (1 << type) for each type that can be had now. */
unsigned qk_entropy_types(void);

/* Fresh proof that a credited source is healthy, for what makes keys: without threads each source takes a turn. With
 * threads one atomic load. QK_E_NO_RANDOM with words. */
QK_MUST_CHECK qk_err qk_entropy_check(void);
/* Fills `out` whole or not at all. QK_E_NO_RANDOM: not healthy, or (quantum) not that much there at the moment. */
QK_MUST_CHECK qk_err qk_entropy_draw(qk_entropy_type type, uint8_t *out, size_t len);
/* Waits up to `deadline` for that much `quantum` to be there. */
QK_MUST_CHECK qk_err qk_entropy_draw_by(qk_entropy_type type, uint8_t *out, size_t len, qk_deadline_ms deadline);

typedef struct qk_entropy_status {
    qk_entropy_state state;
    unsigned types;
    size_t reserve_bytes, reserve_capacity;
    uint64_t disk_bytes, disk_capacity;
    char disk_message[200]; /* why there is no disk reserve, "" if all is well */
    uint64_t conditioned_bytes, reseeds;
    uint64_t drawn_bytes[QK_ENTROPY_TYPES];
} qk_entropy_status;

void qk_entropy_status_get(qk_entropy_status *out_status);
size_t qk_entropy_source_count(void);
/* Borrowed until qk_entropy_stop; for status, judging and restarting. */
qk_source *qk_entropy_source(size_t index);

/* Taps for the statistical tests: bytes that nobody else ever gets. `source` an index, or QK_ENTROPY_TAP_OUTPUT for the
 * conditioned output. Gives up to `len` bytes of what was tapped; the rest comes later. Only one thread taps. */
#define QK_ENTROPY_TAP_OUTPUT SIZE_MAX
size_t qk_entropy_tap(size_t source, uint8_t *out, size_t len);

#endif

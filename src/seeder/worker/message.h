/* SPDX-License-Identifier: Apache-2.0 */
/* What supervisor and worker say to each other over a socket pair: a 32-bit length, a kind, then fields. Both are this
 * program, so a message that cannot be read is a bug or a broken library's doing, and ends the worker. */
#ifndef QK_SEEDER_MESSAGE_H
#define QK_SEEDER_MESSAGE_H

#include <quantoki/pkcs11.h>

#include "base/clock.h"
#include "base/secret.h"

enum { QK_SEED_LABEL = 33, QK_SEED_SERIAL = 17, QK_SEED_MOST = 65536, QK_SEED_MOST_TOKENS = 1024 };

/* Which token. */
typedef enum qk_seed_choice { QK_SEED_BY_SLOT, QK_SEED_BY_LABEL, QK_SEED_BY_SERIAL, QK_SEED_ALL } qk_seed_choice;

#define QK_SEED_NO_LOGIN UINT64_MAX

/* Results beside those of PKCS #11; answers.c says what each leads to. */
#define QK_SEED_CODE(number)     (CKR_VENDOR_DEFINED | 0x51534400UL | (number))
#define QK_SEED_PIN_WANTED       QK_SEED_CODE(0x01) /* a login is needed, and the order had no PIN */
#define QK_SEED_PIN_UNREADABLE   QK_SEED_CODE(0x02) /* the PIN's source gave none; nothing was tried */
#define QK_SEED_NO_TOKENS        QK_SEED_CODE(0x03) /* answer to LIST: there is none that is initialised */
#define QK_SEED_MORE_TOKENS      QK_SEED_CODE(0x04) /* answer to LIST: and more than are in it */
#define QK_SEED_PIN_NOT_TRIED    QK_SEED_CODE(0x05) /* the token's flags say that wrong PINs were tried */
#define QK_SEED_PIN_REFUSED      QK_SEED_CODE(0x06) /* by a note that says no more */
#define QK_SEED_NO_GENERATOR     QK_SEED_CODE(0x07) /* CKR_OK, of a token without CKF_RNG */
#define QK_SEED_LOGIN_UNFINISHED QK_SEED_CODE(0x08) /* the library or the daemon died during a login */
#define QK_SEED_STATE_UNWRITABLE QK_SEED_CODE(0x09) /* a wrong PIN could not be noted: no login */
/* Those of sinks that are no tokens (sink/). */
#define QK_SEED_SINK_MISSING       QK_SEED_CODE(0x10)
#define QK_SEED_SINK_FORBIDDEN     QK_SEED_CODE(0x11)
#define QK_SEED_SINK_WRONG_KIND    QK_SEED_CODE(0x12)
#define QK_SEED_SINK_FULL          QK_SEED_CODE(0x13)
#define QK_SEED_SINK_BUSY          QK_SEED_CODE(0x14)
#define QK_SEED_SINK_FAILED        QK_SEED_CODE(0x15)
#define QK_SEED_CREDIT_FORBIDDEN   QK_SEED_CODE(0x18)
#define QK_SEED_PIPE_NO_READER     QK_SEED_CODE(0x20)
#define QK_SEED_PIPE_FULL          QK_SEED_CODE(0x21)
#define QK_SEED_TPM_BUSY           QK_SEED_CODE(0x28)
#define QK_SEED_TPM_NOT_STARTED    QK_SEED_CODE(0x29)
#define QK_SEED_TPM_UNSUPPORTED    QK_SEED_CODE(0x2a)
#define QK_SEED_TPM_REFUSED        QK_SEED_CODE(0x2b)
#define QK_SEED_TPM_ANSWER         QK_SEED_CODE(0x2c)
#define QK_SEED_VCENTER_AWAY       QK_SEED_CODE(0x30)
#define QK_SEED_VCENTER_UNTRUSTED  QK_SEED_CODE(0x31)
#define QK_SEED_VCENTER_CONFIG     QK_SEED_CODE(0x32)
#define QK_SEED_VCENTER_LOGIN      QK_SEED_CODE(0x33)
#define QK_SEED_VCENTER_NO_SESSION QK_SEED_CODE(0x34)
#define QK_SEED_VCENTER_FORBIDDEN  QK_SEED_CODE(0x35)
#define QK_SEED_VCENTER_NO_HOST    QK_SEED_CODE(0x36)
#define QK_SEED_VCENTER_ANSWER     QK_SEED_CODE(0x37)
#define QK_SEED_ESXI_POOL_OFF      QK_SEED_CODE(0x38)

/* Supervisor to worker. */
typedef enum qk_seed_ask {
    QK_SEED_ASK_LIST = 1, /* the tokens there are */
    QK_SEED_ASK_FIND,     /* the target's token; nothing else */
    QK_SEED_ASK_LOGIN,    /* that and a login */
    QK_SEED_ASK_ENTER,    /* the same, and the session stays: a SEED follows */
    QK_SEED_ASK_SEED,     /* the token, and the seed; a sink that is no token logs in for it */
    QK_SEED_ASK_LOOK,     /* would a login be tried? Finds the token, and judges its flags */
    QK_SEED_ASK_FORGET,   /* closes the target's session */
    QK_SEED_ASK_QUIT,
} qk_seed_ask;

typedef struct qk_seed_order {
    uint8_t ask;
    uint32_t target; /* the supervisor's number for it */
    uint8_t choice;
    uint64_t slot;
    char name[65];               /* label or serial number; of ESXi: the host */
    char serial[QK_SEED_SERIAL]; /* the token there was before: another one is refused; "": any */
    uint64_t login;              /* CKU_..., or QK_SEED_NO_LOGIN */
    bool keep_session;
    bool pin_proven;      /* the PIN has worked before, or is the operator's word: COUNT_LOW does not stop it */
    bool entered;         /* of a SEED: an ENTER came just before, so a lost session is not opened anew */
    uint32_t split;       /* most bytes of one C_SeedRandom; 0: all */
    uint32_t credit_bits; /* of the kernel: entropy that a seed is credited with */
    qk_view pin, seed;    /* borrowed; on reading, of the message. No PIN: the session should be logged in already */
} qk_seed_order;

typedef enum qk_seed_step {
    QK_SEED_STEP_LIBRARY,
    QK_SEED_STEP_FIND,
    QK_SEED_STEP_SESSION,
    QK_SEED_STEP_LOGIN,
    QK_SEED_STEP_SEED,
} qk_seed_step;
const char *qk_seed_step_name(qk_seed_step step);

typedef struct qk_seed_token {
    uint64_t slot;
    char label[QK_SEED_LABEL], serial[QK_SEED_SERIAL]; /* without blanks at the end */
} qk_seed_token;

/* What is in a slot, for LIST. */
typedef struct qk_seed_listed {
    qk_seed_token token;
    uint64_t rv;      /* of looking at it */
    bool initialised; /* else nobody can log in there */
} qk_seed_listed;

/* Worker to supervisor: one for each order but FORGET and QUIT. */
typedef struct qk_seed_report {
    uint8_t ask;
    uint32_t target;
    uint64_t rv;
    uint8_t step;     /* where it ended */
    bool login_tried; /* C_Login was called */
    bool pin_low;     /* the token said that wrong PINs were tried */
    bool logged_in;   /* a login was done, and succeeded */
    bool login_held;  /* the target's session stays logged in: the next order needs no PIN */
    uint32_t micros;  /* of the work */
    uint32_t taken;   /* bytes of the seed; 0 after a success: none were needed */
    qk_seed_token token;
    uint32_t token_count;   /* answer to LIST: so many follow in `tokens` */
    qk_seed_listed *tokens; /* the caller's, QK_SEED_MOST_TOKENS of them; NULL where no such answer is expected */
} qk_seed_report;

/* Without the length. Reading: QK_E_PROTOCOL if it is not whole, has more behind it, or has a text or a seed that is
 * too long; `out` is then not to be used. */
void qk_seed_order_write(const qk_seed_order *order, qk_buf *out);
QK_MUST_CHECK qk_err qk_seed_order_read(qk_view message, qk_seed_order *out);
void qk_seed_report_write(const qk_seed_report *report, qk_buf *out);
/* `out->tokens` is the caller's, and stays. */
QK_MUST_CHECK qk_err qk_seed_report_read(qk_view message, qk_seed_report *out);

/* A whole message to or from a blocking socket: the worker's end. QK_E_SERVER_AWAY if the other side is gone. */
QK_MUST_CHECK qk_err qk_seed_send(int fd, const qk_buf *message);
QK_MUST_CHECK qk_err qk_seed_receive(int fd, qk_buf *out);

/* The supervisor's end: it never waits, whatever a worker does. */

/* Appends the message, with its length, to what is to be sent. */
QK_MUST_CHECK qk_err qk_seed_queue(const qk_buf *message, qk_buf *outgoing);
/* Sends what finds place now, and wipes it. QK_E_SERVER_AWAY. */
QK_MUST_CHECK qk_err qk_seed_flush(int fd, qk_buf *outgoing);
/* Reads what is there now of one message. *out_message is the message once it is whole, in `incoming`, which the caller
 * then clears; else its data is NULL. QK_E_SERVER_AWAY; QK_E_PROTOCOL if it would be longer than any message. */
QK_MUST_CHECK qk_err qk_seed_gather(int fd, qk_buf *incoming, qk_view *out_message);

#endif

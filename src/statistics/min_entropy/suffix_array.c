/* SPDX-License-Identifier: Apache-2.0 */
/* Suffix sorting by induction: Nong, Zhang, Chan, "Linear Suffix Array Construction by Almost Pure Induced-Sorting"
 * (2009). Suffixes smaller than their right neighbour are S, others L; an S after an L is a leftmost S ("LMS"). LMS
 * suffixes in order put all others in order in two sweeps; they are put in order by naming the pieces between them and
 * sorting the text of names the same way. */
#include <stdlib.h>

#include "statistics/min_entropy/suffix_array.h"

/* Letters 0 to k - 1; the last letter is 0 and the only 0. */
typedef struct sort_text {
    const int32_t *letters;
    uint8_t *is_s;
    int32_t *bucket; /* k + 1 numbers for the sweeps */
    int32_t n, k;
} sort_text;

static void text_done(sort_text *text)
{
    free(text->is_s);
    free(text->bucket);
}

static void free_ints(int32_t **ints)
{
    free(*ints);
}

static qk_err text_init(sort_text *text, const int32_t *letters, int32_t n, int32_t k)
{
    text->letters = letters;
    text->n = n;
    text->k = k;
    text->is_s = malloc((size_t)n);
    text->bucket = malloc(((size_t)k + 1) * sizeof *text->bucket);
    if (!text->is_s || !text->bucket)
        return qk_fail(QK_E_NO_MEMORY, "no memory to sort %d suffixes", (int)n);
    text->is_s[n - 1] = 1;
    for (int32_t i = n - 2; i >= 0; i--)
        text->is_s[i] = letters[i] < letters[i + 1] || (letters[i] == letters[i + 1] && text->is_s[i + 1]);
    return QK_OK;
}

static bool is_lms(const sort_text *text, int32_t at)
{
    return at > 0 && text->is_s[at] && !text->is_s[at - 1];
}

/* bucket[c] = first place of suffixes that begin with c; bucket[c + 1] is thus the place after the last one. */
static void find_buckets(sort_text *text)
{
    int32_t sum = 0;

    memset(text->bucket, 0, ((size_t)text->k + 1) * sizeof *text->bucket);
    for (int32_t i = 0; i < text->n; i++)
        text->bucket[text->letters[i]]++;
    for (int32_t c = 0; c <= text->k; c++) {
        int32_t count = text->bucket[c];

        text->bucket[c] = sum;
        sum += count;
    }
}

/* Turns beginnings of buckets into their ends. */
static void to_ends(sort_text *text)
{
    memmove(text->bucket, text->bucket + 1, (size_t)text->k * sizeof *text->bucket);
}

/* From LMS suffixes in their places to all: L suffixes from the left, then S suffixes from the right. -1 is empty. */
static void induce(sort_text *text, int32_t *order)
{
    find_buckets(text);
    for (int32_t i = 0; i < text->n; i++) {
        int32_t before = order[i] - 1;

        if (before >= 0 && !text->is_s[before])
            order[text->bucket[text->letters[before]]++] = before;
    }
    find_buckets(text);
    to_ends(text);
    for (int32_t i = text->n - 1; i >= 0; i--) {
        int32_t before = order[i] - 1;

        if (before >= 0 && text->is_s[before])
            order[--text->bucket[text->letters[before]]] = before;
    }
}

/* Puts `count` LMS positions, rising suffixes or in any order, at the ends of their buckets, and empties the rest. */
static void place_lms(sort_text *text, const int32_t *lms, int32_t count, int32_t *order)
{
    for (int32_t i = 0; i < text->n; i++)
        order[i] = -1;
    find_buckets(text);
    to_ends(text);
    for (int32_t i = count - 1; i >= 0; i--)
        order[--text->bucket[text->letters[lms[i]]]] = lms[i];
}

/* Whether the pieces from LMS a and b to the next LMS each are the same. */
static bool same_piece(const sort_text *text, int32_t a, int32_t b)
{
    for (int32_t i = 0;; i++) {
        if (a + i >= text->n || b + i >= text->n || text->letters[a + i] != text->letters[b + i] ||
            text->is_s[a + i] != text->is_s[b + i])
            return false;
        if (i > 0 && (is_lms(text, a + i) || is_lms(text, b + i)))
            return is_lms(text, a + i) && is_lms(text, b + i);
    }
}

/* Names pieces by their order: names[p / 2] for an LMS at p (no two are neighbours). Returns the number of names. */
static int32_t name_pieces(const sort_text *text, const int32_t *order, int32_t *names)
{
    int32_t count = 0, last = -1;

    for (int32_t i = 0; i < text->n; i++) {
        if (!is_lms(text, order[i]))
            continue;
        if (last < 0 || !same_piece(text, last, order[i]))
            count++;
        names[order[i] / 2] = count - 1;
        last = order[i];
    }
    return count;
}

static qk_err sort_suffixes(const int32_t *letters, int32_t n, int32_t k, int32_t *order);

/* Puts the LMS positions `lms` (in the order of the text) into the order of their suffixes. */
static qk_err sort_lms(const sort_text *text, int32_t *lms, int32_t count, int32_t *order)
{
    QK_OWNED(free_ints) int32_t *names = malloc(((size_t)text->n / 2 + 1) * sizeof *names);
    QK_OWNED(free_ints) int32_t *shorter = malloc((size_t)count * sizeof *shorter);
    QK_OWNED(free_ints) int32_t *by_name = malloc((size_t)count * sizeof *by_name);
    int32_t name_count;

    if (!names || !shorter || !by_name)
        return qk_fail(QK_E_NO_MEMORY, "no memory to sort %d suffixes", (int)text->n);
    name_count = name_pieces(text, order, names);
    for (int32_t i = 0; i < count; i++)
        shorter[i] = names[lms[i] / 2];
    if (name_count == count)
        for (int32_t i = 0; i < count; i++)
            by_name[shorter[i]] = i;
    else
        QK_TRY(sort_suffixes(shorter, count, name_count, by_name));
    memcpy(shorter, lms, (size_t)count * sizeof *lms);
    for (int32_t i = 0; i < count; i++)
        lms[i] = shorter[by_name[i]];
    return QK_OK;
}

/* The depth of recursion is at most log2(n): LMS positions are at least two apart. */
static qk_err sort_suffixes(const int32_t *letters, int32_t n, int32_t k, int32_t *order)
{
    QK_OWNED(text_done) sort_text text = { 0 };
    QK_OWNED(free_ints) int32_t *lms = malloc(((size_t)n / 2 + 1) * sizeof *lms);
    int32_t count = 0;

    if (!lms)
        return qk_fail(QK_E_NO_MEMORY, "no memory to sort %d suffixes", (int)n);
    QK_TRY(text_init(&text, letters, n, k));
    for (int32_t i = 1; i < n; i++)
        if (is_lms(&text, i))
            lms[count++] = i;
    if (n == 1) {
        order[0] = 0;
        return QK_OK;
    }
    place_lms(&text, lms, count, order);
    induce(&text, order);
    QK_TRY(sort_lms(&text, lms, count, order));
    place_lms(&text, lms, count, order);
    induce(&text, order);
    return QK_OK;
}

/* Common beginnings in the order of the text, where each is at most one shorter than the one before. Karkkainen,
 * Manzini, Puglisi, "Permuted Longest-Common-Prefix Array" (2009). */
static qk_err find_common(qk_suffixes *suffixes, qk_view text)
{
    QK_OWNED(free_ints) int32_t *before = malloc((suffixes->n + 1) * sizeof *before);
    size_t common = 0;

    if (!before)
        return qk_fail(QK_E_NO_MEMORY, "no memory to compare %zu suffixes", suffixes->n);
    for (size_t i = 0; i < suffixes->n; i++)
        before[suffixes->order[i]] = i ? suffixes->order[i - 1] : -1;
    for (size_t at = 0; at < suffixes->n; at++) {
        size_t other = (size_t)before[at];

        if (before[at] < 0)
            common = 0;
        else
            while (at + common < text.len && other + common < text.len &&
                   text.data[at + common] == text.data[other + common])
                common++;
        before[at] = (int32_t)common;
        common -= common > 0;
    }
    for (size_t i = 0; i < suffixes->n; i++)
        suffixes->common[i] = before[suffixes->order[i]];
    return QK_OK;
}

qk_err qk_suffixes_init(qk_suffixes *suffixes, qk_view text)
{
    QK_OWNED(free_ints) int32_t *letters = malloc((text.len + 1) * sizeof *letters);
    QK_OWNED(qk_suffixes_done) qk_suffixes made = { .n = text.len };

    made.order = malloc((text.len + 1) * sizeof *made.order);
    made.common = malloc((text.len + 1) * sizeof *made.common);
    if (!letters || !made.order || !made.common)
        return qk_fail(QK_E_NO_MEMORY, "no memory to sort %zu suffixes", text.len);
    for (size_t i = 0; i < text.len; i++)
        letters[i] = text.data[i] + 1;
    letters[text.len] = 0;
    QK_TRY(sort_suffixes(letters, (int32_t)text.len + 1, 257, made.order));
    memmove(made.order, made.order + 1, text.len * sizeof *made.order); /* the empty suffix is the first */
    QK_TRY(find_common(&made, text));
    *suffixes = made;
    made = (qk_suffixes){ 0 };
    return QK_OK;
}

void qk_suffixes_done(qk_suffixes *suffixes)
{
    free(suffixes->order);
    free(suffixes->common);
    *suffixes = (qk_suffixes){ 0 };
}

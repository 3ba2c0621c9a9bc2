/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "entropy/source/source_inside.h"

/* Without what stands before an @ or after a ?: it may be a secret. */
static void put_place(const qk_source *source, char *out, size_t room)
{
    const char *url = source->config.url, *path = source->config.path ? source->config.path : source->driver->no_path;
    const char *scheme, *host, *at;

    if (!source->driver->url || !url) {
        snprintf(out, room, "%s", path ? path : "");
        return;
    }
    scheme = strstr(url, "://");
    host = scheme ? scheme + 3 : url;
    at = memchr(host, '@', strcspn(host, "/?#"));
    snprintf(out, room, "%.*s%.*s", (int)(host - url), url, (int)strcspn(at ? at + 1 : host, "?#"), at ? at + 1 : host);
}

/* Of the seconds that are over. */
static uint64_t samples_per_second(const qk_source *source)
{
    int64_t now = source->clock_ms(), second = now / 1000, seconds = second - source->first_turn_ms / 1000;
    uint64_t samples = 0;

    if (source->first_turn_ms == 0 || seconds <= 0)
        return 0;
    if (seconds > SOURCE_RATE_SLOTS - 1)
        seconds = SOURCE_RATE_SLOTS - 1;
    for (size_t i = 0; i < SOURCE_RATE_SLOTS; i++)
        if (source->rate[i].second < second && source->rate[i].second >= second - seconds)
            samples += source->rate[i].samples;
    return samples / (uint64_t)seconds;
}

void qk_source_status_get(qk_source *source, qk_source_status *out)
{
    const qk_source_config *config = &source->config;

    *out = (qk_source_status){
        .driver = source->driver->name,
        .kind = (qk_source_kind)config->kind,
        .credited = config->credited,
        .min_entropy = config->min_entropy,
        .sample_bits = (unsigned)config->sample_bits,
        .priority = (unsigned)config->priority,
        .rct_cutoff = source->limits.rct,
        .apt_cutoff = source->limits.apt,
        .rct_cutoff_permanent = source->limits.rct_permanent,
        .apt_cutoff_permanent = source->limits.apt_permanent,
        .window = source->limits.window,
    };
    snprintf(out->name, sizeof out->name, "%s", config->name);
    put_place(source, out->path, sizeof out->path);
    pthread_mutex_lock(&source->lock);
    qk_source_notice_stuck_read(source);
    out->state = source->machine.state;
    out->samples = source->samples;
    out->bits_per_second = samples_per_second(source) * config->sample_bits;
    out->queued = qk_source_ring_ready(&source->ring);
    out->overflows = qk_source_is_full(source) && !source->driver->costly;
    out->errors = source->machine.errors;
    out->startups = source->machine.startups;
    out->rct_failures = source->rct_failures;
    out->apt_failures = source->apt_failures;
    out->message_count = source->machine.message_count;
    memcpy(out->messages, source->machine.messages, sizeof out->messages);
    pthread_mutex_unlock(&source->lock);
}

/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/driver/driver.h"

#include <errno.h>
#include <poll.h>

/* A new driver is a row in both tables. */
const qk_driver *const qk_drivers[] = {
    [QK_DRIVER_DEVICE] = &qk_driver_device,     [QK_DRIVER_HWRNG] = &qk_driver_hwrng,
    [QK_DRIVER_KERNEL] = &qk_driver_kernel,     [QK_DRIVER_CPU] = &qk_driver_cpu,
    [QK_DRIVER_UPSTREAM] = &qk_driver_upstream, [QK_DRIVER_FILE] = &qk_driver_file,
};
const size_t qk_driver_count = sizeof qk_drivers / sizeof qk_drivers[0];
const char *const qk_driver_names[] = { "device", "hwrng", "kernel", "cpu", "upstream", "file", NULL };

bool qk_driver_wait(int fd, const qk_driver_read *read)
{
    struct pollfd events[2] = { { .fd = fd, .events = POLLIN }, { .fd = read->wake_fd, .events = POLLIN } };
    int found;

    do /* poll leaves out negative descriptors */
        found = poll(events, 2, qk_deadline_left(read->deadline));
    while (found < 0 && errno == EINTR && qk_deadline_left(read->deadline) != 0);
    return found > 0 && events[0].revents != 0;
}

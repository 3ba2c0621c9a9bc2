/* SPDX-License-Identifier: Apache-2.0 */
#include "entropy/driver/driver_serial.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <termios.h>

typedef struct serial_speed {
    uint64_t baud;
    speed_t code;
} serial_speed;

/* clang-format off */
static const serial_speed speeds[] = {
    { 1200, B1200 }, { 2400, B2400 }, { 4800, B4800 }, { 9600, B9600 }, { 19200, B19200 }, { 38400, B38400 },
    { 57600, B57600 }, { 115200, B115200 }, { 230400, B230400 }, { 460800, B460800 }, { 500000, B500000 },
    { 576000, B576000 }, { 921600, B921600 }, { 1000000, B1000000 }, { 1152000, B1152000 }, { 1500000, B1500000 },
    { 2000000, B2000000 }, { 2500000, B2500000 }, { 3000000, B3000000 }, { 3500000, B3500000 }, { 4000000, B4000000 },
};
/* clang-format on */

static const serial_speed *find_speed(uint64_t baud)
{
    for (size_t i = 0; i < sizeof speeds / sizeof *speeds; i++)
        if (speeds[i].baud == baud)
            return &speeds[i];
    return NULL;
}

qk_err qk_serial_check(uint64_t baud)
{
    if (find_speed(baud))
        return QK_OK;
    return qk_fail(QK_E_CONFIG,
                   "there is no serial speed of %" PRIu64 " baud; usual ones are 9600, 115200, 921600, "
                   "3000000",
                   baud);
}

qk_err qk_serial_set_up(int fd, const char *path, uint64_t baud)
{
    struct termios line;
    const serial_speed *speed = find_speed(baud);

    if (baud && !speed)
        return qk_serial_check(baud);
    if (tcgetattr(fd, &line) != 0)
        return qk_fail(QK_E_SYSTEM, "%s: tcgetattr: %s", path, strerror(errno));
    cfmakeraw(&line);
    line.c_cflag |= CLOCAL | CREAD;
    line.c_cflag &= ~(tcflag_t)(CRTSCTS | CSTOPB);
    line.c_iflag &= ~(tcflag_t)(IXON | IXOFF | IXANY);
    line.c_cc[VMIN] = 1; /* so that no bytes yet and the end of the line look different */
    line.c_cc[VTIME] = 0;
    if (speed && (cfsetispeed(&line, speed->code) != 0 || cfsetospeed(&line, speed->code) != 0))
        return qk_fail(QK_E_SYSTEM, "%s: cannot set the speed: %s", path, strerror(errno));
    if (tcsetattr(fd, TCSANOW, &line) != 0 || tcflush(fd, TCIFLUSH) != 0)
        return qk_fail(QK_E_SYSTEM, "%s: cannot set raw mode: %s", path, strerror(errno));
    return QK_OK;
}

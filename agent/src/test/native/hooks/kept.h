/* SPDX-License-Identifier: MIT
 *
 * The few records of one step of a check, kept for a look at them.
 */
#ifndef DWUNW_HOOKS_KEPT_H
#define DWUNW_HOOKS_KEPT_H

#include "check.h"

static struct dwunw_free records[16];
static unsigned count;

static void keep(const struct dwunw_free *record, uint32_t length, void *context)
{
    (void) length;
    (void) context;
    CHECK(count < 16, "too many records");
    records[count++] = *record;
}

static void drain(void)
{
    count = 0;
    door_drain(keep, NULL);
}

#endif

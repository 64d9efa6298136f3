/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * One upload, as docs/protocol.md describes it.
 */

#ifndef CENTRAL_UPLOAD_H
#define CENTRAL_UPLOAD_H

#include <zephyr/kernel.h>

/*
 * Reads the module from the computer's file system. With the path of a delta, which may be NULL, the module is sent as changes to the app
 * with the number 0. Returns false on failure.
 */
bool upload_prepare(const char *path, const char *digest, const char *delta);

/* Whether the last status contains the module as an app. */
bool upload_is_installed(void);

/* Uploads over the link, from where an earlier one ended, and installs. Returns 0, a negative error, or a refusal plus one. */
int upload(void);

#endif

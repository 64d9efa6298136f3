/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The device's service, as a GATT client sees it: docs/protocol.md.
 */

#ifndef CENTRAL_SERVICE_H
#define CENTRAL_SERVICE_H

#include <zephyr/bluetooth/uuid.h>

extern const struct bt_uuid_128 service_uuid;

/* Finds the characteristics and subscribes to control and status. */
int service_open(void);

/* Writes a request, whose CBOR is given, and waits for the response. Returns the code of a refusal, 0, or a negative error. */
int service_request(const uint8_t *request, size_t len);

/* Reads the status, which then is in `status`. */
int service_read_status(void);

/* Sends a data frame. Waits for a buffer. */
int service_send(const uint8_t *frame, size_t len);

#endif

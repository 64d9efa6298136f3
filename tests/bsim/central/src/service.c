/* SPDX-License-Identifier: Apache-2.0 */

#include <zephyr/bluetooth/gatt.h>

#include "link.h"
#include "report.h"
#include "service.h"
#include "status.h"

#define UUID(number) BT_UUID_128_ENCODE(0x97acc9a0 + (number), 0xf97c, 0x4ff2, 0x9cef, 0x6e96157a9ffa)

const struct bt_uuid_128 service_uuid = BT_UUID_INIT_128(UUID(0));
static const struct bt_uuid_128 data_uuid = BT_UUID_INIT_128(UUID(1));
static const struct bt_uuid_128 control_uuid = BT_UUID_INIT_128(UUID(2));
static const struct bt_uuid_128 status_uuid = BT_UUID_INIT_128(UUID(3));

static uint16_t data_handle, control_handle, status_handle;

static K_SEM_DEFINE(is_done, 0, 1);
static K_SEM_DEFINE(has_response, 0, 1);
static int outcome;
/* The sequence number of the request whose response is awaited. */
static uint32_t awaited;

/* --- Discovery and subscriptions ------------------------------------------------------------------------------- */

static uint8_t discovered(struct bt_conn *conn, const struct bt_gatt_attr *attr, struct bt_gatt_discover_params *params)
{
	const struct bt_gatt_chrc *found;

	if (!attr) {
		k_sem_give(&is_done);
		return BT_GATT_ITER_STOP;
	}
	found = attr->user_data;
	if (bt_uuid_cmp(found->uuid, &data_uuid.uuid) == 0) {
		data_handle = found->value_handle;
	} else if (bt_uuid_cmp(found->uuid, &control_uuid.uuid) == 0) {
		control_handle = found->value_handle;
	} else if (bt_uuid_cmp(found->uuid, &status_uuid.uuid) == 0) {
		status_handle = found->value_handle;
	}
	return BT_GATT_ITER_CONTINUE;
}

static uint8_t notified(struct bt_conn *conn, struct bt_gatt_subscribe_params *params, const void *value, uint16_t len)
{
	if (!value) {
		params->value_handle = 0;
		return BT_GATT_ITER_STOP;
	}
	if (params->value_handle == status_handle) {
		status_take(value, len);
	} else if (status_sequence(value, len) == awaited) {
		outcome = status_refusal(value, len);
		k_sem_give(&has_response);
	}
	return BT_GATT_ITER_CONTINUE;
}

static void subscribed(struct bt_conn *conn, uint8_t err, struct bt_gatt_subscribe_params *params)
{
	outcome = -err;
	k_sem_give(&is_done);
}

static int subscribe(struct bt_gatt_subscribe_params *params, uint16_t handle)
{
	int err;

	*params = (struct bt_gatt_subscribe_params){
		.notify = notified,
		.subscribe = subscribed,
		.value_handle = handle,
		/* The descriptor follows the value in Zephyr's table of the service. */
		.ccc_handle = handle + 1,
		.value = BT_GATT_CCC_NOTIFY,
	};
	atomic_set_bit(params->flags, BT_GATT_SUBSCRIBE_FLAG_VOLATILE);
	err = link_conn ? bt_gatt_subscribe(link_conn, params) : -ENOTCONN;
	err = err ? err : link_wait(&is_done, 30);
	return err ? err : outcome;
}

int service_open(void)
{
	static struct bt_gatt_subscribe_params control, status;
	static struct bt_gatt_discover_params discovery;
	int err;

	discovery = (struct bt_gatt_discover_params){
		.func = discovered,
		.start_handle = BT_ATT_FIRST_ATTRIBUTE_HANDLE,
		.end_handle = BT_ATT_LAST_ATTRIBUTE_HANDLE,
		.type = BT_GATT_DISCOVER_CHARACTERISTIC,
	};
	k_sem_reset(&is_done);
	err = link_conn ? bt_gatt_discover(link_conn, &discovery) : -ENOTCONN;
	err = err ? err : link_wait(&is_done, 30);
	if (!err && !(data_handle && control_handle && status_handle)) {
		err = -ENOENT;
	}
	err = err ? err : subscribe(&control, control_handle);
	return err ? err : subscribe(&status, status_handle);
}

/* --- Values ---------------------------------------------------------------------------------------------------- */

static void written(struct bt_conn *conn, uint8_t err, struct bt_gatt_write_params *params)
{
	if (err) {
		outcome = -err;
		k_sem_give(&has_response);
	}
}

int service_request(const uint8_t *request, size_t len)
{
	static struct bt_gatt_write_params params;
	int err;

	awaited = status_sequence(request, len);
	params = (struct bt_gatt_write_params){.func = written, .handle = control_handle, .data = request, .length = len};
	k_sem_reset(&has_response);
	err = link_conn ? bt_gatt_write(link_conn, &params) : -ENOTCONN;
	err = err ? err : link_wait(&has_response, 60);
	return err ? err : outcome;
}

static uint8_t read(struct bt_conn *conn, uint8_t err, struct bt_gatt_read_params *params, const void *value, uint16_t len)
{
	outcome = -err;
	if (value) {
		status_take(value, len);
	}
	k_sem_give(&is_done);
	return BT_GATT_ITER_STOP;
}

int service_read_status(void)
{
	static struct bt_gatt_read_params params;
	int err;

	params = (struct bt_gatt_read_params){.func = read, .handle_count = 1, .single.handle = status_handle};
	k_sem_reset(&is_done);
	err = link_conn ? bt_gatt_read(link_conn, &params) : -ENOTCONN;
	err = err ? err : link_wait(&is_done, 30);
	return err ? err : outcome;
}

int service_send(const uint8_t *frame, size_t len)
{
	return link_conn ? bt_gatt_write_without_response(link_conn, data_handle, frame, len, false) : -ENOTCONN;
}

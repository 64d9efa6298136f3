/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The command group of MCUmgr. Rust code interprets the values.
 */

#include <zephyr/kernel.h>
#include <zephyr/mgmt/mcumgr/mgmt/mgmt.h>
#include <zephyr/mgmt/mcumgr/smp/smp.h>

#include <zcbor_common.h>
#include <zcbor_decode.h>
#include <zcbor_encode.h>

#include <mgmt/mcumgr/util/zcbor_bulk.h>

#ifdef CONFIG_MCUMGR_TRANSPORT_BT
#include <zephyr/bluetooth/conn.h>
#endif

#include "smp.h"

static void expire(struct k_work *work)
{
	ARG_UNUSED(work);
	wamr_smp_expired();
}

static K_WORK_DELAYABLE_DEFINE(expiring, expire);

void wamr_smp_is_active(const struct wamr_smp_client *client)
{
	/* Bluetooth reports the end of its links. */
	if (!client->is_admitted) {
		k_work_reschedule(&expiring, K_MSEC(CONFIG_WAMR_ZEPHYR_SMP_SESSION_MS));
	}
}

static int perform(struct smp_streamer *ctxt, enum wamr_smp_command command, bool is_write)
{
	zcbor_state_t *out = ctxt->writer->zs;
	struct wamr_smp_reply reply = {.refusal = WAMR_SMP_NO_REFUSAL};
	struct zcbor_string value = {0};
	struct wamr_smp_client client;
	uint32_t seq = 0;
	size_t decoded;
	struct zcbor_map_decode_key_val entries[] = {
		ZCBOR_MAP_DECODE_KEY_DECODER("value", zcbor_bstr_decode, &value),
		ZCBOR_MAP_DECODE_KEY_DECODER("seq", zcbor_uint32_decode, &seq),
	};
	const char *why = wamr_smp_identify(ctxt, &client);
	bool fits = true;

	if (why) {
		MGMT_CTXT_SET_RC_RSN(ctxt, why);
		return MGMT_ERR_EACCESSDENIED;
	}
	if (zcbor_map_decode_bulk(ctxt->reader->zs, entries, ARRAY_SIZE(entries), &decoded) != 0) {
		return MGMT_ERR_EINVAL;
	}
	if (!wamr_smp_perform(&client, command, is_write, seq, value.value, value.len, &reply)) {
		MGMT_CTXT_SET_RC_RSN(ctxt, "the device serves another client");
		return MGMT_ERR_EBUSY;
	}
	wamr_smp_is_active(&client);
	/* In SMP, 0 is no error. */
	if (reply.refusal == 0) {
		MGMT_CTXT_SET_RC_RSN(ctxt, "malformed request");
		return MGMT_ERR_EINVAL;
	}
	if (reply.refusal != WAMR_SMP_NO_REFUSAL) {
		fits = smp_add_cmd_err(out, WAMR_SMP_GROUP, reply.refusal);
	}
	if (reply.len) {
		fits = fits && zcbor_tstr_put_lit(out, "value") && zcbor_bstr_encode_ptr(out, reply.value, reply.len);
	}
	return fits ? MGMT_ERR_EOK : MGMT_ERR_EMSGSIZE;
}

static int write_end(struct smp_streamer *ctxt)
{
	return perform(ctxt, WAMR_SMP_END, true);
}

static int write_data(struct smp_streamer *ctxt)
{
	return perform(ctxt, WAMR_SMP_DATA, true);
}

static int write_control(struct smp_streamer *ctxt)
{
	return perform(ctxt, WAMR_SMP_CONTROL, true);
}

static int read_control(struct smp_streamer *ctxt)
{
	return perform(ctxt, WAMR_SMP_CONTROL, false);
}

static int read_status(struct smp_streamer *ctxt)
{
	return perform(ctxt, WAMR_SMP_STATUS, false);
}

static int read_result(struct smp_streamer *ctxt)
{
	return perform(ctxt, WAMR_SMP_RESULT, false);
}

static int read_log(struct smp_streamer *ctxt)
{
	return perform(ctxt, WAMR_SMP_LOG, false);
}

#ifdef CONFIG_WAMR_ZEPHYR_HOST_MESSAGE
static int read_message(struct smp_streamer *ctxt)
{
	return perform(ctxt, WAMR_SMP_MESSAGE, false);
}
#endif

static const struct mgmt_handler handlers[WAMR_SMP_COMMANDS] = {
	[WAMR_SMP_END] = {.mh_write = write_end},
	[WAMR_SMP_DATA] = {.mh_write = write_data},
	[WAMR_SMP_CONTROL] = {.mh_read = read_control, .mh_write = write_control},
	[WAMR_SMP_STATUS] = {.mh_read = read_status},
	[WAMR_SMP_RESULT] = {.mh_read = read_result},
	[WAMR_SMP_LOG] = {.mh_read = read_log},
#ifdef CONFIG_WAMR_ZEPHYR_HOST_MESSAGE
	[WAMR_SMP_MESSAGE] = {.mh_read = read_message},
#endif
};

#ifdef CONFIG_MCUMGR_SMP_SUPPORT_ORIGINAL_PROTOCOL
/* The codes of docs/protocol.md that the first version of SMP has a code for. */
static int translate(uint16_t refusal)
{
	switch (refusal) {
	case 1: /* busy */
		return MGMT_ERR_EBUSY;
	case 8: /* out of memory */
		return MGMT_ERR_ENOMEM;
	case 10: /* no app */
	case 11: /* no such export */
		return MGMT_ERR_ENOENT;
	case 19: /* not signed */
	case 20: /* bad signature */
	case 21: /* unknown key */
	case 28: /* not permitted */
		return MGMT_ERR_EACCESSDENIED;
	default:
		return MGMT_ERR_EUNKNOWN;
	}
}
#endif

static struct mgmt_group group = {
	.mg_handlers = handlers,
	.mg_handlers_count = ARRAY_SIZE(handlers),
	.mg_group_id = WAMR_SMP_GROUP,
#ifdef CONFIG_MCUMGR_SMP_SUPPORT_ORIGINAL_PROTOCOL
	.mg_translate_error = translate,
#endif
#ifdef CONFIG_MCUMGR_GRP_ENUM_DETAILS_NAME
	.mg_group_name = "wamr",
#endif
};

void wamr_smp_start(void)
{
	mgmt_register_group(&group);
#ifdef CONFIG_WAMR_ZEPHYR_SMP_FILES
	wamr_smp_files_start();
#endif
}

#ifdef CONFIG_MCUMGR_TRANSPORT_BT
static void disconnected(struct bt_conn *conn, uint8_t reason)
{
	ARG_UNUSED(reason);
	wamr_smp_link_ended(conn);
}

BT_CONN_CB_DEFINE(smp_callbacks) = {
	.disconnected = disconnected,
};
#endif

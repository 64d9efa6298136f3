/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The file commands of MCUmgr, for apps: a written file is an app to install. The group of Zephyr, fs_mgmt, cannot do this through a file
 * system: it ignores what close() returns, and no file system learns which write() is the last one.
 */

#include <string.h>

#include <zephyr/mgmt/mcumgr/grp/fs_mgmt/fs_mgmt.h>
#include <zephyr/mgmt/mcumgr/mgmt/mgmt.h>
#include <zephyr/mgmt/mcumgr/smp/smp.h>

#include <zcbor_common.h>
#include <zcbor_decode.h>
#include <zcbor_encode.h>

#include <mgmt/mcumgr/util/zcbor_bulk.h>

#include "smp.h"

#define DIRECTORY "/wamr/"

/* Zephyr's own group, or NULL. */
static const struct mgmt_group *stock;

/* Leaves a request to Zephyr's group, which decodes it from its start. */
static int leave(struct smp_streamer *ctxt)
{
	const struct mgmt_handler *handler = stock ? mgmt_get_handler(stock, FS_MGMT_ID_FILE) : NULL;
	const struct net_buf *request = ctxt->reader->nb;

	if (!handler || !handler->mh_write) {
		return MGMT_ERR_ENOTSUP;
	}
	zcbor_new_decode_state(ctxt->reader->zs, ARRAY_SIZE(ctxt->reader->zs), request->data, request->len, 1, NULL, 0);
	return handler->mh_write(ctxt);
}

/* The error of the group for a refusal, by its code in docs/protocol.md plus one. */
static uint16_t error(int32_t refusal)
{
	switch (refusal - 1) {
	case 1:  /* busy */
	case 2:  /* too large */
	case 15: /* no slot */
	case 29: /* flash budget exceeded */
		return FS_MGMT_ERR_FILE_OPEN_FAILED;
	case 3: /* no upload: the device has restarted */
		return FS_MGMT_ERR_FILE_OFFSET_NOT_VALID;
	default:
		return FS_MGMT_ERR_FILE_WRITE_FAILED;
	}
}

static int write_file(struct smp_streamer *ctxt)
{
	zcbor_state_t *out = ctxt->writer->zs;
	struct zcbor_string name = {0}, data = {0};
	struct wamr_smp_client client;
	struct wamr_smp_part part = {0};
	uint32_t offset = UINT32_MAX, next = 0;
	size_t decoded;
	struct zcbor_map_decode_key_val entries[] = {
		ZCBOR_MAP_DECODE_KEY_DECODER("off", zcbor_uint32_decode, &offset),
		ZCBOR_MAP_DECODE_KEY_DECODER("name", zcbor_tstr_decode, &name),
		ZCBOR_MAP_DECODE_KEY_DECODER("data", zcbor_bstr_decode, &data),
		ZCBOR_MAP_DECODE_KEY_DECODER("len", zcbor_uint32_decode, &part.size),
	};
	const char *why;
	int32_t refusal;
	bool fits = true;

	if (zcbor_map_decode_bulk(ctxt->reader->zs, entries, ARRAY_SIZE(entries), &decoded) != 0 ||
	    name.len < sizeof(DIRECTORY) || memcmp(name.value, DIRECTORY, sizeof(DIRECTORY) - 1) != 0) {
		return leave(ctxt);
	}
	if (offset == UINT32_MAX) {
		return MGMT_ERR_EINVAL;
	}
	why = wamr_smp_identify(ctxt, &client);
	if (why) {
		MGMT_CTXT_SET_RC_RSN(ctxt, why);
		return MGMT_ERR_EACCESSDENIED;
	}
	part.name = name.value;
	part.name_len = name.len;
	part.offset = offset;
	part.bytes = data.value;
	part.len = data.len;
	refusal = wamr_smp_write_file(&client, &part, &next);
	if (refusal < 0) {
		MGMT_CTXT_SET_RC_RSN(ctxt, "the device serves another client");
		return MGMT_ERR_EBUSY;
	}
	wamr_smp_is_active(&client);
	if (refusal > 0) {
		fits = smp_add_cmd_err(out, MGMT_GROUP_ID_FS, error(refusal));
	} else {
		if (IS_ENABLED(CONFIG_MCUMGR_SMP_LEGACY_RC_BEHAVIOUR)) {
			fits = zcbor_tstr_put_lit(out, "rc") && zcbor_int32_put(out, MGMT_ERR_EOK);
		}
		fits = fits && zcbor_tstr_put_lit(out, "off") && zcbor_uint32_put(out, next);
	}
	return fits ? MGMT_ERR_EOK : MGMT_ERR_EMSGSIZE;
}

/* As many commands as Zephyr's group has at most. */
static struct mgmt_handler handlers[FS_MGMT_ID_OPENED_FILE + 1];

#ifdef CONFIG_MCUMGR_SMP_SUPPORT_ORIGINAL_PROTOCOL
static int translate(uint16_t err)
{
	smp_translate_error_fn stocks = stock ? stock->mg_translate_error : NULL;

	return stocks ? stocks(err) : MGMT_ERR_EUNKNOWN;
}
#endif

static struct mgmt_group group = {
	.mg_handlers = handlers,
	.mg_handlers_count = ARRAY_SIZE(handlers),
	.mg_group_id = MGMT_GROUP_ID_FS,
#ifdef CONFIG_MCUMGR_SMP_SUPPORT_ORIGINAL_PROTOCOL
	.mg_translate_error = translate,
#endif
#ifdef CONFIG_MCUMGR_GRP_ENUM_DETAILS_NAME
	.mg_group_name = "fs mgmt",
#endif
};

void wamr_smp_files_start(void)
{
	/* MCUmgr takes the first group with a number. */
	stock = mgmt_find_group(MGMT_GROUP_ID_FS);
	if (stock) {
		mgmt_unregister_group((struct mgmt_group *)stock);
		memcpy(handlers, stock->mg_handlers, MIN(stock->mg_handlers_count, ARRAY_SIZE(handlers)) * sizeof(*handlers));
	}
	handlers[FS_MGMT_ID_FILE].mh_write = write_file;
	mgmt_register_group(&group);
}

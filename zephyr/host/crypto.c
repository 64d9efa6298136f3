/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The keys of apps, with the PSA Crypto API. wamr-zephyr/src/host/crypto.rs repeats these declarations, and passes only numbers of keys
 * that exist.
 */

#include <errno.h>
#include <string.h>

#include <psa/crypto.h>
#include <wamr_zephyr_keys.h>
#include <zephyr/kernel.h>

#include "grants.h"
#include "../psa/step.h"

CHECK_NAMES(keys, key_names);

static const char *const names[] = DT_PROP(GRANTS, key_names);

/* PSA's identifiers. 0: not set yet. */
static psa_key_id_t keys[] = DT_PROP(GRANTS, keys);

#define HMAC      PSA_ALG_HMAC(PSA_ALG_SHA_256)
#define NONCE     12
#define TAG       16

static int error(psa_status_t status)
{
	switch (status) {
	case PSA_SUCCESS:
		return 0;
	case PSA_ERROR_INVALID_HANDLE:
	case PSA_ERROR_DOES_NOT_EXIST:
		return -ENOENT;
	/* The policy or the type of the key does not permit it. */
	case PSA_ERROR_NOT_PERMITTED:
	case PSA_ERROR_NOT_SUPPORTED:
	case PSA_ERROR_INVALID_ARGUMENT:
		return -ENOTSUP;
	case PSA_ERROR_INSUFFICIENT_MEMORY:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

int wamr_crypto_hmac(uint32_t key, const uint8_t *data, size_t length, uint8_t code[32])
{
	psa_mac_operation_t operation = PSA_MAC_OPERATION_INIT;
	psa_status_t status = STEP(psa_mac_sign_setup(&operation, keys[key], HMAC));
	size_t count;

	while (status == PSA_SUCCESS && length > 0) {
		count = MIN(length, STEP_MAX);
		status = STEP(psa_mac_update(&operation, data, count));
		data += count;
		length -= count;
	}
	if (status == PSA_SUCCESS) {
		status = STEP(psa_mac_sign_finish(&operation, code, 32, &count));
	}
	(void)STEP(psa_mac_abort(&operation));
	return error(status);
}

/* Encrypts or decrypts in place. `data`: the text and, after its `length` bytes, the tag. */
int wamr_crypto_aes_gcm(bool encrypts, uint32_t key, const uint8_t nonce[NONCE], const uint8_t *aad, size_t aad_length,
			uint8_t *data, size_t length)
{
	psa_aead_operation_t operation = PSA_AEAD_OPERATION_INIT;
	psa_status_t status = STEP(encrypts ? psa_aead_encrypt_setup(&operation, keys[key], PSA_ALG_GCM)
					    : psa_aead_decrypt_setup(&operation, keys[key], PSA_ALG_GCM));
	/* GCM leaves nothing for the end. */
	uint8_t rest[PSA_AEAD_FINISH_OUTPUT_MAX_SIZE];
	size_t count, done;

	if (status == PSA_SUCCESS) {
		status = STEP(psa_aead_set_nonce(&operation, nonce, NONCE));
	}
	if (status == PSA_SUCCESS) {
		status = STEP(psa_aead_update_ad(&operation, aad, aad_length));
	}
	while (status == PSA_SUCCESS && length > 0) {
		count = MIN(length, STEP_MAX);
		status = STEP(psa_aead_update(&operation, data, count, data, count, &done));
		data += count;
		length -= count;
	}
	if (status == PSA_SUCCESS) {
		status = STEP(encrypts ? psa_aead_finish(&operation, rest, sizeof(rest), &done, data, TAG, &count)
				       : psa_aead_verify(&operation, rest, sizeof(rest), &done, data, TAG));
	}
	(void)STEP(psa_aead_abort(&operation));
	return error(status);
}

int wamr_zephyr_set_key(const char *name, uint32_t key)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(names[i], name) == 0) {
			keys[i] = key;
			return 0;
		}
	}
	return -ENOENT;
}

int wamr_zephyr_import_key(const char *name, enum wamr_zephyr_key_use use, const uint8_t *bytes, size_t length)
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	psa_key_id_t key;
	psa_status_t status;
	int err;

	if (use == WAMR_ZEPHYR_KEY_HMAC_SHA256) {
		psa_set_key_type(&attributes, PSA_KEY_TYPE_HMAC);
		psa_set_key_algorithm(&attributes, HMAC);
		psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_SIGN_MESSAGE);
	} else {
		psa_set_key_type(&attributes, PSA_KEY_TYPE_AES);
		psa_set_key_algorithm(&attributes, PSA_ALG_GCM);
		psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_ENCRYPT | PSA_KEY_USAGE_DECRYPT);
	}
	status = STEP(psa_import_key(&attributes, bytes, length, &key));
	if (status == PSA_ERROR_INVALID_ARGUMENT || status == PSA_ERROR_NOT_SUPPORTED) {
		return -EINVAL;
	}
	if (status != PSA_SUCCESS) {
		return error(status);
	}
	err = wamr_zephyr_set_key(name, key);
	if (err != 0) {
		(void)STEP(psa_destroy_key(key));
	}
	return err;
}

/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The functions of the PSA Crypto API that wamr-signature uses. wamr-signature/src/psa.rs repeats these declarations.
 *
 * Cryptographic hardware may read RAM only, as that of the nRF5340 does, and modules and their signatures are in flash. Everything is
 * therefore passed in RAM.
 */

#include <string.h>

#include <psa/crypto.h>
#include <zephyr/sys/util.h>

#include "step.h"

#define HASH_SIZE      32
#define KEY_SIZE       32
#define SIGNATURE_SIZE 64

psa_status_t wamr_psa_sha256(const uint8_t *bytes, size_t length, uint8_t hash[HASH_SIZE])
{
	psa_hash_operation_t operation = PSA_HASH_OPERATION_INIT;
	psa_status_t status = STEP(psa_hash_setup(&operation, PSA_ALG_SHA_256));
	uint8_t copy[STEP_MAX];
	size_t size;

	for (; length > 0 && status == PSA_SUCCESS; bytes += size, length -= size) {
		size = MIN(length, sizeof(copy));
		memcpy(copy, bytes, size);
		status = STEP(psa_hash_update(&operation, copy, size));
	}
	if (status == PSA_SUCCESS) {
		status = STEP(psa_hash_finish(&operation, hash, HASH_SIZE, &size));
	}
	if (status != PSA_SUCCESS) {
		(void)STEP(psa_hash_abort(&operation));
	}
	return status;
}

#ifdef CONFIG_WAMR_ZEPHYR_PSA_ED25519
/* The message is in RAM. */
psa_status_t wamr_psa_verify(const uint8_t key[KEY_SIZE], const uint8_t *message, size_t length,
			     const uint8_t signature[SIGNATURE_SIZE])
{
	psa_key_attributes_t attributes = PSA_KEY_ATTRIBUTES_INIT;
	uint8_t copy[KEY_SIZE + SIGNATURE_SIZE];
	psa_key_id_t id;
	psa_status_t status;

	memcpy(copy, key, KEY_SIZE);
	memcpy(copy + KEY_SIZE, signature, SIGNATURE_SIZE);
	psa_set_key_type(&attributes, PSA_KEY_TYPE_ECC_PUBLIC_KEY(PSA_ECC_FAMILY_TWISTED_EDWARDS));
	psa_set_key_bits(&attributes, 255);
	psa_set_key_usage_flags(&attributes, PSA_KEY_USAGE_VERIFY_MESSAGE);
	psa_set_key_algorithm(&attributes, PSA_ALG_PURE_EDDSA);
	status = STEP(psa_import_key(&attributes, copy, KEY_SIZE, &id));
	if (status == PSA_SUCCESS) {
		status = STEP(psa_verify_message(id, PSA_ALG_PURE_EDDSA, message, length, copy + KEY_SIZE,
						 SIGNATURE_SIZE));
		(void)STEP(psa_destroy_key(id));
	}
	return status;
}
#endif

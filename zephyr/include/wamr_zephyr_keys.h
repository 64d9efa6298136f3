/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The keys that apps use by name, with CONFIG_WAMR_ZEPHYR_HOST_CRYPTO. In Rust: wamr_zephyr::{set_key, import_key}.
 */

#ifndef WAMR_ZEPHYR_KEYS_H
#define WAMR_ZEPHYR_KEYS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** What apps can do with a key. */
enum wamr_zephyr_key_use {
	/**
	 * HMAC-SHA-256. With CONFIG_MBEDTLS_PSA_STATIC_KEY_SLOTS, which is the default, a key is no longer than the longest of other
	 * kinds in the build: 32 bytes, if there is only AES.
	 */
	WAMR_ZEPHYR_KEY_HMAC_SHA256,
	/** AES-GCM, with a key of 16, 24 or 32 bytes. */
	WAMR_ZEPHYR_KEY_AES_GCM,
};

/**
 * Sets the key that apps use under a name.
 *
 * @param name one of the key-names of the devicetree node wamr,grants
 * @param key the identifier (psa_key_id_t) of a key of the PSA Crypto API. Its policy must permit HMAC-SHA-256 to sign, or AES-GCM to
 *            encrypt and decrypt.
 * @return 0, or -ENOENT if there is no such name.
 */
int wamr_zephyr_set_key(const char *name, uint32_t key);

/**
 * Makes a volatile key of the PSA Crypto API from its bytes, and sets it. The caller can erase the bytes afterwards.
 *
 * @param name one of the key-names of the devicetree node wamr,grants
 * @param use what apps can do with it
 * @param bytes the key
 * @param length its length in bytes
 * @return 0, -ENOENT if there is no such name, -EINVAL if the key has the wrong length, or another error of the PSA Crypto API.
 */
int wamr_zephyr_import_key(const char *name, enum wamr_zephyr_key_use use, const uint8_t *bytes, size_t length);

#ifdef __cplusplus
}
#endif

#endif

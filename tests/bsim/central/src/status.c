/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Just enough CBOR for messages of a device that this repository builds: definite lengths, and no numbers of more than 32 bits.
 */

#include "status.h"

#include <string.h>

struct status status;
uint32_t status_count;
K_SEM_DEFINE(status_has_come, 0, 1);

enum major { UNSIGNED = 0, BYTES = 2, TEXT = 3, ARRAY = 4, MAP = 5 };

/* Takes the head of an item: its type and its number. */
static enum major head(const uint8_t **at, uint32_t *number)
{
	uint8_t first = *(*at)++;
	size_t len = (first & 31) < 24 ? 0 : 1 << ((first & 31) - 24);

	*number = len ? 0 : first & 31;
	while (len--) {
		*number = *number << 8 | *(*at)++;
	}
	return first >> 5;
}

static void skip(const uint8_t **at)
{
	uint32_t number;

	switch (head(at, &number)) {
	case BYTES:
	case TEXT:
		*at += number;
		break;
	case MAP:
		number *= 2;
	case ARRAY:
		while (number--) {
			skip(at);
		}
	default:
		break;
	}
}

static uint32_t take_number(const uint8_t **at)
{
	uint32_t number;

	head(at, &number);
	return number;
}

static void take_fingerprint(const uint8_t **at, uint8_t *fingerprint)
{
	if (take_number(at) == FINGERPRINT_SIZE) {
		memcpy(fingerprint, *at, FINGERPRINT_SIZE);
		*at += FINGERPRINT_SIZE;
	}
}

static void take_apps(const uint8_t **at, struct status *into)
{
	into->apps = take_number(at);
	for (size_t i = 0; i < into->apps; i++) {
		take_number(at); /* the length of the array */
		skip(at);
		skip(at);
		skip(at);
		take_fingerprint(at, into->app[i]);
	}
}

static void take_upload(const uint8_t **at, struct status *into)
{
	into->open = true;
	for (uint32_t pairs = take_number(at); pairs > 0; pairs--) {
		switch (take_number(at)) {
		case 1:
			take_fingerprint(at, into->fingerprint);
			break;
		case 2:
			into->durable = take_number(at);
			break;
		case 3:
			into->granted = take_number(at);
			break;
		case 4:
			into->resend = take_number(at);
			break;
		default:
			skip(at);
		}
	}
}

void status_take(const uint8_t *value, size_t len)
{
	struct status into = {.resend = UINT32_MAX};

	for (uint32_t pairs = take_number(&value); pairs > 0; pairs--) {
		switch (take_number(&value)) {
		case 3:
			take_apps(&value, &into);
			break;
		case 4:
			take_upload(&value, &into);
			break;
		default:
			skip(&value);
		}
	}
	status = into;
	status_count++;
	k_sem_give(&status_has_come);
}

/* Goes to the value of a key in a map. */
static bool find(const uint8_t **at, uint32_t key)
{
	for (uint32_t pairs = take_number(at); pairs > 0; pairs--) {
		if (take_number(at) == key) {
			return true;
		}
		skip(at);
	}
	return false;
}

uint32_t status_sequence(const uint8_t *value, size_t len)
{
	return find(&value, 0) ? take_number(&value) : 0;
}

int status_refusal(const uint8_t *value, size_t len)
{
	if (!find(&value, 1)) {
		return 0;
	}
	take_number(&value); /* the number of entries, of which the code is the first */
	take_number(&value);
	return 1 + take_number(&value);
}

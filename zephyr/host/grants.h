/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * The node wamr,grants of the devicetree. grants.cmake has checked that it exists and has names.
 */

#ifndef WAMR_ZEPHYR_GRANTS_H
#define WAMR_ZEPHYR_GRANTS_H

#include <zephyr/devicetree.h>
#include <zephyr/sys/util.h>

#define GRANTS DT_COMPAT_GET_ANY_STATUS_OKAY(wamr_grants)

/* Ends the build if the numbers of resources and names differ. */
#define CHECK_NAMES(resources, names)                                                                                  \
	BUILD_ASSERT(DT_PROP_LEN(GRANTS, resources) == DT_PROP_LEN(GRANTS, names),                                     \
		     "the node wamr,grants must have one name in " #names " for each entry of " #resources)

#endif

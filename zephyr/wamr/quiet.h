/* SPDX-License-Identifier: Apache-2.0
 *
 * Included before each WAMR source file without CONFIG_WAMR_ZEPHYR_LOG. Removes WAMR's log messages and their arguments.
 */

#include "bh_platform.h"
#include "bh_log.h"

#undef LOG_FATAL
#undef LOG_ERROR
#undef LOG_WARNING
#undef LOG_VERBOSE

#define LOG_FATAL(...) ((void)0)
#define LOG_ERROR(...) ((void)0)
#define LOG_WARNING(...) ((void)0)
#define LOG_VERBOSE(...) ((void)0)

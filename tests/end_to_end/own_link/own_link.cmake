# SPDX-License-Identifier: Apache-2.0
#
# Adds a link of the product's own to an application: CMAKE_PROJECT_<its project>_INCLUDE names this file.

target_sources(app PRIVATE ${CMAKE_CURRENT_LIST_DIR}/own_link.c)

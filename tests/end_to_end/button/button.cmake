# SPDX-License-Identifier: Apache-2.0
#
# Adds the button's finger to an application: CMAKE_PROJECT_<its project>_INCLUDE names this file.

target_sources(app PRIVATE ${CMAKE_CURRENT_LIST_DIR}/button.c)

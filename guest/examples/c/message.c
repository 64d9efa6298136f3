#include "wamr_app.h"

// Returns each message to its sender.
bool echo(wamr_error_t *error) {
    wamr_device_message_option_received_t received;
    while (message_receive(64, &received, error)) {
        if (!received.is_some) {
            return true;
        }
        if (!message_send(&received.val.sender, &received.val.data, error)) {
            return false;
        }
    }
    return false;
}

#include "wamr_app.h"

// Sends back what was received.
bool echo(uart_port_t port, wamr_error_t *error) {
    app_list_u8_t received;
    uint32_t accepted;
    return uart_port_read(port, 64, &received, error) && uart_port_write(port, &received, &accepted, error);
}

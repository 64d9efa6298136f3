#include "wamr_app.h"

enum { SERVER = 1, ANSWER = 2 };

// Starts with `net_look_up(TEXT("example.com"), SERVER, &server, &error)`. The manifest grants `net:tcp/example.com:80`.
bool on_change(net_remote_host_t server, net_connection_t *connection, bool *is_asked, uint32_t id, wamr_error_t *error) {
    static const char request[] = "GET / HTTP/1.0\r\nHost: example.com\r\n\r\n";
    uint32_t accepted;
    app_list_u8_t received;
    if (id == SERVER) { // Fails if there is no such host.
        return net_connect(net_remote_host_borrow(server), 80, ANSWER, connection, error);
    }
    if (!*is_asked) {
        *is_asked = true;
        return net_connection_send(*connection, BYTES(request, sizeof request - 1), &accepted, error);
    }
    if (!net_connection_receive(*connection, 128, &received, error)) { // At the end of the answer.
        net_connection_close(*connection);
        return *error == WAMR_DEVICE_TYPES_ERROR_IO;
    }
    log_log(WAMR_DEVICE_LOG_LEVEL_INFO, TEXT("the server answers"));
    return true;
}

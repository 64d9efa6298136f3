/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * Lets MCUmgr answer over UDP through the host's sockets. Zephyr locks a socket during each call, and its driver for the host's sockets keeps
 * the lock while it waits for a datagram: an answer would wait for the next request. The linker replaces zsock_sendto() by this, which
 * does not lock.
 */

#include <errno.h>

#include <zephyr/net/socket.h>
#include <zephyr/sys/fdtable.h>

#include <sockets_internal.h>

ssize_t __wrap_z_impl_zsock_sendto(int sock, const void *buf, size_t len, int flags, const struct sockaddr *dest_addr,
				   socklen_t addrlen)
{
	const struct fd_op_vtable *vtable;
	void *socket = zvfs_get_fd_obj_and_vtable(sock, &vtable, NULL);

	if (!socket) {
		errno = EBADF;
		return -1;
	}
	return ((const struct socket_op_vtable *)vtable)->sendto(socket, buf, len, flags, dest_addr, addrlen);
}

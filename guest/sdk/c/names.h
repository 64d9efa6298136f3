// Short names for the types and functions of app.h. Functions that return bool return whether they succeeded.
// Generated from app.h. DO NOT EDIT!
#pragma once

#define log_log wamr_device_log_log
#define clock_now wamr_device_clock_now
#define clock_unix_time wamr_device_clock_unix_time
#define timer_start wamr_device_timer_start
#define timer_start_periodic wamr_device_timer_start_periodic
#define timer_cancel wamr_device_timer_cancel
#define digital_out_pin_get_config(self, ...) wasi_gpio_digital_method_digital_out_pin_get_config(wasi_gpio_digital_borrow_digital_out_pin(self), __VA_ARGS__)
#define digital_out_pin_set_state(self, ...) wasi_gpio_digital_method_digital_out_pin_set_state(wasi_gpio_digital_borrow_digital_out_pin(self), __VA_ARGS__)
#define digital_out_pin_set_active(self, ...) wasi_gpio_digital_method_digital_out_pin_set_active(wasi_gpio_digital_borrow_digital_out_pin(self), __VA_ARGS__)
#define digital_out_pin_set_inactive(self, ...) wasi_gpio_digital_method_digital_out_pin_set_inactive(wasi_gpio_digital_borrow_digital_out_pin(self), __VA_ARGS__)
#define digital_out_pin_toggle(self, ...) wasi_gpio_digital_method_digital_out_pin_toggle(wasi_gpio_digital_borrow_digital_out_pin(self), __VA_ARGS__)
#define digital_in_pin_get_config(self, ...) wasi_gpio_digital_method_digital_in_pin_get_config(wasi_gpio_digital_borrow_digital_in_pin(self), __VA_ARGS__)
#define digital_in_pin_read(self, ...) wasi_gpio_digital_method_digital_in_pin_read(wasi_gpio_digital_borrow_digital_in_pin(self), __VA_ARGS__)
#define digital_in_pin_is_active(self, ...) wasi_gpio_digital_method_digital_in_pin_is_active(wasi_gpio_digital_borrow_digital_in_pin(self), __VA_ARGS__)
#define digital_in_pin_is_inactive(self, ...) wasi_gpio_digital_method_digital_in_pin_is_inactive(wasi_gpio_digital_borrow_digital_in_pin(self), __VA_ARGS__)
#define gpio_input_pin_is_active(self, ...) wamr_device_gpio_method_input_pin_is_active(wamr_device_gpio_borrow_input_pin(self), __VA_ARGS__)
#define gpio_input_pin_watch(self, ...) wamr_device_gpio_method_input_pin_watch(wamr_device_gpio_borrow_input_pin(self), __VA_ARGS__)
#define gpio_input_pin_unwatch(self) wamr_device_gpio_method_input_pin_unwatch(wamr_device_gpio_borrow_input_pin(self))
#define gpio_output_pin_set(self, ...) wamr_device_gpio_method_output_pin_set(wamr_device_gpio_borrow_output_pin(self), __VA_ARGS__)
#define gpio_output_pin_is_set_active(self) wamr_device_gpio_method_output_pin_is_set_active(wamr_device_gpio_borrow_output_pin(self))
#define gpio_open_input wamr_device_gpio_open_input
#define gpio_open_output wamr_device_gpio_open_output
#define gpio_open_digital_in wamr_device_gpio_open_digital_in
#define gpio_open_digital_out wamr_device_gpio_open_digital_out
#define i2c_transaction(self, ...) wasi_i2c_i2c_method_i2c_transaction(wasi_i2c_i2c_borrow_i2c(self), __VA_ARGS__)
#define i2c_read(self, ...) wasi_i2c_i2c_method_i2c_read(wasi_i2c_i2c_borrow_i2c(self), __VA_ARGS__)
#define i2c_write(self, ...) wasi_i2c_i2c_method_i2c_write(wasi_i2c_i2c_borrow_i2c(self), __VA_ARGS__)
#define i2c_write_read(self, ...) wasi_i2c_i2c_method_i2c_write_read(wasi_i2c_i2c_borrow_i2c(self), __VA_ARGS__)
#define i2c_open wamr_device_i2c_open
#define spi_device_read(self, ...) wasi_spi_spi_method_spi_device_read(wasi_spi_spi_borrow_spi_device(self), __VA_ARGS__)
#define spi_device_write(self, ...) wasi_spi_spi_method_spi_device_write(wasi_spi_spi_borrow_spi_device(self), __VA_ARGS__)
#define spi_device_transfer(self, ...) wasi_spi_spi_method_spi_device_transfer(wasi_spi_spi_borrow_spi_device(self), __VA_ARGS__)
#define spi_device_transaction(self, ...) wasi_spi_spi_method_spi_device_transaction(wasi_spi_spi_borrow_spi_device(self), __VA_ARGS__)
#define spi_open wasi_spi_spi_open
#define adc_channel_read(self, ...) wamr_device_adc_method_channel_read(wamr_device_adc_borrow_channel(self), __VA_ARGS__)
#define adc_open wamr_device_adc_open
#define pwm_channel_set(self, ...) wamr_device_pwm_method_channel_set(wamr_device_pwm_borrow_channel(self), __VA_ARGS__)
#define pwm_open wamr_device_pwm_open
#define sensor_read(self, ...) wamr_device_sensor_method_sensor_read(wamr_device_sensor_borrow_sensor(self), __VA_ARGS__)
#define sensor_watch(self, ...) wamr_device_sensor_method_sensor_watch(wamr_device_sensor_borrow_sensor(self), __VA_ARGS__)
#define sensor_unwatch(self) wamr_device_sensor_method_sensor_unwatch(wamr_device_sensor_borrow_sensor(self))
#define sensor_open wamr_device_sensor_open
#define uart_port_read(self, ...) wamr_device_uart_method_port_read(wamr_device_uart_borrow_port(self), __VA_ARGS__)
#define uart_port_write(self, ...) wamr_device_uart_method_port_write(wamr_device_uart_borrow_port(self), __VA_ARGS__)
#define uart_port_watch(self, ...) wamr_device_uart_method_port_watch(wamr_device_uart_borrow_port(self), __VA_ARGS__)
#define uart_port_unwatch(self) wamr_device_uart_method_port_unwatch(wamr_device_uart_borrow_port(self))
#define uart_open wamr_device_uart_open
#define kv_get wamr_device_kv_get
#define kv_set wamr_device_kv_set
#define kv_delete wamr_device_kv_delete
#define file_read(self, ...) wamr_device_file_method_file_read(wamr_device_file_borrow_file(self), __VA_ARGS__)
#define file_write(self, ...) wamr_device_file_method_file_write(wamr_device_file_borrow_file(self), __VA_ARGS__)
#define file_append(self, ...) wamr_device_file_method_file_append(wamr_device_file_borrow_file(self), __VA_ARGS__)
#define file_size(self) wamr_device_file_method_file_size(wamr_device_file_borrow_file(self))
#define file_sync(self, ...) wamr_device_file_method_file_sync(wamr_device_file_borrow_file(self), __VA_ARGS__)
#define file_open wamr_device_file_open
#define file_entry_at wamr_device_file_entry_at
#define file_remove wamr_device_file_remove
#define file_rename wamr_device_file_rename
#define message_send wamr_device_message_send
#define message_receive wamr_device_message_receive
#define rng_bytes wamr_device_rng_bytes
#define rng_number wamr_device_rng_number
#define crypto_sha256 wamr_device_crypto_sha256
#define crypto_hmac_sha256 wamr_device_crypto_hmac_sha256
#define crypto_aes_gcm_encrypt wamr_device_crypto_aes_gcm_encrypt
#define crypto_aes_gcm_decrypt wamr_device_crypto_aes_gcm_decrypt
#define crypto_ed25519_verify wamr_device_crypto_ed25519_verify
#define net_remote_host_address(self, ...) wamr_device_net_method_remote_host_address(wamr_device_net_borrow_remote_host(self), __VA_ARGS__)
#define net_connection_send(self, ...) wamr_device_net_method_connection_send(wamr_device_net_borrow_connection(self), __VA_ARGS__)
#define net_connection_receive(self, ...) wamr_device_net_method_connection_receive(wamr_device_net_borrow_connection(self), __VA_ARGS__)
#define net_udp_socket_send_to(self, ...) wamr_device_net_method_udp_socket_send_to(wamr_device_net_borrow_udp_socket(self), __VA_ARGS__)
#define net_udp_socket_receive_from(self, ...) wamr_device_net_method_udp_socket_receive_from(wamr_device_net_borrow_udp_socket(self), __VA_ARGS__)
#define net_look_up wamr_device_net_look_up
#define net_connect wamr_device_net_connect
#define net_bind wamr_device_net_bind
#define system_name wamr_device_system_name
#define system_last_reset wamr_device_system_last_reset
#define system_battery wamr_device_system_battery
#define system_confirm wamr_device_system_confirm
typedef wasi_gpio_digital_own_digital_out_pin_t digital_out_pin_t;
#define digital_out_pin_close wasi_gpio_digital_digital_out_pin_drop_own
#define digital_out_pin_borrow wasi_gpio_digital_borrow_digital_out_pin
typedef wasi_gpio_digital_own_digital_in_pin_t digital_in_pin_t;
#define digital_in_pin_close wasi_gpio_digital_digital_in_pin_drop_own
#define digital_in_pin_borrow wasi_gpio_digital_borrow_digital_in_pin
typedef wamr_device_gpio_own_input_pin_t gpio_input_pin_t;
#define gpio_input_pin_close wamr_device_gpio_input_pin_drop_own
#define gpio_input_pin_borrow wamr_device_gpio_borrow_input_pin
typedef wamr_device_gpio_own_output_pin_t gpio_output_pin_t;
#define gpio_output_pin_close wamr_device_gpio_output_pin_drop_own
#define gpio_output_pin_borrow wamr_device_gpio_borrow_output_pin
typedef wasi_i2c_i2c_own_i2c_t i2c_t;
#define i2c_close wasi_i2c_i2c_i2c_drop_own
#define i2c_borrow wasi_i2c_i2c_borrow_i2c
typedef wasi_spi_spi_own_spi_device_t spi_device_t;
#define spi_device_close wasi_spi_spi_spi_device_drop_own
#define spi_device_borrow wasi_spi_spi_borrow_spi_device
typedef wamr_device_adc_own_channel_t adc_channel_t;
#define adc_channel_close wamr_device_adc_channel_drop_own
#define adc_channel_borrow wamr_device_adc_borrow_channel
typedef wamr_device_pwm_own_channel_t pwm_channel_t;
#define pwm_channel_close wamr_device_pwm_channel_drop_own
#define pwm_channel_borrow wamr_device_pwm_borrow_channel
typedef wamr_device_sensor_own_sensor_t sensor_t;
#define sensor_close wamr_device_sensor_sensor_drop_own
#define sensor_borrow wamr_device_sensor_borrow_sensor
typedef wamr_device_uart_own_port_t uart_port_t;
#define uart_port_close wamr_device_uart_port_drop_own
#define uart_port_borrow wamr_device_uart_borrow_port
typedef wamr_device_file_own_file_t file_t;
#define file_close wamr_device_file_file_drop_own
#define file_borrow wamr_device_file_borrow_file
typedef wamr_device_net_own_remote_host_t net_remote_host_t;
#define net_remote_host_close wamr_device_net_remote_host_drop_own
#define net_remote_host_borrow wamr_device_net_borrow_remote_host
typedef wamr_device_net_own_connection_t net_connection_t;
#define net_connection_close wamr_device_net_connection_drop_own
#define net_connection_borrow wamr_device_net_borrow_connection
typedef wamr_device_net_own_udp_socket_t net_udp_socket_t;
#define net_udp_socket_close wamr_device_net_udp_socket_drop_own
#define net_udp_socket_borrow wamr_device_net_borrow_udp_socket

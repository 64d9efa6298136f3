/*
 * SPDX-License-Identifier: Apache-2.0
 *
 * What Zephyr has no emulator for: an SPI device that answers with the complement of what it receives, a PWM controller, a thermometer, a
 * BME280, an LM75 and, on boards without one, a source of random numbers. board.rs repeats the declarations of what the test sees of them.
 */

#include <zephyr/device.h>
#include <zephyr/drivers/adc/adc_emul.h>
#include <zephyr/drivers/emul.h>
#include <zephyr/drivers/entropy.h>
#include <zephyr/drivers/i2c.h>
#include <zephyr/drivers/i2c_emul.h>
#include <zephyr/drivers/pwm.h>
#include <zephyr/drivers/sensor.h>
#include <zephyr/drivers/serial/uart_emul.h>
#include <zephyr/drivers/spi.h>
#include <zephyr/drivers/spi_emul.h>
#include <zephyr/drivers/uart.h>
#include <zephyr/sys/byteorder.h>

/* --- The SPI device --------------------------------------------------------------------------------------------- */

#define ECHO DT_NODELABEL(echo_device)

static int echo(const struct emul *target, const struct spi_config *config, const struct spi_buf_set *out,
		const struct spi_buf_set *in)
{
	for (size_t i = 0; in != NULL && i < in->buffers[0].len; i++) {
		uint8_t sent = out != NULL ? ((uint8_t *)out->buffers[0].buf)[i] : 0;

		((uint8_t *)in->buffers[0].buf)[i] = ~sent;
	}
	return 0;
}

static int no_init(const struct emul *emul, const struct device *parent)
{
	return 0;
}

static const struct spi_emul_api echo_api = {.io = echo};

DEVICE_DT_DEFINE(ECHO, NULL, NULL, NULL, NULL, POST_KERNEL, 90, NULL);
EMUL_DT_DEFINE(ECHO, no_init, NULL, NULL, &echo_api, NULL);

/* --- The PWM controller: a cycle is a nanosecond ----------------------------------------------------------------- */

static uint32_t period, pulse;

static int set_cycles(const struct device *dev, uint32_t channel, uint32_t period_cycles, uint32_t pulse_cycles,
		      pwm_flags_t flags)
{
	period = period_cycles;
	pulse = pulse_cycles;
	return 0;
}

static int get_cycles_per_sec(const struct device *dev, uint32_t channel, uint64_t *cycles)
{
	*cycles = NSEC_PER_SEC;
	return 0;
}

static DEVICE_API(pwm, pwm_api) = {.set_cycles = set_cycles, .get_cycles_per_sec = get_cycles_per_sec};

DEVICE_DT_DEFINE(DT_NODELABEL(pwm_test), NULL, NULL, NULL, NULL, POST_KERNEL, 90, &pwm_api);

/* In nanoseconds, the period from bit 32. */
uint64_t board_pwm(void)
{
	return (uint64_t)period << 32 | pulse;
}

/* --- The thermometer --------------------------------------------------------------------------------------------- */

#define THERMOMETER DT_NODELABEL(thermometer)

static int32_t thousandths;
static bool fails;
static sensor_trigger_handler_t handler;
static const struct sensor_trigger *trigger;

static int sample_fetch(const struct device *dev, enum sensor_channel channel)
{
	if (fails) {
		return -EIO;
	}
	/* Like many drivers, only all channels. */
	return channel == SENSOR_CHAN_ALL ? 0 : -ENOTSUP;
}

static int channel_get(const struct device *dev, enum sensor_channel channel, struct sensor_value *value)
{
	if (channel != SENSOR_CHAN_AMBIENT_TEMP) {
		return -ENOTSUP;
	}
	return sensor_value_from_milli(value, thousandths);
}

static int trigger_set(const struct device *dev, const struct sensor_trigger *wanted, sensor_trigger_handler_t called)
{
	if (wanted->type != SENSOR_TRIG_DATA_READY) {
		return -ENOTSUP;
	}
	handler = called;
	trigger = wanted;
	return 0;
}

static DEVICE_API(sensor, thermometer_api) = {
	.sample_fetch = sample_fetch,
	.channel_get = channel_get,
	.trigger_set = trigger_set,
};

DEVICE_DT_DEFINE(THERMOMETER, NULL, NULL, NULL, NULL, POST_KERNEL, 90, &thermometer_api);

/* The thermometer has measured this, in thousandths of a degree Celsius. Returns whether somebody watches it. */
bool board_measured(int32_t temperature)
{
	thousandths = temperature;
	fails = false;
	if (handler != NULL) {
		handler(DEVICE_DT_GET(THERMOMETER), trigger);
	}
	return handler != NULL;
}

/* The thermometer cannot be read until it measures again. */
void board_thermometer_fails(void)
{
	fails = true;
}

/* --- The converter ----------------------------------------------------------------------------------------------- */

void board_millivolts(uint32_t millivolts)
{
	adc_emul_const_value_set(DEVICE_DT_GET(DT_NODELABEL(test_adc)), 0, millivolts);
}

/* --- The weather sensor ------------------------------------------------------------------------------------------ */

#define BME280 DT_NODELABEL(bme280)

enum bme280_register {
	CALIBRATION = 0x88,
	CHIP_ID = 0xd0,
	CALIBRATION_OF_HUMIDITY = 0xe1,
	/* Of pressure, temperature and humidity. */
	MEASURED = 0xf7,
};

/*
 * The calibration and the measurement are those of the example in Bosch's data sheet of the BMP280 (section 3.12): 25.08 degrees Celsius
 * and 100,653 Pa. The humidity is 40.7 %, by the formula in the data sheet of the BME280 (section 8.1).
 */
static uint8_t bme280[256] = {
	[CALIBRATION] = 0x70, 0x6b, 0x43, 0x67, 0x18, 0xfc, 0x7d, 0x8e, 0x43, 0xd6, 0xd0, 0x0b, 0x27,
	0x0b, 0x8c, 0x00, 0xf9, 0xff, 0x8c, 0x3c, 0xf8, 0xc6, 0x70, 0x17, 0x00, 0x4b,
	[CHIP_ID] = 0x60,
	[CALIBRATION_OF_HUMIDITY] = 0x6a, 0x01, 0x00, 0x13, 0x2a, 0x03, 0x1e,
	[MEASURED] = 0x65, 0x5a, 0xc0, 0x7e, 0xed, 0x00, 0x6b, 0x6c,
};

/* A write has the number of a register and what becomes of it, again and again. A read starts at the last number. */
static int transfer_registers(const struct emul *target, struct i2c_msg *messages, int count, int address)
{
	static uint8_t next;

	for (struct i2c_msg *message = messages; message < messages + count; message++) {
		for (uint32_t i = 0; i < message->len; i++) {
			if ((message->flags & I2C_MSG_READ) != 0) {
				message->buf[i] = bme280[next++];
			} else if (i % 2 == 0) {
				next = message->buf[i];
			} else if (next > CALIBRATION_OF_HUMIDITY + 7 && next < MEASURED) {
				/* The registers that control it. The others can only be read. */
				bme280[next] = message->buf[i];
			}
		}
	}
	return 0;
}

static const struct i2c_emul_api bme280_api = {.transfer = transfer_registers};

EMUL_DT_DEFINE(BME280, no_init, NULL, NULL, &bme280_api, NULL);

/* --- The LM75 ---------------------------------------------------------------------------------------------------- */

static int16_t lm75;

/* A write is the number of a register. Only that of the temperature, 0, can be read. */
static int transfer_temperature(const struct emul *target, struct i2c_msg *messages, int count, int address)
{
	for (struct i2c_msg *message = messages; message < messages + count; message++) {
		bool is_read = (message->flags & I2C_MSG_READ) != 0;

		if (message->len != (is_read ? 2 : 1) || (!is_read && message->buf[0] != 0)) {
			return -EIO;
		}
		if (is_read) {
			sys_put_be16(lm75, message->buf);
		}
	}
	return 0;
}

static const struct i2c_emul_api lm75_api = {.transfer = transfer_temperature};

EMUL_DT_DEFINE(DT_NODELABEL(lm75), no_init, NULL, NULL, &lm75_api, NULL);

/* The sensor measures this, in 256ths of a degree Celsius. */
void board_lm75(int16_t temperature)
{
	lm75 = temperature;
}

/* --- The serial ports -------------------------------------------------------------------------------------------- */

/* In the order of Port in board.rs. */
static const struct device *const ports[] = {DEVICE_DT_GET(DT_NODELABEL(serial)), DEVICE_DT_GET(DT_NODELABEL(modem))};

uint32_t board_serial_receive(int port, const uint8_t *bytes, size_t length)
{
	return uart_emul_put_rx_data(ports[port], bytes, length);
}

uint32_t board_serial_sent(int port, uint8_t *bytes, size_t length)
{
	return uart_emul_get_tx_data(ports[port], bytes, length);
}

/* The first port has lost a byte. */
void board_serial_overrun(void)
{
	uart_emul_set_errors(ports[0], UART_ERROR_OVERRUN);
}

/* --- Random numbers, which are not random ------------------------------------------------------------------------ */

#ifdef CONFIG_EMULATED_ENTROPY

static int get_entropy(const struct device *dev, uint8_t *bytes, uint16_t length)
{
	static uint32_t state = 1;

	for (uint16_t i = 0; i < length; i++) {
		state = state * 1664525 + 1013904223;
		bytes[i] = state >> 24;
	}
	return 0;
}

static DEVICE_API(entropy, entropy_api) = {.get_entropy = get_entropy};

DEVICE_DT_DEFINE(DT_CHOSEN(zephyr_entropy), NULL, NULL, NULL, NULL, PRE_KERNEL_1, CONFIG_ENTROPY_INIT_PRIORITY, &entropy_api);

#endif /* CONFIG_EMULATED_ENTROPY */

//! The interface `sensor`.

use core::cell::Cell;

use critical_section::Mutex;
use wamr::{Method, Trap};
use wamr_device::{APPS_MAX, AppData, AppEvent, AppEvents, EventKind, GroupLinker, HostGroup};

use crate::abi::{self, App};
use crate::{Error, Opened, Sharing};

/// The channels, at the places that Zephyr's `enum sensor_channel` gives to them. A `-` is a channel of several values, which cannot be
/// read as one. One string takes less flash than a list of strings.
const CHANNELS: &str = "accel-x accel-y accel-z - gyro-x gyro-y gyro-z - magn-x magn-y magn-z - die-temp ambient-temp press prox \
    humidity light ir red green blue altitude pm-1-0 pm-2-5 pm-10 distance co2 o2 voc gas-res voltage vshunt current power \
    resistance rotation pos-dx pos-dy pos-dz - rpm frequency";

/// What a sensor measures: a channel of Zephyr's sensor drivers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Channel(u8);

impl Channel {
    /// Returns the channel of a name: that of Zephyr in lower case, with hyphens, such as `ambient-temp` for `SENSOR_CHAN_AMBIENT_TEMP`.
    pub fn from_name(name: &str) -> Option<Self> {
        let number = CHANNELS.split(' ').position(|known| known == name && known != "-")?;
        Some(Self(number as u8))
    }

    /// Returns all channels.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).zip(CHANNELS.split(' ')).filter(|(_, name)| *name != "-").map(|(number, _)| Self(number))
    }

    /// Returns its name.
    pub fn name(self) -> &'static str {
        CHANNELS.split(' ').nth(self.0.into()).unwrap_or_default()
    }

    /// Returns its value in Zephyr's `enum sensor_channel` (`zephyr/drivers/sensor.h`).
    pub fn number(self) -> u8 {
        self.0
    }
}

/// The sensors of a platform, by their numbers.
pub trait Sensors: Sync + 'static {
    /// Returns the names of the sensors, at most 32. The position is the number.
    fn names(&self) -> &[&str];

    /// Measures a channel, and returns the value in millionths of its unit.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if the sensor does not have the channel, [`Error::Io`], [`Error::Timeout`].
    fn read(&self, sensor: u32, channel: Channel) -> Result<i64, Error>;

    /// Reports new measurements of a sensor to [`Sensor::measured`] from now on, or no longer.
    ///
    /// # Errors
    /// [`Error::NotSupported`] if the sensor cannot, [`Error::Io`].
    fn watch(&self, sensor: u32, on: bool) -> Result<(), Error>;
}

/// The ids of the apps that watch a sensor.
type Watchers = [Mutex<Cell<Option<u32>>>; APPS_MAX];

/// The group `sensor` with `N` sensors. Several apps can use a sensor.
#[derive(Debug)]
pub struct Sensor<S, const N: usize> {
    sensors: S,
    events: &'static AppEvents,
    opened: Opened,
    watchers: [Watchers; N],
}

impl<S: Sensors, const N: usize> Sensor<S, N> {
    const METHODS: &[Method<Self, AppData>] = &[
        Method::new("open", Self::open),
        Method::new("[method]sensor.read", Self::read),
        Method::new("[method]sensor.watch", Self::watch),
        Method::new("[method]sensor.unwatch", Self::unwatch),
        Method::new("[resource-drop]sensor", Self::close),
        Method::new("sensor_drop", Self::close),
    ];

    /// The group with these sensors. Their measurements are events of `events`.
    pub const fn new(sensors: S, events: &'static AppEvents) -> Self {
        let watchers = [const { [const { Mutex::new(Cell::new(None)) }; APPS_MAX] }; N];
        Self { sensors, events, opened: Opened::new(), watchers }
    }

    /// Returns the sensors.
    pub fn sensors(&self) -> &S {
        &self.sensors
    }

    /// A sensor has a new measurement. Its driver calls this, also from an interrupt.
    pub fn measured(&self, sensor: u32) {
        for (app, watcher) in (0..).zip(self.watchers(sensor)) {
            if let Some(id) = critical_section::with(|cs| watcher.borrow(cs).get()) {
                self.events.post(app, AppEvent { kind: EventKind::Sensor, id, value: 0 });
            }
        }
    }

    fn open(&self, mut app: App<'_>, name: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let opened = self.opened.open(self, &app, (name, length), Sharing::Shared)?;
        abi::ret(&mut app, ret, opened)
    }

    fn close(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        let sensor = self.opened.close(app.data(), handle)?;
        self.end_watch(sensor, app.data().number());
        Ok(())
    }

    fn read(&self, mut app: App<'_>, handle: u32, channel: u32, length: u32, ret: u32) -> Result<(), Trap> {
        let sensor = self.opened.resource(app.data(), handle)?;
        let channel = Channel::from_name(abi::string(&app, channel, length)?);
        let value = channel.ok_or(Error::NotSupported).and_then(|channel| self.sensors.read(sensor, channel));
        abi::ret(&mut app, ret, value)
    }

    fn watch(&self, mut app: App<'_>, handle: u32, id: u32, ret: u32) -> Result<(), Trap> {
        let sensor = self.opened.resource(app.data(), handle)?;
        // Before the driver reports the first measurement.
        let before = self.set_watcher(sensor, app.data().number(), Some(id));
        let watched = self.sensors.watch(sensor, true);
        if watched.is_err() {
            self.set_watcher(sensor, app.data().number(), before);
        }
        abi::ret(&mut app, ret, watched)
    }

    fn unwatch(&self, app: App<'_>, handle: u32) -> Result<(), Trap> {
        let sensor = self.opened.resource(app.data(), handle)?;
        self.end_watch(sensor, app.data().number());
        Ok(())
    }

    /// The driver stops when nobody watches any more.
    fn end_watch(&self, sensor: u32, app: u8) {
        let was_watched = self.set_watcher(sensor, app, None).is_some();
        let is_watched =
            critical_section::with(|cs| self.watchers(sensor).iter().any(|id| id.borrow(cs).get().is_some()));
        if was_watched && !is_watched {
            // There are no events, even if the driver goes on.
            let _ = self.sensors.watch(sensor, false);
        }
    }

    /// Returns the id before.
    fn set_watcher(&self, sensor: u32, app: u8, id: Option<u32>) -> Option<u32> {
        let watcher = self.watchers(sensor).get(usize::from(app))?;
        critical_section::with(|cs| watcher.borrow(cs).replace(id))
    }

    fn watchers(&self, sensor: u32) -> &[Mutex<Cell<Option<u32>>>] {
        self.watchers.get(sensor as usize).map_or(&[], |watchers| watchers)
    }
}

impl<S: Sensors, const N: usize> HostGroup for Sensor<S, N> {
    fn name(&self) -> &str {
        "sensor"
    }

    fn resources(&self) -> &[&str] {
        self.sensors.names()
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        assert!(self.sensors.names().len() <= N, "the group must have a place for each sensor");
        self.opened.bind(linker.group());
        linker.interface("wamr:device/sensor@0.1", self, Self::METHODS)
    }

    fn unloaded(&self, app: &AppData) {
        self.opened.close_all(app).for_each(|sensor| self.end_watch(sensor, app.number()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn channels_have_the_numbers_of_zephyr() {
        for (name, number) in [
            ("accel-x", 0),
            ("die-temp", 12),
            ("ambient-temp", 13),
            ("press", 14),
            ("humidity", 16),
            ("altitude", 22),
            ("gas-res", 30),
            ("power", 34),
            ("rotation", 36),
            ("rpm", 41),
            ("frequency", 42),
        ] {
            let channel = Channel::from_name(name).unwrap();
            assert_eq!((channel.number(), channel.name()), (number, name));
        }
        for name in ["", "-", "accel-xyz", "AMBIENT_TEMP", "ambient-temp "] {
            assert_eq!(Channel::from_name(name), None, "{name}");
        }
        assert!(Channel::all().all(|channel| Channel::from_name(channel.name()) == Some(channel)));
    }
}

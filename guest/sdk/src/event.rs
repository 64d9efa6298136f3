//! Events.

/// An event that the device delivers to the app. The app chooses the ids.
///
/// A device queues a few events per app. Events of the same case and id that still wait become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A timer of the app expired.
    Timer {
        /// The id of the timer.
        id: u32,
        /// How often it expired since the last event of this timer: more than 1 if the app was late.
        count: u32,
    },
    /// A pin that the app watches changed.
    Pin {
        /// The id of the watch.
        id: u32,
        /// Whether the pin is active now.
        active: bool,
    },
    /// Messages wait to be received.
    Message {
        /// Their number.
        waiting: u32,
    },
    /// A serial port that the app watches has received data.
    Uart {
        /// The id of the watch.
        id: u32,
        /// The number of bytes that can be read.
        length: u32,
    },
    /// A sensor that the app watches has a new measurement.
    Sensor {
        /// The id of the watch.
        id: u32,
    },
    /// An event of an interface of the firmware's own.
    Custom {
        /// The id of its source.
        id: u32,
        /// Its meaning depends on the source.
        value: u32,
    },
    /// A host or a socket changed.
    Net {
        /// The id of the host or the socket.
        id: u32,
    },
}

impl Event {
    /// Lifts a `wamr:device/events.event`. Returns nothing for a case that this version does not know.
    #[inline(always)]
    pub(crate) fn lift(case: u32, first: u32, second: u32) -> Option<Self> {
        Some(match case {
            0 => Self::Timer { id: first, count: second },
            1 => Self::Pin { id: first, active: second != 0 },
            2 => Self::Message { waiting: first },
            3 => Self::Uart { id: first, length: second },
            4 => Self::Sensor { id: first },
            5 => Self::Custom { id: first, value: second },
            6 => Self::Net { id: first },
            _ => return None,
        })
    }
}

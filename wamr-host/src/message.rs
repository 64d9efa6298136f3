//! The interface `message`.
//!
//! Messages to an app wait in one queue for all apps, whoever sends them: clients through the device ([`Mailbox`]), or other apps. Messages
//! to the client do not wait here: a [`Client`] takes them at once or refuses them.

use core::cell::RefCell;
use core::fmt::Write as _;

use critical_section::Mutex;
use heapless::Vec;
use wamr::{Method, Trap};
use wamr_device::{APPS_MAX, AppData, AppEvent, AppEvents, EventKind, GroupLinker, HostGroup, Mailbox};
use wamr_proto::{AppMessage, AppName, ErrorCode, Refusal, Text};

use crate::Error;
use crate::abi::{self, App, Lower};
use crate::listed::{LISTED_MAX, LISTED_OF_ONE_MAX, Listed};

/// How many different names of apps the manifests of all loaded apps together can list.
pub const NAMES_MAX: usize = LISTED_MAX;

/// How many names of apps a manifest can list, so that one app leaves some for others.
pub const NAMES_OF_ONE_MAX: usize = LISTED_OF_ONE_MAX;

/// The entry `message:client` of a manifest.
const CLIENT: &str = "client";
/// What it grants.
const GRANTS_CLIENT: u32 = 1;
/// What the entry with the name of an app grants. Which name is in [`State::names`].
const GRANTS_NAMES: u32 = 2;
/// What the entry `message` grants, or no list: everything.
const GRANTS_ALL: u32 = u32::MAX;

/// The way to the client.
pub trait Client: Sync + 'static {
    /// Sends a message of the app with this number. Does not wait.
    ///
    /// # Errors
    /// [`Error::NotFound`] if no client is connected that wants messages, [`Error::NoSpace`] if it cannot take one now.
    fn send(&self, app: u8, message: &AppMessage) -> Result<(), Error>;
}

/// The group `message`. At most `N` messages wait, each with up to [`AppMessage::MAX`] bytes: at most `N - 1` of them for one app, and at most
/// half of them from one app.
pub struct Messages<C, const N: usize> {
    client: C,
    events: &'static AppEvents,
    state: Mutex<RefCell<State<N>>>,
}

struct State<const N: usize> {
    /// In the order in which they came.
    queue: Vec<Waiting, N>,
    /// The loaded apps that use the group, by their numbers.
    apps: [Option<Member>; APPS_MAX],
    names: Listed<{ AppName::MAX }>,
}

/// A message that waits.
struct Waiting {
    to: u8,
    /// `None` for the client.
    from: Option<AppName>,
    message: AppMessage,
}

/// An app that can receive messages.
struct Member {
    name: AppName,
    granted: u32,
}

impl<const N: usize> State<N> {
    const EMPTY: Self = Self { queue: Vec::new(), apps: [const { None }; APPS_MAX], names: Listed::new() };

    fn member(&self, app: u8) -> Option<&Member> {
        self.apps.get(usize::from(app)).and_then(Option::as_ref)
    }

    /// Whether the manifest of an app permits messages to and from the app with this name.
    fn permits(&self, app: u8, peer: &str) -> bool {
        self.member(app).is_some_and(|member| member.granted == GRANTS_ALL)
            || self.names.of(app).any(|name| name == peer)
    }

    fn forget(&mut self, app: u8) {
        if let Some(place) = self.apps.get_mut(usize::from(app)) {
            *place = None;
        }
        self.queue.retain(|waiting| waiting.to != app);
        self.names.forget(app);
    }

    fn waiting(&self, to: u8) -> u32 {
        self.queue.iter().filter(|waiting| waiting.to == to).count() as u32
    }

    /// Queues a message. Returns its receiver and how many wait for it, or `None` if there is no room.
    fn push(&mut self, waiting: Waiting) -> Option<(u8, u32)> {
        let to = waiting.to;
        let sent = self.queue.iter().filter(|other| other.from == waiting.from && other.from.is_some()).count();
        if self.waiting(to) as usize + 1 >= N.max(2) || sent >= N.div_ceil(2) {
            return None;
        }
        self.queue.push(waiting).ok()?;
        Some((to, self.waiting(to)))
    }

    fn take(&mut self, to: u8) -> Option<Waiting> {
        let at = self.queue.iter().position(|waiting| waiting.to == to)?;
        Some(self.queue.remove(at))
    }
}

impl<C: Client, const N: usize> Messages<C, N> {
    const METHODS: &[Method<Self, AppData>] = &[Method::new("send", Self::send), Method::new("receive", Self::receive)];

    /// The group with this way to the client. Messages are events of `events`.
    pub const fn new(client: C, events: &'static AppEvents) -> Self {
        Self { client, events, state: Mutex::new(RefCell::new(State::EMPTY)) }
    }

    /// Returns the way to the client.
    pub fn client(&self) -> &C {
        &self.client
    }

    #[expect(clippy::too_many_arguments, reason = "the canonical ABI")]
    fn send(
        &self,
        mut app: App<'_>,
        case: u32,
        name: u32,
        name_length: u32,
        data: u32,
        length: u32,
        ret: u32,
    ) -> Result<(), Trap> {
        let to_app = abi::case(&[false, true], case)?;
        let bytes = app.bytes(data, length)?;
        let sent = match AppMessage::new(bytes) {
            // What the manifest does not permit traps, whatever the message is.
            message if to_app => self.send_to_app(app.data(), abi::string(&app, name, name_length)?, message)?,
            message => self.send_to_client(app.data(), message)?,
        };
        abi::ret(&mut app, ret, sent)
    }

    fn send_to_client(&self, app: &AppData, message: Option<AppMessage>) -> Result<Result<(), Error>, Trap> {
        let is_permitted =
            self.with(|state| state.member(app.number()).is_some_and(|member| member.granted & GRANTS_CLIENT != 0));
        if !is_permitted {
            return Err(not_granted(CLIENT));
        }
        Ok(message.ok_or(Error::InvalidArgument).and_then(|message| self.client.send(app.number(), &message)))
    }

    fn send_to_app(&self, app: &AppData, to: &str, message: Option<AppMessage>) -> Result<Result<(), Error>, Trap> {
        let number = app.number();
        if !self.with(|state| state.permits(number, to)) {
            return Err(not_granted(to));
        }
        let Some(message) = message else { return Ok(Err(Error::InvalidArgument)) };
        // Nobody can permit messages of an app without a name.
        let Some(from) = AppName::new(app.name()).filter(|name| !name.as_str().is_empty()) else {
            return Ok(Err(Error::NotSupported));
        };
        if from.as_str() == to {
            return Ok(Err(Error::InvalidArgument));
        }
        let queued = self.with(|state| {
            let is_receiver = |number: &u8| {
                state.member(*number).is_some_and(|member| member.name.as_str() == to)
                    && state.permits(*number, from.as_str())
            };
            let to = (0..APPS_MAX as u8).find(is_receiver).ok_or(Error::NotFound)?;
            state.push(Waiting { to, from: Some(from), message }).ok_or(Error::NoSpace)
        });
        Ok(queued.map(|queued| self.announce(queued)))
    }

    fn receive(&self, mut app: App<'_>, max: u32, ret: u32) -> Result<(), Trap> {
        let number = app.data().number();
        let (waiting, left) = self.with(|state| (state.take(number), state.waiting(number)));
        // An event that found no place would otherwise never come again.
        if left > 0 {
            self.announce((number, left));
        }
        let received = match &waiting {
            Some(waiting) if waiting.message.len() > max as usize => Err(Error::NoSpace),
            waiting => Ok(waiting.as_ref().map(Received)),
        };
        abi::ret(&mut app, ret, received)
    }

    /// Messages wait for this app, so many.
    fn announce(&self, (app, value): (u8, u32)) {
        self.events.post(app, AppEvent { kind: EventKind::Message, id: 0, value });
    }

    fn with<R>(&self, access: impl FnOnce(&mut State<N>) -> R) -> R {
        critical_section::with(|cs| access(&mut self.state.borrow(cs).borrow_mut()))
    }
}

impl<C: Client, const N: usize> HostGroup for Messages<C, N> {
    fn name(&self) -> &str {
        "message"
    }

    /// The entry `message:client` grants messages to and from the client, `message:NAME` to and from the app of that name.
    fn grant(&self, resource: &str) -> Option<u32> {
        match resource {
            CLIENT => Some(GRANTS_CLIENT),
            _ => (!resource.is_empty() && resource.len() <= AppName::MAX).then_some(GRANTS_NAMES),
        }
    }

    fn define<'rt>(&'rt self, linker: &mut GroupLinker<'_, 'rt>) -> Result<(), wamr::Error> {
        linker.interface("wamr:device/message@0.1", self, Self::METHODS)
    }

    fn loading(&self, app: &AppData, granted: u32, resources: &mut dyn Iterator<Item = &str>) -> Result<(), Refusal> {
        let name = AppName::cut(app.name());
        self.with(|state| {
            if let Some(place) = state.apps.get_mut(usize::from(app.number())) {
                *place = Some(Member { name, granted });
            }
            state.names.add(app.number(), resources.filter(|name| *name != CLIENT))
        })
        .map_err(|full| {
            let one = "the manifest lists too many names for `message`";
            full.refusal(one, "all apps together list too many names for `message`")
        })
    }

    fn unloaded(&self, app: &AppData) {
        self.with(|state| state.forget(app.number()));
    }
}

impl<C: Client, const N: usize> Mailbox for Messages<C, N> {
    fn deliver(&self, app: u8, message: &[u8]) -> Result<(), Refusal> {
        let queued = self.with(|state| {
            let member = state.member(app).filter(|member| member.granted & GRANTS_CLIENT != 0);
            member.ok_or(ErrorCode::NoMessages)?;
            let message = AppMessage::new(message).ok_or(ErrorCode::MessageTooLong)?;
            state.push(Waiting { to: app, from: None, message }).ok_or(ErrorCode::QueueFull)
        });
        queued.map(|queued| self.announce(queued)).map_err(Refusal::from)
    }
}

impl<C, const N: usize> core::fmt::Debug for Messages<C, N> {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.debug_struct("Messages").finish_non_exhaustive()
    }
}

/// The record `received`.
struct Received<'a>(&'a Waiting);

impl Lower for Received<'_> {
    const SIZE: u32 = <[u8]>::SIZE + Peer::SIZE;
    const ALIGN: u32 = 4;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        self.0.message[..].lower(app, address)?;
        Peer(self.0.from.as_ref()).lower(app, address.wrapping_add(<[u8]>::SIZE))
    }
}

/// The variant `peer`: the client, or an app.
struct Peer<'a>(Option<&'a AppName>);

/// It has the layout of an optional name.
impl Lower for Peer<'_> {
    const SIZE: u32 = <Option<&str>>::SIZE;
    const ALIGN: u32 = <Option<&str>>::ALIGN;

    fn lower(&self, app: &mut App<'_>, address: u32) -> Result<(), Trap> {
        self.0.map(AppName::as_str).lower(app, address)
    }
}

#[cold]
#[inline(never)]
fn not_granted(peer: &str) -> Trap {
    let mut text = Text::default();
    let _ = write!(text, "message:{peer} is not granted");
    Trap::host(text.as_str())
}

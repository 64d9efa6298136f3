//! The steps of a run of `api.rs`, made from the fuzzer's input.
#![forbid(unsafe_code)]

use arbitrary::{Arbitrary, Result, Unstructured};

/// One runtime after the other.
#[derive(Debug)]
pub struct Plan {
    pub sessions: Vec<Session>,
}

/// The steps in one runtime.
#[derive(Debug)]
pub struct Session {
    pub memory: Memory,
    pub steps: Vec<Step>,
    pub end: End,
    /// The byte that overwrites the pool afterwards.
    pub litter: u8,
}

impl Arbitrary<'_> for Plan {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let mut sessions = vec![Session::arbitrary(input)?, Session::arbitrary(input)?];
        while !input.is_empty() && sessions.len() < 4 {
            sessions.push(Session::arbitrary(input)?);
        }
        Ok(Self { sessions })
    }
}

impl Arbitrary<'_> for Session {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let memory = *input.choose(&[Memory::Allocator, Memory::LargePool, Memory::SmallPool])?;
        let end = *input.choose(&[End::DropInstancesFirst, End::DropModulesFirst, End::ForgetAll])?;
        let (litter, count): (u8, u8) = input.arbitrary()?;
        let mut steps = Vec::new();
        while !input.is_empty() && steps.len() <= count.into() {
            steps.push(input.arbitrary()?);
        }
        Ok(Self { memory, steps, end, litter })
    }
}

/// Four bytes each, so that the fuzzer can move and exchange steps. Those that others need come more often.
impl Arbitrary<'_> for Step {
    fn arbitrary(input: &mut Unstructured<'_>) -> Result<Self> {
        let [kind, a, b, c]: [u8; 4] = input.arbitrary()?;
        Ok(match kind % 32 {
            0..4 => Self::Load { guest: a, share: [Share::Sufficient, Share::None, Share::Small][b as usize % 3] },
            4..8 => Self::Instantiate { module: a, host: b },
            8..13 => Self::Call { instance: a, export: b, argument: c },
            13 => Self::CallUntyped { instance: a, export: b, argument: c },
            14 | 15 => Self::CallBack { export: b, argument: c },
            16 => Self::LookAtCaller,
            17 => Self::Trap,
            18 => Self::Panic,
            19 => Self::DropModule { module: a },
            20 => Self::ForgetModule { module: a },
            21 => Self::CloneModule { module: a },
            22 => Self::LookAtModule { module: a },
            23 => Self::DropInstance { instance: a },
            24 => Self::ForgetInstance { instance: a },
            25 if c % 2 == 0 => Self::LookAtInstance { instance: a },
            25 => Self::Grow { instance: a },
            26 => Self::Limit { instance: a, fuel: u16::from_le_bytes([b, c]), host_calls: c },
            27 => Self::NewLinker,
            28 => {
                let size = [Size::Nothing, Size::Word, Size::Large][c as usize % 3];
                Self::Define { linker: a, name: b, value: i32::from_ne_bytes([a, b, c, kind]), size }
            }
            29 if c % 4 == 1 => Self::LinkShared { linker: a, module: b },
            29 => Self::Link { linker: a, module: b, forget: c % 4 == 0 },
            30 if c % 2 == 0 => Self::DropLinker { linker: a },
            30 => Self::ForgetLinker { linker: a },
            _ if c % 2 == 0 => Self::Interrupt,
            _ => Self::PoolUsage,
        })
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Memory {
    LargePool,
    SmallPool,
    Allocator,
}

/// The treatment of the remaining objects at the end.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum End {
    DropInstancesFirst,
    DropModulesFirst,
    ForgetAll,
}

/// One use of the API. Objects are named by their place among those of their kind, modulo how many there are.
#[derive(Debug, Clone, Copy)]
pub enum Step {
    /// Loads a guest of `guests.rs`, in a share or in the whole pool.
    Load {
        guest: u8,
        share: Share,
    },
    CloneModule {
        module: u8,
    },
    LookAtModule {
        module: u8,
    },
    DropModule {
        module: u8,
    },
    ForgetModule {
        module: u8,
    },

    Instantiate {
        module: u8,
        host: u8,
    },
    LookAtInstance {
        instance: u8,
    },
    Grow {
        instance: u8,
    },
    Limit {
        instance: u8,
        fuel: u16,
        host_calls: u8,
    },
    DropInstance {
        instance: u8,
    },
    ForgetInstance {
        instance: u8,
    },

    /// Calls an export; the host functions it calls take the next steps.
    Call {
        instance: u8,
        export: u8,
        argument: u8,
    },
    CallUntyped {
        instance: u8,
        export: u8,
        argument: u8,
    },
    /// In a host function: calls the guest again.
    CallBack {
        export: u8,
        argument: u8,
    },
    /// In a host function: reads and writes the guest's memory and globals.
    LookAtCaller,
    /// In a host function: ends it so.
    Trap,
    Panic,

    NewLinker,
    Define {
        linker: u8,
        name: u8,
        value: i32,
        size: Size,
    },
    /// Instantiates a module with a linker, calls it, and drops or forgets the instance.
    Link {
        linker: u8,
        module: u8,
        forget: bool,
    },
    /// The same with an instance that shares the linker, which has no other owner then.
    LinkShared {
        linker: u8,
        module: u8,
    },
    DropLinker {
        linker: u8,
    },
    ForgetLinker {
        linker: u8,
    },

    Interrupt,
    PoolUsage,
}

/// The share of a module.
#[derive(Debug, Clone, Copy)]
pub enum Share {
    None,
    Sufficient,
    /// Less than most guests need.
    Small,
}

impl Share {
    pub fn bytes(self) -> Option<u32> {
        match self {
            Self::None => None,
            Self::Sufficient => Some(100 * 1024),
            Self::Small => Some(8 * 1024),
        }
    }
}

/// How much a closure holds.
#[derive(Debug, Clone, Copy)]
pub enum Size {
    Nothing,
    Word,
    Large,
}

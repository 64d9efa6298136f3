//! What WAMR's compiler is told for each kind of device.

/// Where the code is to run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The application core of the nRF5340: Cortex-M33 with DSP instructions. Zephyr builds for it without an FPU.
    Nrf5340,
    /// The first core of the emulated board mps2/an521: Cortex-M33 with neither.
    Mps2,
    /// A Cortex-M7, such as those of the STM32H7 and the i.MX RT1060. Zephyr builds for it without an FPU.
    CortexM7,
    /// A computer with the architecture of this one.
    Host,
}

/// What the compiler prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Goal {
    /// Fast code.
    Speed,
    /// Small code.
    Size,
}

/// A kind of processor, as an AOT file names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Processor {
    /// The architecture, in LLVM's words.
    pub arch: &'static str,
    /// The model.
    pub cpu: &'static str,
    /// What of the model may not be used, in LLVM's words.
    pub features: &'static str,
    /// What the code may use that not every processor of the architecture has: a sum of the constants of this type.
    pub uses: u32,
}

impl Processor {
    /// The DSP extension of Cortex-M.
    pub const DSP: u32 = 1;
}

/// On a microcontroller, code runs in place: it calls the runtime for what the processor cannot do, and only that.
const IN_PLACE: &[&str] = &[
    "--xip",
    "--disable-ref-types",
    "--enable-builtin-intrinsics=i64.div_s,i64.div_u,i64.rem_s,i64.rem_u,f32_demote_f64,f64_promote_f32,fp.common,fpxint",
];

impl Target {
    /// The processor.
    pub fn processor(self) -> Processor {
        let cortex_m33 = |features, uses| Processor { arch: "thumbv8m.main", cpu: "cortex-m33", features, uses };
        match self {
            Self::Nrf5340 => cortex_m33("-fpregs", Processor::DSP),
            Self::Mps2 => cortex_m33("-dsp,-fpregs", 0),
            Self::CortexM7 => {
                Processor { arch: "thumbv7em", cpu: "cortex-m7", features: "-fpregs", uses: Processor::DSP }
            }
            Self::Host => {
                let arch = std::env::consts::ARCH;
                Processor { arch, cpu: if arch == "x86_64" { "x86-64-v2" } else { "generic" }, features: "", uses: 0 }
            }
        }
    }

    /// Arguments for `wamrc`. The code checks the bounds of memory and of the native stack everywhere.
    pub(crate) fn arguments(self, goal: Goal) -> Vec<String> {
        let Processor { arch, cpu, features, .. } = self.processor();
        let mut arguments = vec![format!("--target={arch}"), format!("--cpu={cpu}")];
        if !features.is_empty() {
            arguments.push(format!("--cpu-features={features}"));
        }
        arguments.extend(
            ["--bounds-checks=1", "--stack-bounds-checks=1", "--disable-simd", "--disable-aux-stack-check"]
                .map(String::from),
        );
        if self != Self::Host {
            arguments.extend(IN_PLACE.iter().map(ToString::to_string));
        }
        arguments.push(match goal {
            Goal::Speed => "--opt-level=3".into(),
            Goal::Size => "--opt-level=2".into(),
        });
        arguments
    }
}

//! The filters among the example apps, used as an application uses them: samples go into linear memory and come back from it.

use wamr::{Error, Instance, Module, Pool, Runtime};

/// Samples as they lie in linear memory.
trait Sample: Copy {
    const SIZE: usize;
    fn to_bytes(self) -> Vec<u8>;
    fn from_bytes(bytes: &[u8]) -> Self;
}

macro_rules! sample {
    ($ty:ty) => {
        impl Sample for $ty {
            const SIZE: usize = size_of::<$ty>();
            fn to_bytes(self) -> Vec<u8> {
                self.to_le_bytes().into()
            }
            fn from_bytes(bytes: &[u8]) -> Self {
                Self::from_le_bytes(bytes.try_into().expect("of this size"))
            }
        }
    };
}

sample!(i16);
sample!(i32);

/// An app with a filter over a buffer.
struct Filter<'rt>(Instance<'rt>);

impl<'rt> Filter<'rt> {
    fn load(runtime: &'rt Runtime, app: &str) -> Result<Self, Error> {
        let path = format!("{}/../guest/{app}.wasm", env!("CARGO_MANIFEST_DIR"));
        let module = Module::new(runtime, &std::fs::read(path).expect("the app is in the repository"))?;
        Ok(Self(Instance::new(&module)?))
    }

    fn call(&mut self, name: &str) -> Result<u32, Error> {
        self.0.get_typed_func::<(), u32>(name)?.call(&mut self.0, ())
    }

    /// Passes a signal through, and gives what came out and what the filter returned.
    fn pass<S: Sample>(&mut self, name: &str, signal: &[S]) -> Result<(Vec<S>, u32), Error> {
        assert!(signal.len() <= self.call("capacity")? as usize);
        let address = self.call("samples")?;
        let mut bytes: Vec<u8> = signal.iter().flat_map(|sample| sample.to_bytes()).collect();
        self.0.write_memory(address, &bytes)?;
        let filter = self.0.get_typed_func::<u32, u32>(name)?;
        let returned = filter.call(&mut self.0, signal.len() as u32)?;
        self.0.read_memory(address, &mut bytes)?;
        Ok((bytes.chunks(S::SIZE).map(S::from_bytes).collect(), returned))
    }
}

/// A signal with all frequencies and the largest samples, the same in each run.
fn noise(length: u32) -> impl Iterator<Item = u32> {
    (1..=length).map(|n| n.wrapping_mul(2_654_435_761))
}

fn fir(runtime: &Runtime) -> Result<(), Error> {
    let coefficients = [1, 8, 28, 56, 70, 56, 28, 8, 1];
    let signal: Vec<i16> = noise(1000).map(|n| (n >> 16) as i16).collect();
    let expected: Vec<i16> = (0..signal.len())
        .map(|now| {
            let taps = coefficients.iter().zip(signal[..=now].iter().rev());
            let sum: i32 = taps.map(|(coefficient, sample)| coefficient * i32::from(*sample)).sum();
            ((sum + 128) >> 8) as i16
        })
        .collect();

    let mut filter = Filter::load(runtime, "fir")?;
    let mut filtered = Vec::new();
    // The filter remembers across blocks of any length.
    for block in [&signal[..500], &signal[500..501], &signal[501..]] {
        let (samples, count) = filter.pass("filter", block)?;
        assert_eq!(count as usize, block.len());
        filtered.extend(samples);
    }
    assert_eq!(filtered, expected);
    Ok(())
}

fn despike(runtime: &Runtime) -> Result<(), Error> {
    let mut filter = Filter::load(runtime, "despike")?;
    assert_eq!(filter.pass("despike", &[1, 2, 900, 4, 5, 6, -900, 8])?, (vec![1, 2, 4, 5, 5, 5, 6, 8], 4));

    let signal: Vec<i32> = noise(256).map(|n| n as i32).collect();
    let mut expected = signal.clone();
    for i in 1..signal.len() - 1 {
        let mut window = [signal[i - 1], signal[i], signal[i + 1]];
        window.sort_unstable();
        expected[i] = window[1];
    }
    assert_eq!(filter.pass("despike", &signal)?.0, expected);
    Ok(())
}

/// One test, as a process has one runtime.
#[test]
fn filters_filter() -> Result<(), Error> {
    static POOL: Pool<{ 256 * 1024 }> = Pool::new();
    let runtime = Runtime::new(POOL.take().expect("taken once"))?;
    fir(&runtime)?;
    despike(&runtime)
}

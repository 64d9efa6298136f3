//! The samples of a block.

mod sealed {
    pub trait Sealed: Copy + Default {
        /// Bytes of a sample in linear memory.
        const SIZE: usize;
        fn write(self, bytes: &mut [u8]);
        fn read(bytes: &[u8]) -> Self;
    }
}
pub(crate) use sealed::Sealed;

/// A type of the samples that a [`BlockCallback`](crate::BlockCallback) passes: `i16`, `i32` or `f32`. Silence is 0.
pub trait Sample: Sealed {}

macro_rules! samples {
    ($($ty:ident)*) => {$(
        impl Sealed for $ty {
            const SIZE: usize = size_of::<Self>();

            #[inline]
            fn write(self, bytes: &mut [u8]) {
                bytes.copy_from_slice(&self.to_le_bytes());
            }

            #[inline]
            fn read(bytes: &[u8]) -> Self {
                let mut sample = [0; Self::SIZE];
                sample.copy_from_slice(bytes);
                Self::from_le_bytes(sample)
            }
        }

        impl Sample for $ty {}
    )*};
}

samples!(i16 i32 f32);

/// Copies samples into linear memory.
pub(crate) fn write<S: Sample>(samples: &[S], memory: &mut [u8]) {
    for (sample, bytes) in samples.iter().zip(memory.chunks_exact_mut(S::SIZE)) {
        sample.write(bytes);
    }
}

/// Copies samples out of linear memory.
pub(crate) fn read<S: Sample>(samples: &mut [S], memory: &[u8]) {
    for (sample, bytes) in samples.iter_mut().zip(memory.chunks_exact(S::SIZE)) {
        *sample = S::read(bytes);
    }
}

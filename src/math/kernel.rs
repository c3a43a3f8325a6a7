//! Instruction sets: the same loops over lanes compiled for wider registers, chosen at run time.
//!
//! No kernel contracts a product and a sum into one rounding, so all of them give the same bytes; they differ in speed.

use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// An instruction set that loops over lanes are compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kernel {
    /// What every processor of the target has.
    Baseline,
    /// x86-64 with AVX2: four numbers at once.
    Avx2,
    /// x86-64 with AVX-512: eight numbers at once.
    Avx512,
}

/// The widest that this processor has, with all narrower ones. To look is slow beside what is done between two looks.
static WIDEST: LazyLock<Kernel> =
    LazyLock::new(|| Kernel::ALL.into_iter().take_while(|kernel| kernel.is_found()).last().unwrap_or(Kernel::Baseline));

impl Kernel {
    /// All of them, narrowest first.
    pub const ALL: [Kernel; 3] = [Kernel::Baseline, Kernel::Avx2, Kernel::Avx512];

    /// Whether this processor has it.
    #[inline]
    pub fn is_available(self) -> bool {
        self <= *WIDEST
    }

    /// Looks at the processor.
    fn is_found(self) -> bool {
        match self {
            Kernel::Baseline => true,
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx2 => std::arch::is_x86_feature_detected!("avx2"),
            #[cfg(target_arch = "x86_64")]
            Kernel::Avx512 => {
                use std::arch::is_x86_feature_detected as has;
                // Compilers take it that a processor with the first has the last two.
                let implied = has!("fma") && has!("f16c");
                has!("avx512f") && has!("avx512dq") && has!("avx512vl") && has!("avx512bw") && implied
            }
            #[cfg(not(target_arch = "x86_64"))]
            _ => false,
        }
    }

    /// The widest that this processor has.
    pub fn widest() -> Kernel {
        *WIDEST
    }

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Kernel::Baseline => "baseline",
            Kernel::Avx2 => "avx2",
            Kernel::Avx512 => "avx512",
        }
    }

    /// Does some work compiled for this instruction set, or for the baseline where the processor lacks it.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub fn run<W: Work>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        match self {
            // SAFETY: the processor was found to have this set, and all narrower ones: `is_available`.
            Kernel::Avx512 if self.is_available() => return unsafe { avx512(work) },
            // SAFETY: as above.
            Kernel::Avx2 if self.is_available() => return unsafe { avx2(work) },
            _ => {}
        }
        baseline(work)
    }

    /// The same with four numbers at once at most, for work that more do not help: each set takes time to build.
    #[inline(always)]
    #[allow(unsafe_code)]
    pub fn run_narrow<W: Work>(self, work: W) -> W::Output {
        #[cfg(target_arch = "x86_64")]
        if self >= Kernel::Avx2 && Kernel::Avx2.is_available() {
            // SAFETY: as above.
            return unsafe { avx2(work) };
        }
        baseline(work)
    }
}

/// Work that can be compiled for several instruction sets. `run` and everything that it calls has to be
/// `#[inline(always)]`, or it stays compiled for the baseline; a closure could not promise that.
pub trait Work {
    /// What comes of it.
    type Output;

    /// Does it.
    fn run(self) -> Self::Output;
}

// One copy for all who call it.
#[inline(never)]
fn baseline<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn avx2<W: Work>(work: W) -> W::Output {
    work.run()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw")]
fn avx512<W: Work>(work: W) -> W::Output {
    work.run()
}

impl fmt::Display for Kernel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Kernel {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Kernel::ALL.into_iter().find(|kernel| kernel.name() == text).ok_or(())
    }
}

//! What this machine could do at best, by the kernels' own probes.

use maque_kernels::{Isa, probe};
use serde::Serialize;
use std::num::NonZeroUsize;

/// The machine, and the walls that no program on it can pass.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Limits {
    /// The processor's own name.
    pub(crate) cpu: String,
    /// Instruction set in use.
    pub(crate) isa: &'static str,
    /// Threads in use.
    pub(crate) threads: usize,
    /// 10⁹ bytes a second that one thread reads.
    pub(crate) one_thread_gb_per_s: f64,
    /// 10⁹ bytes a second that all threads read together.
    pub(crate) gb_per_s: f64,
    /// 10⁹ multiply-adds of 8-bit integers a second, all threads.
    pub(crate) int8_gmac_per_s: f64,
    /// 10⁹ multiply-adds of f32 a second, all threads.
    pub(crate) f32_gmac_per_s: f64,
}

impl Limits {
    /// Runs the probes: about a second.
    pub(crate) fn measure(isa: Isa, threads: NonZeroUsize) -> Limits {
        Limits {
            cpu: cpu(),
            isa: isa.name(),
            threads: threads.get(),
            one_thread_gb_per_s: probe::read_bandwidth(NonZeroUsize::MIN) / 1e9,
            gb_per_s: probe::read_bandwidth(threads) / 1e9,
            int8_gmac_per_s: probe::int8_peak(isa, threads) / 1e9,
            f32_gmac_per_s: probe::f32_peak(isa, threads) / 1e9,
        }
    }
}

/// The processor's name as Linux gives it, elsewhere its architecture.
pub(crate) fn cpu() -> String {
    named(&std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default())
}

fn named(cpuinfo: &str) -> String {
    let names = cpuinfo
        .lines()
        .filter_map(|line| line.strip_prefix("model name"));
    let mut names = names.filter_map(|line| Some(line.split_once(':')?.1.trim().to_owned()));
    names
        .next()
        .unwrap_or_else(|| std::env::consts::ARCH.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processor_has_a_name() {
        assert_eq!(
            named("processor\t: 0\nmodel name\t: Sparrow 9 @ 3 GHz\n"),
            "Sparrow 9 @ 3 GHz"
        );
        assert_eq!(named(""), std::env::consts::ARCH);
    }
}

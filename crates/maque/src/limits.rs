//! What this machine could do at best, by the kernels' own probes.

use crate::measure::median;
use maque_kernels::probe::Probe;
use maque_kernels::{Isa, Machine};
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
    /// 10⁹ multiply-adds of 16-bit integers a second, all threads.
    pub(crate) int16_gmac_per_s: f64,
    /// 10⁹ multiply-adds of f32 a second, all threads.
    pub(crate) f32_gmac_per_s: f64,
}

/// The probes, and what needs to be measured once only.
pub(crate) struct Probes {
    one_thread_gb_per_s: f64,
    threads: NonZeroUsize,
    isa: Isa,
    all: Probe,
}

impl Probes {
    /// Measures one thread, and makes the rest ready.
    pub(crate) fn new(isa: Isa, threads: NonZeroUsize) -> Probes {
        let probe = |threads| Probe::new(Machine::new(isa, threads));
        Probes {
            one_thread_gb_per_s: probe(NonZeroUsize::MIN).bytes_per_s() / 1e9,
            threads,
            isa,
            all: probe(threads),
        }
    }

    /// What the machine can do now: less than a second.
    pub(crate) fn measure(&self) -> Limits {
        Limits {
            cpu: cpu(),
            isa: self.isa.name(),
            threads: self.threads.get(),
            one_thread_gb_per_s: self.one_thread_gb_per_s,
            gb_per_s: self.all.bytes_per_s() / 1e9,
            int8_gmac_per_s: self.all.int8_per_s() / 1e9,
            int16_gmac_per_s: self.all.int16_per_s() / 1e9,
            f32_gmac_per_s: self.all.f32_per_s() / 1e9,
        }
    }
}

impl Limits {
    /// The median of each limit over some rounds, of which there is at least one.
    pub(crate) fn median(rounds: &[Limits]) -> Limits {
        let of = |limit: fn(&Limits) -> f64| median(&rounds.iter().map(limit).collect::<Vec<_>>());
        Limits {
            gb_per_s: of(|limits| limits.gb_per_s),
            int8_gmac_per_s: of(|limits| limits.int8_gmac_per_s),
            int16_gmac_per_s: of(|limits| limits.int16_gmac_per_s),
            f32_gmac_per_s: of(|limits| limits.f32_gmac_per_s),
            ..rounds[0].clone()
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

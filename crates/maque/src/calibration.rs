//! How many threads compute fastest here: measured once, kept in `MAQUE_HOME`. Beside other programs that compute one thread is
//! often the fastest, and would still be taken when these are long gone: such a trial counts for nothing.

use crate::settings::{Origin, Setting, Settings};
use crate::{cores, limits, registry};
use maque_kernels::{Isa, Machine, Trial};
use serde::{Deserialize, Serialize};
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

/// Rounds of the trial at most, of which the fastest counts.
const N_ROUNDS: usize = 8;
/// After this time no further round begins.
const BUDGET: Duration = Duration::from_millis(60);
/// Another number than that of the cores must be this much faster: other programs disturb the trial.
const GAIN: f64 = 0.1;
/// Share of the trial that its threads may wait for a processor.
const MAX_WAIT: f64 = 0.05;

/// What was measured, and on what: another processor, share of it or instruction set asks anew.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    cpu: String,
    isa: String,
    processors: usize,
    cores: usize,
    /// The fastest number of threads.
    threads: NonZeroUsize,
}

/// The threads to compute with; measured now if nobody chose them and nothing was measured before.
pub(crate) fn threads(settings: &Settings) -> NonZeroUsize {
    match settings.threads.origin {
        Origin::Default => anew(settings).value,
        _ => settings.threads.value,
    }
}

/// The threads to compute with; measured now if nobody chose them.
pub(crate) fn anew(settings: &Settings) -> Setting<NonZeroUsize> {
    if !matches!(settings.threads.origin, Origin::Default | Origin::Measured) {
        return settings.threads.clone();
    }
    let Some(found) = Calibration::measure(settings.isa.value) else {
        return Setting {
            value: cores::available(),
            origin: Origin::Default,
        };
    };
    // Where the home cannot be written, the next start measures again.
    let _ = found.write(&settings.home.value);
    Setting {
        value: found.threads,
        origin: Origin::Measured,
    }
}

impl Calibration {
    /// What was measured before on this processor.
    pub(crate) fn find(home: &Path, isa: Isa) -> Option<NonZeroUsize> {
        let text = std::fs::read_to_string(file(home)).ok()?;
        let found: Calibration = serde_json::from_str(&text).ok()?;
        let threads = found.threads;
        (found == Calibration::of(isa, threads)).then_some(threads)
    }

    fn of(isa: Isa, threads: NonZeroUsize) -> Calibration {
        Calibration {
            cpu: limits::cpu(),
            isa: isa.name().to_owned(),
            processors: cores::logical().get(),
            cores: cores::available().get(),
            threads,
        }
    }

    /// `None` beside other programs that compute.
    fn measure(isa: Isa) -> Option<Calibration> {
        let cores = cores::available();
        let half = NonZeroUsize::new(cores.get() / 2);
        let mut candidates = vec![cores];
        for other in half.into_iter().chain([cores::logical()]) {
            if !candidates.contains(&other) {
                candidates.push(other);
            }
        }
        Some(Calibration::of(isa, fastest(isa, &candidates)?))
    }

    fn write(&self, home: &Path) -> std::io::Result<()> {
        std::fs::create_dir_all(home)?;
        registry::replace(&file(home), &serde_json::to_vec(self)?)
    }
}

fn file(home: &Path) -> PathBuf {
    home.join("calibration.json")
}

/// Runs the trial with each number of threads in turn; `None` if others were in the way.
fn fastest(isa: Isa, candidates: &[NonZeroUsize]) -> Option<NonZeroUsize> {
    let machines: Vec<Machine> = candidates.iter().map(|n| Machine::new(isa, *n)).collect();
    let mut trial = Trial::new(&machines[0]);
    let mut best = vec![[Duration::MAX; 2]; machines.len()];
    let (start, waited_before) = (Instant::now(), waited());
    for round in 0..N_ROUNDS {
        if 0 < round && BUDGET < start.elapsed() {
            break;
        }
        for (machine, best) in machines.iter().zip(&mut best) {
            let [token, chunk] = trial.run(machine);
            *best = [best[0].min(token), best[1].min(chunk)];
        }
    }
    let n_waited = waited().saturating_sub(waited_before).as_secs_f64();
    let is_alone = n_waited <= MAX_WAIT * start.elapsed().as_secs_f64();
    is_alone.then(|| candidates[choose(&best)])
}

/// How long the threads of this process have waited for a processor so far, where Linux says it (`schedstat`: nanoseconds on one,
/// waiting for one, and turns).
fn waited() -> Duration {
    let tasks = std::fs::read_dir("/proc/self/task").into_iter().flatten();
    let stats =
        tasks.filter_map(|task| std::fs::read_to_string(task.ok()?.path().join("schedstat")).ok());
    let nanoseconds = stats.filter_map(|stat| stat.split(' ').nth(1)?.parse::<u64>().ok());
    Duration::from_nanos(nanoseconds.sum())
}

/// The first, unless another one is clearly faster; writing and reading count alike.
fn choose(times: &[[Duration; 2]]) -> usize {
    let relative = |index: usize| {
        let [token, chunk] =
            [0, 1].map(|i| times[index][i].as_secs_f64() / times[0][i].as_secs_f64());
        (token + chunk) / 2.0
    };
    let fastest = (0..times.len()).min_by(|a, b| relative(*a).total_cmp(&relative(*b)));
    fastest
        .filter(|index| relative(*index) < 1.0 - GAIN)
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(milliseconds: &[[u64; 2]]) -> Vec<[Duration; 2]> {
        let pair = |times: &[u64; 2]| times.map(Duration::from_millis);
        milliseconds.iter().map(pair).collect()
    }

    #[test]
    fn another_number_must_be_clearly_faster() {
        assert_eq!(choose(&times(&[[100, 100], [95, 95], [110, 90]])), 0);
        assert_eq!(choose(&times(&[[100, 100], [130, 90], [90, 60]])), 2);
    }

    #[test]
    fn it_is_kept_until_the_machine_is_another_one() {
        let home = tempfile::tempdir().expect("a temporary folder");
        let two = NonZeroUsize::new(2).expect("not zero");
        let kept = Calibration::of(Isa::best(), two);
        kept.write(home.path()).expect("written");
        assert_eq!(Calibration::find(home.path(), Isa::best()), Some(two));
        let moved = Calibration {
            processors: kept.processors + 1,
            ..kept
        };
        moved.write(home.path()).expect("written");
        assert_eq!(Calibration::find(home.path(), Isa::best()), None);
        std::fs::write(file(home.path()), "{").expect("written");
        assert_eq!(Calibration::find(home.path(), Isa::best()), None);
    }
}

//! How much of the processor other programs take meanwhile.

/// Processor time so far, in the kernel's ticks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ticks {
    all: u64,
    idle: u64,
    own: u64,
}

impl Ticks {
    /// Now; `None` where the system does not say.
    pub(crate) fn now() -> Option<Ticks> {
        let read = |path| std::fs::read_to_string(path).ok();
        Ticks::read(&read("/proc/stat")?, &read("/proc/self/stat")?)
    }

    /// Share of the processor, all cores together, that others took since `earlier`.
    pub(crate) fn others_since(self, earlier: Ticks) -> f64 {
        let all = self.all.saturating_sub(earlier.all);
        let idle = self.idle.saturating_sub(earlier.idle);
        let own = self.own.saturating_sub(earlier.own);
        let others = all.saturating_sub(idle).saturating_sub(own);
        others as f64 / all.max(1) as f64
    }

    /// `machine` is `/proc/stat`: user, nice, system, idle, waiting, …; `own` is `/proc/self/stat` (proc(5)).
    fn read(machine: &str, own: &str) -> Option<Ticks> {
        let numbers = |text: &str| -> Option<Vec<u64>> {
            let words = text.split_whitespace();
            words.map(|word| word.parse().ok()).collect()
        };
        let cpu = numbers(machine.lines().next()?.strip_prefix("cpu ")?)?;
        let own: Vec<&str> = own.rsplit(')').next()?.split_whitespace().collect();
        Some(Ticks {
            all: cpu.iter().take(8).sum(), // guests are counted in user already
            idle: cpu.get(3)? + cpu.get(4)?,
            own: numbers(&own.get(11..13)?.join(" "))?.iter().sum(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn others_are_what_is_neither_idle_nor_own() {
        let read = |cpu: &str, own: u64| {
            let own = format!("1 (a) b) S 1 1 1 0 -1 0 0 0 0 0 {own} 0 0 0");
            Ticks::read(&format!("cpu  {cpu}\ncpu0 1\n"), &own).expect("ticks")
        };
        let earlier = read("100 0 0 1000 0 0 0 0 9 9", 5);
        let later = read("150 0 10 1030 10 0 0 0 9 9", 45);
        assert_eq!(later.others_since(earlier), 0.2);
        assert_eq!(Ticks::read("", ""), None);
    }
}

//! How much memory this process may use at most.

use std::path::Path;

/// Bytes of the machine, or of this process's control group where that is less; `None` where the system does not say.
pub(crate) fn total() -> Option<u64> {
    let machine = read(Path::new("/proc/meminfo")).and_then(|text| of_machine(&text));
    let group =
        read(Path::new("/sys/fs/cgroup/memory.max")).and_then(|text| text.trim().parse().ok());
    machine.into_iter().chain(group).min()
}

fn read(path: &Path) -> Option<String> {
    std::fs::read_to_string(path).ok()
}

/// `MemTotal:  1024 kB` in bytes.
fn of_machine(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_read_in_kib() {
        assert_eq!(
            of_machine("MemTotal:       16 kB\nMemFree: 1 kB\n"),
            Some(16384)
        );
        assert_eq!(of_machine("MemFree: 1 kB\n"), None);
    }
}

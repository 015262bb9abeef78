//! How many threads this process should compute with.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::path::Path;

/// Physical cores that this process may use, within its affinity and its cgroup's share.
pub(crate) fn available() -> NonZeroUsize {
    let threads = logical();
    match physical(
        Path::new("/proc/self/status"),
        Path::new("/sys/devices/system/cpu"),
    ) {
        Some(cores) => cores.min(threads),
        None => threads,
    }
}

/// Processors that this process may use at once, two on a core with two threads.
pub(crate) fn logical() -> NonZeroUsize {
    std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

/// Distinct cores among the allowed CPUs, where Linux says which CPUs share one.
fn physical(status: &Path, cpus: &Path) -> Option<NonZeroUsize> {
    let status = std::fs::read_to_string(status).ok()?;
    let list = status
        .lines()
        .find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let siblings = |cpu| {
        std::fs::read_to_string(cpus.join(format!("cpu{cpu}/topology/thread_siblings_list"))).ok()
    };
    let cores: Option<BTreeSet<String>> = numbers(list.trim())?.into_iter().map(siblings).collect();
    NonZeroUsize::new(cores?.len())
}

/// `0-3,8` as numbers.
fn numbers(list: &str) -> Option<Vec<usize>> {
    let mut all = Vec::new();
    for part in list.split(',') {
        let (first, last) = part.split_once('-').unwrap_or((part, part));
        let (first, last): (usize, usize) = (first.parse().ok()?, last.parse().ok()?);
        all.extend((first..=last).take(4096));
    }
    Some(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cpu_lists_are_read() {
        assert_eq!(numbers("0-2,8"), Some(vec![0, 1, 2, 8]));
        assert_eq!(numbers("x"), None);
    }

    #[test]
    fn two_threads_of_a_core_count_once() {
        let root = tempfile::tempdir().expect("a temporary folder");
        for (cpu, siblings) in [(0, "0-1"), (1, "0-1"), (2, "2-3")] {
            let folder = root.path().join(format!("cpu{cpu}/topology"));
            std::fs::create_dir_all(&folder).expect("a folder");
            std::fs::write(folder.join("thread_siblings_list"), siblings).expect("a file");
        }
        let status = root.path().join("status");
        std::fs::write(&status, "Name:\tmaque\nCpus_allowed_list:\t0-2\n").expect("a file");
        assert_eq!(physical(&status, root.path()), NonZeroUsize::new(2));
    }
}

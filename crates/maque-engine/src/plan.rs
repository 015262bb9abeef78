//! How many tokens of each sequence the next step feeds: arithmetic on counts.

/// What a running sequence could do in the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Work {
    /// Feed the tokens that are known, at least one, and sample the next; feed so many proposed ones too where there is room.
    Decode { n_known: usize, n_draft: usize },
    /// Read a prompt of which so many tokens are left; so many of them, the first, want no logits.
    Prefill { n_left: usize, n_plain: usize },
    /// Nothing: its reader is behind.
    Pause,
}

/// A sequence's work and whose it is; sequences come in order of arrival.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Task {
    pub(crate) client: u64,
    pub(crate) work: Work,
}

/// What one step may hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limits {
    /// Tokens in all.
    pub(crate) n_tokens: usize,
    /// Prompt tokens when somebody decodes.
    pub(crate) n_beside_decode: usize,
    /// Logits rows in all.
    pub(crate) n_logits: usize,
}

/// Tokens to feed per task. Every decoding sequence has one, and then what else is known of it; the rest is for prompts, shared
/// evenly between clients (what one does not need goes to the others), within a client by arrival; proposed tokens have what is
/// left.
pub(crate) fn plan(tasks: &[Task], limits: Limits) -> Vec<usize> {
    let mut tokens = vec![0; tasks.len()];
    let mut n_decodes = 0;
    for (n_tokens, task) in tokens.iter_mut().zip(tasks) {
        let is_decode = matches!(task.work, Work::Decode { .. });
        if is_decode && n_decodes < limits.n_tokens.min(limits.n_logits) {
            *n_tokens = 1;
            n_decodes += 1;
        }
    }
    let mut n_free = limits.n_tokens - n_decodes;
    for (n_tokens, task) in tokens.iter_mut().zip(tasks) {
        if let Work::Decode { n_known, .. } = task.work
            && *n_tokens == 1
        {
            let n_more = (n_known - 1).min(n_free);
            *n_tokens += n_more;
            n_free -= n_more;
        }
    }
    let budget = if n_decodes == 0 {
        n_free
    } else {
        n_free.min(limits.n_beside_decode.max(1))
    };
    let mut n_rows = limits.n_logits - n_decodes;
    for (client, share) in shares(tasks, budget) {
        let mut share = share;
        for (n_tokens, task) in tokens
            .iter_mut()
            .zip(tasks)
            .filter(|(_, task)| task.client == client)
        {
            if let Work::Prefill { n_left, n_plain } = task.work {
                *n_tokens = n_left.min(share).min(n_plain + n_rows); // as tokens and rows allow
                share -= *n_tokens;
                n_rows -= n_tokens.saturating_sub(n_plain);
            }
        }
    }
    let n_left = (limits.n_tokens - tokens.iter().sum::<usize>()).min(n_rows);
    add_drafts(&mut tokens, tasks, n_left);
    tokens
}

/// Proposed tokens for those who decode, by arrival; each is a token and a row.
fn add_drafts(tokens: &mut [usize], tasks: &[Task], n_left: usize) {
    let mut n_left = n_left;
    for (n_tokens, task) in tokens.iter_mut().zip(tasks) {
        if let Work::Decode { n_known, n_draft } = task.work
            && *n_tokens == n_known
        {
            let n = n_draft.min(n_left);
            *n_tokens += n;
            n_left -= n;
        }
    }
}

/// Prompt tokens per client: the smallest needs are met first, the others share what is left; in order of arrival.
fn shares(tasks: &[Task], budget: usize) -> Vec<(u64, usize)> {
    let mut needs: Vec<(u64, usize)> = Vec::new();
    for task in tasks {
        if let Work::Prefill { n_left, .. } = task.work {
            match needs.iter_mut().find(|(client, _)| *client == task.client) {
                Some((_, need)) => *need += n_left,
                None => needs.push((task.client, n_left)),
            }
        }
    }
    let mut by_need: Vec<usize> = (0..needs.len()).collect();
    by_need.sort_by_key(|&index| needs[index].1);
    let mut rest = budget;
    for (n_served, &index) in by_need.iter().enumerate() {
        let share = rest.div_ceil(needs.len() - n_served).min(needs[index].1);
        needs[index].1 = share;
        rest -= share;
    }
    needs
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn prefill(client: u64, n_left: usize) -> Task {
        Task {
            client,
            work: Work::Prefill {
                n_left,
                n_plain: n_left - 1,
            },
        }
    }
    fn echo(client: u64, n_left: usize) -> Task {
        told(client, n_left, 0)
    }
    fn told(client: u64, n_left: usize, n_plain: usize) -> Task {
        Task {
            client,
            work: Work::Prefill { n_left, n_plain },
        }
    }
    fn decode(client: u64) -> Task {
        Task {
            client,
            work: Work::Decode {
                n_known: 1,
                n_draft: 0,
            },
        }
    }
    fn guess(client: u64, n_draft: usize) -> Task {
        Task {
            client,
            work: Work::Decode {
                n_known: 1,
                n_draft,
            },
        }
    }
    fn known(client: u64, n_known: usize, n_draft: usize) -> Task {
        Task {
            client,
            work: Work::Decode { n_known, n_draft },
        }
    }
    fn pause(client: u64) -> Task {
        Task {
            client,
            work: Work::Pause,
        }
    }

    const LIMITS: Limits = Limits {
        n_tokens: 64,
        n_beside_decode: 16,
        n_logits: 8,
    };

    #[test]
    fn tables() {
        for (tasks, want) in [
            (&[][..], &[][..]),
            // alone: as much as a batch holds
            (&[prefill(1, 10)], &[10]),
            (&[prefill(1, 100)], &[64]),
            // beside decoding: a chunk
            (&[decode(1), decode(2), prefill(3, 100)], &[1, 1, 16]),
            (&[decode(1), prefill(3, 5)], &[1, 5]),
            (&[prefill(1, 100), decode(1)], &[16, 1]),
            // between clients evenly, what is not needed goes on
            (&[prefill(1, 100), prefill(2, 100)], &[32, 32]),
            (&[prefill(1, 100), prefill(2, 4)], &[60, 4]),
            (
                &[prefill(1, 100), prefill(2, 4), prefill(3, 100)],
                &[30, 4, 30],
            ),
            (&[prefill(1, 1_000), prefill(2, 4), decode(3)], &[12, 4, 1]),
            // within a client by arrival
            (&[prefill(1, 50), prefill(1, 50)], &[50, 14]),
            (
                &[prefill(1, 50), prefill(1, 50), prefill(2, 100)],
                &[32, 0, 32],
            ),
            // prompts with logprobs take a row a token
            (&[echo(1, 100)], &[8]),
            (&[decode(1), decode(2), echo(3, 100)], &[1, 1, 6]),
            (&[echo(1, 8), prefill(1, 8)], &[8, 7]),
            // and those with logprobs of their last tokens as many as these
            (&[told(1, 40, 36)], &[40]),
            (&[told(1, 40, 20)], &[28]),
            (&[told(1, 30, 25), told(1, 30, 25)], &[30, 28]),
            (&[decode(1), told(2, 100, 90)], &[1, 16]),
            // a paused sequence does nothing and slows nobody
            (&[pause(1), prefill(2, 100)], &[0, 64]),
            (&[pause(1)], &[0]),
            // proposed tokens have what the others leave
            (&[guess(1, 4)], &[5]),
            (&[guess(1, 40)], &[8]),
            (&[guess(1, 4), guess(2, 4)], &[5, 3]),
            (&[guess(1, 9), decode(2), decode(3)], &[6, 1, 1]),
            (&[guess(1, 4), prefill(2, 100)], &[5, 16]),
            (&[guess(1, 9), prefill(2, 9)], &[7, 9]),
            (&[guess(1, 4), echo(2, 100)], &[1, 7]),
            // what is known comes before prompts, and is fed over several steps where it must be
            (&[known(1, 5, 0), prefill(2, 100)], &[5, 16]),
            (&[known(1, 5, 3), decode(2)], &[8, 1]),
            (
                &[known(1, 62, 0), decode(2), known(3, 4, 2), prefill(4, 9)],
                &[62, 1, 1, 0],
            ),
        ] {
            assert_eq!(plan(tasks, LIMITS), want, "{tasks:?}");
        }
    }

    fn any_task() -> impl Strategy<Value = Task> {
        let prompt = (1..200_usize, 0..200_usize).prop_map(|(n_left, n_plain)| Work::Prefill {
            n_left,
            n_plain: n_plain.min(n_left - 1),
        });
        let work = prop_oneof![
            (1..9_usize, 0..9_usize)
                .prop_map(|(n_known, n_draft)| Work::Decode { n_known, n_draft }),
            Just(Work::Pause),
            prompt
        ];
        (0..4_u64, work).prop_map(|(client, work)| Task { client, work })
    }

    proptest! {
        #[test]
        fn limits_hold_and_there_is_progress(
            tasks in prop::collection::vec(any_task(), 0..6),
            n_tokens in 7..100_usize, n_beside_decode in 0..100_usize, n_logits in 6..20_usize,
        ) {
            let tokens = plan(&tasks, Limits { n_tokens, n_beside_decode, n_logits });
            let n_rows: usize = tasks.iter().zip(&tokens).map(|(task, &n)| match task.work {
                Work::Decode { n_known, .. } => n.saturating_sub(n_known - 1),
                Work::Prefill { n_plain, .. } => n.saturating_sub(n_plain),
                Work::Pause => 0,
            }).sum();
            prop_assert!(tokens.iter().sum::<usize>() <= n_tokens);
            prop_assert!(n_rows <= n_logits);
            for (task, &n) in tasks.iter().zip(&tokens) {
                match task.work {
                    Work::Decode { n_known, n_draft } => prop_assert!((1..=n_known + n_draft).contains(&n)),
                    Work::Pause => prop_assert_eq!(n, 0),
                    Work::Prefill { n_left, .. } => prop_assert!(n <= n_left),
                }
            }
            let is_work = tasks.iter().any(|task| task.work != Work::Pause);
            prop_assert_eq!(is_work, tokens.iter().any(|&n| 0 < n));
        }
    }
}

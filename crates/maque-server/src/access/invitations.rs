//! Invitations: a code (in a QR code) and a PIN that let guests in for ten minutes.

use super::credential::{Secret, digest, is_same};
use crate::identity::Role;
use crate::limits::{INVITATION_LIFE, MAX_INVITATION_FAILURES, MAX_INVITATIONS};
use std::time::Instant;

/// An invitation as it is handed out; only its digests are kept.
#[derive(Clone)]
pub struct Invitation {
    /// 128 bits for the fragment of an address: `#join=CODE`.
    pub code: String,
    /// The same for people to type: eight digits.
    pub pin: String,
}

/// Those that are valid.
#[derive(Default)]
pub(super) struct Invitations {
    open: Vec<Open>,
    n_failures: usize,
}

struct Open {
    code: Secret,
    pin: Secret,
    role: Role,
    n_guests: usize,
    until: Instant,
}

impl Invitations {
    /// Opens an invitation for `n_guests`; the oldest ends when there are too many.
    pub(super) fn add(
        &mut self,
        invitation: &Invitation,
        role: Role,
        n_guests: usize,
        now: Instant,
    ) {
        self.open.retain(|open| now < open.until);
        if MAX_INVITATIONS <= self.open.len() {
            self.open.remove(0);
        }
        if self.open.is_empty() {
            self.n_failures = 0;
        }
        self.open.push(Open {
            code: digest(&invitation.code),
            pin: digest(&invitation.pin),
            role,
            n_guests,
            until: now + INVITATION_LIFE,
        });
    }

    /// Uses a code or a PIN once: the role that it gives, or `None` if it is not valid (any more).
    pub(super) fn accept(&mut self, secret: &str, now: Instant) -> Option<Role> {
        self.open.retain(|open| now < open.until);
        let plain: String = secret
            .chars()
            .filter(|letter| !letter.is_whitespace())
            .collect();
        let given = digest(&plain);
        let mut found = None;
        for (i, open) in self.open.iter().enumerate() {
            if is_same(&open.code, &given) | is_same(&open.pin, &given) {
                found = Some(i);
            }
        }
        let Some(i) = found else {
            self.fail();
            return None;
        };
        let open = &mut self.open[i];
        open.n_guests -= 1;
        let role = open.role;
        self.open.retain(|open| 0 < open.n_guests);
        Some(role)
    }

    /// Many addresses together must not guess a PIN.
    fn fail(&mut self) {
        self.n_failures += 1;
        if MAX_INVITATION_FAILURES <= self.n_failures {
            self.open.clear();
        }
    }
}

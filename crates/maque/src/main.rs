//! The `maque` command.

fn main() {}

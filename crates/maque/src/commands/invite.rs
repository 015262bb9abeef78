//! `maque invite`: lets a guest into the shared server that is running.

use crate::client::{Client, whole};
use crate::exit::{Exit, Problem};
use crate::invitation;
use crate::registry::Registration;
use crate::say::Say;
use crate::settings::{ModelFlags, ServerFlags, Settings};
use serde_json::{Value, json};
use std::io::Write;

/// Let a guest into the server that is shared: prints a QR code, a link and a PIN
#[derive(clap::Args)]
pub(crate) struct Invite {
    /// How many may use it within its ten minutes
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=100))]
    guests: u16,
    /// For yourself on another device: with everything that an administrator may do
    #[arg(long)]
    admin: bool,
}

impl Invite {
    pub(crate) fn run(self) -> anyhow::Result<Exit> {
        let settings = Settings::resolve(&ModelFlags::default(), &ServerFlags::default())?;
        let none = || Problem::new(Exit::Unavailable, Say::NotShared);
        let note = Registration::find(&settings.home.value).ok_or_else(none)?;
        let client = Client::new(note.address, note.key);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let asked = runtime.block_on(self.ask(&client));
        let (sharing, invitation) = asked.map_err(|error| none().because(error))?;
        let (url, code, pin) = (
            sharing["urls"][0].as_str(),
            invitation["code"].as_str(),
            invitation["pin"].as_str(),
        );
        let (Some(url), Some(code), Some(pin)) = (url, code, pin) else {
            return Err(none().into());
        };
        writeln!(
            std::io::stdout(),
            "{}",
            invitation::show(url, code, pin, self.guests.into())
        )?;
        Ok(Exit::Complete)
    }

    /// Where the server is shared, and the invitation.
    async fn ask(&self, client: &Client) -> anyhow::Result<(Value, Value)> {
        let role = if self.admin { "admin" } else { "user" };
        let body = json!({ "guests": self.guests, "role": role });
        let (_, sharing) = client.get("/maque/share").await?;
        let invitation = client.post("/maque/invitations", &body).await?;
        Ok((
            serde_json::from_slice(&sharing)?,
            serde_json::from_slice(&whole(invitation.into_body()).await?)?,
        ))
    }
}

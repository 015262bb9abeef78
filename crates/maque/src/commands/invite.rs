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
        let address = *note.shared.first().ok_or_else(none)?;
        let client = Client::new(note.address, note.key);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let answer = runtime
            .block_on(self.ask(&client))
            .map_err(|error| none().because(error))?;
        let (code, pin) = (&answer["code"], &answer["pin"]);
        let (Some(code), Some(pin)) = (code.as_str(), pin.as_str()) else {
            return Err(none().into());
        };
        let url = format!("http://{address}");
        writeln!(
            std::io::stdout(),
            "{}",
            invitation::show(&url, code, pin, self.guests.into())
        )?;
        Ok(Exit::Complete)
    }

    async fn ask(&self, client: &Client) -> anyhow::Result<Value> {
        let role = if self.admin { "admin" } else { "user" };
        let body = json!({ "guests": self.guests, "role": role });
        let response = client.post("/maque/invitations", &body).await?;
        Ok(serde_json::from_slice(&whole(response.into_body()).await?)?)
    }
}

//! An invitation as a guest sees it: a QR code, a link, a PIN.

use crate::say::Say;
use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;

/// The link of an invitation. The code is in the fragment, which no browser sends and no log keeps.
pub(crate) fn link(url: &str, code: &str) -> String {
    format!("{url}/#join={code}")
}

/// What is shown at the terminal.
pub(crate) fn show(url: &str, code: &str, pin: &str, guests: usize) -> Say {
    let link = link(url, code);
    let (front, back) = pin.split_at(pin.len() / 2);
    Say::Invited {
        picture_and_link: picture(&link).unwrap_or_default() + &link,
        url: url.to_owned(),
        pin: format!("{front} {back}"),
        minutes: 10,
        guests,
    }
}

/// The link as a QR code of half-height blocks; dark terminals show it inverted, which cameras read as well.
fn picture(link: &str) -> Option<String> {
    let code = QrCode::new(link).ok()?;
    let picture = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Light)
        .light_color(Dense1x2::Dark)
        .build();
    Some(picture + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_invitation_shows_link_and_pin() {
        let text = show("http://192.168.1.5:7860", &"ab".repeat(16), "12345678", 3).to_string();
        assert!(
            text.contains("http://192.168.1.5:7860/#join=abab") && text.contains("1234 5678"),
            "{text}"
        );
        assert!(text.lines().count() < 30 && text.contains('█'), "{text}");
    }
}

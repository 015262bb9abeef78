//! What templates take for granted because they were written for Python.

use minijinja::value::ValueKind;
use minijinja::{Error, ErrorKind, Output, State, Value};
use std::time::{SystemTime, UNIX_EPOCH};

/// Writes `True`, `False` and `None` as Python does; everything else as minijinja does.
pub(super) fn format(
    out: &mut Output<'_>,
    state: &mut State<'_, '_>,
    value: &Value,
) -> Result<(), Error> {
    match value.kind() {
        ValueKind::Bool => out.write_str(if value.is_true() { "True" } else { "False" })?,
        ValueKind::None => out.write_str("None")?,
        _ => return minijinja::escape_formatter(out, state, value),
    }
    Ok(())
}

/// How a template refuses a conversation.
pub(super) fn raise_exception(message: String) -> Result<Value, Error> {
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

/// Today's date, in UTC, as templates of Llama 3.2 ask for it.
///
/// # Errors
/// For formats other than day, month and year.
pub(super) fn strftime_now(format: &str) -> Result<String, Error> {
    let now = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let (year, month, day) = civil_from_days(now.as_secs() / 86_400);
    let month_name = MONTHS[month - 1];
    let mut text = String::new();
    let mut letters = format.chars();
    while let Some(letter) = letters.next() {
        let part = match (letter, if letter == '%' { letters.next() } else { None }) {
            ('%', Some('d')) => format!("{day:02}"),
            ('%', Some('m')) => format!("{month:02}"),
            ('%', Some('b')) => month_name[..3].to_owned(),
            ('%', Some('B')) => month_name.to_owned(),
            ('%', Some('Y')) => year.to_string(),
            ('%', Some('%')) => "%".to_owned(),
            ('%', _) => {
                let message = format!("strftime_now knows %d %m %b %B %Y, not {format:?}");
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
            (plain, _) => plain.to_string(),
        };
        text.push_str(&part);
    }
    Ok(text)
}

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Year, month (1 to 12) and day of a number of days since 1970-01-01 (H. Hinnant's `civil_from_days`).
fn civil_from_days(days: u64) -> (u64, usize, u64) {
    let shifted = days + 719_468; // days since 0000-03-01
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let march_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * march_month + 2) / 5 + 1;
    let month = if march_month < 10 {
        march_month + 3
    } else {
        march_month - 9
    };
    let year = year_of_era + era * 400 + u64::from(month <= 2);
    (year, month as usize, day)
}

#[cfg(test)]
mod tests {
    use super::{civil_from_days, strftime_now};

    #[test]
    fn days_are_dates() {
        assert_eq!(civil_from_days(0), (1970, 1, 1));
        assert_eq!(civil_from_days(11_016), (2000, 2, 29));
        assert_eq!(civil_from_days(20_781), (2026, 11, 24));
    }

    #[test]
    fn unknown_formats_are_refused() {
        assert_eq!(strftime_now("100%%").unwrap(), "100%");
        assert_eq!(strftime_now("%d %b %Y").unwrap().split(' ').count(), 3);
        assert!(strftime_now("%H").is_err() && strftime_now("%").is_err());
    }
}

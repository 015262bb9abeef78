//! Server-sent events, read as they come (WHATWG HTML, "event stream interpretation").

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct SseEvent {
    /// Its name; empty for plain messages.
    pub(crate) name: String,
    /// Its data; several lines are joined by line feeds.
    pub(crate) data: String,
}

/// Bytes of a stream on their way to events.
#[derive(Default)]
pub(crate) struct SseReader {
    bytes: Vec<u8>,
    event: SseEvent,
}

impl SseReader {
    /// The events that `bytes` complete.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<SseEvent> {
        self.bytes.extend_from_slice(bytes);
        let mut events = Vec::new();
        while let Some(end) = self.bytes.iter().position(|&byte| byte == b'\n') {
            let line: Vec<u8> = self.bytes.drain(..=end).collect();
            events.extend(self.line(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r'])));
        }
        events
    }

    fn line(&mut self, line: &str) -> Option<SseEvent> {
        if line.is_empty() {
            let event = std::mem::take(&mut self.event);
            return (!event.data.is_empty()).then_some(event);
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => value.clone_into(&mut self.event.name),
            "data" if self.event.data.is_empty() => value.clone_into(&mut self.event.data),
            "data" => self.event.data = format!("{}\n{value}", self.event.data),
            _ => {}
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_the_same_in_any_pieces() {
        let stream = ": waiting\n\nevent: maque.stage\r\ndata: {}\r\n\r\ndata: 春\ndata: 风\n\n";
        let event = |name: &str, data: &str| SseEvent {
            name: name.to_owned(),
            data: data.to_owned(),
        };
        for size in 1..stream.len() {
            let mut reader = SseReader::default();
            let events: Vec<_> = stream
                .as_bytes()
                .chunks(size)
                .flat_map(|piece| reader.push(piece))
                .collect();
            assert_eq!(
                events,
                [event("maque.stage", "{}"), event("", "春\n风")],
                "in pieces of {size}"
            );
        }
    }
}

//! The alphabet of byte-level vocabularies: one printable letter for each byte (GPT-2's `bytes_to_unicode`).

/// The letter of each byte: itself where printable in Latin-1, else the next one from U+0100 on.
const LETTERS: [char; 256] = letters();

/// Letters go up to here: 256 and 68 bytes that are not printable.
const N_LETTERS: usize = 256 + 68;

/// The byte of each letter below `N_LETTERS`, if it is one.
const BYTES: [Option<u8>; N_LETTERS] = bytes();

const fn is_printable(byte: u8) -> bool {
    matches!(byte, b'!'..=b'~' | 0xA1..=0xAC | 0xAE..=0xFF)
}

const fn letters() -> [char; 256] {
    let mut letters = ['\0'; 256];
    let mut next = 256_u32;
    let mut byte = 0;
    while byte < 256 {
        let code = if is_printable(byte as u8) {
            byte as u32
        } else {
            next += 1;
            next - 1
        };
        letters[byte] = char::from_u32(code).expect("below the surrogates");
        byte += 1;
    }
    letters
}

const fn bytes() -> [Option<u8>; N_LETTERS] {
    let mut bytes = [None; N_LETTERS];
    let mut byte = 0;
    while byte < 256 {
        bytes[LETTERS[byte] as usize] = Some(byte as u8);
        byte += 1;
    }
    bytes
}

/// The letter that a byte is written as.
pub(super) fn to_letter(byte: u8) -> char {
    LETTERS[usize::from(byte)]
}

/// The byte that a letter stands for.
pub(super) fn from_letter(letter: char) -> Option<u8> {
    BYTES.get(letter as usize).copied().flatten()
}

#[cfg(test)]
mod tests {
    use super::{from_letter, to_letter};

    #[test]
    fn every_byte_has_its_letter() {
        assert_eq!(
            (to_letter(b' '), to_letter(b'\n'), to_letter(b'a')),
            ('Ġ', 'Ċ', 'a')
        );
        for byte in 0..=255 {
            assert_eq!(from_letter(to_letter(byte)), Some(byte));
        }
        assert_eq!(from_letter('麻'), None);
        assert_eq!(from_letter(' '), None);
    }
}

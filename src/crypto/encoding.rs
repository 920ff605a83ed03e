//! Owns how bytes become text in keys and tokens: base32, base64url, hex. Refuses padding.

use data_encoding::BASE32_NOPAD;
use data_encoding::BASE64URL_NOPAD;
use data_encoding::HEXLOWER;

/// Writes bytes in `a-z 2-7`, five bits a character, without padding (RFC 4648 section 6, in lower case).
pub fn base32(bytes: &[u8]) -> String {
    BASE32_NOPAD.encode(bytes).to_ascii_lowercase()
}

/// Writes bytes in `A-Z a-z 0-9 - _`, without padding (RFC 4648 section 5).
pub fn base64url(bytes: &[u8]) -> String {
    BASE64URL_NOPAD.encode(bytes)
}

/// Writes bytes in `0-9 a-f`.
pub fn hex(bytes: &[u8]) -> String {
    HEXLOWER.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_written_as_the_standards_say() {
        assert_eq!(base32(b"foobar"), "mzxw6ytboi");
        assert_eq!(base64url(&[0xfb, 0xff]), "-_8");
        assert_eq!(hex(&[0, 0xab]), "00ab");
    }
}

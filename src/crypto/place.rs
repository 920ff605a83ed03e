//! Owns where a sealed value stands, as bytes a seal is bound to. Knows no record.

/// Names the product and the layout of a place, so that no other use of a key can mean the same bytes.
const LAYOUT: &str = "greenroom/place/1";

/// Where a sealed value stands; it opens nowhere else (correctness.md section 4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place<'a> {
    /// The installation: a record copied from another one does not open.
    pub deployment: &'a str,
    /// The site or grant it belongs to.
    pub partition: &'a str,
    /// The kind of record.
    pub kind: &'a str,
    /// The record's id within its kind.
    pub id: &'a str,
    /// The shape of the record's bytes.
    pub schema: u16,
    /// The record's version: never used twice, so an older value does not open in its stead.
    pub version: u64,
}

impl Place<'_> {
    /// The place as bytes: each text follows its length, so two places never read the same.
    pub fn encode(&self) -> Vec<u8> {
        let texts = [LAYOUT, self.deployment, self.partition, self.kind, self.id];
        let length: usize = texts.iter().map(|text| text.len() + 8).sum();
        let mut bytes = Vec::with_capacity(length + 10);
        for text in texts {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes.extend_from_slice(&self.schema.to_be_bytes());
        bytes.extend_from_slice(&self.version.to_be_bytes());
        bytes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moving_a_letter_between_two_parts_makes_another_place() {
        let place = Place { deployment: "d", partition: "s:ab", kind: "c", id: "d", schema: 1, version: 1 };
        let moved = Place { partition: "s:a", kind: "bc", ..place };
        assert_ne!(place.encode(), moved.encode());
    }
}

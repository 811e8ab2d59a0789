//! In which line of a YAML file each of its parts begins.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::Spanned;

/// A part of a file, with its own parts.
pub(super) struct Outline {
    line: u64,
    parts: Vec<(String, Outline)>,
}

impl Outline {
    /// The line of the part that a JSON pointer names, or of the closest part around it.
    pub(super) fn line(&self, pointer: &str) -> u64 {
        let mut here = self;
        for name in pointer.split('/').skip(1) {
            let name = name.replace("~1", "/").replace("~0", "~");
            match here.parts.iter().find(|(part, _)| *part == name) {
                Some((_, part)) => here = part,
                None => break,
            }
        }
        here.line
    }
}

impl<'de> Deserialize<'de> for Outline {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::<Parts>::deserialize(deserializer)?;
        Ok(Self {
            line: spanned.referenced.line(),
            parts: spanned.value.0,
        })
    }
}

struct Parts(Vec<(String, Outline)>);

impl<'de> Deserialize<'de> for Parts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(PartsVisitor)
    }
}

struct PartsVisitor;

impl<'de> Visitor<'de> for PartsVisitor {
    type Value = Parts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("anything")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Parts, A::Error> {
        let mut parts = Vec::new();
        while let Some((name, part)) = map.next_entry::<Spanned<String>, Outline>()? {
            let line = name.referenced.line();
            parts.push((name.value, Outline { line, ..part }));
        }
        Ok(Parts(parts))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Parts, A::Error> {
        let mut parts = Vec::new();
        while let Some(part) = seq.next_element()? {
            parts.push((parts.len().to_string(), part));
        }
        Ok(Parts(parts))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Parts, E> {
        Ok(Parts(Vec::new()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Parts, E> {
        Ok(Parts(Vec::new()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Parts, E> {
        Ok(Parts(Vec::new()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Parts, E> {
        Ok(Parts(Vec::new()))
    }

    fn visit_str<E>(self, _: &str) -> Result<Parts, E> {
        Ok(Parts(Vec::new()))
    }

    fn visit_unit<E>(self) -> Result<Parts, E> {
        Ok(Parts(Vec::new()))
    }
}

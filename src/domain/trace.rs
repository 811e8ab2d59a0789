//! Where in a trace something belongs, kept with what is done about it later or elsewhere.

/// A span and its trace, as W3C's `traceparent` writes them.
#[derive(Clone, Debug, PartialEq, Eq, sqlx::Type)]
#[sqlx(transparent)]
pub struct TraceParent(String);

impl TraceParent {
    /// By its parts: 16 and 8 bytes in lower-case hexadecimal, and whether it is recorded.
    pub fn new(trace: &str, span: &str, sampled: bool) -> Self {
        Self(format!("00-{trace}-{span}-0{}", u8::from(sampled)))
    }

    /// The trace, the span and whether it is recorded; nothing where it is none that we wrote.
    pub fn parts(&self) -> Option<(&str, &str, bool)> {
        let mut parts = self.0.strip_prefix("00-")?.split('-');
        let parts = (parts.next()?, parts.next()?, parts.next()? == "01");
        Some(parts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_parts_are_found_again() {
        let (trace, span) = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331");
        let parent = TraceParent::new(trace, span, true);
        assert_eq!(parent.parts(), Some((trace, span, true)));
        assert_eq!(parent.0, format!("00-{trace}-{span}-01"));
        let unsampled = TraceParent::new(trace, span, false);
        assert_eq!(unsampled.parts(), Some((trace, span, false)));
        assert_eq!(TraceParent("nonsense".to_owned()).parts(), None);
    }
}

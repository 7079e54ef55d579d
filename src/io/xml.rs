//! XML of products and virtual rasters, which may come from anywhere.

use roxmltree::{Document, ParsingOptions};

/// Nodes of one file.
const MOST_NODES: u32 = 20_000_000;

/// Bytes of one tag: attributes of a tag are held against each other.
const LONGEST_TAG: usize = 1 << 16;

/// Declarations of name spaces: each element inside keeps a list of all around it.
const MOST_SPACES: usize = 1_000;

/// The document of a text, with or without a byte order mark. Definitions of entities are refused.
///
/// # Errors
/// What is wrong, and where.
pub(super) fn document(text: &str) -> Result<Document<'_>, String> {
    let text = text.trim_start_matches('\u{feff}');
    let mut rest = text;
    while let Some(at) = rest.find('<') {
        let tag = &rest[at..];
        let end = tag.find('>').unwrap_or(tag.len());
        // A comment or a section of characters may be of any length.
        if end > LONGEST_TAG && !tag.starts_with("<!") {
            return Err(format!("a tag of more than {LONGEST_TAG} bytes"));
        }
        rest = &tag[end..];
    }
    if text.matches("xmlns").count() > MOST_SPACES {
        return Err(format!("more than {MOST_SPACES} name spaces"));
    }
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    Document::parse_with_options(text, options).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_take_long_is_refused() {
        assert!(document("\u{feff}<a b=\"1\"><!-- c --><d/></a>").is_ok());
        let attributes: String = (0..60_000).map(|i| format!("a{i}=\"\" ")).collect();
        assert!(document(&format!("<a {attributes}/>")).unwrap_err().contains("a tag of more"));
        let spaces: String = (0..2_000).map(|i| format!("<a xmlns:a{i}=\"u{i}\">")).collect();
        assert!(document(&spaces).unwrap_err().contains("name spaces"));
        assert!(document("<!DOCTYPE a [<!ENTITY b \"c\">]><a>&b;</a>").is_err());
        assert!(document(&format!("<a><!--{}--></a>", " ".repeat(100_000))).is_ok());
    }
}

//! A table of text as it stands in a file: nothing is a number yet.

/// A CSV file's text with the line of each row; `io::table` makes it.
#[derive(Debug, Clone, Default)]
pub struct TextTable {
    /// The file, for messages.
    pub file: String,
    /// Column names as they stand in the file.
    pub header: Vec<String>,
    /// Rows, each as wide as the header.
    pub rows: Vec<TextRow>,
    /// What was odd about the file itself: encoding, delimiter, blank rows.
    pub notes: Vec<String>,
}

/// A row and where it stands.
#[derive(Debug, Clone)]
pub struct TextRow {
    /// Line of the file, from 1 (the header's).
    pub line: u64,
    /// Fields, trimmed.
    pub fields: Vec<String>,
}

impl TextTable {
    /// The first column that has one of these names, written in any case, with or without accents, and with spaces,
    /// points or underscores between words. Names are given in [`normalised`] form, the preferred one first.
    pub fn column(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| self.header.iter().position(|h| normalised(h) == *name))
    }

    /// A column's text with its lines.
    pub fn cells(&self, column: usize) -> impl Iterator<Item = (u64, &str)> {
        self.rows.iter().map(move |row| (row.line, row.fields[column].as_str()))
    }

    /// The file's bare name.
    pub fn file_name(&self) -> &str {
        self.file.rsplit(['/', '\\']).next().unwrap_or(&self.file)
    }
}

/// Lower case, without accents, words joined by one underscore: `Código  Municipio` is `codigo_municipio`.
pub fn normalised(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars().flat_map(char::to_lowercase) {
        let plain = match c {
            'á' | 'à' | 'ä' | 'â' | 'ã' => 'a',
            'é' | 'è' | 'ë' | 'ê' => 'e',
            'í' | 'ì' | 'ï' | 'î' => 'i',
            'ó' | 'ò' | 'ö' | 'ô' | 'õ' => 'o',
            'ú' | 'ù' | 'ü' | 'û' => 'u',
            'ñ' => 'n',
            'ç' => 'c',
            // A combining mark follows its letter in decomposed text.
            '\u{300}'..='\u{36f}' => continue,
            other => other,
        };
        if plain.is_alphanumeric() {
            out.push(plain);
        } else if !out.is_empty() && !out.ends_with('_') {
            out.push('_');
        }
    }
    out.trim_end_matches('_').to_owned()
}

#[cfg(test)]
mod tests {
    use super::normalised;

    #[test]
    fn names_are_compared_without_accents_case_or_punctuation() {
        assert_eq!(normalised("  Código  Municipio "), "codigo_municipio");
        assert_eq!(normalised("AÑO"), "ano");
        assert_eq!(normalised("An\u{303}o"), "ano");
        assert_eq!(normalised("FECHA HECHO"), "fecha_hecho");
    }
}

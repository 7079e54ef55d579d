//! A sentence as tokens: words, figures and marks, with what the typesetter did undone.
//!
//! No-break, thin and zero-width spaces, typographic minus signs and apostrophes, capitals and accents mean nothing here;
//! each token keeps its place in the sentence, so that what is not understood can be quoted as it was written.

use crate::records::text_table::normalised;

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A word, in lower case and without accents.
    Word(String),
    /// Digits with their marks, as written, and the sign before them.
    Figure {
        /// Digits, points, commas and spaces.
        digits: String,
        /// `-1`, `1`, or `0` where no sign is written.
        sign: i8,
    },
    /// A punctuation mark or symbol.
    Mark(char),
}

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// Begins with a capital.
    pub capital: bool,
    /// First and last byte (exclusive) in the cleaned sentence.
    pub at: (usize, usize),
}

impl Token {
    /// The word, or nothing.
    pub fn word(&self) -> Option<&str> {
        if let Kind::Word(word) = &self.kind { Some(word) } else { None }
    }
}

/// The sentence with one kind of space, minus and apostrophe.
pub fn cleaned(sentence: &str) -> String {
    let mut out = String::with_capacity(sentence.len());
    for c in sentence.trim().chars() {
        match c {
            '\u{200b}'..='\u{200f}' | '\u{feff}' | '\u{ad}' | '\u{2060}' => {}
            '\u{2212}' | '\u{2010}' | '\u{2011}' => out.push('-'),
            '\u{2019}' | '\u{2018}' | '\u{b4}' | '`' => out.push('\''),
            c if c.is_whitespace() || c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}

/// Cuts a cleaned sentence into tokens.
pub fn tokens(sentence: &str) -> Vec<Token> {
    let chars: Vec<(usize, char)> = sentence.char_indices().collect();
    let end_of = |i: usize| chars.get(i).map_or(sentence.len(), |(at, _)| *at);
    let mut out = Vec::new();
    let mut i = 0;
    while i < chars.len() {
        let c = chars[i].1;
        let start = i;
        let digit_at = |i: usize| chars.get(i).is_some_and(|(_, c)| c.is_ascii_digit());
        // A sign stands before a digit and after nothing that could be subtracted from.
        let is_sign = matches!(c, '-' | '+') && digit_at(i + 1) && (i == 0 || matches!(chars[i - 1].1, ' ' | '('));
        if c.is_ascii_digit() || is_sign {
            i = end_of_figure(&chars, i + usize::from(is_sign));
            let sign = if !is_sign {
                0
            } else if c == '-' {
                -1
            } else {
                1
            };
            let digits = chars[start + usize::from(is_sign)..i].iter().map(|(_, c)| *c).collect();
            let at = (chars[start].0, end_of(i));
            out.push(Token { kind: Kind::Figure { digits, sign }, capital: false, at });
        } else if c.is_alphabetic() {
            i += 1;
            while i < chars.len() && is_inner(&chars, i) {
                i += 1;
            }
            let at = (chars[start].0, end_of(i));
            let bare = sentence[at.0..at.1].strip_suffix("'s").unwrap_or(&sentence[at.0..at.1]);
            let word = normalised(&bare.replace('\'', ""));
            out.push(Token { kind: Kind::Word(word), capital: c.is_uppercase(), at });
        } else {
            // "year-on-year" is three words.
            let hyphen = c == '-' && start > 0 && chars[start - 1].1.is_alphabetic() && is_letter(&chars, start + 1);
            i += 1;
            if !c.is_whitespace() && !hyphen {
                out.push(Token { kind: Kind::Mark(c), capital: false, at: (chars[start].0, end_of(i)) });
            }
        }
    }
    out
}

fn is_letter(chars: &[(usize, char)], i: usize) -> bool {
    chars.get(i).is_some_and(|(_, c)| c.is_alphabetic())
}

fn is_inner(chars: &[(usize, char)], i: usize) -> bool {
    let c = chars[i].1;
    c.is_alphabetic() || ('\u{300}'..='\u{36f}').contains(&c) || (c == '\'' && is_letter(chars, i + 1))
}

/// The first place after the figure that begins at `i`. A mark belongs to it where a digit follows; a space where it sets
/// apart three digits of a figure that has so far one to three, or groups of three.
fn end_of_figure(chars: &[(usize, char)], mut i: usize) -> usize {
    let digit = |i: usize| chars.get(i).is_some_and(|(_, c)| c.is_ascii_digit());
    let mut leading = 0;
    let mut grouped = true;
    loop {
        while digit(i) {
            i += 1;
            leading += 1;
        }
        let three = digit(i + 1) && digit(i + 2) && digit(i + 3) && !digit(i + 4);
        match chars.get(i).map(|(_, c)| *c) {
            Some('.' | ',' | '\'') if digit(i + 1) => {
                grouped = false;
                i += 1;
            }
            Some(' ') if three && grouped && leading <= 3 => {
                i += 1;
                leading = 0;
            }
            _ => return i,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(sentence: &str) -> Vec<String> {
        let show = |t: Token| match t.kind {
            Kind::Word(w) => w,
            Kind::Figure { digits, sign } => format!("[{}{digits}]", ["-", "", "+"][(sign + 1) as usize]),
            Kind::Mark(c) => c.to_string(),
        };
        tokens(&cleaned(sentence)).into_iter().map(show).collect()
    }

    #[test]
    fn typographic_spaces_and_signs_are_undone() {
        assert_eq!(kinds("31\u{202f}300\u{a0}ha, \u{2212}3\u{2009}%"), ["[31 300]", "ha", ",", "[-3]", "%"]);
        assert_eq!(kinds("all-time high"), ["all", "time", "high"]);
        assert_eq!(kinds("didn\u{2019}t fall, Colombia\u{2019}s"), ["didnt", "fall", ",", "colombia"]);
        assert_eq!(
            kinds("NARI\u{d1}O 2019-2024 (+3,5%)"),
            ["narino", "[2019]", "-", "[2024]", "(", "[+3,5]", "%", ")"]
        );
    }

    #[test]
    fn a_space_joins_groups_of_three_only() {
        assert_eq!(kinds("en 2024 300 ha"), ["en", "[2024]", "[300]", "ha"]);
        assert_eq!(kinds("1 234 567 ha"), ["[1 234 567]", "ha"]);
        assert_eq!(kinds("3.5 300"), ["[3.5]", "[300]"]);
        assert_eq!(kinds("261.386,17."), ["[261.386,17]", "."]);
    }
}

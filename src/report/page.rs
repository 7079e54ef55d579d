//! The page as one file: head with a strict content-security policy, a summary that is there before any script runs, the
//! data, and the script that shows them.
//!
//! Nothing is fetched and nothing but the two digests in the policy may run or style. Whatever comes from data is text: in
//! the markup its special characters are written as entities, in the data as `\u` escapes.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};

use super::ReportData;
use super::words::{Filling, Language};

const SCRIPT: &str = include_str!("../../report/dist/page.js");
const STYLE: &str = include_str!("../../report/dist/page.css");

/// The page's bytes.
///
/// # Errors
/// From the JSON writer.
pub fn page(data: &ReportData) -> Result<Vec<u8>, serde_json::Error> {
    let json = for_script(&serde_json::to_string(data)?);
    let language = data.language;
    let title = title(data);
    let (lang, heading) = (language.code(), text(&title));
    let policy = format!(
        "default-src 'none'; script-src 'sha256-{}'; style-src 'sha256-{}'; img-src data: blob:; base-uri 'none'; form-action 'none'",
        digest(SCRIPT),
        digest(STYLE)
    );
    let mut html = String::with_capacity(json.len() + SCRIPT.len() + STYLE.len() + 8192);
    html.push_str(&format!(
        "<!doctype html>\n<html lang=\"{lang}\"><head><meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"referrer\" content=\"no-referrer\">\n<title>{heading}</title>\n<style>{STYLE}</style></head>\n\
         <body><main id=\"cocal\">{}</main>\n",
        summary(data, &title)
    ));
    html.push_str("<script type=\"application/json\" id=\"cocal-data\">");
    html.push_str(&json);
    html.push_str("</script>\n<script>");
    html.push_str(SCRIPT);
    html.push_str("</script></body></html>\n");
    Ok(html.into_bytes())
}

/// A picture as the page carries it.
pub fn data_url(png: &[u8]) -> String {
    format!("data:image/png;base64,{}", STANDARD.encode(png))
}

/// SHA-256 as the policy wants it.
fn digest(text: &str) -> String {
    STANDARD.encode(Sha256::digest(text.as_bytes()))
}

fn title(data: &ReportData) -> String {
    let report = data.language.message("ui.title");
    if data.title.is_empty() { report.to_owned() } else { format!("{report}: {}", data.title) }
}

/// What is painted first, and all that is seen where scripts do not run: the sentences of the latest year.
fn summary(data: &ReportData, title: &str) -> String {
    let language = data.language;
    let mut html = format!("<h1>{}</h1>", text(title));
    let mut paragraph = |words: &str| html.push_str(&format!("<p>{}</p>", text(words)));
    if data.synthetic {
        paragraph(language.message("ui.synthetic"));
    }
    if let Some(reason) = data.publication.as_ref().and_then(|p| p.get("lots_reason")).and_then(|r| r.as_str()) {
        paragraph(&format!("{} {reason}", language.message("ui.lots_reason")));
    }
    if let Some(latest) = data.years.len().checked_sub(1) {
        for sentence in sentences_of_all(data, language, latest) {
            paragraph(&sentence);
        }
    }
    html
}

/// The sentences of all places together in a year, as text.
pub fn sentences_of_all(data: &ReportData, language: Language, at: usize) -> Vec<String> {
    let year = data.years[at];
    let lookup = |name: &str| match name {
        "place" => Some(Filling::Text(language.message("place.all").to_owned())),
        "year" => Some(Filling::Text(year.to_string())),
        "previous_year" => Some(Filling::Text((year - 1).to_string())),
        name => data.total_figures.get(name).and_then(|list| list[at]).map(Filling::Number),
    };
    let keys = data.sentences.totals.get(at).into_iter().flatten();
    keys.map(|key| language.fill(&format!("sentence.{}", data.sentences.keys[*key]), &lookup)).collect()
}

/// Text as markup.
fn text(words: &str) -> String {
    let mut out = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// JSON that cannot end the element that it stands in. Outside strings JSON has none of these characters.
fn for_script(json: &str) -> String {
    let mut out = String::with_capacity(json.len() + json.len() / 64);
    for c in json.chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::assemble::{Options, assemble};
    use crate::report::given::{FigureRow, FigureTable, Given};

    fn small(name: &str) -> ReportData {
        let columns = vec!["mapped_ha".to_owned()];
        let row = |code: &str| FigureRow {
            code: code.to_owned(),
            name: name.to_owned(),
            year: 2024,
            flag: String::new(),
            values: vec![Some(12.5)],
        };
        let table = |code: &str| FigureTable { columns: columns.clone(), further: Vec::new(), rows: vec![row(code)] };
        let given = Given { rows: table("98001"), totals: table("CO"), ..Given::default() };
        assemble(&given, Vec::new(), Options { language: Language::En, relative_se: 0.03 })
    }

    #[test]
    fn names_are_text_whatever_they_hold() {
        let hostile = "<script>alert(1)</script>\u{2028}&'\"";
        let mut data = small(hostile);
        data.title = hostile.to_owned();
        let html = String::from_utf8(page(&data).unwrap()).unwrap();
        assert!(!html.contains("<script>alert"), "a name became markup");
        assert_eq!(html.matches("</script>").count(), 2);
        let json = html.split("id=\"cocal-data\">").nth(1).unwrap().split("</script>").next().unwrap();
        let back: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(back["places"][0]["name"], hostile);
    }

    #[test]
    fn only_what_is_here_may_run_and_the_summary_is_there_without_it() {
        let html = String::from_utf8(page(&small("San Ficticio")).unwrap()).unwrap();
        let script = html.rsplit("<script>").next().unwrap().split("</script>").next().unwrap();
        assert!(html.contains(&format!("script-src 'sha256-{}'", digest(script))));
        assert!(html.contains("default-src 'none'") && !html.contains("unsafe-"));
        let main = html.split("<main id=\"cocal\">").nth(1).unwrap().split("</main>").next().unwrap();
        assert!(main.contains("12.5 ha") && main.contains("not an estimate"), "{main}");
    }

    /// SHA-256 of "abc" (FIPS 180-2) in base64.
    #[test]
    fn digests_are_those_of_the_policy() {
        assert_eq!(digest("abc"), "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=");
    }
}
